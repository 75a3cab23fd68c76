"""Sell-out figures: each has one function here, which pages, reports and exports share.

Every function takes ``accounts`` (a KeyAccount queryset, the scope: what is outside is not counted) and a Period, and asks
a fixed number of statements whatever the number of accounts. An account's figures are those of itself and of everything
below it that sells in its currency: amounts of two currencies are never added up. Whole months are read from the rollups;
any other span from the facts, where a weekly row counts on its Sunday.
Money is in minor units of the account's sell-out currency, net of the retailer's discounts unless said otherwise.
Ratios are 6-digit Decimals and None where the denominator is zero or missing (formulas.md, conventions).
"""

from dataclasses import dataclass

from ka_crm.money import growth, ratio
from ka_crm.periods import week_start

from .distribution import (
    Distribution,
    distribution_by_account_product,
    numeric_distribution_by_month,
    selling_by_own_account_product,
    selling_stores_by_own_account,
    weights_by_own_account_category,
)
from .scoped_sql import (
    ACCOUNT_MONTH,
    ACCOUNT_WEEK,
    BELOW,
    LEAVES,
    MARKET,
    PRODUCT,
    STORE_MONTH,
    SUMS,
    Scope,
    as_day,
    ints,
    sold_in,
    whole_months,
)


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


# --- sell-out -----------------------------------------------------------------------------------------------------------------
def sellout_by_account(accounts, period):
    """{account id: Sums} of every account of the scope that sold anything; two statements."""
    table, condition, params = sold_in(period, by_store=False)
    scope = Scope(accounts)
    sums = scope.ask(
        f"SELECT tree.account_id, {SUMS.format('f')} FROM {table} f {BELOW} WHERE {condition} GROUP BY 1",
        params,
    )
    found = {row[0]: ints(row[1:]) for row in sums}
    counts = _selling_counts(scope, period, "tree.account_id", BELOW)
    return {account: Sums(*values, *counts.get(account, (0, 0))) for account, values in found.items()}


def sellout_total(accounts, period):
    """{currency: Sums} over the whole scope, each account once; two statements. Amounts of two currencies are never added up."""
    table, condition, params = sold_in(period, by_store=False)
    scope = Scope(accounts)
    rows = scope.ask(f"SELECT leaves.currency, {SUMS.format('f')} FROM {table} f {LEAVES} WHERE {condition} GROUP BY 1", params)
    found = {row[0]: ints(row[1:]) for row in rows}
    counts = _selling_counts(scope, period, "leaves.currency", LEAVES)
    return {currency: Sums(*values, *counts.get(currency, (0, 0))) for currency, values in found.items()}


def selling_stores_by_account(accounts, period):
    """{account id: stores whose units in the period add up to more than 0}; one statement."""
    sql, params = _selling(period, "tree.account_id", BELOW, "store_id")
    return dict(Scope(accounts).ask(f"SELECT k, COUNT(*) FROM ({sql}) selling GROUP BY 1", params))


def _selling_counts(scope, period, key, join):
    """{key: (stores, products)} whose units in the period add up to more than 0; one statement."""
    stores, params = _selling(period, key, join, "store_id")
    products, more = _selling(period, key, join, "product_id")
    rows = scope.ask(
        f"SELECT k, 's', COUNT(*) FROM ({stores}) selling GROUP BY 1"
        f" UNION ALL SELECT k, 'p', COUNT(*) FROM ({products}) selling GROUP BY 1",
        [*params, *more],
    )
    found = {}
    for value, what, number in rows:
        stores, products = found.get(value, (0, 0))
        found[value] = (number, products) if what == "s" else (stores, number)
    return found


def _selling(period, key, join, column):
    """(SQL of the pairs of ``key`` and store or product that sell, its parameters).

    Added up per account first: joined to the accounts above it row by row, a year of ten thousand stores takes ten times as long.
    """
    table, condition, params = sold_in(period, by_store=column == "store_id")
    own = (
        f"SELECT f.account_id, f.{column}, SUM(f.units) AS units FROM {table} f"
        f" WHERE {condition} AND f.account_id IN (SELECT leaf_id FROM leaves) GROUP BY 1, 2"
    )
    return f"SELECT {key} AS k, f.{column} FROM ({own}) f {join} GROUP BY 1, 2 HAVING SUM(f.units) > 0", params


def growth_by_account(accounts, period):
    """{account id: growth of net sales against the previous period of the same kind} (formulas.md, YoY / MoM); four statements.

    None where there was nothing before, or nothing above 0.
    """
    now, then = sellout_by_account(accounts, period), sellout_by_account(accounts, period.previous())
    return {account: growth(sums.net_minor, then[account].net_minor if account in then else None) for account, sums in now.items()}


