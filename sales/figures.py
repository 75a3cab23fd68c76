"""Sell-out figures: each has one function here, which pages, reports and exports share.

Every function takes ``accounts`` (a KeyAccount queryset, the scope: what is outside is not counted) and a Period, and asks
a fixed number of statements whatever the number of accounts. An account's figures are those of itself and of everything
below it. Whole months are read from the rollups; any other span from the facts, where a weekly row counts on its Sunday.
Money is in minor units of the account's sell-out currency, net of the retailer's discounts unless said otherwise.
Ratios are 6-digit Decimals and None where the denominator is zero or missing (formulas.md, conventions).
"""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import EmptyResultSet
from django.db import connection

from accounts.models import KeyAccount
from ka_crm.money import growth, ratio
from ka_crm.periods import month_of, week_start

from .models import AccountProductMonth, AccountProductWeek, CategoryTotal, Product, SellOut, StoreProductMonth

SUMS = "SUM({0}.units), SUM({0}.gross_minor), SUM({0}.discount_minor), SUM({0}.net_minor), SUM({0}.coupon_minor)"


@dataclass(frozen=True, slots=True)
class Sums:
    """Sell-out of one scope and period. ``selling_stores`` and ``selling_products`` are those whose units add up to more than 0."""

    units: int = 0
    gross_minor: int = 0
    discount_minor: int = 0
    net_minor: int = 0
    coupon_minor: int = 0
    selling_stores: int = 0
    selling_products: int = 0

    def __add__(self, other):
        """Sums of both; the counts of stores and products do not add up and are left 0."""
        return Sums(
            *(
                getattr(self, name) + getattr(other, name)
                for name in ("units", "gross_minor", "discount_minor", "net_minor", "coupon_minor")
            )
        )


@dataclass(frozen=True, slots=True)
class Share:
    """Share of wallet: own net sales ÷ net sales of all manufacturers in the same stores, categories and months."""

    own_net_minor: int
    market_net_minor: int

    @property
    def ratio(self):
        """own ÷ market (formulas.md, Share of wallet); None where the market is 0. Above 1 the market figure is too low."""
        return ratio(self.own_net_minor, self.market_net_minor)


@dataclass(frozen=True, slots=True)
class Distribution:
    """In how many and how weighty stores of an account a product sells; see ``distribution_by_account_product``."""

    stores_selling: int
    stores_total: int
    weight_selling_minor: int
    weight_total_minor: int

    @property
    def numeric(self):
        """Selling stores ÷ all stores of the account (formulas.md, Numeric distribution)."""
        return ratio(self.stores_selling, self.stores_total)

    @property
    def weighted(self):
        """Category market value of the selling stores ÷ that of all stores (formulas.md, Weighted distribution); None without weights."""
        return ratio(self.weight_selling_minor, self.weight_total_minor)


# --- the scope and the period in SQL ------------------------------------------------------------------------------------------
ACCOUNT = KeyAccount._meta.db_table
STORE_MONTH, ACCOUNT_MONTH, ACCOUNT_WEEK = (m._meta.db_table for m in (StoreProductMonth, AccountProductMonth, AccountProductWeek))
FACTS, MARKET, PRODUCT = SellOut._meta.db_table, CategoryTotal._meta.db_table, Product._meta.db_table
STORE = "accounts_store"


LEAVES = "JOIN leaves ON leaves.leaf_id = f.account_id"


