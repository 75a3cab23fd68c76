"""No sum, count, rate or rank tells of foreign rows (reliability A2): whatever is added to the other half of the company, every page

of somebody who does not see it stays the same to the byte. Figures carry no sentinel; what would change if they leaked is their sum.
"""

import re
from datetime import date

import pytest
from django.core.cache import caches

from accounts.models import KeyAccount
from sales.models import AccountProductMonth, CategoryTotal, StoreProductMonth
from team.models import Task
from tests.factories import (
    ImportBatchFactory,
    MustStockRuleFactory,
    ReportFactory,
    ShelfFactFactory,
    StoreFactory,
    VisitFactory,
)

from .matrix import ONCE, address_of, expected_statuses, routes, rows_for
from .world import SENTINEL

pytestmark = [pytest.mark.django_db, pytest.mark.once(ONCE)]
APPS = ("home", "search", "dashboards:", "reports:", "sales:", "visits:", "contracts:", "accounts:", "team:")
FIGURES = [route for route in routes() if "GET" in route.methods and route.policy and route.name.startswith(APPS)]
QUERIES = ("", "?period=2026", "?period=2026-03&currency=USD")
NET_MINOR = 77_777_777_77
# What differs from one request to the next: ids, keys of forms, the time of day.
_PASSING = re.compile(rb"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{2}:[0-9]{2}(:[0-9]{2})?|csrfmiddlewaretoken[^>]*>")


def sell_and_visit(account, person, product):
    """Figures of each kind that a page could add up, for every month of two years."""
    store = StoreFactory(account=account)
    values = {"units": 77_777, "gross_minor": NET_MINOR, "discount_minor": 0, "net_minor": NET_MINOR, "fact_rows": 1}
    for month in [date(year, number, 1) for year in (2025, 2026) for number in range(1, 13)]:
        StoreProductMonth.objects.create(month=month, store=store, product=product, account_id=account.pk, **values)
        AccountProductMonth.objects.create(month=month, product=product, account_id=account.pk, **values)
        CategoryTotal.objects.create(
            month=month,
            store=store,
            category=product.category,
            account_id=account.pk,
            market_units=1,
            market_net_minor=NET_MINOR,
            batch_id=1,
        )
    ImportBatchFactory(account=account, uploaded_by=person, status="imported", sequence=10_000)
    visit = VisitFactory(store=store, visitor=person, in_progress=True, planned_on=date.today())
    ShelfFactFactory(visit=visit, product=product, is_present=False)
    MustStockRuleFactory(account=account, product=product, store_format="other")
    ReportFactory(account=account, owner=person, starts_on=date(2026, 4, 1), ends_on=date(2026, 4, 30))
    Task.objects.create(title="One more", assignee=person, created_by=person)


def pages_of(visitors, who, chosen=FIGURES):
    """Address → status and body of every page that ``who`` opens on rows of their own."""
    pages = {}
    for route in chosen:
        rows = rows_for(route, visitors.world.people[who])
        keywords = rows.get("only", rows.get("own"))
        if keywords is None or expected_statuses(route, who, "own") == {403} or (address := address_of(route, keywords)) is None:
            continue
        for query in QUERIES if route.name.startswith("dashboards:") else QUERIES[:1]:
            for cache in caches.all():
                cache.clear()
            answer = visitors.ask(who, "GET", address, query)
            pages[address + query] = answer.status_code, _PASSING.sub(b"", answer.body)
    return pages


def told_apart(visitors, who, chosen=FIGURES):
    """Addresses of pages that change when the other half of the company does."""
    before = pages_of(visitors, who, chosen)
    sell_and_visit(KeyAccount.objects.get(name=f"{SENTINEL} account"), visitors.world.other, visitors.world.product)
    after = pages_of(visitors, who, chosen)
    return len(before), [address for address, page in after.items() if before[address] != page]


@pytest.mark.parametrize(
    "who", ["ka_manager", pytest.param("field_rep", marks=pytest.mark.slow), pytest.param("supervisor", marks=pytest.mark.slow)]
)
def test_no_page_adds_up_foreign_rows(visitors, who):
    looked_at, differing = told_apart(visitors, who)

    assert differing == []
    assert looked_at > 60


def test_control_a_figure_without_scope_is_found(visitors):
    """Who sees everything reads other pages afterwards: so would anybody, were the scope forgotten."""
    dashboards = [route for route in FIGURES if route.name in ("dashboards:figures", "dashboards:day", "reports:report_list")]

    assert [address for address in told_apart(visitors, "finance", dashboards)[1] if "figures" in address] != []