def sellout_by_account_category(accounts, period):
    """{account id: {category id: Sums}}, category id None for products without one; one statement, no counts."""
    table, condition, params = sold_in(period, by_store=False)
    rows = Scope(accounts).ask(
        f"SELECT tree.account_id, p.category_id, {SUMS.format('f')} FROM {table} f {BELOW}"
        f" JOIN {PRODUCT} p ON p.id = f.product_id WHERE {condition} GROUP BY 1, 2",
        params,
    )
    found = {}
    for account, category, *sums in rows:
        found.setdefault(account, {})[category] = Sums(*ints(sums))
    return found


def sellout_by_store(accounts, period):
    """{store id: Sums} of the stores of the scope; one statement, no counts."""
    table, condition, params = sold_in(period)
    rows = Scope(accounts).ask(
        f"SELECT f.store_id, {SUMS.format('f')} FROM {table} f JOIN leaves ON leaves.leaf_id = f.account_id WHERE {condition} GROUP BY 1",
        params,
    )
    return {store: Sums(*ints(sums)) for store, *sums in rows}


def sellout_by_account_month(accounts, period):
    """{(account id, first of month): Sums} of the months that the period touches; one statement, no counts."""
    rows = _monthly(Scope(accounts), period, ACCOUNT_MONTH, "tree.account_id, f.month", join=BELOW)
    return {(account, as_day(month)): Sums(*ints(sums)) for account, month, *sums in rows}


def sellout_by_own_account_month(accounts, period):
    """{(account id, first of month): Sums} of what each account sold itself, without those below it; one statement, no counts.

    These add up: over accounts of one currency, and over months. Accounts below the scope have their own keys.
    """
    months = period.months()
    rows = Scope(accounts).ask(
        f"SELECT f.account_id, f.month, {SUMS.format('f')} FROM {ACCOUNT_MONTH} f {LEAVES} WHERE f.month BETWEEN %s AND %s GROUP BY 1, 2",
        [months[0], months[-1]],
    )
    return {(account, as_day(month)): Sums(*ints(sums)) for account, month, *sums in rows}


def sellout_total_by_month(accounts, period):
    """{(currency, first of month): Sums} over the whole scope; one statement, no counts."""
    rows = _monthly(Scope(accounts), period, ACCOUNT_MONTH, "leaves.currency, f.month", join=LEAVES)
    return {(currency, as_day(month)): Sums(*ints(sums)) for currency, month, *sums in rows}


def sellout_by_account_product_month(accounts, period):
    """Yields (account id, product id, first of month, Sums) of the months that the period touches; one statement."""
    join = BELOW
    for account, product, month, *sums in _monthly(
        Scope(accounts), period, ACCOUNT_MONTH, "tree.account_id, f.product_id, f.month", join=join
    ):
        yield account, product, as_day(month), Sums(*ints(sums))


def sellout_by_account_product_week(accounts, period):
    """Yields (account id, product id, Monday, Sums) of the weeks that the period touches, whole weeks; one statement."""
    rows = Scope(accounts).ask(
        f"SELECT tree.account_id, f.product_id, f.week_start, {SUMS.format('f')} FROM {ACCOUNT_WEEK} f"
        " JOIN tree ON tree.leaf_id = f.account_id WHERE f.week_start BETWEEN %s AND %s GROUP BY 1, 2, 3 ORDER BY 3, 1, 2",
        [week_start(period.starts_on), period.ends_on],
    )
    for account, product, monday, *sums in rows:
        yield account, product, as_day(monday), Sums(*ints(sums))


def sellout_by_own_account_week(accounts, weeks):
    """{(account id, Monday): Sums} of what each account sold itself in the weeks that begin on the Mondays ``weeks``; one statement."""
    weeks = sorted(set(weeks))
    if not weeks:
        return {}
    rows = Scope(accounts).ask(
        f"SELECT f.account_id, f.week_start, {SUMS.format('f')} FROM {ACCOUNT_WEEK} f {LEAVES}"
        f" WHERE f.week_start IN ({', '.join(['%s'] * len(weeks))}) GROUP BY 1, 2",
        weeks,
    )
    return {(account, as_day(monday)): Sums(*ints(sums)) for account, monday, *sums in rows}


def sellout_by_store_month(accounts, period):
    """Yields (store id, first of month, Sums) of the months that the period touches; one statement."""
    for store, month, *sums in _monthly(Scope(accounts), period, STORE_MONTH, "f.store_id, f.month", join=LEAVES):
        yield store, as_day(month), Sums(*ints(sums))


def sellout_by_category_month(accounts, period):
    """Yields (currency, category id, first of month, Sums) over the whole scope; one statement."""
    join = f"{LEAVES} JOIN {PRODUCT} p ON p.id = f.product_id"
    for currency, category, month, *sums in _monthly(
        Scope(accounts), period, ACCOUNT_MONTH, "leaves.currency, p.category_id, f.month", join=join
    ):
        yield currency, category, as_day(month), Sums(*ints(sums))