class _Scope:
    """``WITH tree`` pairs each account of the scope with itself and all below it; ``leaves`` are all of them, each once."""

    def __init__(self, accounts):
        try:
            inside, self.params = accounts.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            inside, self.params = "SELECT 0", ()
        self.tree = (
            f"tree AS (SELECT a.id AS account_id, l.id AS leaf_id FROM {ACCOUNT} a JOIN {ACCOUNT} l"
            f" ON l.id = a.id OR (a.path <> '' AND substr(l.path, 1, length(a.path)) = a.path) WHERE a.id IN ({inside}))"
        )
        self.leaves = "leaves AS (SELECT DISTINCT tree.leaf_id, l.currency FROM tree JOIN " + ACCOUNT + " l ON l.id = tree.leaf_id)"

    def ask(self, sql, params=()):
        """Rows of ``sql``, which may use ``tree`` and ``leaves``; ``params`` follow those of the scope."""
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {self.tree}, {self.leaves} {sql}", [*self.params, *params])
            while rows := cursor.fetchmany(2_000):
                yield from rows


def _sold(period, *, by_store=True):
    """(table, condition on alias f, its parameters) that hold the sell-out of ``period``."""
    if period.is_whole_months:
        table = STORE_MONTH if by_store else ACCOUNT_MONTH
        return table, "f.month BETWEEN %s AND %s", [period.starts_on, period.months()[-1]]
    return FACTS, "f.sold_on BETWEEN %s AND %s", [period.starts_on, period.ends_on]


def _whole_months(period):
    """First and last first-of-month of the calendar months that lie in ``period`` as a whole; None if there is none."""
    months = [first for first in period.months() if first >= period.starts_on]
    last = period.months()[-1]
    if not period.is_whole_months and months and months[-1] == last and not _ends_a_month(period.ends_on):
        months.pop()
    return (months[0], months[-1]) if months else None


def _ends_a_month(day):
    return (date.fromordinal(day.toordinal() + 1)).day == 1


def _ints(values):
    """Sums as Python integers: PostgreSQL gives a Decimal for a sum of bigints, and None for no rows."""
    return [int(value or 0) for value in values]


# --- sell-out -----------------------------------------------------------------------------------------------------------------
def sellout_by_account(accounts, period):
    """{account id: Sums} of every account of the scope that sold anything; two statements."""
    table, condition, params = _sold(period)
    scope = _Scope(accounts)
    sums = scope.ask(
        f"SELECT tree.account_id, {SUMS.format('f')} FROM {table} f JOIN tree ON tree.leaf_id = f.account_id WHERE {condition} GROUP BY 1",
        params,
    )
    found = {row[0]: _ints(row[1:]) for row in sums}
    counts = _selling_counts(scope, table, condition, params, "tree.account_id", "JOIN tree ON tree.leaf_id = f.account_id")
    return {account: Sums(*values, *counts.get(account, (0, 0))) for account, values in found.items()}


def sellout_total(accounts, period):
    """{currency: Sums} over the whole scope, each account once; two statements. Amounts of two currencies are never added up."""
    table, condition, params = _sold(period)
    scope = _Scope(accounts)
    join = "JOIN leaves ON leaves.leaf_id = f.account_id"
    rows = scope.ask(f"SELECT leaves.currency, {SUMS.format('f')} FROM {table} f {join} WHERE {condition} GROUP BY 1", params)
    found = {row[0]: _ints(row[1:]) for row in rows}
    counts = _selling_counts(scope, table, condition, params, "leaves.currency", join)
    return {currency: Sums(*values, *counts.get(currency, (0, 0))) for currency, values in found.items()}


def _selling_counts(scope, table, condition, params, key, join):
    """{key: (stores, products)} whose units in the period add up to more than 0; one statement."""
    one = f"SELECT {key} AS k, '{{0}}' AS what, f.{{1}} FROM {table} f {join} WHERE {condition} GROUP BY 1, 3 HAVING SUM(f.units) > 0"
    sql = f"SELECT k, what, COUNT(*) FROM ({one.format('s', 'store_id')} UNION ALL {one.format('p', 'product_id')}) selling GROUP BY 1, 2"
    found = {}
    for value, what, number in scope.ask(sql, [*params, *params]):
        stores, products = found.get(value, (0, 0))
        found[value] = (number, products) if what == "s" else (stores, number)
    return found


