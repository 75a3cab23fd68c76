"""What the sections compute, checked by head and against plain SQL."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ka_crm.money import from_minor
from ka_crm.periods import month, quarter, year
from reports.models import Report
from reports.sections import SECTION_OF, sections_of
from reports.sections.base import Reading, Scope
from reports.wording import worded
from tests.factories import (
    AccountAssignmentFactory,
    ImportBatchFactory,
    KeyAccountFactory,
    ProductFactory,
    ShelfFactFactory,
    StoreFactory,
    VisitFactory,
)
from visits.models import CompetitorFact

from .conftest import FEBRUARY, MARCH, TODAY, data_of, market, sell


def report_about(**subject):
    return Report.objects.get(version=1, **subject)


def test_the_headline_of_an_account(world, build):
    build(accounts=[world.northgate])

    headline = data_of(report_about(account=world.northgate))["headline"]
    assert headline["net_value"] == "500.00"
    assert headline["gross_value"] == "520.00"
    assert headline["discount_value"] == "20.00"
    assert headline["units"] == 42
    assert headline["net_growth_vs_previous_period"] == "0.250000"  # 500 after 400
    assert headline["net_value_ytd"] == "1200.00"
    assert (headline["selling_stores"], headline["stores"], headline["selling_skus"]) == (2, 2, 1)
    assert headline["share"] == "0.312500"  # 500.00 of 1,600.00 of cheese
    assert headline["share_previous_period"] == "0.166667"  # 250.00 of 1,500.00: juice has no market total, so it stays out


def test_a_growth_without_an_earlier_figure_says_why(world, build):
    build(accounts=[world.northgate])

    headline = data_of(report_about(account=world.northgate))["headline"]
    assert headline["net_growth_vs_year_ago"] is None
    assert headline["reason_year_ago"] == "no_earlier"


def test_a_year_to_date_is_not_compared_with_a_shorter_one(world, build):
    sell(world.first, world.gouda, date(2025, 3, 1), 10, 10_000)
    build(accounts=[world.northgate])

    headline = data_of(report_about(account=world.northgate))["headline"]
    assert (headline["net_growth_vs_year_ago"], headline["reason_year_ago"]) == ("4.000000", "")  # 500.00 after 100.00
    assert (headline["net_growth_ytd"], headline["reason_ytd"]) == (None, "incomplete")  # three months against one


def test_a_region_names_the_files_of_its_chain(world, build):
    region = KeyAccountFactory(code="N2", parent=world.northgate)
    sell(StoreFactory(account=region), world.gouda, MARCH, 1, 1_000)
    ImportBatchFactory(
        account=world.northgate,
        kind="sellout",
        status="imported",
        period_starts_on=MARCH,
        period_ends_on=date(2026, 3, 31),
        rows_imported=1,
    )
    build(accounts=[region])

    basis = data_of(report_about(account=region))["basis"]
    assert [row["account_code"] for row in basis["files"]] == ["N1"]
    assert (basis["accounts"], basis["accounts_with_data"]) == (1, 1)


def test_an_account_without_sell_out_in_the_month_is_missing_and_not_zero(world, build):
    silent = KeyAccountFactory(code="Q1", name="Quiet")
    sell(StoreFactory(account=silent), world.gouda, FEBRUARY, 1, 1_000)
    build(accounts=[silent, world.northgate], company=True)

    headline = data_of(report_about(account=silent))["headline"]
    assert headline["has_data"] is False
    assert headline["reason_previous_period"] == "no_data"
    company = data_of(report_about(subject_kind="company"))
    assert company["basis"]["gaps"] == [{"id": silent.pk, "account_code": "Q1", "account_name": "Quiet", "last_month": "2026-02"}]
    assert company["problems"]["findings"][0]["code"] == "missing_data"


def test_person_team_and_company_add_their_accounts_up(world, build):
    build(people=[world.mei], teams=[world.team], company=True)

    for report in Report.objects.all():
        headline = data_of(report)["headline"]
        assert headline["net_value"] == "550.00", report
        assert headline["net_growth_vs_previous_period"] == "0.100000"  # 550 after 500
        assert headline["selling_skus"] == 1  # Gouda sells in both and is one product
        assert [row["account_code"] for row in headline["accounts"]] == ["N1", "L1"]


def test_another_currency_is_listed_apart_and_never_added(world, build):
    tokyo = KeyAccountFactory(code="J1", name="Tokyo", currency="JPY")
    sell(StoreFactory(account=tokyo), world.gouda, MARCH, 9, 123_456)
    build(accounts=[tokyo], company=True)

    company = data_of(report_about(subject_kind="company"))["headline"]
    assert company["net_value"] == "550.00"
    assert company["units"] == 47
    assert [(row["account_code"], row["net_value"], row["currency"]) for row in company["other_currencies"]] == [("J1", "123456", "JPY")]
    assert data_of(report_about(account=tokyo))["headline"]["net_value"] == "123456"


def test_a_chain_counts_what_lies_below_it_once(world, build):
    banner = KeyAccountFactory(code="N2", name="Northgate Express", parent=world.northgate)
    yen = KeyAccountFactory(code="N3", name="Northgate Tokyo", parent=world.northgate, currency="JPY")
    sell(StoreFactory(account=banner), world.gouda, MARCH, 1, 1_000)
    sell(StoreFactory(account=yen), world.gouda, MARCH, 1, 777)
    build(accounts=[world.northgate, banner], people=[world.mei], company=True)

    assert data_of(report_about(account=world.northgate))["headline"]["net_value"] == "510.00"
    assert data_of(report_about(account=banner))["headline"]["net_value"] == "10.00"
    assert data_of(report_about(person=world.mei))["headline"]["net_value"] == "560.00"
    assert data_of(report_about(subject_kind="company"))["headline"]["net_value"] == "560.00"


def test_share_of_wallet_by_category_counts_only_cells_with_a_market(world, build):
    build(accounts=[world.northgate])

    rows = {row["category"]: row for row in data_of(report_about(account=world.northgate))["categories"]["categories"]}
    assert rows["Cheese"]["own_net_value"] == "500.00"
    assert rows["Cheese"]["market_net_value"] == "1600.00"
    assert rows["Cheese"]["share_change"] == "0.145833"
    assert rows["Juice"]["share"] is None
    assert rows["Juice"]["net_growth_vs_previous_period"] == "-1.000000"


def test_distribution_now_against_before(world, build):
    build(accounts=[world.northgate])

    rows = {row["sku"]: row for row in data_of(report_about(account=world.northgate))["distribution"]["products"]}
    assert (rows["P1"]["stores_selling"], rows["P1"]["stores_selling_previous"]) == (2, 1)
    assert rows["P1"]["numeric_distribution"] == "1.000000"
    assert rows["P1"]["weighted_distribution_previous"] == "0.666667"  # 1,000 of 1,500
    assert rows["P2"]["stores_selling"] == 0


def test_a_chain_weighs_each_store_once_also_those_of_a_branch_that_does_not_carry_the_product(world, build):
    branch = KeyAccountFactory(code="N2", name="Northgate Express", parent=world.northgate)
    sell(StoreFactory(account=branch), world.apple, MARCH, 1, 1_000)
    bare = StoreFactory(account=branch)
    market(bare, world.cheese, MARCH, 40_000)
    build(accounts=[world.northgate])

    rows = {row["sku"]: row for row in data_of(report_about(account=world.northgate))["distribution"]["products"]}
    assert (rows["P1"]["stores_selling"], rows["P1"]["stores_total"]) == (2, 4)
    assert rows["P1"]["weighted_distribution"] == "0.800000"  # 1,600.00 of 2,000.00


def test_stores_that_stopped_and_products_that_fell_become_problems(world, build):
    StoreFactory(account=world.lakeside)
    build(accounts=[world.northgate])

    found = {one["code"]: one["values"] for one in data_of(report_about(account=world.northgate))["problems"]["findings"]}
    assert found["product_fell"]["sku"] == "P2"
    assert found["product_fell"]["lost"] == "150.00"
    assert "stores_stopped" not in found  # North 2 sold juice before and sells cheese now


def test_visits_and_shelves(world, build):
    done = VisitFactory(store=world.first, visitor=world.mei, completed=True)
    VisitFactory(store=world.second, visitor=world.mei, missed=True)
    ShelfFactFactory(visit=done, product=world.gouda, is_must_stock=True, is_present=True, price_minor=1_299)
    ShelfFactFactory(visit=done, product=world.apple, is_must_stock=True, is_present=False, is_out_of_stock=True, price_minor=None)
    CompetitorFact.objects.create(visit=done, brand="Rival", price_minor=999, is_on_promotion=True, category=world.cheese)
    build(accounts=[world.northgate], people=[world.mei])

    for report in Report.objects.all():
        data = data_of(report)
        assert (data["visits"]["planned"], data["visits"]["planned_done"], data["visits"]["missed"]) == (2, 1, 1)
        assert data["visits"]["plan_hit"] == "0.500000"
        assert data["visits"]["must_stock_compliance"] == "0.500000"
        assert data["visits"]["out_of_stock"] == 1
        assert [row["sku"] for row in data["visits"]["gaps"]] == ["P2"]
        assert [(row["brand"], row["low"], row["promoted"]) for row in data["competitors"]["brands"]] == [("Rival", "9.99", 1)]
        assert [(row["sku"], row["low"], row["sold_at"]) for row in data["prices"]["products"]][0][:2] == ("P1", "12.99")


def test_a_product_out_of_stock_twice_in_one_store_is_a_problem(world, build):
    for _number in range(2):
        visit = VisitFactory(store=world.first, visitor=world.mei, completed=True)
        ShelfFactFactory(visit=visit, product=world.gouda, is_present=False, is_out_of_stock=True)
    build(accounts=[world.northgate])

    found = {one["code"]: one["values"] for one in data_of(report_about(account=world.northgate))["problems"]["findings"]}
    assert (found["repeated_out_of_stock"]["sku"], found["repeated_out_of_stock"]["times"]) == ("P1", 2)


def test_a_quarter_is_the_sum_of_its_months_and_a_year_of_its_quarters(world, build):
    for kind, period in (
        ("monthly", month(2026, 1)),
        ("monthly", month(2026, 2)),
        ("monthly", month(2026, 3)),
        ("quarterly", quarter(2026, 1)),
        ("annual", year(2026)),
    ):
        build(kind=kind, period=period, company=True)

    net = {report.kind + report.period_label: Decimal(data_of(report)["headline"]["net_value"]) for report in Report.objects.all()}
    months = sum(value for label, value in net.items() if label.startswith("monthly"))
    assert months == net["quarterly2026Q1"] == net["annual2026"] == Decimal("1350.00")


def test_every_headline_figure_equals_plain_sql(world, build):
    build(accounts=[world.northgate, world.lakeside])

    for account in (world.northgate, world.lakeside):
        headline = data_of(report_about(account=account))["headline"]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT SUM(units), SUM(gross_minor), SUM(discount_minor), SUM(net_minor),"
                " COUNT(DISTINCT store_id), COUNT(DISTINCT product_id) FROM sales_storeproductmonth"
                " WHERE account_id = %s AND month = %s AND units > 0",
                [account.pk, MARCH],
            )
            units, gross, discount, net, stores, products = (int(value) for value in cursor.fetchone())
        assert headline["units"] == units
        assert [headline[name] for name in ("gross_value", "discount_value", "net_value")] == [
            str(from_minor(value, "USD")) for value in (gross, discount, net)
        ]
        assert (headline["selling_stores"], headline["selling_skus"]) == (stores, products)


def test_running_again_gives_the_same_data(world, build):
    build(accounts=[world.northgate], company=True)
    once = {report.subject_key: data_of(report) for report in Report.objects.all()}

    build(accounts=[world.northgate], company=True)

    assert {report.subject_key: data_of(report) for report in Report.objects.all()} == once


def _statements(world, order):
    """SQL statements that all sections ask, by section."""
    from reports.builder import scope_of  # the builder's own way to its facts
    from reports.services import order_reports

    run = order_reports(kind="monthly", period=month(2026, 3), formats=(), actor=None, today=TODAY, **order)
    asked = {}
    with CaptureQueriesContext(connection) as captured:
        scope: Scope = scope_of(run)
        asked["scope"] = len(captured)
        for section in sections_of("monthly"):
            before = len(captured)
            computed = section.compute(scope)
            asked[section.key] = len(captured) - before
            assert set(computed) == {subject.key for subject in scope.subjects}
    return asked


@pytest.mark.django_db
def test_the_number_of_statements_is_the_same_for_three_and_for_thirty_accounts(world):
    accounts = [world.northgate, world.lakeside, KeyAccountFactory()]
    _statements(world, {"accounts": accounts[:1]})  # the company's settings are read once and then remembered
    few = _statements(world, {"accounts": accounts, "people": [world.mei], "teams": [world.team], "company": True})
    for number in range(27):
        account = KeyAccountFactory()
        accounts.append(account)
        AccountAssignmentFactory(account=account, user=world.mei)
        store = StoreFactory(account=account)
        product = ProductFactory(category=world.cheese)
        sell(store, product, MARCH, 1, 100 + number)
        market(store, world.cheese, MARCH, 10_000)
        visit = VisitFactory(store=store, visitor=world.mei, completed=True)
        ShelfFactFactory(visit=visit, product=product, price_minor=100)

    many = _statements(world, {"accounts": accounts, "people": [world.mei], "teams": [world.team], "company": True})

    assert many == few
    assert sum(many.values()) <= 55


def test_a_share_is_not_compared_with_a_month_of_which_no_file_came(world, build):
    fresh = KeyAccountFactory(code="F1", name="Fresh")
    store = StoreFactory(account=fresh)
    sell(store, world.gouda, MARCH, 10, 10_000)
    market(store, world.cheese, MARCH, 40_000)
    market(store, world.cheese, FEBRUARY, 40_000)
    build(accounts=[fresh])

    found = data_of(report_about(account=fresh))

    headline = found["headline"]
    assert (headline["share"], headline["share_previous_period"]) == ("0.250000", "0.000000")  # as the table of shares says
    assert (headline["share_change"], headline["reason_share"]) == (None, "no_earlier")
    assert found["brief"]["share"] == {"value": "0.250000", "change": None, "reason": "no_earlier"}
    assert [row["share_change"] for row in found["categories"]["categories"]] == [None]
    assert [one["code"] for one in found["brief"]["good"]] == []


def test_a_market_total_below_our_own_sales_is_flagged_and_neither_won_nor_lost(world, build):
    market(world.first, world.juice, MARCH, 1_000)
    market(world.first, world.juice, FEBRUARY, 1_000)
    sell(world.first, world.apple, MARCH, 10, 15_000)
    build(accounts=[world.northgate])

    found = data_of(report_about(account=world.northgate))

    flagged = [one for one in found["problems"]["findings"] if one["code"] == "market_too_low"]
    assert [one["values"] for one in flagged] == [{"categories": ["Juice"], "count": 1, "now": "150.00", "market": "10.00"}]
    assert [one["values"]["category"] for one in found["brief"]["good"] if one["code"] == "share_won"] != ["Juice"]
    assert worded(flagged[0], "USD")["title"] == "More sold than the whole market in 1 category"


def test_the_gap_report_names_must_stock_products_that_were_looked_for_and_not_found(world, build):
    for store, day in ((world.first, date(2026, 3, 3)), (world.first, date(2026, 3, 10)), (world.second, date(2026, 3, 4))):
        visit = VisitFactory(store=store, account=world.northgate, planned_on=day, visitor=world.mei, completed=True)
        ShelfFactFactory(visit=visit, product=world.apple, is_must_stock=True, is_present=False)
        ShelfFactFactory(visit=visit, product=world.gouda, is_must_stock=False, is_present=False)
    build(accounts=[world.northgate, world.lakeside])

    found = data_of(report_about(account=world.northgate))["visits"]

    assert [(row["sku"], row["store_name"], row["times"], row["last_on"]) for row in found["must_stock_gaps"]] == [
        ("P2", "North 1", 2, "2026-03-10"),
        ("P2", "North 2", 1, "2026-03-04"),
    ]
    assert found["must_stock_gap_lines"] == 2
    tables = [block for block in section_blocks("visits", found) if block["type"] == "table"]
    assert [block["title"] for block in tables] == ["Must-stock products not found"]
    assert data_of(report_about(account=world.lakeside))["visits"]["must_stock_gaps"] == []


def section_blocks(key, frozen):
    reading = Reading("monthly", "account", "USD", MARCH, date(2026, 3, 31), "2026-03")
    return list(SECTION_OF[key].layout(frozen, reading))
