"""What a section is: numbers for all subjects at once, frozen as text, and how they are laid out for every kind of file.

``compute`` asks a fixed number of statements whatever the number of subjects and answers ``{subject.key: (data, sources)}``;
``layout`` turns one subject's frozen data into blocks (blocks.py) in the reader's language and reads nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from ka_crm.money import from_minor


@dataclass(frozen=True)
class Subject:
    """What one report is about. Totals run over ``account_ids``, which share ``currency``; ``other_ids`` are listed apart, never added."""

    key: str
    kind: str
    label: str
    code: str
    currency: str
    account_ids: frozenset
    other_ids: frozenset = frozenset()
    people_ids: frozenset = frozenset()
    account_id: int | None = None
    person_id: int | None = None
    team_id: int | None = None
    owner_id: int | None = None
    note: str = ""

    @property
    def all_ids(self):
        return self.account_ids | self.other_ids


@dataclass(frozen=True)
class Scope:
    """One order as the sections see it: the period, the subjects and the facts that are read once for all of them."""

    period: object
    subjects: tuple
    facts: object
    today: date


@dataclass(frozen=True)
class Reading:
    """What a layout may know besides the frozen data."""

    kind: str
    subject_kind: str
    currency: str
    starts_on: date
    ends_on: date
    period_label: str
    account_id: int | None = None
    person_id: int | None = None
    team_id: int | None = None

    def visits_link(self, **narrowed):
        """Where the visits of this report are listed: (url name, arguments, query)."""
        query = {"from_day": str(self.starts_on), "to_day": str(self.ends_on), **narrowed}
        if self.account_id:
            query["account"] = self.account_id
        if self.person_id:
            query["visitor"] = self.person_id
        return "visits:visit_list", (), query

    def league_link(self, what, by):
        """The league table of the report's period, ordered by one figure."""
        query = {"what": what, "by": by, "period": self.period_label}
        if self.account_id:
            query["account"] = self.account_id
        if self.team_id:
            query["team"] = self.team_id
        return "reports:league", (), query


@dataclass(frozen=True)
class Section:
    """One part of a report. ``formulas`` says per figure how it comes about, for “why this number”.

    ``is_empty`` tells of one subject's frozen data whether there was nothing to say: such a report is incomplete.
    """

    key: str
    title: str
    compute: Callable
    layout: Callable
    formulas: Mapping = field(default_factory=dict)
    is_empty: Callable = lambda data: False


def money(minor, currency):
    """Minor units as frozen text, ``"1234.50"``; None stays None."""
    return None if minor is None else str(from_minor(minor, currency))


def text(value):
    """A Decimal as frozen text; None stays None."""
    return None if value is None else str(value)


def source(figure, dataset, *, period, subject, facts, rows=None, total=None):
    """One line of “why this number”: which figure, from which dataset, over which accounts and days, how many rows, which sum."""
    return {
        "figure": figure,
        "dataset": dataset,
        "starts_on": str(period.starts_on),
        "ends_on": str(period.ends_on),
        "accounts": facts.codes(subject.account_ids),
        "rows": rows,
        "total": total,
    }


def sources(*figures, note=""):
    """What stands beside a section's numbers; ``built_at`` is the instant at which they were read."""
    return {"built_at": timezone.now().isoformat(timespec="seconds"), "figures": list(figures), "note": note}