def growth_by_account(accounts, period):
    """{account id: growth of net sales against the previous period of the same kind} (formulas.md, YoY / MoM); four statements.

    None where there was nothing before, or nothing above 0.
    """
    now, then = sellout_by_account(accounts, period), sellout_by_account(accounts, period.previous())
    return {account: growth(sums.net_minor, then[account].net_minor if account in then else None) for account, sums in now.items()}


def sellout_by_account_category(accounts, period):
    """{account id: {category id: Sums}}, category id None for products without one; one statement, no counts."""
    table, condition, params = _sold(period, by_store=False)
    rows = _Scope(accounts).ask(
        f"SELECT tree.account_id, p.category_id, {SUMS.format('f')} FROM {table} f JOIN tree ON tree.leaf_id = f.account_id"
        f" JOIN {PRODUCT} p ON p.id = f.product_id WHERE {condition} GROUP BY 1, 2",
        params,
    )
    found = {}
    for account, category, *sums in rows:
        found.setdefault(account, {})[category] = Sums(*_ints(sums))
    return found


def sellout_by_store(accounts, period):
    """{store id: Sums} of the stores of the scope; one statement, no counts."""
    table, condition, params = _sold(period)
    rows = _Scope(accounts).ask(
        f"SELECT f.store_id, {SUMS.format('f')} FROM {table} f JOIN leaves ON leaves.leaf_id = f.account_id WHERE {condition} GROUP BY 1",
        params,
    )
    return {store: Sums(*_ints(sums)) for store, *sums in rows}


def sellout_by_account_month(accounts, period):
    """{(account id, first of month): Sums} of the months that the period touches; one statement, no counts."""
    rows = _monthly(_Scope(accounts), period, ACCOUNT_MONTH, "tree.account_id, f.month", join="JOIN tree ON tree.leaf_id = f.account_id")
    return {(account, as_day(month)): Sums(*_ints(sums)) for account, month, *sums in rows}


def sellout_by_own_account_month(accounts, period):
    """{(account id, first of month): Sums} of what each account sold itself, without those below it; one statement, no counts.

    These add up: over accounts of one currency, and over months. Accounts below the scope have their own keys.
    """
    months = period.months()
    rows = _Scope(accounts).ask(
        f"SELECT f.account_id, f.month, {SUMS.format('f')} FROM {ACCOUNT_MONTH} f {LEAVES} WHERE f.month BETWEEN %s AND %s GROUP BY 1, 2",
        [months[0], months[-1]],
    )
    return {(account, as_day(month)): Sums(*_ints(sums)) for account, month, *sums in rows}


def sellout_total_by_month(accounts, period):
    """{(currency, first of month): Sums} over the whole scope; one statement, no counts."""
    rows = _monthly(_Scope(accounts), period, ACCOUNT_MONTH, "leaves.currency, f.month", join=LEAVES)
    return {(currency, as_day(month)): Sums(*_ints(sums)) for currency, month, *sums in rows}


def sellout_by_account_product_month(accounts, period):
    """Yields (account id, product id, first of month, Sums) of the months that the period touches; one statement."""
    join = "JOIN tree ON tree.leaf_id = f.account_id"
    for account, product, month, *sums in _monthly(
        _Scope(accounts), period, ACCOUNT_MONTH, "tree.account_id, f.product_id, f.month", join=join
    ):
        yield account, product, as_day(month), Sums(*_ints(sums))


def sellout_by_account_product_week(accounts, period):
    """Yields (account id, product id, Monday, Sums) of the weeks that the period touches, whole weeks; one statement."""
    rows = _Scope(accounts).ask(
        f"SELECT tree.account_id, f.product_id, f.week_start, {SUMS.format('f')} FROM {ACCOUNT_WEEK} f"
        " JOIN tree ON tree.leaf_id = f.account_id WHERE f.week_start BETWEEN %s AND %s GROUP BY 1, 2, 3 ORDER BY 3, 1, 2",
        [week_start(period.starts_on), period.ends_on],
    )
    for account, product, monday, *sums in rows:
        yield account, product, as_day(monday), Sums(*_ints(sums))


