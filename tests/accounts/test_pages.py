"""Pages of accounts, stores and contacts: what the owner sees, what a stranger gets, what a bad entry is told."""

import re

import pytest
from django.urls import reverse

from accounts.models import Contact, KeyAccount, Store
from tests.factories import AccountAssignmentFactory, ContactFactory, KeyAccountFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    """A signed-in KA manager."""
    manager = UserFactory(ka_manager=True)
    client.force_login(manager)
    return manager


@pytest.fixture
def own(manager):
    """An account that the manager looks after."""
    account = KeyAccountFactory(name="Northgate Markets")
    AccountAssignmentFactory(account=account, user=manager)
    return account


def without_tokens(answer):
    """A page's text less what differs at every request: its id and its form tokens."""
    text = answer.content.decode().replace(answer.headers["X-Request-Id"], "")
    return re.sub(r"[A-Za-z0-9]{64}", "", text)


def rows_of_list(client, name, query=None):
    return client.get(reverse(name), query or {}, headers={"HX-Request": "true"}).content.decode()


def pages_of(account):
    store, contact = StoreFactory(account=account), ContactFactory(account=account)
    return [
        reverse("accounts:account_detail", args=[account.pk]),
        reverse("accounts:account_edit", args=[account.pk]),
        reverse("accounts:store_detail", args=[store.pk]),
        reverse("accounts:store_edit", args=[store.pk]),
        reverse("accounts:contact_detail", args=[contact.pk]),
        reverse("accounts:contact_edit", args=[contact.pk]),
        reverse("sales:account_panel", args=[account.pk]),
        reverse("sales:store_panel", args=[store.pk]),
    ]


def test_the_owner_opens_every_page_and_a_stranger_none(client, own):
    assert [client.get(page).status_code for page in pages_of(own)] == [200] * 8
    assert [client.get(page).status_code for page in pages_of(KeyAccountFactory())] == [404] * 8


def test_a_missing_and_a_foreign_account_answer_alike(client, manager):
    account = KeyAccountFactory()
    address = reverse("accounts:account_detail", args=[account.pk])
    foreign = client.get(address)
    account.delete()
    missing = client.get(address)

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert client.get(reverse("accounts:account_detail", args=[10**20])).status_code == 404
    assert without_tokens(foreign) == without_tokens(missing)


def test_lists_show_ones_own_rows_only(client, own):
    StoreFactory(account=own, name="Northgate 1")
    foreign = StoreFactory(name="Foreign store")

    page = client.get(reverse("accounts:store_list")).content.decode()

    assert "Northgate 1" in page
    assert foreign.name not in page


@pytest.mark.parametrize("name", ["account_list", "store_list", "contact_list"])
def test_a_list_asks_as_much_for_one_row_as_for_thirty(client, own, name, assert_same_statements):
    ContactFactory(account=own, store=StoreFactory(account=own))

    def grow():
        for _number in range(30):
            ContactFactory(account=own, store=StoreFactory(account=own))
            KeyAccountFactory(parent=own)

    assert_same_statements(lambda: client.get(reverse(f"accounts:{name}")), grow)


def test_a_store_is_created_from_the_accounts_page(client, own):
    answer = client.post(
        reverse("accounts:store_create"),
        {"account": own.pk, "code": "N-17", "name": "Northgate 17", "latitude": "31.23000", "longitude": "121.47000"},
    )

    store = Store.objects.get()
    assert answer.headers["Location"] == store.get_absolute_url()
    assert (store.account, store.code, str(store.latitude)) == (own, "N-17", "31.23000")


def test_a_store_cannot_be_put_into_a_foreign_account(client, own):
    answer = client.post(reverse("accounts:store_create"), {"account": KeyAccountFactory().pk, "code": "N-17", "name": "Northgate 17"})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["account"]
    assert Store.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gln", "9521000000019"),
        ("latitude", "91"),
        ("longitude", "NaN"),
        ("closed_on", "2026-02-30"),
        ("code", "N\x0017"),
        ("name", ""),
        ("name", "x" * 201),
        ("account", "9" * 30),
    ],
)
def test_a_bad_entry_is_told_at_its_field(client, own, field, value):
    entry = {"account": own.pk, "code": "N-17", "name": "Northgate 17", field: value}

    answer = client.post(reverse("accounts:store_create"), entry)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Store.objects.count() == 0


def test_a_store_that_closes_before_it_opens_is_refused(client, own):
    entry = {"account": own.pk, "code": "N-17", "name": "Northgate 17", "opened_on": "2026-02-01", "closed_on": "2026-01-31"}

    answer = client.post(reverse("accounts:store_create"), entry)

    assert answer.status_code == 422
    assert Store.objects.count() == 0


def test_the_second_editor_sees_what_the_first_one_saved(client, own):
    contact = ContactFactory(account=own, name="Ana Lopez", phone="1")
    address = reverse("accounts:contact_edit", args=[contact.pk])
    entry = {"account": own.pk, "name": "Ana Lopez", "function": "buyer", "seen_version": 1}
    client.post(address, {**entry, "phone": "22"})

    answer = client.post(address, {**entry, "phone": "333"})

    assert answer.status_code == 409
    assert answer.context["form"].errors["phone"] == ["Now saved here: “22”."]
    contact.refresh_from_db()
    assert contact.phone == "22"
    client.post(address, {**entry, "seen_version": 2, "phone": "333"})
    contact.refresh_from_db()
    assert contact.phone == "333"


def test_a_contacts_store_belongs_to_the_contacts_account(client, own):
    other = StoreFactory(account=KeyAccountFactory(parent=own))

    answer = client.post(reverse("accounts:contact_create"), {"account": own.pk, "name": "Ana", "function": "buyer", "store": other.pk})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["store"]
    assert Contact.objects.count() == 0


def test_archiving_takes_an_account_out_of_the_list_and_back(client, own):
    page = reverse("accounts:account_archive", args=[own.pk])

    client.post(page)
    assert own.name not in rows_of_list(client, "accounts:account_list")
    assert own.name in rows_of_list(client, "accounts:account_list", {"archive": "only"})
    client.post(page)

    assert own.name in rows_of_list(client, "accounts:account_list")


def test_a_manager_creates_no_account_and_assigns_nobody(client, own):
    assert client.get(reverse("accounts:account_create")).status_code == 403
    assert client.get(reverse("accounts:assignment_create", args=[own.pk])).status_code == 403


def test_a_supervisor_assigns_a_person(client):
    administrator, manager, account = UserFactory(administrator=True), UserFactory(ka_manager=True), KeyAccountFactory()
    client.force_login(administrator)

    answer = client.post(
        reverse("accounts:assignment_create", args=[account.pk]),
        {"user": manager.pk, "duty": "ka_manager", "style": "hunter", "starts_on": "2026-03-01"},
    )

    assert answer.status_code == 302
    assert list(KeyAccount.objects.visible_to(manager)) == [account]


@pytest.mark.parametrize(("website", "is_link"), [("https://northgate.example/", True), ("javascript:alert(1)", False)])
def test_only_a_web_address_is_a_link(client, own, website, is_link):
    KeyAccount.objects.filter(pk=own.pk).update(website=website)

    page = client.get(own.get_absolute_url()).content.decode()

    assert (f'href="{website}"' in page, website in page) == (is_link, True)
