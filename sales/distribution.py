"""In how many, and how weighty, stores products sell; figures.py offers these functions with all others and says what they share."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from ka_crm.money import ratio
from ka_crm.periods import month_of

from .scoped_sql import LEAVES, MARKET, PRODUCT, STORE, STORE_MONTH, Scope, as_day, sold_in, whole_months


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


def distribution_by_account_product(accounts, period):
    """{(account id, product id): Distribution} of products with a selling store; under a currency stands the whole scope in it.

    A store sells a product if its units in the period add up to more than 0. Numeric: selling stores ÷ stores in the
    universe, those of the account that are open at some time of the period. Weighted: net market value of the product's
    category in the selling stores ÷ in all stores of the account. Not additive over products (formulas.md). Two statements.
    """
    scope = Scope(accounts)
    paired = f"paired AS (SELECT account_id, leaf_id, {NO_CURRENCY} FROM tree UNION ALL SELECT NULL, leaf_id, currency FROM leaves)"
    stores, weights = _universe(scope, period, paired)
    return {
        (account, product): Distribution(number, stores.get(account, 0), value, weights.get((account, category), 0))
        for account, product, category, number, value in _selling(scope, period, paired)
    }


NO_CURRENCY = "CAST(NULL AS varchar(3)) AS currency"
OWN = f"paired AS (SELECT leaf_id AS account_id, leaf_id, {NO_CURRENCY} FROM leaves)"  # each account with itself only


def selling_by_own_account_product(accounts, period):
    """Yields (account id, product id, stores, weight) of what the stores of each account itself sell; one statement.

    ``stores`` and ``weight`` are the numerators of ``distribution_by_account_product``; they add up over accounts.
    """
    for account, product, _category, number, value in _selling(Scope(accounts), period, OWN):
        yield account, product, number, value


def weights_by_own_account_category(accounts, period):
    """{(account id, category id): net market value in the open stores of the account itself}; one statement. They add up over accounts."""
    return _universe(Scope(accounts), period, OWN)[1]


def _weight(period):
    """(the market value of each store and category as part of a WITH, its parameters), over the whole months of ``period``."""
    first, last = whole_months(period) or (date(9999, 12, 1), date(9999, 12, 1))
    # Of one month there is one row per store and category: left as the table that it is, so that its index can be used.
    value, group = ("market_net_minor", "") if first == last else ("CAST(SUM(market_net_minor) AS bigint)", " GROUP BY 1, 2")
    part = f"weight AS (SELECT store_id, category_id, {value} AS value FROM {MARKET} WHERE month BETWEEN %s AND %s{group})"
    return part, [first, last]


def _open_stores(period):
    """(the stores that are open at some time of ``period`` as part of a WITH, its parameters)."""
    part = (
        f"universe AS (SELECT s.id AS store_id, s.account_id AS leaf_id FROM {STORE} s JOIN leaves ON leaves.leaf_id = s.account_id"
        " WHERE s.archived_at IS NULL AND (s.opened_on IS NULL OR s.opened_on <= %s) AND (s.closed_on IS NULL OR s.closed_on >= %s))"
    )
    return part, [period.ends_on, period.starts_on]


def _universe(scope, period, paired):
    """({account: open stores}, {(account, category): market value in them}), the denominators of distribution; one statement."""
    (universe, days), (weight, months) = _open_stores(period), _weight(period)
    total = (
        "total AS (SELECT u.leaf_id, w.category_id, 0 AS stores, SUM(w.value) AS value FROM weight w"
        " JOIN universe u ON u.store_id = w.store_id GROUP BY 1, 2"
        " UNION ALL SELECT leaf_id, NULL, COUNT(*), NULL FROM universe GROUP BY 1)"
    )
    rows = scope.rows(
        ", ".join((universe, weight, total, paired)),
        "SELECT paired.account_id, paired.currency, total.category_id, CAST(SUM(total.stores) AS bigint),"
        " CAST(SUM(total.value) AS bigint) FROM total JOIN paired ON paired.leaf_id = total.leaf_id GROUP BY 1, 2, 3",
        [*days, *months],
    )
    stores, weights = {}, {}
    for account, currency, category, number, value in rows:
        if category is None:
            stores[account or currency] = number
        else:
            weights[account or currency, category] = value
    return stores, weights


def _selling(scope, period, paired):
    """(account, product, its category, open stores that sell it, market value of the category in them); one statement."""
    table, condition, params = sold_in(period)
    if table == STORE_MONTH:  # months one by one: the key begins with the month, and then the store's rows are found in it
        params = period.months()
        condition = f"f.month IN ({', '.join(['%s'] * len(params))})"
    (universe, days), (weight, months) = _open_stores(period), _weight(period)
    # One month of the rollup has one row per store and product: there is nothing to add up before it is compared with 0.
    positive = " AND f.units > 0" if period.kind == "month" else " GROUP BY 1, 2 HAVING SUM(f.units) > 0"
    parts = (
        universe,
        weight,
        # By store, not by the account that sold: a store that has moved takes its sales into its new account's distribution.
        f"selling AS (SELECT f.store_id, f.product_id FROM {table} f"
        f" WHERE {condition} AND f.store_id IN (SELECT store_id FROM universe){positive})",
        "sold AS (SELECT u.leaf_id, s.product_id, p.category_id, COUNT(*) AS stores, SUM(w.value) AS value FROM selling s"
        f" JOIN universe u ON u.store_id = s.store_id JOIN {PRODUCT} p ON p.id = s.product_id"
        " LEFT JOIN weight w ON w.store_id = s.store_id AND w.category_id = p.category_id GROUP BY 1, 2, 3)",
        paired,
    )
    rows = scope.rows(
        ", ".join(parts),
        "SELECT paired.account_id, paired.currency, sold.product_id, sold.category_id, CAST(SUM(sold.stores) AS bigint),"
        " CAST(COALESCE(SUM(sold.value), 0) AS bigint) FROM sold JOIN paired ON paired.leaf_id = sold.leaf_id GROUP BY 1, 2, 3, 4",
        [*days, *months, *params],
    )
    for account, currency, product, category, number, value in rows:
        yield account or currency, product, category, number, value


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
        f" selling AS (SELECT f.month, f.store_id, f.product_id, f.units FROM {STORE_MONTH} f"
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
    rows = [(as_day(month), product, number) for month, product, number in Scope(accounts).rows(parts, select, [*bounds, *months])]
    stores = {month: number for month, product, number in rows if product == -1}
    return {(month, product): (number, stores[month]) for month, product, number in rows if product != -1}


def selling_stores_by_own_account(accounts, months):
    """{(account id, product id, first of month): stores of the account itself that sell the product}; one statement."""
    months = sorted(set(months))
    if not months:
        return {}
    rows = Scope(accounts).ask(
        f"SELECT f.account_id, f.product_id, f.month, COUNT(*) FROM {STORE_MONTH} f {LEAVES}"
        f" WHERE f.month IN ({', '.join(['%s'] * len(months))}) AND f.units > 0 GROUP BY 1, 2, 3",
        months,
    )
    return {(account, product, as_day(month)): number for account, product, month, number in rows}
