"""What alerts find, at their limits, each with its reason in words and figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.dashboards import alerts
from reports.dashboards.ground import Ground
from reports.dashboards.rules import find_all
from reports.models import Deadline
from sales.models import StoreProductMonth
from team.services.settings import change_setting
from tests.factories import ImportBatchFactory, ProductFactory, ShelfFactFactory, StoreFactory, VisitFactory
from tests.reports.conftest import sell
from visits.models import Cadence, ShelfTicket

from .conftest import FEBRUARY, MARCH, TODAY, sell_week, told_until

MONDAY = date(2026, 4, 13)  # of the newest whole week before TODAY, a Monday


def found(rule, user):
    return [(one.key, one.tone, one.title, one.reason) for one in rule(Ground(user, today=TODAY))]


def weeks_before(monday, count):
    return [monday - timedelta(weeks=number) for number in range(count)]


def four_weeks(shop, now, then, account=None):
    """Net of each of the four newest weeks and of the same weeks a year ago."""
    account = account or shop.northgate
    for monday in weeks_before(MONDAY, 4):
        sell_week(account, shop.gouda, monday, now)
        sell_week(account, shop.gouda, monday - timedelta(weeks=52), then)
    told_until(account, date(2026, 4, 19))


# --- sell-out drops ------------------------------------------------------------------------------------------------------------
def test_a_drop_of_the_threshold_is_an_alert_and_one_cent_less_is_none(shop):
    four_weeks(shop, 8_500, 10_000)
    four_weeks(shop, 8_501, 10_000, account=shop.lakeside)

    assert found(alerts.sales_drops, shop.mei) == [
        (
            f"drop:{shop.northgate.pk}",
            "danger",
            "Northgate: sell-out down 15.0\u00a0%",
            "340.00\u00a0USD net from 2026-03-23 to 2026-04-19 against 400.00\u00a0USD, the same weeks last year. The limit is 15\u00a0%.",
        )
    ]


def test_the_threshold_is_a_setting(shop):
    four_weeks(shop, 8_500, 10_000)
    change_setting(key="dashboards.drop_rate", raw="0.16", actor=shop.ada)

    assert found(alerts.sales_drops, shop.mei) == []


def test_without_last_year_the_weeks_before_are_the_measure(shop):
    for monday in weeks_before(MONDAY, 12):
        sell_week(shop.northgate, shop.gouda, monday, 5_000 if monday > MONDAY - timedelta(weeks=4) else 10_000)
    told_until(shop.northgate, date(2026, 4, 19))

    [(_key, _tone, title, reason)] = found(alerts.sales_drops, shop.mei)

    assert title == "Northgate: sell-out down 50.0\u00a0%"
    assert "against 400.00\u00a0USD, the average of the 8 weeks before" in reason


def test_seven_weeks_before_are_too_few_to_compare_with(shop):
    for monday in weeks_before(MONDAY, 11):
        sell_week(shop.northgate, shop.gouda, monday, 5_000 if monday > MONDAY - timedelta(weeks=4) else 10_000)
    told_until(shop.northgate, date(2026, 4, 19))

    assert found(alerts.sales_drops, shop.mei) == []


@pytest.mark.parametrize("until", [date(2026, 4, 18), None], ids=["the file ends on Saturday", "no file says until when"])
def test_a_week_that_is_told_in_part_is_left_out(shop, until):
    for monday in weeks_before(MONDAY, 5):
        sell_week(shop.northgate, shop.gouda, monday, 100 if monday == MONDAY else 10_000)
        sell_week(shop.northgate, shop.gouda, monday - timedelta(weeks=52), 10_000)
    if until:
        told_until(shop.northgate, until)

    assert found(alerts.sales_drops, shop.mei) == []


def test_a_chains_file_tells_until_when_its_regions_are_known(shop):
    told_until(shop.northgate, date(2026, 4, 19))

    assert Ground(shop.mei, today=TODAY).known_until(shop.north_east.pk) == date(2026, 4, 19)


def test_weeks_compared_are_plain_arithmetic():
    newest = date(2026, 4, 13)
    net = dict.fromkeys(weeks_before(newest, 4), 100)

    assert alerts.compared_weeks(net, newest) is None
    assert alerts.compared_weeks(net | dict.fromkeys(weeks_before(newest - timedelta(weeks=52), 4), 90), newest) == (400, 360, "year")
    trailing = dict.fromkeys(weeks_before(newest - timedelta(weeks=4), 9), 111)
    assert alerts.compared_weeks(net | trailing, newest) == (400, 444, 9)
    del net[newest - timedelta(weeks=2)]
    assert alerts.compared_weeks(net | trailing, newest) is None


# --- silence -------------------------------------------------------------------------------------------------------------------
def test_an_account_is_silent_after_three_weeks(shop):
    sell_week(shop.northgate, shop.gouda, MONDAY - timedelta(weeks=3), 1)
    sell_week(shop.lakeside, shop.gouda, MONDAY - timedelta(weeks=2), 1)

    assert found(alerts.silent_accounts, shop.mei) == [
        (
            f"silent:{shop.northgate.pk}",
            "warn",
            "Northgate: no sell-out for 3 weeks",
            "The newest week with figures ends on 2026-03-29; the limit is 3 weeks. Ask the retailer for the file.",
        )
    ]


def test_an_account_that_never_sold_is_no_news(shop):
    assert found(alerts.silent_accounts, shop.mei) == []


def test_a_store_is_silent_while_its_account_reports(shop):
    third = StoreFactory(account=shop.northgate, name="North 3")
    sell(third, shop.gouda, FEBRUARY, 7, 700)

    assert found(alerts.silent_stores, shop.mei) == [
        (
            f"silent-store:{third.pk}",
            "warn",
            "North 3: no sell-out for 4 weeks",
            "Last figures in 2026-02 (7 units in the months before); the account's other stores report 2026-03.",
        )
    ]


def test_a_closed_store_is_not_silent(shop):
    third = StoreFactory(account=shop.northgate, closed_on=date(2026, 3, 1))
    sell(third, shop.gouda, FEBRUARY, 7, 700)

    assert found(alerts.silent_stores, shop.mei) == []


# --- distribution ----------------------------------------------------------------------------------------------------------------
def distribution(shop, product, then, now):
    for number in range(then):
        store = StoreFactory(account=shop.lakeside)
        sell(store, product, FEBRUARY, 1, 100)
        if number < now:
            sell(store, product, MARCH, 1, 100)


def test_two_of_ten_stores_lost_is_an_alert_and_one_of_two_is_none(shop):
    cola, soda = ProductFactory(name="Cola", sku="C1"), ProductFactory(name="Soda", sku="C2")
    distribution(shop, cola, then=10, now=8)
    distribution(shop, soda, then=2, now=1)

    assert found(alerts.lost_distribution, shop.mei) == [
        (
            f"lost:{shop.lakeside.pk}:{cola.pk}",
            "warn",
            "Lakeside: Cola lost 2 of 10 stores",
            "8 stores sold C1 in 2026-03, 10 did in 2026-02.",
        )
    ]


def test_an_account_that_sent_nothing_lost_no_distribution(shop):
    for _number in range(3):
        sell(StoreFactory(account=shop.hualian), shop.gouda, FEBRUARY, 1, 100)
    StoreProductMonth.objects.filter(account=shop.hualian, month=MARCH).delete()

    assert found(alerts.lost_distribution, shop.mei) == []


# --- visits, reports, imports -----------------------------------------------------------------------------------------------------
def ticket(store, product, kind, day, closed_on=None):
    visit = VisitFactory(store=store, completed=True)
    closing = {"closed_in": visit, "closed_on": closed_on} if closed_on else {}
    return ShelfTicket.objects.create(store=store, product=product, kind=kind, opened_in=visit, opened_on=day, **closing)


def test_open_gaps_on_the_shelf_of_a_store(shop):
    ticket(shop.first, shop.gouda, "out_of_stock", date(2026, 4, 10))
    ticket(shop.first, shop.apple, "absent", date(2026, 4, 15))
    ticket(shop.lake, shop.gouda, "absent", date(2026, 4, 1), closed_on=date(2026, 4, 8))

    expected = (
        f"shelf:{shop.first.pk}",
        "danger",
        "North 1: 2 gaps on the shelf",
        "1 out of stock, 1 not there; the oldest for 10 days. Gouda, Apple juice.",
    )
    assert found(alerts.shelf_gaps, shop.mei) == [expected]
    assert found(alerts.shelf_gaps, shop.rep) == [expected]
    assert found(alerts.shelf_gaps, shop.stranger) == []


def test_visits_left_over_are_ones_own(shop):
    VisitFactory(store=shop.first, visitor=shop.rep, planned_on=date(2026, 4, 17))
    VisitFactory(store=shop.lake, visitor=shop.rep, planned_on=date(2026, 4, 18))
    VisitFactory(store=shop.lake, visitor=shop.rep, planned_on=TODAY)
    VisitFactory(store=shop.lake, visitor=shop.rep, planned_on=date(2026, 4, 16), cancelled=True)

    assert found(alerts.overdue_visits, shop.rep) == [
        (
            f"overdue:{shop.rep.pk}",
            "warn",
            "2 planned visits are left over",
            "The oldest was planned for 2026-04-17: North 1, Lakeside 1. Make them up or say that they were missed.",
        )
    ]
    assert found(alerts.overdue_visits, shop.mei) == []


def test_stores_past_their_cadence_are_told_together(shop):
    Cadence.objects.create(account=shop.northgate, every_days=7, starts_on=date(2026, 1, 1))
    VisitFactory(store=shop.first, visitor=shop.mei, completed=True, planned_on=date(2026, 4, 10))
    VisitFactory(store=shop.second, visitor=shop.mei, completed=True, planned_on=date(2026, 4, 13))
    expected = [
        (
            f"cadence:{shop.rep.pk}",
            "warn",
            "1 store is overdue for a visit",
            "By their cadence; the longest since 2026-04-17: North 1. Plan these first.",
        )
    ]

    assert found(alerts.overdue_stores, shop.rep) == expected
    assert found(alerts.overdue_stores, shop.ada) == []


def owed(owner, due_on, **values):
    return Deadline.objects.create(
        kind="monthly",
        subject_kind="person",
        subject_key=f"person:{owner.pk}:{due_on}",
        subject_label="March",
        owner=owner,
        starts_on=MARCH,
        ends_on=date(2026, 3, 31),
        due_on=due_on,
        **values,
    )


def test_a_report_is_late_the_day_after_it_was_due(shop):
    late = owed(shop.mei, date(2026, 4, 19))
    owed(shop.mei, TODAY)
    owed(shop.mei, date(2026, 4, 5), filed_at=datetime(2026, 4, 9, tzinfo=UTC))

    assert found(alerts.late_reports, shop.mei) == [
        (f"late:{late.pk}", "danger", "Late: Monthly summary, March", "It was due on 2026-04-19, 1 day ago.")
    ]


def test_a_refused_import_of_the_last_fortnight(shop):
    batch = ImportBatchFactory(account=shop.northgate, uploaded_by=shop.mei, status="refused", rows_rejected=3)
    old = ImportBatchFactory(account=shop.northgate, status="failed")
    type(old).objects.filter(pk=old.pk).update(created_at=datetime(2026, 4, 5, tzinfo=UTC))

    [(key, tone, title, reason)] = found(alerts.failed_imports, shop.mei)

    assert (key, tone) == (f"import:{batch.public_id}", "warn")
    assert title == f"Import Refused: {batch.file.original_name}"
    assert reason == "Received on 2026-04-20; 3 rows were refused, nothing of it counts until it is put right."
    assert found(alerts.failed_imports, shop.stranger) == []


# --- scope and statements -----------------------------------------------------------------------------------------------------------
def test_strangers_find_nothing_and_field_reps_nothing_of_sell_out(shop):
    four_weeks(shop, 1_000, 10_000)

    assert [one.key for one in find_all(Ground(shop.mei, today=TODAY))][0] == f"drop:{shop.northgate.pk}"
    assert find_all(Ground(shop.stranger, today=TODAY)) == []
    assert find_all(Ground(shop.rep, today=TODAY)) == []


def test_the_number_of_statements_does_not_grow(shop):
    four_weeks(shop, 1_000, 10_000)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            find_all(Ground(shop.mei, today=TODAY, fresh=True))
        return captured

    statements()
    before = len(statements())
    four_weeks(shop, 1_000, 10_000, account=shop.lakeside)
    distribution(shop, ProductFactory(), then=9, now=3)
    for number in range(3):
        store = StoreFactory(account=shop.northgate)
        ticket(store, shop.gouda, "absent", date(2026, 4, number + 1))
        ShelfFactFactory(visit=VisitFactory(store=store, visitor=shop.mei))
        owed(shop.mei, date(2026, 4, number + 1))
    after = statements()

    assert len(after) == before <= 25
    assert [query["sql"] for query in after if "sales_sellout" in query["sql"]] == []
