"""Which rows of a list a page shows, and how many there are: counted to the end where that is cheap, else “10,000+”.

A list of millions is counted up to ``MOST_COUNTED``, since nobody reads further; ``exact`` counts it all on request.
"""

from dataclasses import dataclass, field

from .listrows import counted, fetched

MOST_COUNTED = 10_000


@dataclass
class Page:
    """One page of a list: ``rows`` in order, ``count`` of all, exact or “at least”, and where the page stands among its neighbours."""

    rows: list
    number: int
    size: int
    count: int
    is_exact: bool
    has_next: bool
    last_number: int  # the last page that is known of
    elided: list = field(default_factory=list)  # numbers to offer, None where some are left out

    @property
    def start_index(self):
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def end_index(self):
        return (self.number - 1) * self.size + len(self.rows)


def count_rows(queryset, *, exact=False):
    """(count, whether it is all): one statement that reads no more than ``MOST_COUNTED`` rows unless ``exact``."""
    if exact:
        return queryset.order_by().count(), True
    found = counted(queryset, MOST_COUNTED + 1)
    return (found, True) if found <= MOST_COUNTED else (MOST_COUNTED, False)


def _asked_number(text):
    """A page number out of an address; 1 for what is none, a page past every end for what is longer than any list."""
    if not (text.isascii() and text.isdigit()):
        return 1
    return max(1, int(text)) if len(text) < 10 else 10**9


def page_of(queryset, ordered, *, size, asked, exact=False):
    """The page that ``asked`` names (text of an address), of ``ordered``; ``queryset`` is the same rows in no order, for counting.

    A number past the end is the last page; past what was counted the rows themselves say whether there are more.
    """
    count, is_exact = count_rows(queryset, exact=exact)
    number = _asked_number(asked)
    last_number = max(1, -(-count // size))
    if is_exact:
        number = min(number, last_number)
    rows = fetched(ordered[(number - 1) * size : number * size + 1]) if number < 10**9 else []
    if not rows and number > 1:  # past the end of a list that was not counted to its end
        count, is_exact = count_rows(queryset, exact=True)
        number = last_number = max(1, -(-count // size))
        rows = fetched(ordered[(number - 1) * size : number * size + 1])
    has_next = len(rows) > size
    last_number = last_number if is_exact else max(last_number, number + has_next)
    return Page(rows[:size], number, size, count, is_exact, has_next, last_number, _elided(number, last_number))


def _elided(number, last):
    """1 … 4 5 6 … 20: first, last and the neighbours of ``number``, None between what is not next to each other."""
    if last == 1:
        return []
    near = sorted({1, last, *(one for one in (number - 1, number, number + 1) if 1 <= one <= last)})
    numbers, before = [], 0
    for one in near:
        if one == before + 2:
            numbers.append(one - 1)  # a gap of one page is that page
        elif one > before + 1:
            numbers.append(None)
        numbers.append(one)
        before = one
    return numbers