def sellout_by_own_account_week(accounts, weeks):
    """{(account id, Monday): Sums} of what each account sold itself in the weeks that begin on the Mondays ``weeks``; one statement."""
    weeks = sorted(set(weeks))
    if not weeks:
        return {}
    rows = _Scope(accounts).ask(
        f"SELECT f.account_id, f.week_start, {SUMS.format('f')} FROM {ACCOUNT_WEEK} f {LEAVES}"
        f" WHERE f.week_start IN ({', '.join(['%s'] * len(weeks))}) GROUP BY 1, 2",
        weeks,
    )
    return {(account, as_day(monday)): Sums(*_ints(sums)) for account, monday, *sums in rows}


def sellout_by_store_month(accounts, period):
    """Yields (store id, first of month, Sums) of the months that the period touches; one statement."""
    for store, month, *sums in _monthly(_Scope(accounts), period, STORE_MONTH, "f.store_id, f.month", join=LEAVES):
        yield store, as_day(month), Sums(*_ints(sums))


def sellout_by_category_month(accounts, period):
    """Yields (currency, category id, first of month, Sums) over the whole scope; one statement."""
    join = f"{LEAVES} JOIN {PRODUCT} p ON p.id = f.product_id"
    for currency, category, month, *sums in _monthly(
        _Scope(accounts), period, ACCOUNT_MONTH, "leaves.currency, p.category_id, f.month", join=join
    ):
        yield currency, category, as_day(month), Sums(*_ints(sums))


def sellout_by_product(accounts, period):
    """{(currency, product id): Sums} over the whole scope; one statement, no counts."""
    table, condition, params = _sold(period, by_store=False)
    rows = _Scope(accounts).ask(
        f"SELECT leaves.currency, f.product_id, {SUMS.format('f')} FROM {table} f {LEAVES} WHERE {condition} GROUP BY 1, 2", params
    )
    return {(currency, product): Sums(*_ints(sums)) for currency, product, *sums in rows}


def _monthly(scope, period, table, keys, *, join):
    """Rows of ``keys`` and sums over the calendar months that ``period`` touches, by the last key first."""
    columns = [str(position) for position in range(1, keys.count(",") + 2)]
    months = period.months()
    return scope.ask(
        f"SELECT {keys}, {SUMS.format('f')} FROM {table} f {join} WHERE f.month BETWEEN %s AND %s"
        f" GROUP BY {', '.join(columns)} ORDER BY {', '.join([columns[-1], *columns[:-1]])}",
        [months[0], months[-1]],
    )


def top_products(accounts, period, n):
    """{account id: [(product id, Sums), …]}, the ``n`` products with the highest net sales first, ties by id; one statement."""
    table, condition, params = _sold(period, by_store=False)
    rows = _Scope(accounts).ask(
        f"SELECT * FROM (SELECT sold.*, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY net DESC, product_id) AS place FROM ("
        f"SELECT tree.account_id, f.product_id, SUM(f.units) AS units, SUM(f.gross_minor) AS gross, SUM(f.discount_minor) AS discount,"
        f" SUM(f.net_minor) AS net, SUM(f.coupon_minor) AS coupon FROM {table} f JOIN tree ON tree.leaf_id = f.account_id"
        f" WHERE {condition} GROUP BY 1, 2) sold) ranked WHERE place <= %s ORDER BY account_id, place",
        [*params, n],
    )
    found = {}
    for account, product, *sums, _place in rows:
        found.setdefault(account, []).append((product, Sums(*_ints(sums))))
    return found


