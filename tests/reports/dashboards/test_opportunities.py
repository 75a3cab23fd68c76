"""What could be won: who is compared with whom, the estimate, and what one may do with a finding."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ka_crm.errors import DomainError
from reports.dashboards import opportunities, services
from reports.dashboards.findings import median, per_week
from reports.dashboards.ground import Ground
from reports.dashboards.models import SetAside
from reports.dashboards.rules import find_all, found_for
from team.models import AuditEvent, Task
from tests.factories import MustStockRuleFactory, ProductFactory, StoreFactory, VisitFactory
from tests.reports.conftest import market, sell

from .conftest import MARCH, TODAY


def found(rule, user):
    return [(one.key, one.title, one.reason) for one in rule(Ground(user, today=TODAY))]


@pytest.mark.parametrize(("values", "middle"), [([3], 3), ([1, 2], "1.5"), ([5, 1, 3], 3), ([4, 1, 3, 2], "2.5")])
def test_the_median(values, middle):
    assert median(values) == Decimal(middle)


def test_nothing_has_no_median():
    with pytest.raises(ValueError, match="no median of nothing"):
        median([])


def test_units_a_week_are_rounded_half_up():
    assert (per_week(31, 31), per_week(1, 31), per_week(Decimal("0.25"), 7)) == (Decimal("7.0"), Decimal("0.2"), Decimal("0.3"))


# --- must-stock products ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def tea(shop):
    """A must-stock product of Northgate that three of its supermarkets and one express store sell; North 1 and 2 do not."""
    tea = MustStockRuleFactory(account=shop.northgate, product=ProductFactory(name="Tea", sku="T1")).product
    for units in (31, 62, 93):
        sell(StoreFactory(account=shop.north_east), tea, MARCH, units, units * 100)
    sell(StoreFactory(account=shop.northgate, store_format="express"), tea, MARCH, 310, 31_000)
    return tea


def test_a_must_stock_product_that_a_store_does_not_sell(shop, tea):
    keys = {key: (title, reason) for key, title, reason in found(opportunities.unsold_must_stock, shop.mei)}

    assert set(keys) == {f"must-stock:{shop.first.pk}:{tea.pk}", f"must-stock:{shop.second.pk}:{tea.pk}"}
    assert keys[f"must-stock:{shop.first.pk}:{tea.pk}"] == (
        "North 1: sell Tea, about 14.0 units a week",
        "T1 is a must-stock product. 4 other stores of Northgate sold it in 2026-03, this one none; the estimate is the median of 3 "
        "comparable stores, worth 14.00\u00a0USD a week.",
    )


def test_a_format_with_few_sellers_is_compared_with_the_whole_chain(shop, tea):
    express = StoreFactory(account=shop.northgate, name="Quick", store_format="express")
    sell(express, shop.gouda, MARCH, 1, 100)

    titles = [title for _key, title, _reason in found(opportunities.unsold_must_stock, shop.mei)]

    assert "Quick: sell Tea, about 17.5 units a week" in titles  # median of 31, 62, 93, 310 units in 31 days


def test_stores_without_figures_other_formats_and_unsold_products_are_no_opportunity(shop, tea):
    StoreFactory(account=shop.northgate, name="Sends nothing")
    MustStockRuleFactory(account=shop.northgate, product=ProductFactory(name="Nobody sells it"))
    MustStockRuleFactory(account=shop.lakeside, product=tea, store_format="express")
    MustStockRuleFactory(account=None, product=tea, ends_on=date(2026, 4, 19))

    titles = sorted(title for _key, title, _reason in found(opportunities.unsold_must_stock, shop.mei))

    assert titles == ["North 1: sell Tea, about 14.0 units a week", "North 2: sell Tea, about 14.0 units a week"]


# --- white space --------------------------------------------------------------------------------------------------------------------
def test_a_best_seller_that_an_account_does_not_sell(shop):
    apple = shop.apple  # Northgate sold it in February, Lakeside never
    sell(shop.first, apple, MARCH, 31, 9_300)
    sell(shop.second, apple, MARCH, 93, 27_900)

    assert found(opportunities.white_space, shop.mei) == [
        (
            f"white:{shop.lakeside.pk}:{apple.pk}",
            "Lakeside: list Apple juice, about 14 units a week",
            "A best seller that Lakeside has not sold for three months. 1 other account sells it (Northgate): 14.0 units a week in a "
            "selling store, times the number of stores (1).",
        )
    ]


def test_what_other_peoples_accounts_sell_is_not_told(shop):
    sell(shop.away, shop.apple, MARCH, 310, 31_000)  # Farland is nobody's here

    assert found(opportunities.white_space, shop.mei) == []
    assert [key for key, *_rest in found(opportunities.white_space, shop.ada)] == [f"white:{shop.lakeside.pk}:{shop.apple.pk}"]


# --- potential ------------------------------------------------------------------------------------------------------------------------
def test_a_large_store_that_nobody_visited(shop):
    third = StoreFactory(account=shop.northgate, name="North 3")
    market(third, shop.cheese, MARCH, 90_000)
    VisitFactory(store=shop.first, visitor=shop.rep, completed=True, planned_on=TODAY - timedelta(days=30))
    VisitFactory(store=third, visitor=shop.rep, completed=True, planned_on=TODAY - timedelta(days=29))

    assert found(opportunities.unvisited_potential, shop.mei) == [
        (
            f"potential:{shop.first.pk}",
            "Visit North 1: a market of 1,000.00\u00a0USD a month",
            "Number 1 of 3 stores of Northgate by market in 2026-03; our share there is 48.0\u00a0%. It was last visited on "
            "2026-03-21, 30 days ago.",
        )
    ]


# --- set aside, tasks -------------------------------------------------------------------------------------------------------------------
def test_set_aside_for_seven_days_and_back(shop, tea):
    key = f"must-stock:{shop.first.pk}:{tea.pk}"
    services.set_aside(ground=Ground(shop.mei, today=TODAY), key=key, days=7)

    shown = found_for(Ground(shop.mei, today=TODAY))
    assert (key in {one.key for one in shown.opportunities}, [row.key for row in shown.aside]) == (False, [key])
    assert key in {one.key for one in found_for(Ground(shop.ada, today=TODAY)).opportunities}
    assert key in {one.key for one in found_for(Ground(shop.mei, today=TODAY + timedelta(days=7))).opportunities}
    event = AuditEvent.objects.get(verb="finding.set_aside")
    assert (event.actor, event.changes, event.account_ref) == (shop.mei, {"until_on": [None, "2026-04-27"]}, shop.northgate.pk)

    services.bring_back(user=shop.mei, key=key)

    assert key in {one.key for one in found_for(Ground(shop.mei, today=TODAY)).opportunities}
    assert (SetAside.objects.count(), AuditEvent.objects.filter(verb="finding.brought_back").count()) == (0, 1)


def test_setting_aside_twice_is_one_row_until_the_later_day(shop, tea):
    key = f"must-stock:{shop.first.pk}:{tea.pk}"
    for days in (1, 30):
        services.set_aside(ground=Ground(shop.mei, today=TODAY), key=key, days=days)

    assert SetAside.objects.get().until_on == date(2026, 5, 20)


def test_only_the_days_offered_can_be_chosen(shop, tea):
    with pytest.raises(DomainError, match=r"^Choose for how many days: 1, 7, 30\.$"):
        services.set_aside(ground=Ground(shop.mei, today=TODAY), key=f"must-stock:{shop.first.pk}:{tea.pk}", days=8)


def test_what_is_not_found_by_oneself_cannot_be_set_aside_or_made_a_task(shop, tea):
    for verb in (lambda **at: services.set_aside(days=7, **at), services.make_task):
        with pytest.raises(services.FindingGone, match=r"^This is not found any more: it has been put right in the meantime\.$"):
            verb(ground=Ground(shop.stranger, today=TODAY), key=f"must-stock:{shop.first.pk}:{tea.pk}")
    assert (SetAside.objects.count(), Task.objects.count()) == (0, 0)


def test_a_finding_becomes_a_task_once_a_day(shop, tea):
    key = f"must-stock:{shop.first.pk}:{tea.pk}"
    tasks = [services.make_task(ground=Ground(shop.mei, today=TODAY), key=key) for _twice in range(2)]

    task = Task.objects.get()
    assert tasks == [task, task]
    assert (task.title, task.assignee, task.due_on) == ("Get Tea (T1) on the shelf of North 1", shop.mei, date(2026, 4, 23))
    assert (task.object_type, task.object_id, task.account_ref) == ("accounts.store", str(shop.first.pk), shop.northgate.pk)
    assert task.details.startswith("North 1: sell Tea, about 14.0 units a week\nT1 is a must-stock product.")


def test_what_is_worked_on_elsewhere_is_no_task(shop):
    VisitFactory(store=shop.first, visitor=shop.rep, planned_on=date(2026, 4, 17))

    with pytest.raises(DomainError, match=r"^No task can be made of this: open it instead\.$"):
        services.make_task(ground=Ground(shop.rep, today=TODAY), key=f"overdue:{shop.rep.pk}")


def test_months_without_sell_out_have_no_opportunities(shop):
    assert find_all(Ground(shop.stranger, today=TODAY)) == []
    assert found(opportunities.unsold_must_stock, shop.stranger) == []
    assert found(opportunities.white_space, shop.stranger) == []
