"""Sell-out figures on a small company that one can add up by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import KeyAccount
from accounts.services import change_store
from ka_crm.periods import month, parse_period, year
from sales import figures
from sales.datasets import dataset_named, dataset_names
from sales.models import Category, StoreProductMonth
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import KeyAccountFactory, StoreFactory
from tests.factories.sales import CategoryFactory, ProductFactory
from tests.sales.importing import import_bytes, sellout_csv

pytestmark = pytest.mark.django_db
MARCH, APRIL = month(2017, 3), month(2017, 4)
ALL = KeyAccount.objects.all()


@pytest.fixture
def company():
    """A chain with a banner below it, a second chain; three stores; two products of one category, one of another."""
    load_shipped_profiles()
    chain = KeyAccountFactory(code="CHAIN")
    banner = KeyAccountFactory(code="BANNER", parent=chain)
    other = KeyAccountFactory(code="OTHER")
    for code, account in (("S1", chain), ("S2", banner), ("S3", other)):
        StoreFactory(code=code, account=account)
    cheese, pasta = CategoryFactory(name="CHEESE"), CategoryFactory(name="PASTA")
    for sku, category in (("P1", cheese), ("P2", cheese), ("P3", pasta)):
        ProductFactory(sku=sku, category=category)
    import_bytes(
        sellout_csv(
            [
                ("CHAIN", "S1", "2017-03-01", "P1", 2, 500, 100, None),
                ("CHAIN", "S1", "2017-03-31", "P2", 1, 300, 0, None),
                ("BANNER", "S2", "2017-03-15", "P1", 4, 1000, 0, None),
                ("BANNER", "S2", "2017-03-16", "P3", 1, 100, 0, None),
                ("BANNER", "S2", "2017-03-17", "P3", -1, -100, 0, None),
                ("OTHER", "S3", "2017-03-02", "P3", 5, 500, 0, None),
                ("CHAIN", "S1", "2017-04-01", "P1", 1, 600, 0, None),
            ]
        )
    )
    import_bytes(
        b"store_code,category,month,market_units,market_net_value\nS1,CHEESE,2017-03,10,20.00\nS2,CHEESE,2017-03,10,60.00\n",
        kind="category_totals",
        name="totals.csv",
    )
    return {"chain": chain, "banner": banner, "other": other}


def test_an_accounts_figures_are_those_of_itself_and_everything_below(company):
    found = figures.sellout_by_account(ALL, MARCH)
    assert found[company["banner"].pk] == figures.Sums(4, 1000, 0, 1000, 0, selling_stores=1, selling_products=1)
    assert found[company["chain"].pk] == figures.Sums(7, 1800, 100, 1700, 0, selling_stores=2, selling_products=2)
    total = figures.sellout_total(ALL, MARCH)["USD"]
    assert (total.units, total.net_minor, total.selling_stores, total.selling_products) == (12, 2200, 3, 3)


def test_the_scope_limits_what_is_counted(company):
    scope = KeyAccount.objects.filter(code="BANNER")
    assert figures.sellout_total(scope, MARCH)["USD"].net_minor == 1000
    assert list(figures.sellout_by_account(scope, MARCH)) == [company["banner"].pk]
    assert figures.sellout_by_account(KeyAccount.objects.none(), MARCH) == {}


def test_a_span_of_days_is_read_from_the_facts(company):
    found = figures.sellout_by_account(ALL, parse_period("2017-03-15..2017-03-31"))
    assert found[company["chain"].pk].net_minor == 1300
    assert company["other"].pk not in found


def test_growth_needs_something_before(company):
    found = figures.growth_by_account(ALL, APRIL)
    assert found == {company["chain"].pk: Decimal("-0.647059")}
    assert figures.growth_by_account(ALL, MARCH)[company["chain"].pk] is None


def test_top_products_and_trend(company):
    top = figures.top_products(ALL, MARCH, 1)
    assert [(sums.units, sums.net_minor) for _product, sums in top[company["chain"].pk]] == [(6, 1400)]
    trend = figures.trend_by_account(ALL, [date(2017, 3, 1), date(2017, 4, 1)])
    assert {day: sums.net_minor for day, sums in trend[company["chain"].pk].items()} == {date(2017, 3, 1): 1700, date(2017, 4, 1): 600}


def test_share_of_wallet_counts_cells_with_a_market_total_only(company):
    share = figures.share_by_account(ALL, MARCH)
    assert (share[company["chain"].pk].own_net_minor, share[company["chain"].pk].market_net_minor) == (1700, 8000)
    assert share[company["chain"].pk].ratio == Decimal("0.212500")
    assert company["other"].pk not in share  # unknown, not 0
    cheese = Category.objects.get(name="CHEESE").pk
    assert figures.share_by_account_category(ALL, year(2017))[company["banner"].pk][cheese].ratio == Decimal("0.166667")
    assert figures.Share(5, 0).ratio is None
    assert figures.share_by_account(ALL, parse_period("2017-03-02..2017-03-30")) == {}


def test_distribution_by_stores_and_by_their_weight(company):
    found = figures.distribution_by_account_product(ALL, MARCH)
    skus = dict(StoreProductMonth.objects.values_list("product_id", "product__sku"))
    rows = {(account, skus[product]): row for (account, product), row in found.items()}
    chain = rows[(company["chain"].pk, "P2")]
    assert (chain.stores_selling, chain.stores_total, chain.numeric, chain.weighted) == (1, 2, Decimal("0.500000"), Decimal("0.250000"))
    assert rows[("USD", "P1")].numeric == Decimal("0.666667") and rows[("USD", "P1")].weighted == Decimal("1.000000")
    assert rows[(company["other"].pk, "P3")].weighted is None
    assert (company["banner"].pk, "P3") not in rows  # sold and returned


def test_what_accounts_sold_themselves_adds_up_to_what_was_sold_below_them(company):
    chain, banner = company["chain"].pk, company["banner"].pk

    def added(rows):
        """{product: the figures of its rows, added up}."""
        found = {}
        for _account, product, *sums in rows:
            found[product] = tuple(map(sum, zip(found.get(product, (0,) * len(sums)), sums, strict=True)))
        return found

    own = list(figures.compared_by_own_account_product(ALL, (MARCH, APRIL)))
    assert {row[0] for row in own} >= {chain, banner}
    for place, period in ((0, MARCH), (2, APRIL)):
        whole = dict(figures.top_products(ALL, period, 100).get(chain, ()))
        summed = added(row for row in own if row[0] in (chain, banner))
        assert {product: sums[place : place + 2] for product, sums in summed.items() if product in whole} == {
            product: (sums.units, sums.net_minor) for product, sums in whole.items()
        }
    stores = {store: sums[:2] for _account, store, *sums in figures.compared_by_store(ALL, (MARCH, APRIL)) if any(sums[:2])}
    assert stores == {
        store: [sums.units, sums.net_minor] for store, sums in figures.sellout_by_store(ALL, MARCH).items() if sums.units or sums.net_minor
    }
    carried = added(row for row in figures.selling_by_own_account_product(ALL, MARCH) if row[0] in (chain, banner))
    assert carried == {
        product: (row.stores_selling, row.weight_selling_minor)
        for (account, product), row in figures.distribution_by_account_product(ALL, MARCH).items()
        if account == chain
    }
    assert figures.selling_stores_by_account(ALL, MARCH) == {
        account: sums.selling_stores for account, sums in figures.sellout_by_account(ALL, MARCH).items() if sums.selling_stores
    }


def exported(name, scope=ALL, period=MARCH):
    """A table's rows as text, its header left out."""
    return [[str(cell) for cell in row] for row in dataset_named(name)(scope, period)[1]]