def trend_by_account(accounts, months):
    """{account id: {first of month: Sums}} for the given first days of months, ascending; one statement, no counts."""
    months = list(months)
    if not months:
        return {}
    rows = _Scope(accounts).ask(
        f"SELECT tree.account_id, f.month, {SUMS.format('f')} FROM {ACCOUNT_MONTH} f JOIN tree ON tree.leaf_id = f.account_id"
        " WHERE f.month BETWEEN %s AND %s GROUP BY 1, 2 ORDER BY 1, 2",
        [min(months), max(months)],
    )
    wanted, found = set(months), {}
    for account, month, *sums in rows:
        month = as_day(month)
        if month in wanted:
            found.setdefault(account, {})[month] = Sums(*_ints(sums))
    return found


def as_day(value):
    """A date that came back from hand-written SQL: SQLite gives text, PostgreSQL a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


# --- share of wallet ----------------------------------------------------------------------------------------------------------
def _cells(scope, period, select, group, *, join=""):
    """Sums of own and market net over the cells (store × category × month) with a market total, of months wholly in ``period``."""
    months = _whole_months(period)
    if months is None:
        return
    own = (
        f"own AS (SELECT f.month, f.store_id, p.category_id, SUM(f.net_minor) AS net FROM {STORE_MONTH} f"
        f" {LEAVES} JOIN {PRODUCT} p ON p.id = f.product_id WHERE f.month BETWEEN %s AND %s GROUP BY 1, 2, 3)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {scope.tree}, {scope.leaves}, {own}"
            f" SELECT {select}, SUM(COALESCE(own.net, 0)), SUM(c.market_net_minor) FROM {MARKET} c {join}"
            " LEFT JOIN own ON own.month = c.month AND own.store_id = c.store_id AND own.category_id = c.category_id"
            f" WHERE c.month BETWEEN %s AND %s GROUP BY {group} ORDER BY {group}",
            [*scope.params, *months, *months],
        )
        while rows := cursor.fetchmany(2_000):
            yield from rows


IN_TREE = "JOIN tree ON tree.leaf_id = c.account_id"
IN_SCOPE = "JOIN leaves ON leaves.leaf_id = c.account_id"


def share_by_account(accounts, period):
    """{account id: Share} over the cells of the account's stores in the whole months of ``period``; one statement.

    Accounts without market totals are absent: their share is unknown, not 0.
    """
    return {account: Share(*_ints(sums)) for account, *sums in _cells(_Scope(accounts), period, "tree.account_id", "1", join=IN_TREE)}


def share_by_account_month(accounts, period):
    """{(account id, first of month): Share}; one statement."""
    rows = _cells(_Scope(accounts), period, "tree.account_id, c.month", "1, 2", join=IN_TREE)
    return {(account, as_day(month)): Share(*_ints(sums)) for account, month, *sums in rows}


def share_by_account_category(accounts, period):
    """{account id: {category id: Share}}; one statement."""
    found = {}
    for account, category, *sums in _cells(_Scope(accounts), period, "tree.account_id, c.category_id", "1, 2", join=IN_TREE):
        found.setdefault(account, {})[category] = Share(*_ints(sums))
    return found


def share_total(accounts, period):
    """{currency: Share} over the whole scope; one statement."""
    return {currency: Share(*_ints(sums)) for currency, *sums in _cells(_Scope(accounts), period, "leaves.currency", "1", join=IN_SCOPE)}


def share_total_by_month(accounts, period):
    """{(currency, first of month): Share} over the whole scope; one statement."""
    rows = _cells(_Scope(accounts), period, "leaves.currency, c.month", "1, 2", join=IN_SCOPE)
    return {(currency, as_day(month)): Share(*_ints(sums)) for currency, month, *sums in rows}


def share_total_by_category(accounts, period):
    """{(currency, category id): Share} over the whole scope; one statement."""
    rows = _cells(_Scope(accounts), period, "leaves.currency, c.category_id", "1, 2", join=IN_SCOPE)
    return {(currency, category): Share(*_ints(sums)) for currency, category, *sums in rows}


def share_by_store(accounts, period):
    """{store id: Share} over the store's categories and whole months; one statement."""
    return {store: Share(*_ints(sums)) for store, *sums in _cells(_Scope(accounts), period, "c.store_id", "1", join=IN_SCOPE)}


