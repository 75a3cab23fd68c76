"""Saved views of lists: kept, opened, changed, shared, opened by themselves, deleted; and whose they are."""

import pytest
from django.urls import reverse

from ka_crm import savedviews
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.models import SavedView
from team.models import AuditEvent
from tests.factories import KeyAccountFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db
STORES = "accounts:store_list"


@pytest.fixture
def manager(client):
    person = UserFactory(ka_manager=True, name="Ana Manager")
    client.force_login(person)
    return person


@pytest.fixture
def kept(manager):
    """Ana's view of the stores in Chicago, by name backwards."""
    return savedviews.save_view(list_name=STORES, name="Chicago", query="q=chicago&sort=-name", actor=manager)


def save(client, **fields):
    return client.post(reverse("view_save"), {"list": STORES, "name": "Mine", "query": "q=chicago", **fields})


def menu_of(client, query=""):
    return client.get(f"{reverse(STORES)}{query}").context["view_menu"]


def test_the_list_is_kept_as_it_is_and_opened_with_it(client, manager):
    answer = save(client, query="sort=-name&page=3&q=chicago&cols=name%2Ccity&size=25&density=compact&_export=csv&region=")

    view = SavedView.objects.get()
    assert view.query == "cols=name%2Ccity&density=compact&q=chicago&size=25&sort=-name"
    assert answer["Location"] == f"/stores/?{view.query}&view={view.public_id}"
    assert client.get(answer["Location"]).context["view_menu"]["open"].name == "Mine"


def test_the_trail_says_who_kept_what(client, manager):
    save(client)

    event = AuditEvent.objects.get(verb="view.created")
    assert (event.actor, event.object_label, event.changes["query"]) == (manager, "Mine", [None, "q=chicago"])


def test_the_same_name_again_takes_the_new_query(client, manager):
    save(client), save(client, query="q=boston")

    assert list(SavedView.objects.values_list("name", "query")) == [("Mine", "q=boston")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "  "}, "Give the view a name."),
        ({"list": "home"}, "This list cannot be kept as a view. Open the list and try again."),
        ({"list": "jobs:job_list"}, "This list cannot be kept as a view. Open the list and try again."),  # not a manager's list
        ({"query": "q=" + "x" * 5000}, "The filter is too long to be kept. Take some of it away."),
    ],
    ids=["no name", "no list", "not one's list", "too long"],
)
def test_what_cannot_be_kept_is_told(client, manager, fields, message):
    answer = client.post(reverse("view_save"), {"list": STORES, "name": "Mine", "query": "", **fields}, follow=True)

    assert [str(one) for one in answer.context["messages"]] == [message]
    assert SavedView.objects.count() == 0


def test_a_person_keeps_so_many_views_of_a_list_and_no_more(manager):
    SavedView.objects.bulk_create([SavedView(owner=manager, list_name=STORES, name=f"View {n}") for n in range(savedviews.MOST_VIEWS)])

    with pytest.raises(DomainError, match="You keep 30 views of this list already"):
        savedviews.save_view(list_name=STORES, name="One more", query="", actor=manager)


def test_an_open_view_that_was_changed_says_so_and_takes_the_change(client, kept):
    same = menu_of(client, f"?q=chicago&sort=-name&view={kept.public_id}")
    changed = menu_of(client, f"?q=boston&view={kept.public_id}")
    client.post(reverse("view_update", args=[kept.public_id]), {"query": changed["query"]})

    assert (same["changed"], changed["changed"]) == (False, True)
    kept.refresh_from_db()
    assert (kept.query, kept.version) == ("q=boston", 2)


def test_a_view_named_alone_opens_with_all_that_it_is(client, kept):
    answer = client.get(f"/stores/?view={kept.public_id}")

    assert (answer.status_code, answer["Location"]) == (302, f"/stores/?q=chicago&sort=-name&view={kept.public_id}")


def test_the_default_view_opens_by_itself_and_stays_away_when_asked_to(client, kept, manager):
    savedviews.change_view(view=kept, actor=manager, is_default=True)

    assert client.get("/stores/")["Location"] == f"/stores/?q=chicago&sort=-name&view={kept.public_id}"
    plain = client.get("/stores/?view=none")
    assert (plain.status_code, plain.context["clear_url"]) == (200, "/stores/?view=none")
    assert client.get("/stores/", headers={"HX-Request": "true"}).status_code == 200


