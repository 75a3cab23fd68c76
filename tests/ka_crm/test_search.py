"""Search everywhere: one's own rows by any of their words, and nobody else's."""

import pytest
from django.urls import reverse

from tests.factories import AccountAssignmentFactory, ContactFactory, KeyAccountFactory, ProductFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    """A signed-in KA manager of Northgate with the store Café Süd and the contact 王小明."""
    manager = UserFactory(ka_manager=True)
    account = KeyAccountFactory(name="Northgate Markets", code="N1")
    AccountAssignmentFactory(account=account, user=manager)
    StoreFactory(account=account, name="Café Süd", city="Hamburg", code="S-77")
    ContactFactory(account=account, name="王小明", title="Buyer")
    ProductFactory(name="Green tea", sku="00034180")
    client.force_login(manager)
    return manager


def hits(client, text):
    groups = client.get(reverse("search"), {"q": text}).context["groups"]
    return [hit["title"] for group in groups for hit in group["hits"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("northgate", ["Northgate Markets"]),
        ("cafe sud", ["Café Süd"]),
        ("ＨＡＭＢＵＲＧ", ["Café Süd"]),
        ("小明", ["王小明"]),
        ("00034180", ["Green tea"]),
        ("s-77 hamburg", ["Café Süd"]),
        ("s-77 berlin", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("x" * 5000, []),
    ],
)
def test_a_row_is_found_by_all_of_the_words(client, manager, text, found):
    assert hits(client, text) == found


def test_rows_of_others_are_not_found(client, manager):
    foreign = StoreFactory(name="Foreign store", account=KeyAccountFactory(name="Foreign chain"))

    assert hits(client, "foreign") == []
    client.force_login(UserFactory(finance=True))
    assert hits(client, "foreign") == ["Foreign chain", foreign.name]


def test_people_are_found_by_those_who_may_see_people(client, manager):
    assert hits(client, manager.name) == []
    client.force_login(UserFactory(administrator=True, name="Root"))
    assert hits(client, manager.name) == [manager.name]


def test_many_hits_lead_to_the_list_that_shows_them_all(client, manager):
    ProductFactory.create_batch(9, name="Black tea")

    group = client.get(reverse("search"), {"q": "black"}).context["groups"][0]

    assert (len(group["hits"]), group["more"], group["list_url"]) == (8, True, reverse("sales:product_list"))


def test_the_search_asks_as_much_for_one_row_as_for_thirty(client, manager, assert_same_statements):
    def grow():
        ProductFactory.create_batch(30, name="Green tea")

    assert_same_statements(lambda: client.get(reverse("search"), {"q": "green"}), grow)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("stores", ["Stores", "Stores due"]),
        ("CUSTOMERS contacts", ["Contacts"]),
        ("customers", ["Key accounts", "Stores", "Contacts"]),
        ("audit", []),
        ("stores nowhere", []),
        ("", []),
    ],
)
def test_pages_are_found_by_name_and_group_if_the_person_may_open_them(client, manager, text, pages):
    assert [str(page["label"]) for page in client.get(reverse("search"), {"q": text}).context["pages"]] == pages


def test_an_administrator_finds_the_audit_trail_and_its_link_opens_it(client):
    client.force_login(UserFactory(administrator=True))

    page = client.get(reverse("search"), {"q": "audit"})

    assert f'<a href="{reverse("team:audit_list")}">Audit trail</a>' in page.content.decode().split("<main", 1)[1]