def sellout_by_product(accounts, period):
    """{(currency, product id): Sums} over the whole scope; one statement, no counts."""
    table, condition, params = sold_in(period, by_store=False)
    rows = Scope(accounts).ask(
        f"SELECT leaves.currency, f.product_id, {SUMS.format('f')} FROM {table} f {LEAVES} WHERE {condition} GROUP BY 1, 2", params
    )
    return {(currency, product): Sums(*ints(sums)) for currency, product, *sums in rows}


def _monthly(scope, period, table, keys, *, join):
    """Rows of ``keys`` and sums over the calendar months that ``period`` touches, by the last key first."""
    columns = [str(position) for position in range(1, keys.count(",") + 2)]
    months = period.months()
    return scope.ask(
        f"SELECT {keys}, {SUMS.format('f')} FROM {table} f {join} WHERE f.month BETWEEN %s AND %s"
        f" GROUP BY {', '.join(columns)} ORDER BY {', '.join([columns[-1], *columns[:-1]])}",
        [months[0], months[-1]],
    )


def compared_by_own_account_product(accounts, periods):
    """Yields (account id, product id, units, net of each of ``periods`` in turn) of what each account sold itself; one statement.

    ``periods`` are whole months; where a product was not sold in one of them, its units and net are 0.
    """
    yield from _compared(accounts, periods, ACCOUNT_MONTH, "f.account_id, f.product_id", "1, 2")


def compared_by_store(accounts, periods):
    """Yields (account id, store id, units, net of each of ``periods`` in turn) of what stores sold for each account; one statement.

    ``periods`` are whole months; where a store sold nothing in one of them, its units and net are 0. A store that has moved has a row
    under each account that it sold for.
    """
    yield from _compared(accounts, periods, STORE_MONTH, "f.account_id, f.store_id", "1, 2")


def _compared(accounts, periods, table, keys, group):
    inside = "f.month BETWEEN %s AND %s"
    bounds = [(period.starts_on, period.months()[-1]) for period in periods]
    each = ", ".join(
        f"CAST(COALESCE(SUM(f.{name}) FILTER (WHERE {inside}), 0) AS bigint)" for _period in periods for name in ("units", "net_minor")
    )
    yield from Scope(accounts).ask(
        f"SELECT {keys}, {each} FROM {table} f WHERE f.account_id IN (SELECT leaf_id FROM leaves)"
        f" AND ({' OR '.join([inside] * len(periods))}) GROUP BY {group}",
        [day for pair in bounds for _name in range(2) for day in pair] + [day for pair in bounds for day in pair],
    )


def top_products(accounts, period, n):
    """{account id: [(product id, Sums), …]}, the ``n`` products with the highest net sales first, ties by id; one statement."""
    table, condition, params = sold_in(period, by_store=False)
    rows = Scope(accounts).ask(
        f"SELECT * FROM (SELECT sold.*, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY net DESC, product_id) AS place FROM ("
        f"SELECT tree.account_id, f.product_id, SUM(f.units) AS units, SUM(f.gross_minor) AS gross, SUM(f.discount_minor) AS discount,"
        f" SUM(f.net_minor) AS net, SUM(f.coupon_minor) AS coupon FROM {table} f {BELOW}"
        f" WHERE {condition} GROUP BY 1, 2) sold) ranked WHERE place <= %s ORDER BY account_id, place",
        [*params, n],
    )
    found = {}
    for account, product, *sums, _place in rows:
        found.setdefault(account, []).append((product, Sums(*ints(sums))))
    return found


def trend_by_account(accounts, months):
    """{account id: {first of month: Sums}} for the given first days of months, ascending; one statement, no counts."""
    months = list(months)
    if not months:
        return {}
    rows = Scope(accounts).ask(
        f"SELECT tree.account_id, f.month, {SUMS.format('f')} FROM {ACCOUNT_MONTH} f {BELOW}"
        " WHERE f.month BETWEEN %s AND %s GROUP BY 1, 2 ORDER BY 1, 2",
        [min(months), max(months)],
    )
    wanted, found = set(months), {}
    for account, month, *sums in rows:
        month = as_day(month)
        if month in wanted:
            found.setdefault(account, {})[month] = Sums(*ints(sums))
    return found


