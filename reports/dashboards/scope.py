"""What a dashboard is about: the reader's accounts in one currency, and a period of whole months with figures.

All of it stands in the address (``?period=2026-03&currency=USD&account=5``), so that a dashboard can be sent as a link.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db.models import Max, Min
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.models import KeyAccount
from ka_crm import fiscal
from ka_crm.errors import DomainError
from ka_crm.periods import Period, month_of, parse_period, span
from ka_crm.text import is_id
from sales.models import AccountProductMonth

YEAR_TO_DATE = "ytd"
MOST_MONTHS = 36
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class AccountName:
    """One account as dashboards name it; ``path`` as on KeyAccount."""

    pk: int
    code: str
    name: str
    currency: str
    path: str
    kind: str
    country: str

    @property
    def above(self):
        """Ids from the root down to this account itself."""
        return [int(part) for part in self.path.split("/") if part] or [self.pk]


def accounts_of(user):
    """{id: AccountName} of all accounts that ``user`` may see; one statement."""
    rows = KeyAccount.objects.visible_to(user).order_by("sort_key", "pk")
    rows = rows.values_list("pk", "code", "name", "currency", "path", "kind", "country")
    return {row[0]: AccountName(*row) for row in rows}


def known_months(account_ids, today):
    """First days of the oldest and the newest complete month in which any of the accounts sold something, or None; one statement."""
    sold = AccountProductMonth.objects.filter(account_id__in=account_ids, month__lt=today.replace(day=1))
    months = sold.aggregate(oldest=Min("month"), newest=Max("month"))
    return months["oldest"], months["newest"]


def read_period(text, *, newest, today, oldest=None):
    """(Period, note) of what the address asks for: whole months, none after ``newest``, which is the newest complete month known.

    Without a text the year to date of the newest month, from the first month that last year knows too (``oldest`` is the first
    month known at all). A text that is no period gives that too, and the note says why.
    """
    newest_or_last = newest or month_of(today).previous().starts_on
    if text == YEAR_TO_DATE:
        return _year_to_date(newest_or_last), ""
    fallback = _comparable(_year_to_date(newest_or_last), oldest)
    if not text:
        return fallback, ""
    try:
        asked = parse_period(text)
        if not FIRST_YEAR <= asked.starts_on.year <= asked.ends_on.year <= LAST_YEAR:
            raise DomainError(_("Dashboards know the years %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
        if len(asked.months()) > MOST_MONTHS:
            raise DomainError(_("A dashboard shows %(count)s months at most.") % {"count": MOST_MONTHS})
    except DomainError as error:
        return fallback, str(error)
    return _of_whole_months(asked, newest)


def _year_to_date(newest):
    """From the beginning of the fiscal year to the end of the month ``newest``."""
    return fiscal.year_to_date(month_of(newest))


def _comparable(period, oldest):
    """``period`` from the first of its months that is known a year before too; the whole of it where none is."""
    known = [first for first in period.months() if oldest and first.replace(year=first.year - 1) >= oldest]
    return span(known[0], period.ends_on) if known else period


def _of_whole_months(asked, newest):
    whole = asked if asked.is_whole_months else span(asked.starts_on.replace(day=1), month_of(asked.ends_on).ends_on)
    notes = [] if whole is asked else [_("Dashboards count whole months.")]
    if newest and whole.starts_on <= newest < whole.months()[-1]:
        whole = span(whole.starts_on, month_of(newest).ends_on)
        notes.append(_("The newest complete month with sell-out is %(month)s.") % {"month": f"{newest:%Y-%m}"})
    return whole, " ".join(notes)


@dataclass
class Selection:
    """What one dashboard shows: ``accounts`` are those in scope, ``ids`` the ones in ``currency`` that its totals run over."""

    user: object
    today: date
    accounts: dict
    ids: frozenset
    currency: str
    currencies: list
    period: Period
    newest: date | None
    asked_period: str = ""
    account: AccountName | None = None
    notes: list = field(default_factory=list)

    @cached_property
    def months(self):
        return self.period.months()

    @property
    def then(self):
        """The same months a year ago, whole months too: February has a day more in a leap year."""
        before = self.period.year_before()
        return before if before.is_whole_months else span(before.starts_on, month_of(before.ends_on).ends_on)

    @property
    def label(self):
        """The period as people say it: 2026-03, 2026Q1, 2026, or its first and last month."""
        if self.period.kind != "span":
            return self.period.label
        first, last = self.months[0], self.months[-1]
        return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} – {last:%Y-%m}"

    @property
    def last_month(self):
        """The period's newest month, which share and distribution are told of."""
        return month_of(self.months[-1])


def select(user, query, *, today):
    """The Selection that the address ``query`` (request.GET) asks for; two statements. Raises Http404 for an account out of scope."""
    accounts = accounts_of(user)
    root = None
    if wanted := query.get("account", ""):
        root = accounts.get(int(wanted)) if is_id(wanted) else None
        if root is None:
            raise Http404
    return selection_of(user, accounts, query, today=today, root=root)


def selection_of(user, accounts, query, *, today, root=None):
    """As ``select``, for one account and all below it where ``root`` is given; one statement."""
    inside = {pk: one for pk, one in accounts.items() if root is None or one.path.startswith(root.path)}
    counted = Counter(one.currency for one in inside.values())
    currencies = sorted(counted, key=lambda code: (code != settings.KA_BASE_CURRENCY, -counted[code], code))
    default = root.currency if root else currencies[0] if currencies else settings.KA_BASE_CURRENCY
    currency = query.get("currency") if query.get("currency") in counted else default
    ids = frozenset(pk for pk, one in inside.items() if one.currency == currency)
    oldest, newest = known_months(ids, today)
    asked = query.get("period", "")[:40]
    period, note = read_period(asked, newest=newest, today=today, oldest=oldest)
    if not asked and period.starts_on.month != fiscal.first_month():  # shorter than the year to date: the picker and the links say so
        asked = f"{period.starts_on}..{period.ends_on}"
    return Selection(
        user=user,
        today=today,
        accounts=inside,
        ids=ids,
        currency=currency,
        currencies=currencies,
        period=period,
        newest=newest,
        asked_period=asked,
        account=root,
        notes=[note] if note else [],
    )


def period_choices(selection, *, first=()):
    """(value, label) pairs for the picker: ``first``, year to date, the last years, quarters and months that have figures."""
    newest = selection.newest or month_of(selection.today).previous().starts_on
    months = [month_of(newest)]
    while len(months) < 13:
        months.append(months[-1].previous())
    quarters = list(dict.fromkeys(f"{one.starts_on.year}Q{(one.starts_on.month + 2) // 3}" for one in months))
    years = [str(newest.year), str(newest.year - 1)]
    values = [*years, *quarters[:5], *(one.label for one in months)]
    chosen = selection.asked_period or ("" if first else YEAR_TO_DATE)
    choices = [*first, (YEAR_TO_DATE, _("Year to date")), *((value, value) for value in values)]
    if chosen not in [value for value, _label in choices]:
        choices.insert(1, (chosen, selection.label))
    return choices