def share_by_store_category_month(accounts, period):
    """Yields (store id, category id, first of month, Share), every market total of the scope; one statement."""
    for store, category, month, *sums in _cells(_Scope(accounts), period, "c.store_id, c.category_id, c.month", "1, 2, 3", join=IN_SCOPE):
        yield store, category, as_day(month), Share(*_ints(sums))


# --- distribution -------------------------------------------------------------------------------------------------------------
def distribution_by_account_product(accounts, period, *, with_whole=True):
    """{(account id, product id): Distribution} of products with a selling store; account id None is the whole scope.

    Without ``with_whole`` that one is left out, which halves the work of those who do not need it.

    A store sells a product if its units in the period add up to more than 0. Numeric: selling stores ÷ stores in the
    universe, those of the account that are open at some time of the period. Weighted: net market value of the product's
    category in the selling stores ÷ in all stores of the account. Not additive over products (formulas.md). Two statements.
    """
    table, condition, params = _sold(period)
    months = _whole_months(period) or (date(9999, 12, 1), date(9999, 12, 1))
    scope = _Scope(accounts)
    # One month of the rollup has one row per store and product: there is nothing to add up before it is compared with 0.
    selling = " AND f.units > 0" if period.kind == "month" else " GROUP BY 1, 2, 3, 4 HAVING SUM(f.units) > 0"
    parts = (
        f"universe AS (SELECT s.id AS store_id, s.account_id AS leaf_id FROM {STORE} s JOIN leaves ON leaves.leaf_id = s.account_id"
        " WHERE s.archived_at IS NULL AND (s.opened_on IS NULL OR s.opened_on <= %s) AND (s.closed_on IS NULL OR s.closed_on >= %s)),"
        f" weight AS (SELECT c.store_id, c.category_id, SUM(c.market_net_minor) AS value FROM {MARKET} c {IN_SCOPE}"
        " WHERE c.month BETWEEN %s AND %s GROUP BY 1, 2),"
        f" selling AS (SELECT f.account_id AS leaf_id, f.store_id, f.product_id, p.category_id FROM {table} f"
        f" JOIN leaves ON leaves.leaf_id = f.account_id JOIN {PRODUCT} p ON p.id = f.product_id WHERE {condition}{selling}),"
        " paired AS (SELECT account_id, leaf_id FROM tree" + (" UNION ALL SELECT NULL, leaf_id FROM leaves)" if with_whole else ")")
    )
    bounds = [period.ends_on, period.starts_on, *months]
    stores = dict(
        _rows(
            scope,
            parts,
            "SELECT paired.account_id, COUNT(*) FROM universe u JOIN paired ON paired.leaf_id = u.leaf_id GROUP BY 1",
            bounds + params,
        )
    )
    rows = _rows(
        scope,
        parts + ", total AS (SELECT paired.account_id, w.category_id, SUM(w.value) AS value FROM weight w"
        " JOIN universe u ON u.store_id = w.store_id JOIN paired ON paired.leaf_id = u.leaf_id GROUP BY 1, 2)",
        "SELECT sold.account_id, sold.product_id, sold.stores, sold.value, COALESCE(total.value, 0) FROM ("
        "SELECT paired.account_id, s.product_id, s.category_id, COUNT(*) AS stores, COALESCE(SUM(w.value), 0) AS value FROM selling s"
        " JOIN universe u ON u.store_id = s.store_id JOIN paired ON paired.leaf_id = u.leaf_id"
        " LEFT JOIN weight w ON w.store_id = s.store_id AND w.category_id = s.category_id GROUP BY 1, 2, 3) sold"
        " LEFT JOIN total ON COALESCE(total.account_id, 0) = COALESCE(sold.account_id, 0) AND total.category_id = sold.category_id",
        bounds + params,
    )
    return {
        (account, product): Distribution(number, stores.get(account, 0), int(value), int(total))
        for account, product, number, value, total in rows
    }