def test_of_two_defaults_the_last_one_counts(manager, kept):
    savedviews.change_view(view=kept, actor=manager, is_default=True)
    other = savedviews.save_view(list_name=STORES, name="Other", query="", actor=manager, is_default=True)

    assert list(SavedView.objects.filter(is_default=True)) == [other]


def test_colleagues_find_what_is_shared_and_only_that(client, kept, manager):
    savedviews.save_view(list_name=STORES, name="For all", query="q=all", actor=manager, is_shared=True, is_default=True)
    client.force_login(UserFactory(ka_manager=True))

    menu = menu_of(client)
    assert [(one["name"], one["owner"]) for one in menu["links"]] == [("For all", "Ana Manager")]
    assert menu_of(client, menu["links"][0]["url"].removeprefix("/stores/"))["changeable"] is False


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize("route", ["view_edit", "view_update", "view_delete"])
def test_nobody_changes_a_colleagues_view(client, kept, manager, route, shared):
    savedviews.change_view(view=kept, actor=manager, is_shared=shared)
    client.force_login(UserFactory(ka_manager=True))

    answer = client.post(reverse(route, args=[kept.public_id]), {"name": "Stolen", "query": "q=x"})
    missing = client.post(reverse(route, args=["00000000-0000-0000-0000-000000000000"]), {"name": "Stolen"})

    assert (answer.status_code, missing.status_code) == (404, 404)
    kept.refresh_from_db()
    assert (kept.name, kept.query) == ("Chicago", "q=chicago&sort=-name")


def test_who_looks_after_settings_puts_shared_views_in_order(client, kept, manager):
    savedviews.change_view(view=kept, actor=manager, is_shared=True)
    client.force_login(UserFactory(administrator=True))

    client.post(reverse("view_delete", args=[kept.public_id]))

    assert not SavedView.objects.exists()


def test_a_view_is_renamed_and_shared_on_its_page(client, kept):
    page = client.get(reverse("view_edit", args=[kept.public_id]))
    fields = {"name": "Chi", "is_shared": "on", "seen_version": page.context["form"]["seen_version"].value()}
    answer = client.post(reverse("view_edit", args=[kept.public_id]), fields)

    assert answer["Location"].endswith(f"view={kept.public_id}")
    kept.refresh_from_db()
    assert (kept.name, kept.is_shared, kept.is_default) == ("Chi", True, False)


def test_a_name_that_another_view_has_is_refused(client, kept, manager):
    savedviews.save_view(list_name=STORES, name="Boston", query="", actor=manager)

    answer = client.post(reverse("view_edit", args=[kept.public_id]), {"name": "Boston", "seen_version": 1})

    assert answer.status_code == 422
    assert "You have a view named “Boston” of this list already. Choose another name." in answer.content.decode()


def test_two_who_change_one_view_do_not_overwrite_each_other(kept, manager):
    savedviews.change_view(view=kept, actor=manager, expected_version=1, name="First")

    with pytest.raises(StaleRecord):
        savedviews.change_view(view=kept, actor=manager, expected_version=1, name="Second")


def test_a_shared_view_shows_each_only_their_own_rows(client, kept, manager):
    savedviews.change_view(view=kept, actor=manager, is_shared=True, query="q=harbor")
    StoreFactory(account=KeyAccountFactory(), name="Harbor foreign")
    client.force_login(UserFactory(ka_manager=True))

    assert client.get(f"/stores/?q=harbor&view={kept.public_id}").context["count"] == 0


@pytest.mark.parametrize("view", ["x", "", "none", "00000000-0000-0000-0000-000000000000", "%22%3E", "1" * 500])
def test_a_view_that_is_none_is_the_plain_list(client, manager, view):
    answer = client.get(f"/stores/?view={view}")

    assert (answer.status_code, answer.context["view_menu"]["open"]) == (200, None)


def test_statements_do_not_grow_with_views(client, manager, assert_same_statements):
    def grow():
        for number in range(20):
            savedviews.save_view(list_name=STORES, name=f"View {number}", query="q=x", actor=manager, is_shared=True)

    assert_same_statements(lambda: client.get("/stores/?q=a"), grow)
