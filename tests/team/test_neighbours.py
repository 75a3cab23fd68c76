"""The record before and after in the list one came from: its filter, order and scope, in two statements."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.models import MustStockRule
from tests.factories import (
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    UserFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client, manager):
    """Signed in."""
    client.force_login(manager)
    return manager


def near(client, record, list_url, *, by="list"):
    """(previous, next, list) as the page of ``record`` links to them; None where it draws no neighbours."""
    if by == "list":
        answer = client.get(record.get_absolute_url(), {"list": list_url})
    else:
        answer = client.get(record.get_absolute_url(), headers={"Referer": f"http://testserver{list_url}"})
    assert answer.status_code == 200
    return answer.context["near"]


def walk(client, first, list_url):
    """The records that one meets going on with “]” from ``first``, by their addresses."""
    met, address = [], f"{first.get_absolute_url()}?list={list_url.replace('&', '%26').replace('?', '%3F')}"
    while address:
        met.append(address.partition("?")[0])
        address = client.get(address).context["near"].next
    return met


@pytest.mark.parametrize("by", ["list", "referer"])
def test_the_neighbours_are_those_of_the_list_as_it_was(client, account, by):
    stores = [StoreFactory(account=account, name=name, city=city) for name, city in (("A", "X"), ("B", "Y"), ("C", "X"), ("D", "X"))]

    found = near(client, stores[2], "/stores/?q=x&sort=-name", by=by)

    assert found.previous == f"/stores/{stores[3].pk}/?list=%2Fstores%2F%3Fq%3Dx%26sort%3D-name"
    assert found.next == f"/stores/{stores[0].pk}/?list=%2Fstores%2F%3Fq%3Dx%26sort%3D-name"
    assert found.list_url == "/stores/?q=x&sort=-name"


def test_the_ends_of_a_list_have_one_neighbour(client, account):
    first, second = (StoreFactory(account=account, name=name) for name in "AB")

    assert (near(client, first, "/stores/").previous, near(client, second, "/stores/").next) == (None, None)


ORDERS = ["", "name", "-name", "city", "-city", "account", "-code", "city,-name"]


@pytest.mark.parametrize("sort", ORDERS)
def test_going_on_meets_every_row_once_in_the_lists_order(client, account, sort):
    for name, city in (("A", "X"), ("B", ""), ("C", "X"), ("D", "Y"), ("D", "Y")):
        StoreFactory(account=account, name=name, city=city)
    list_url = f"/stores/?sort={sort}"
    shown = [row.get_absolute_url() for row in client.get(list_url).context["table"].shown]

    from accounts.models import Store

    assert walk(client, Store.objects.get(pk=shown[0].split("/")[2]), list_url) == shown


@pytest.mark.parametrize("sort", ["", "ends_on", "-ends_on", "account", "-account"])
def test_rows_without_a_value_stand_where_the_list_puts_them(client, sort):
    client.force_login(UserFactory(administrator=True))
    account = KeyAccountFactory()
    for end in (None, date(2099, 1, 1), None, date(2099, 6, 1)):
        MustStockRuleFactory(account=account if end else None, product=ProductFactory(), store_format="", ends_on=end)
    list_url = f"/must-stock/?sort={sort}"
    shown = [row.pk for row in client.get(list_url).context["table"].shown]

    from team.records.neighbours import _around, _list_page, _ordered

    request = client.get(list_url).wsgi_request
    met = [shown[0]]
    while (after := _around(_ordered(_list_page(request, list_url)), met[-1])[1]) is not None:
        met.append(after.pk)
    assert met == shown
    assert len(met) == MustStockRule.objects.count() == 4


def test_rows_out_of_scope_are_nobodys_neighbours(client, account):
    first, second = (StoreFactory(account=account, name=name) for name in ("A", "C"))
    StoreFactory(name="B")

    assert near(client, first, "/stores/").next.startswith(f"/stores/{second.pk}/")


NO_LISTS = [
    "/contacts/",
    "/people/",
    "/no-such-page/",
    "https://evil.example/stores/",
    "//evil.example/stores/",
    "/stores/?q=nothing-like-it",
    "javascript:alert(1)",
    "/stores/" + "x" * 3000,
    "\ud7ff",
    "/accounts/99999999999999999999999/",
    "",
]


@pytest.mark.parametrize("list_url", NO_LISTS)
def test_what_is_no_list_of_this_record_has_no_neighbours(client, account, list_url):
    StoreFactory(account=account, name="A")

    assert near(client, StoreFactory(account=account, name="B"), list_url) is None


@pytest.mark.parametrize(
    "query", ["sort=%00", "page=9999999999999999999999", "account=99999999999999999999999", "sort=-pk,no_such", "view=x"]
)
def test_a_list_asked_for_nonsense_is_no_error(client, account, query):
    stores = [StoreFactory(account=account, name=name) for name in "AB"]

    answer = client.get(stores[0].get_absolute_url(), {"list": f"/stores/?{query}"})

    assert answer.status_code == 200


def test_it_costs_two_statements_however_long_the_list_is(client, account, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(address):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    stores = [StoreFactory(account=account, name=f"Store {number}") for number in range(3)]
    plain = stores[1].get_absolute_url()
    count(plain)
    assert count(f"{plain}?list=/stores/") == count(plain) + 2
    for number in range(30):
        StoreFactory(account=account, name=f"Store 1{number}")
    assert count(f"{plain}?list=/stores/") == count(plain) + 2


def test_visits_have_neighbours_by_their_day(client, manager, account):
    store = StoreFactory(account=account)
    visits = [VisitFactory(store=store, visitor=manager, planned_on=date(2026, 3, 2) + timedelta(days=days)) for days in range(3)]

    found = near(client, visits[1], reverse("visits:visit_list") + "?sort=planned_on")

    assert (found.previous.split("?")[0], found.next.split("?")[0]) == (visits[0].get_absolute_url(), visits[2].get_absolute_url())