def numeric_distribution_by_month(accounts, months):
    """{(first of month, product id): (stores selling, stores in the universe)} over the whole scope; one statement.

    The first two figures of ``distribution_by_account_product`` for single months, without weights and without each account's;
    product id None counts the stores that sell anything at all. Months in which nothing sells are absent.
    """
    months = sorted(set(months))
    if not months:
        return {}
    marks = ", ".join(["(CAST(%s AS date), CAST(%s AS date))" if connection.vendor == "postgresql" else "(%s, %s)"] * len(months))
    parts = (
        f"asked(month, last_day) AS (VALUES {marks}),"
        f" universe AS (SELECT asked.month, s.id AS store_id FROM {STORE} s JOIN leaves ON leaves.leaf_id = s.account_id JOIN asked"
        " ON (s.opened_on IS NULL OR s.opened_on <= asked.last_day) AND (s.closed_on IS NULL OR s.closed_on >= asked.month)"
        " WHERE s.archived_at IS NULL),"
        f" selling AS (SELECT f.month, f.store_id, f.product_id, f.units FROM {STORE_MONTH} f {LEAVES}"
        " JOIN universe u ON u.store_id = f.store_id AND u.month = f.month"
        f" WHERE f.month IN ({', '.join(['%s'] * len(months))}))"
    )
    select = (
        "SELECT month, product_id, COUNT(*) FROM selling WHERE units > 0 GROUP BY 1, 2"
        " UNION ALL SELECT month, NULL, COUNT(*) FROM"
        " (SELECT month, store_id FROM selling GROUP BY 1, 2 HAVING SUM(units) > 0) any_product GROUP BY 1"
        " UNION ALL SELECT month, -1, COUNT(*) FROM universe GROUP BY 1"
    )
    bounds = [day for first in months for day in (first, month_of(first).ends_on)]
    rows = [(as_day(month), product, number) for month, product, number in _rows(_Scope(accounts), parts, select, [*bounds, *months])]
    stores = {month: number for month, product, number in rows if product == -1}
    return {(month, product): (number, stores[month]) for month, product, number in rows if product != -1}


def selling_stores_by_own_account(accounts, months):
    """{(account id, product id, first of month): stores of the account itself that sell the product}; one statement."""
    months = sorted(set(months))
    if not months:
        return {}
    rows = _Scope(accounts).ask(
        f"SELECT f.account_id, f.product_id, f.month, COUNT(*) FROM {STORE_MONTH} f {LEAVES}"
        f" WHERE f.month IN ({', '.join(['%s'] * len(months))}) AND f.units > 0 GROUP BY 1, 2, 3",
        months,
    )
    return {(account, product, as_day(month)): number for account, product, month, number in rows}


def _rows(scope, parts, select, params):
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {scope.tree}, {scope.leaves}, {parts} {select}", [*scope.params, *params])
        return cursor.fetchall()


__all__ = [
    "Distribution",
    "Share",
    "Sums",
    "distribution_by_account_product",
    "growth_by_account",
    "numeric_distribution_by_month",
    "sellout_by_account",
    "sellout_by_account_category",
    "sellout_by_account_month",
    "sellout_by_account_product_month",
    "sellout_by_account_product_week",
    "sellout_by_category_month",
    "selling_stores_by_own_account",
    "sellout_by_own_account_month",
    "sellout_by_own_account_week",
    "sellout_by_product",
    "sellout_by_store",
    "sellout_by_store_month",
    "sellout_total",
    "sellout_total_by_month",
    "share_by_account",
    "share_by_account_category",
    "share_by_account_month",
    "share_by_store",
    "share_by_store_category_month",
    "share_total",
    "share_total_by_category",
    "share_total_by_month",
    "top_products",
    "trend_by_account",
]