def test_a_chains_figures_leave_out_what_a_banner_sells_in_another_currency(company):
    pesos = KeyAccountFactory(code="PESOS", parent=company["chain"], currency="MXN")
    StoreFactory(code="S9", account=pesos)
    alone = {name: exported(name) for name in dataset_names()}
    import_bytes(sellout_csv([("PESOS", "S9", "2017-03-05", "P1", 50, 90_000, 0, None)]))
    import_bytes(
        b"store_code,category,month,market_units,market_net_value\nS9,CHEESE,2017-03,99,1800.00\n", kind="category_totals", name="pesos.csv"
    )

    chain = company["chain"].pk
    assert figures.sellout_by_account(ALL, MARCH)[chain] == figures.Sums(7, 1800, 100, 1700, 0, selling_stores=2, selling_products=2)
    assert figures.sellout_by_account(ALL, MARCH)[pesos.pk].net_minor == 90_000
    assert {currency: sums.net_minor for currency, sums in figures.sellout_total(ALL, MARCH).items()} == {"USD": 2200, "MXN": 90_000}
    assert figures.share_by_account(ALL, MARCH)[chain] == figures.Share(1700, 8000)
    spread = figures.distribution_by_account_product(ALL, MARCH)
    gouda = ProductFactory._meta.model.objects.get(sku="P1").pk
    assert (spread[chain, gouda].stores_selling, spread[chain, gouda].stores_total) == (2, 2)
    assert {key for key, product in spread if product == gouda and isinstance(key, str)} == {"USD", "MXN"}
    for name in dataset_names():  # in dollars every table says what it said, but that its total now names the currency
        said = {tuple(row) for row in exported(name)}
        for row in alone[name]:
            total, category = tuple(cell.replace("TOTAL", "TOTAL USD") for cell in row), (row[0], f"{row[1]} (USD)", *row[2:])
            assert {tuple(row), total, category} & said, name


