"""Counting no further than anybody reads, columns in order, density, totals on request, and filters that search for a row."""

import pytest

from accounts.models import Store
from ka_crm import pages
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ShelfFactFactory, StoreFactory, UserFactory, VisitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    person = UserFactory(ka_manager=True)
    person.account = KeyAccountFactory(name="Northgate Markets", code="NGM")
    AccountAssignmentFactory(account=person.account, user=person)
    client.force_login(person)
    return person


@pytest.fixture
def stores(manager):
    return [StoreFactory(account=manager.account, name=f"Harbor {number:02}", city="Chicago") for number in range(30)]


# --- counting ---------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def counted_to_ten(monkeypatch):
    monkeypatch.setattr(pages, "MOST_COUNTED", 10)


def test_a_long_list_is_counted_as_far_as_anybody_reads(client, stores, counted_to_ten):
    text = client.get("/stores/?size=25").content.decode()

    assert "more than 10 rows" in text and "1–25 of more than 10" in text
    assert 'href="/stores/?size=25&amp;count=exact">Count them all</a>' in text


def test_all_of_it_is_counted_on_request(client, stores, counted_to_ten):
    answer = client.get("/stores/?size=25&count=exact")

    assert (answer.context["count"], answer.context["is_exact"]) == (30, True)
    assert "1–25 of 30" in answer.content.decode()


def test_pages_past_what_was_counted_are_still_pages(client, stores, counted_to_ten):
    second = client.get("/stores/?size=25&page=2").context["page"]
    past_the_end = client.get("/stores/?size=25&page=900").context["page"]

    assert [(page.number, page.start_index, page.end_index, page.has_next) for page in (second, past_the_end)] == [(2, 26, 30, False)] * 2


@pytest.mark.parametrize(("asked", "number"), [("0", 1), ("-3", 1), ("x", 1), ("٣", 1), ("2", 2), ("999999999999999999999999", 2), ("", 1)])
def test_any_word_for_a_page_is_a_page(stores, asked, number):
    rows = Store.objects.order_by("pk")

    assert pages.page_of(rows, rows, size=20, asked=asked).number == number


@pytest.mark.parametrize(
    ("number", "last", "numbers"),
    [
        (1, 1, []),
        (1, 3, [1, 2, 3]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (3, 5, [1, 2, 3, 4, 5]),
        (4, 20, [1, 2, 3, 4, 5, None, 20]),
        (20, 20, [1, None, 19, 20]),
    ],
)
def test_numbers_around_the_page(number, last, numbers):
    assert pages._elided(number, last) == numbers


# --- columns, density, totals -----------------------------------------------------------------------------------------------------
def test_a_column_moves_to_the_front_by_a_link(client, stores):
    choices = client.get("/stores/?cols=name,city,region&q=harbor").context["columns"]["choices"]

    assert [(one["name"], one["earlier"]) for one in choices[:3]] == [
        ("name", None),
        ("city", "/stores/?q=harbor&cols=city,name,region"),
        ("region", "/stores/?q=harbor&cols=name,region,city"),
    ]
    assert all(one["earlier"] is None for one in choices[3:])


def test_rows_stand_closer_when_asked_to(client, stores):
    assert 'class="table-data is-compact"' in client.get("/stores/?density=compact").content.decode()
    assert "is-compact" not in client.get("/stores/?density=x").content.decode()


def test_accounts_are_added_up_over_the_filter(client, manager, stores):
    KeyAccountFactory()
    foot = client.get("/accounts/").content.decode().split("<tfoot>")[1]

    assert ">30</td>" in foot


def test_what_is_dear_to_add_up_is_added_up_on_request(client, manager):
    visit = VisitFactory(store=StoreFactory(account=manager.account), completed=True)
    ShelfFactFactory(visit=visit, is_out_of_stock=True, is_present=False)

    plain, asked = client.get("/visits/"), client.get("/visits/?count=exact")

    assert "<tfoot>" not in plain.content.decode() and ">Add up</a>" in plain.content.decode()
    assert ">1</td>" in asked.content.decode().split("<tfoot>")[1] and ">Add up</a>" not in asked.content.decode()


# --- one row of many ----------------------------------------------------------------------------------------------------------------
def offers(client, words, name="account"):
    return client.get("/stores/", {"_choices": name, "_q": words}).json()["choices"]


def test_a_filter_offers_the_rows_that_hold_the_words_and_only_ones_own(client, manager):
    KeyAccountFactory(name="Northgate foreign")

    assert offers(client, "NORTH mark") == [{"id": manager.account.pk, "label": "Northgate Markets · NGM"}]
    assert offers(client, "foreign") == offers(client, "x", "region") == offers(client, "x", "no-such-filter") == []


@pytest.mark.parametrize("given", ["{pk}", "NGM", "Northgate Markets · NGM", "northgate", "ｎｏｒｔｈｇａｔｅ"])
def test_a_row_is_named_by_its_number_its_label_or_its_words(client, manager, stores, given):
    answer = client.get("/stores/", {"account": given.format(pk=manager.account.pk)})

    assert (answer.context["count"], [one["value"] for one in answer.context["active_filters"]]) == (30, ["Northgate Markets"])
    assert (
        f'value="Northgate Markets · NGM" maxlength="200" autocomplete="off" placeholder="All" data-row-choice="{manager.account.pk}"'
        in (answer.content.decode())
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nothing like it", "Nothing here has this name. Write a part of it, or clear the field."),
        ("99999999999", "Nothing here has this name. Write a part of it, or clear the field."),
        ("market", "Several have “market” in their names. Write more of it."),
    ],
)
def test_words_that_name_no_single_row_are_told_and_do_not_narrow(client, manager, stores, given, message):
    AccountAssignmentFactory(account=KeyAccountFactory(name="Southgate Markets"), user=manager)

    answer = client.get("/stores/", {"account": given})

    assert answer.context["count"] == 30
    assert message in answer.content.decode()


def test_a_whole_name_wins_over_longer_ones(client, manager):
    AccountAssignmentFactory(account=KeyAccountFactory(name="Northgate Markets Express"), user=manager)

    assert [one["value"] for one in client.get("/stores/?account=northgate+markets").context["active_filters"]] == ["Northgate Markets"]


def test_a_foreign_row_is_unknown_by_number_code_and_name(client, manager):
    foreign = KeyAccountFactory(name="Secret chain", code="SECRET")

    answers = [client.get("/stores/", {"account": given}) for given in (foreign.pk, "SECRET", "secret chain", "no such")]

    assert {answer.context["filter_form"].errors["account"][0] for answer in answers} == {
        "Nothing here has this name. Write a part of it, or clear the field."
    }


def test_ten_thousand_accounts_are_no_drop_down(client, manager, assert_same_statements):
    def grow():
        for _ in range(30):
            AccountAssignmentFactory(account=KeyAccountFactory(), user=manager)

    assert_same_statements(lambda: client.get("/stores/"), grow)
    assert client.get("/stores/").content.decode().count("<option") < 10


def test_who_is_not_signed_in_is_offered_nothing(client):
    assert client.get("/stores/?_choices=account&_q=n").status_code == 302
