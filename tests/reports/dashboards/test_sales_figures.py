"""The figures of a selection: exact on small data, and the same as reports, exports and sales/figures.py say."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import KeyAccount
from ka_crm.jobs.runner import run_due_jobs
from ka_crm.money import from_minor
from ka_crm.periods import month, span
from reports import services
from reports.dashboards.figures import Margin, margin_of, read_sales, sales_of
from reports.models import Report
from sales import figures
from sales.datasets import dataset_named
from sales.models import SellOut, SellOutHistory
from team.services.settings import change_setting
from tests.reports.conftest import sell

from .conftest import JANUARY, MARCH, MARCH_25, TODAY, told_until


def rows_of(rows):
    return [(row.label, row.net if row.has_now else None, row.net_then if row.has_then else None) for row in rows]


# --- exact ---------------------------------------------------------------------------------------------------------------------
def test_the_year_to_date_ends_with_the_newest_complete_month(chosen, shop):
    selection = chosen(shop.mei, period="ytd")

    found = read_sales(selection)

    assert (selection.label, selection.currency, selection.currencies) == ("2026-01 – 2026-03", "USD", ["USD", "CNY"])
    assert (found.total.net, found.total.units, found.total.net_then) == (125_000, 107, 50_000)
    assert rows_of(found.months) == [("2026-01", 30_000, None), ("2026-02", 40_000, None), ("2026-03", 55_000, 50_000)]


def test_without_a_choice_the_months_that_last_year_knows_too(chosen, shop):
    selection = chosen(shop.mei)

    assert (selection.label, selection.asked_period) == ("2026-03", "2026-03-01..2026-03-31")
    sell(shop.lake, shop.gouda, date(2025, 1, 1), 1, 100)
    assert (chosen(shop.mei).label, chosen(shop.mei).asked_period) == ("2026-01 – 2026-03", "")


def test_the_year_to_date_begins_with_the_fiscal_year(chosen, shop):
    change_setting(key="company.fiscal_year_starts", raw="2", actor=shop.ada)

    assert chosen(shop.mei, period="ytd").label == "2026-02 – 2026-03"


def test_growth_against_a_year_with_fewer_months_is_no_growth(chosen, shop):
    found = read_sales(chosen(shop.mei, period="ytd"))

    assert (found.total.gained, found.total.change) == (75_000, None)
    assert str(found.total.reason) == "months are missing in the earlier period"
    assert {row.label: row.change for row in found.accounts} == {
        "Lakeside": Decimal("-0.500000"),
        "Northgate": None,
        "Northgate East": None,
    }
    assert [row.change for row in (*found.products, *found.categories)] == [None] * 4


def test_a_month_by_account_chain_region_category_and_product(chosen, shop):
    found = read_sales(chosen(shop.mei, period="2026-03"))

    assert (found.total.change, found.total.gained) == (Decimal("0.100000"), 5_000)
    assert rows_of(found.accounts) == [("Lakeside", 5_000, 10_000), ("Northgate East", 2_000, None), ("Northgate", 48_000, 40_000)]
    assert rows_of(found.chains) == [("Northgate", 50_000, 40_000), ("Lakeside", 5_000, 10_000)]
    assert rows_of(found.regions) == [("US", 53_000, 50_000), ("Northgate East", 2_000, None)]
    assert rows_of(found.categories) == [("Cheese", 55_000, 50_000)]
    assert rows_of(found.products) == [("Gouda (P1)", 55_000, 50_000)]


def test_share_and_distribution_of_the_newest_month(chosen, shop):
    found = read_sales(chosen(shop.mei, period="ytd"))

    assert (found.share.own_net_minor, found.share.market_net_minor, found.share.ratio) == (55_000, 200_000, Decimal("0.275000"))
    assert found.share_then.ratio == Decimal("0.333333")
    assert found.share_by_category[shop.cheese.pk].ratio == Decimal("0.275000")
    spread = found.distribution
    assert (spread.selling, spread.stores, spread.selling_then, spread.stores_then, spread.points) == (3, 3, 2, 3, 3)
    assert spread.products == [("Gouda (P1)", shop.gouda.pk, 3, 2)]
    assert (spread.rate, spread.products_per_store) == (Decimal("1.000000"), Decimal("1.000000"))


def test_margin_leaves_out_products_without_a_cost(chosen, shop):
    margin = read_sales(chosen(shop.mei, period="ytd")).margin  # Gouda: 1,100.00 net, 97 units at 5.00; the juice has no cost

    assert (margin.net, margin.amount, margin.products_without_cost) == (110_000, 110_000 - 48_500, 1)
    assert margin.rate == Decimal("0.559091")


@pytest.mark.parametrize(
    ("rows", "amount"),
    [([(100, 3, 3_333)], 100 - 100), ([(100, 1, 50)], 99), ([(100, 1, 49)], 100), ([(100, 1, None)], None), ([], None)],
)
def test_margin_is_rounded_once_half_up(rows, amount):
    assert margin_of(rows, "USD").amount == amount


def test_no_cost_at_all_is_no_margin_and_says_so():
    assert margin_of([(100, 1, None)], "USD") == Margin(amount=None, net=0, products_without_cost=1)
    assert margin_of([(100, 1, None)], "USD").rate is None


def test_another_currency_is_never_added(chosen, shop):
    found = read_sales(chosen(shop.mei, currency="CNY"))

    assert (found.total.net, rows_of(found.accounts)) == (70_000, [("Hualian", 70_000, None)])
    assert str(found.accounts[0].reason) == "no sell-out in the earlier period"


def test_an_empty_company_has_no_figures(db, shop):
    from reports.dashboards.scope import select

    found = read_sales(select(shop.stranger, {}, today=TODAY))

    assert (found.total.has_now, found.accounts, found.months[0].has_now, found.share.ratio) == (False, [], False, None)


# --- the same as elsewhere -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("period", [month(2026, 3), span(JANUARY, date(2026, 3, 31))], ids=["month", "quarter to date"])
def test_the_figures_are_those_of_the_exports(chosen, shop, period):
    found = read_sales(chosen(shop.ada, period=f"{period.starts_on}..{period.ends_on}"))
    dollars = KeyAccount.objects.filter(currency="USD")

    exported = list(dataset_named("sellout_month_account")(dollars, period)[1])

    total = sum(row[5] for row in exported if row[1] == "TOTAL")
    assert from_minor(found.total.net, "USD") == total
    by_category = {}
    for _month, category, *values in dataset_named("sellout_month_category")(dollars, period)[1]:
        by_category[category] = by_category.get(category, 0) + values[-1]
    assert {row.label: from_minor(row.net, "USD") for row in found.categories} == by_category
    last = month(2026, 3)
    distribution = {row[2]: row[3:5] for row in dataset_named("distribution_month")(dollars, last)[1] if row[0] == "TOTAL"}
    assert {label.rsplit("(", 1)[1][:-1]: [now, found.distribution.stores] for label, _pk, now, _then in found.distribution.products} == (
        distribution
    )
    share = {row[0]: row[4] for row in dataset_named("share_account_month")(dollars, last)[1]}
    assert found.share.ratio == share["TOTAL"]


def test_the_figures_are_those_of_the_companys_report(chosen, shop):
    services.order_reports(kind="monthly", period=month(2026, 3), actor=shop.ada, today=TODAY, company=True, formats=())
    run_due_jobs()
    headline = Report.objects.get(subject_kind="company").sections.get(key="headline").data

    found = read_sales(chosen(shop.ada, period="2026-03"))

    assert headline["net_value"] == str(from_minor(found.total.net, settings.KA_BASE_CURRENCY))
    assert headline["net_value_year_ago"] == str(from_minor(found.total.net_then, settings.KA_BASE_CURRENCY))
    assert headline["net_growth_vs_year_ago"] == str(found.total.change)
    assert headline["units"] == found.total.units
    assert headline["share"] == str(found.share.ratio)
    assert (headline["selling_stores"], headline["stores"]) == (found.distribution.selling, found.distribution.stores)


def test_the_new_sums_of_sales_figures_agree_with_the_old_ones(shop):
    everything, period = KeyAccount.objects.all(), span(MARCH_25, date(2026, 3, 31))

    own = figures.sellout_by_own_account_month(everything, period)
    whole = figures.sellout_by_account_month(everything, period)
    by_product = figures.sellout_by_product(everything, period)

    below = own[shop.northgate.pk, MARCH] + own[shop.north_east.pk, MARCH]
    assert below == whole[shop.northgate.pk, MARCH]
    assert sum(sums.net_minor for sums in own.values()) == sum(sums.net_minor for sums in by_product.values())
    spread = figures.distribution_by_account_product(everything, month(2026, 3))
    old = [spread[currency, shop.gouda.pk] for currency in ("USD", "CNY")]
    new = figures.numeric_distribution_by_month(everything, [MARCH, MARCH_25])
    assert new[MARCH, shop.gouda.pk] == (sum(one.stores_selling for one in old), sum(one.stores_total for one in old)) == (5, 5)
    assert new[MARCH, None] == (figures.sellout_total(everything, month(2026, 3))["USD"].selling_stores + 1, 5)  # one in yuan
    assert figures.selling_stores_by_own_account(everything, [MARCH])[shop.northgate.pk, shop.gouda.pk, MARCH] == 1


def test_a_closed_or_archived_store_leaves_the_universe(shop):
    shop.lake.closed_on = date(2026, 2, 28)
    shop.lake.save()
    shop.second.archived_at = timezone.now()
    shop.second.save()

    found = figures.numeric_distribution_by_month(KeyAccount.objects.filter(currency="USD"), [MARCH, MARCH_25])

    assert (found[MARCH, None], found[MARCH_25, None]) == ((2, 2), (2, 3))


@pytest.mark.parametrize("ask", ["numeric_distribution_by_month", "selling_stores_by_own_account", "sellout_by_own_account_week"])
def test_no_months_are_no_figures(ask, shop):
    assert getattr(figures, ask)(KeyAccount.objects.all(), []) == {}


# --- how they are read -----------------------------------------------------------------------------------------------------------
def test_seven_statements_that_never_touch_a_row_of_sell_out(chosen, shop):
    selection = chosen(shop.ada, period="ytd")

    with CaptureQueriesContext(connection) as captured:
        read_sales(selection)

    asked = [query["sql"] for query in captured]
    assert len(asked) == 7
    detail = (SellOut._meta.db_table, SellOutHistory._meta.db_table)
    assert [sql for sql in asked if any(f"{table} " in sql or f'"{table}"' in sql for table in detail)] == []


def test_the_year_before_of_february_is_whole_in_a_leap_year(chosen, shop):
    sell(shop.first, shop.gouda, date(2024, 2, 1), 4, 4_000)
    sell(shop.first, shop.gouda, date(2025, 2, 1), 5, 5_000)

    selection = chosen(shop.mei, period="2025-01-01..2025-02-28")
    with CaptureQueriesContext(connection) as captured:
        found = read_sales(selection)

    assert (str(selection.then.ends_on), found.total.net_then, found.products[0].net_then) == ("2024-02-29", 4_000, 4_000)
    assert not any(re.search(rf"\b{SellOut._meta.db_table}\b", query["sql"]) for query in captured)


def test_figures_are_kept_until_the_next_import(chosen, shop):
    told_until(shop.northgate, date(2026, 3, 31))
    before = sales_of(chosen(shop.mei, period="ytd"))
    shop.gouda.name = "Gouda mild"
    shop.gouda.save()

    assert sales_of(chosen(shop.mei, period="ytd")).products[0].label == before.products[0].label == "Gouda (P1)"
    assert sales_of(chosen(shop.mei, period="ytd"), fresh=True).products[0].label == "Gouda mild (P1)"
    shop.gouda.name = "Gouda aged"
    shop.gouda.save()
    told_until(shop.northgate, date(2026, 4, 12))
    assert sales_of(chosen(shop.mei, period="ytd")).products[0].label == "Gouda aged (P1)"


def test_nobody_is_given_what_was_kept_for_a_wider_scope(chosen, shop):
    assert sales_of(chosen(shop.ada, period="ytd")).total.net == 125_000 + 99_900
    assert sales_of(chosen(shop.mei, period="ytd")).total.net == 125_000