def test_a_store_that_moves_leaves_what_it_sold_with_the_account_it_sold_for(company):
    before = {name: exported(name) for name in dataset_names() if name != "distribution_month"}
    store = company["banner"].stores.get()
    change_store(store=store, values={"account": company["other"]}, actor=None)

    scopes = {account.code: KeyAccount.objects.filter(pk=account.pk) for account in company.values()}
    assert exported("sellout_month_store", scopes["BANNER"]) == [["2017-03", "S2", "4", "10.00", "0.00", "10.00"]]
    for name, rows in before.items():
        if name != "share_store_year":  # which says whose the store is today
            assert exported(name) == rows, name
    assert exported("share_store_year", scopes["BANNER"]) == [["S2", "OTHER", "10.00", "60.00", "0.166667"]]


def test_distribution_counts_stores_where_they_are_today_whatever_the_scope(company):
    change_store(store=company["banner"].stores.get(), values={"account": company["other"]}, actor=None)
    whole = {tuple(row) for row in exported("distribution_month") if row[0] == "OTHER"}

    other = {tuple(row) for row in exported("distribution_month", KeyAccount.objects.filter(code="OTHER")) if row[0] == "OTHER"}

    assert other == whole
    assert ("OTHER", "2017-03", "P1", "1", "2", "0.500000", "1.000000") in other
    assert figures.numeric_distribution_by_month(KeyAccount.objects.filter(code="OTHER"), [MARCH.starts_on]) == (
        {
            (MARCH.starts_on, product): (row.stores_selling, row.stores_total)
            for (key, product), row in figures.distribution_by_account_product(KeyAccount.objects.filter(code="OTHER"), MARCH).items()
            if key == "USD"
        }
        | {(MARCH.starts_on, None): (2, 2)}
    )


@pytest.mark.postgres
def test_postgresql_looks_at_a_rollup_again_when_two_thousandths_of_it_are_new():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE 'autovacuum_analyze_scale_factor=0.002' = ANY(reloptions)")
        assert {row[0] for row in cursor.fetchall()} == {
            "sales_accountproductmonth",
            "sales_accountproductweek",
            "sales_categorytotal",
            "sales_storeproductmonth",
        }


@pytest.mark.parametrize(
    ("figure", "statements"),
    [
        (lambda: figures.sellout_by_account(ALL, MARCH), 2),
        (lambda: figures.sellout_total(ALL, MARCH), 2),
        (lambda: figures.sellout_by_account_category(ALL, MARCH), 1),
        (lambda: figures.growth_by_account(ALL, MARCH), 4),
        (lambda: figures.top_products(ALL, MARCH, 5), 1),
        (lambda: figures.trend_by_account(ALL, MARCH.months()), 1),
        (lambda: figures.share_by_account(ALL, MARCH), 1),
        (lambda: figures.share_by_account_category(ALL, MARCH), 1),
        (lambda: figures.distribution_by_account_product(ALL, MARCH), 2),
        (lambda: figures.selling_stores_by_account(ALL, MARCH), 1),
        (lambda: list(figures.compared_by_own_account_product(ALL, (MARCH, APRIL))), 1),
        (lambda: list(figures.compared_by_store(ALL, (MARCH, APRIL))), 1),
        (lambda: list(figures.share_by_own_account_category(ALL, MARCH)), 1),
        (lambda: list(figures.selling_by_own_account_product(ALL, MARCH)), 1),
        (lambda: figures.weights_by_own_account_category(ALL, MARCH), 1),
    ],
)
def test_each_figure_takes_a_fixed_number_of_statements(company, django_assert_num_queries, figure, statements):
    with django_assert_num_queries(statements):
        figure()
    for number in range(20):
        KeyAccountFactory(parent=company["chain"] if number % 2 else None)
    with django_assert_num_queries(statements):
        figure()