# --- share of wallet ----------------------------------------------------------------------------------------------------------
def _cells(scope, period, select, group, *, join=""):
    """Sums of own and market net over the cells (store × category × month) with a market total, of months wholly in ``period``.

    A row of sell-out has at most one market total, so that it is joined to it as it is: first grouped by cell, a year of ten
    thousand stores would be a million groups on disk, and a planner without statistics has gone through them pair by pair.
    """
    months = whole_months(period)
    if months is None:
        return
    keys = ", ".join(dict.fromkeys(["c.account_id", *(key for key in select.split(", ") if key.startswith("c."))]))
    bounds = "BETWEEN %s AND %s"
    cells = (
        f"cells AS (SELECT {keys}, CAST(SUM(f.net_minor) AS bigint) AS own, CAST(0 AS bigint) AS market FROM {MARKET} c"
        f" JOIN {STORE_MONTH} f ON f.month = c.month AND f.store_id = c.store_id"
        f" JOIN {PRODUCT} p ON p.id = f.product_id AND p.category_id = c.category_id"
        f" WHERE c.month {bounds} AND f.month {bounds} AND c.account_id IN (SELECT leaf_id FROM leaves) GROUP BY {keys}"
        f" UNION ALL SELECT {keys}, 0, CAST(SUM(c.market_net_minor) AS bigint) FROM {MARKET} c"
        f" WHERE c.month {bounds} AND c.account_id IN (SELECT leaf_id FROM leaves) GROUP BY {keys})"
    )
    yield from scope.rows(
        cells, f"SELECT {select}, SUM(c.own), SUM(c.market) FROM cells c {join} GROUP BY {group} ORDER BY {group}", [*months] * 3
    )


IN_TREE = "JOIN tree ON tree.leaf_id = c.account_id"
IN_SCOPE = "JOIN leaves ON leaves.leaf_id = c.account_id"


def share_by_account(accounts, period):
    """{account id: Share} over the cells of the account's stores in the whole months of ``period``; one statement.

    Accounts without market totals are absent: their share is unknown, not 0.
    """
    return {account: Share(*ints(sums)) for account, *sums in _cells(Scope(accounts), period, "tree.account_id", "1", join=IN_TREE)}


def share_by_account_month(accounts, period):
    """{(account id, first of month): Share}; one statement."""
    rows = _cells(Scope(accounts), period, "tree.account_id, c.month", "1, 2", join=IN_TREE)
    return {(account, as_day(month)): Share(*ints(sums)) for account, month, *sums in rows}


def share_by_account_category(accounts, period):
    """{account id: {category id: Share}}; one statement."""
    found = {}
    for account, category, *sums in _cells(Scope(accounts), period, "tree.account_id, c.category_id", "1, 2", join=IN_TREE):
        found.setdefault(account, {})[category] = Share(*ints(sums))
    return found


def share_by_own_account_category(accounts, period):
    """Yields (account id, category id, Share) of the stores of each account itself; one statement. They add up over accounts."""
    for account, category, *sums in _cells(Scope(accounts), period, "c.account_id, c.category_id", "1, 2"):
        yield account, category, Share(*ints(sums))


def share_total(accounts, period):
    """{currency: Share} over the whole scope; one statement."""
    return {currency: Share(*ints(sums)) for currency, *sums in _cells(Scope(accounts), period, "leaves.currency", "1", join=IN_SCOPE)}


def share_total_by_month(accounts, period):
    """{(currency, first of month): Share} over the whole scope; one statement."""
    rows = _cells(Scope(accounts), period, "leaves.currency, c.month", "1, 2", join=IN_SCOPE)
    return {(currency, as_day(month)): Share(*ints(sums)) for currency, month, *sums in rows}


def share_total_by_category(accounts, period):
    """{(currency, category id): Share} over the whole scope; one statement."""
    rows = _cells(Scope(accounts), period, "leaves.currency, c.category_id", "1, 2", join=IN_SCOPE)
    return {(currency, category): Share(*ints(sums)) for currency, category, *sums in rows}


def share_by_store(accounts, period):
    """{store id: Share} over the store's categories and whole months; one statement."""
    return {store: Share(*ints(sums)) for store, *sums in _cells(Scope(accounts), period, "c.store_id", "1", join=IN_SCOPE)}


def share_by_store_category_month(accounts, period):
    """Yields (store id, category id, first of month, Share), every market total of the scope; one statement."""
    for store, category, month, *sums in _cells(Scope(accounts), period, "c.store_id, c.category_id, c.month", "1, 2, 3", join=IN_SCOPE):
        yield store, category, as_day(month), Share(*ints(sums))


__all__ = [
    "Distribution",
    "Share",
    "Sums",
    "compared_by_own_account_product",
    "compared_by_store",
    "distribution_by_account_product",
    "growth_by_account",
    "numeric_distribution_by_month",
    "sellout_by_account",
    "sellout_by_account_category",
    "sellout_by_account_month",
    "sellout_by_account_product_month",
    "sellout_by_account_product_week",
    "sellout_by_category_month",
    "selling_by_own_account_product",
    "selling_stores_by_account",
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
    "share_by_own_account_category",
    "share_by_store",
    "share_by_store_category_month",
    "share_total",
    "share_total_by_category",
    "share_total_by_month",
    "top_products",
    "trend_by_account",
    "weights_by_own_account_category",
]
