"""The scope and the period of a figure in hand-written SQL, for figures.py and distribution.py alone."""

from datetime import date

from django.core.exceptions import EmptyResultSet
from django.db import connection

from accounts.models import KeyAccount

from .models import AccountProductMonth, AccountProductWeek, CategoryTotal, Product, SellOut, StoreProductMonth

MEASURES = ("units", "gross_minor", "discount_minor", "net_minor", "coupon_minor")
# Cast, because PostgreSQL's sum of bigints is a numeric: a Decimal for each cell of the answer, to be made an integer again.
SUMS = ", ".join(f"CAST(SUM({{0}}.{name}) AS bigint)" for name in MEASURES)
ACCOUNT = KeyAccount._meta.db_table
STORE_MONTH, ACCOUNT_MONTH, ACCOUNT_WEEK = (m._meta.db_table for m in (StoreProductMonth, AccountProductMonth, AccountProductWeek))
FACTS, MARKET, PRODUCT = SellOut._meta.db_table, CategoryTotal._meta.db_table, Product._meta.db_table
STORE = "accounts_store"


# How rows of sell-out ``f`` find their place: under every account above them, or once.
BELOW = "JOIN tree ON tree.leaf_id = f.account_id"
LEAVES = "JOIN leaves ON leaves.leaf_id = f.account_id"


class Scope:
    """``WITH tree`` pairs each account of the scope with itself and all below it that are in its currency, so that sums never mix two;
    ``leaves`` are all accounts of the scope and below, each once, with its currency."""

    def __init__(self, accounts):
        try:
            inside, params = accounts.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            inside, params = "SELECT 0", ()
        below = (
            f"FROM {ACCOUNT} a JOIN {ACCOUNT} l ON (l.id = a.id OR (a.path <> '' AND substr(l.path, 1, length(a.path)) = a.path))"
            f" {{also}}WHERE a.id IN ({inside})"
        )
        self.params = [*params, *params]
        self.tree = f"tree AS (SELECT a.id AS account_id, l.id AS leaf_id {below.format(also='AND l.currency = a.currency ')})"
        self.leaves = f"leaves AS (SELECT DISTINCT l.id AS leaf_id, l.currency {below.format(also='')})"

    def ask(self, sql, params=()):
        """Rows of ``sql``, which may use ``tree`` and ``leaves``; ``params`` follow those of the scope."""
        yield from self._fetched(f"WITH {self.tree}, {self.leaves} {sql}", params)

    def rows(self, parts, sql, params):
        """Rows of ``sql``, which may also use ``parts``, more of the same WITH; ``params`` are first those of the parts."""
        yield from self._fetched(f"WITH {self.tree}, {self.leaves}, {parts} {sql}", params)

    def _fetched(self, sql, params):
        with connection.cursor() as cursor:
            cursor.execute(sql, [*self.params, *params])
            while rows := cursor.fetchmany(2_000):
                yield from rows


def sold_in(period, *, by_store=True):
    """(table, condition on alias f, its parameters) that hold the sell-out of ``period``."""
    if period.is_whole_months:
        table = STORE_MONTH if by_store else ACCOUNT_MONTH
        return table, "f.month BETWEEN %s AND %s", [period.starts_on, period.months()[-1]]
    return FACTS, "f.sold_on BETWEEN %s AND %s", [period.starts_on, period.ends_on]


def whole_months(period):
    """First and last first-of-month of the calendar months that lie in ``period`` as a whole; None if there is none."""
    months = [first for first in period.months() if first >= period.starts_on]
    last = period.months()[-1]
    if not period.is_whole_months and months and months[-1] == last and not _ends_a_month(period.ends_on):
        months.pop()
    return (months[0], months[-1]) if months else None


def _ends_a_month(day):
    return (date.fromordinal(day.toordinal() + 1)).day == 1


def ints(values):
    """Sums as Python integers: PostgreSQL gives a Decimal for a sum of bigints, and None for no rows."""
    return [int(value or 0) for value in values]


def as_day(value):
    """A date that came back from hand-written SQL: SQLite gives text, PostgreSQL a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value
