"""One verb for many rows: asked with the exact count, done row by row with a trail each, told with its refusals."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import AccountAssignment, Contact, KeyAccount, Store
from ka_crm import bulk
from reports.models import Report
from team.models import AuditEvent
from tests.factories import (
    AccountAssignmentFactory,
    ContactFactory,
    KeyAccountFactory,
    ProductFactory,
    ReportFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    """A signed-in KA manager with an account of their own."""
    person = UserFactory(ka_manager=True)
    person.account = KeyAccountFactory(name="Northgate")
    AccountAssignmentFactory(account=person.account, user=person)
    client.force_login(person)
    return person


@pytest.fixture
def administrator(client):
    person = UserFactory(administrator=True)
    client.force_login(person)
    return person


@pytest.fixture
def stores(manager):
    return [StoreFactory(account=manager.account, name=f"Harbor {number}") for number in range(3)]


def ask(client, address, verb, rows=(), **fields):
    """The confirmation page."""
    return client.post(address, {"_bulk": verb, "row": [row.pk for row in rows], **fields})


def do(client, address, verb, rows=(), **fields):
    """Ask, then say yes; ``fields`` answer what the page asks besides."""
    everything = {"_all": "1"} if fields.pop("_all", None) else {}
    hidden = dict(ask(client, address, verb, rows, **everything).context["hidden"])
    return client.post(
        address, {"_bulk": verb, "_seal": hidden["_seal"], "row": [row.pk for row in rows], **everything, **fields}, follow=True
    )


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def archived(model):
    return set(model.objects.exclude(archived_at=None).values_list("name", flat=True))


def test_nothing_happens_before_the_question_is_answered(client, stores):
    answer = ask(client, "/stores/?q=harbor", "archive", stores[:2])

    text = answer.content.decode()
    assert (answer.status_code, answer.context["count"], answer.context["page_title"]) == (200, 2, "Archive: 2 rows")
    assert "Harbor 0" in text and "Harbor 1" in text and "Harbor 2" not in text
    assert archived(Store) == set()


def test_chosen_rows_are_done_each_with_its_line_in_the_trail(client, manager, stores):
    answer = do(client, "/stores/?q=harbor", "archive", stores[:2])

    assert archived(Store) == {"Harbor 0", "Harbor 1"}
    assert told(answer) == ["Archive: 2 rows are done."]
    events = AuditEvent.objects.filter(verb="store.archived").values_list("object_label", "actor")
    assert sorted(events) == [("Harbor 0", manager.pk), ("Harbor 1", manager.pk)]
    assert answer.redirect_chain == [("/stores/?q=harbor", 302)]


def test_all_that_match_are_those_of_the_filter_and_of_the_scope(client, stores):
    StoreFactory(name="Harbor foreign")
    StoreFactory(account=stores[0].account, name="Elsewhere")

    assert ask(client, "/stores/?q=harbor", "archive", _all="1").context["count"] == 3
    do(client, "/stores/?q=harbor", "archive", _all="1")

    assert archived(Store) == {"Harbor 0", "Harbor 1", "Harbor 2"}


def test_a_foreign_row_is_no_row(client, manager, stores):
    foreign = StoreFactory(name="Foreign")

    assert told(client.post("/stores/", {"_bulk": "archive", "row": foreign.pk}, follow=True)) == [
        "No row is chosen. Tick the rows, or choose all that match."
    ]
    answer = ask(client, "/stores/", "archive", [*stores[:1], foreign])
    assert (answer.context["count"], answer.context["missing"]) == (1, 1)
    assert "Foreign" not in answer.content.decode()


def test_a_list_that_changed_in_between_is_said_and_asked_again(client, stores):
    hidden = dict(ask(client, "/stores/?q=harbor", "archive", _all="1").context["hidden"])
    StoreFactory(account=stores[0].account, name="Harbor late")

    answer = client.post("/stores/?q=harbor", {**hidden, "_all": "1"})

    assert (answer.status_code, answer.context["count"]) == (409, 4)
    assert "The list has changed since you chose." in answer.content.decode()
    assert archived(Store) == set()


def test_another_row_of_the_same_number_is_a_change_too(client, stores):
    hidden = dict(ask(client, "/stores/", "archive", stores[:2]).context["hidden"])

    assert client.post("/stores/", {**hidden, "row": [stores[0].pk, stores[2].pk]}).status_code == 409


def test_one_persons_yes_is_not_anothers(client, stores):
    hidden = dict(ask(client, "/stores/", "archive", stores).context["hidden"])
    client.force_login(UserFactory(administrator=True))

    assert client.post("/stores/", {**hidden, "row": [store.pk for store in stores]}).status_code == 409


def test_who_may_not_is_refused_and_offered_nothing(client, stores):
    rep = UserFactory(field_rep=True)
    AccountAssignmentFactory(account=stores[0].account, user=rep)
    client.force_login(rep)

    assert client.post("/stores/", {"_bulk": "archive", "row": stores[0].pk}).status_code == 403
    text = client.get("/stores/").content.decode()
    assert 'name="_bulk"' not in text and 'name="row"' not in text


def test_a_post_needs_its_token(stores, manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)

    assert client.post("/stores/", {"_bulk": "archive", "row": stores[0].pk}).status_code == 403


def test_what_a_rule_refuses_is_named_and_the_rest_is_done(client, administrator):
    full, empty = KeyAccountFactory(name="Full"), KeyAccountFactory(name="Empty")
    StoreFactory(account=full)

    answer = do(client, "/accounts/", "archive", [full, empty])

    assert archived(KeyAccount) == {"Empty"}
    assert told(answer) == [
        "Archive: 1 row is done.",
        "Archive: 1 row was refused. “Full”: “Full” still has 1 active stores and 0 accounts below it. Archive or move those first.",
    ]


def test_only_the_first_refusals_are_told_and_the_rest_counted(client, administrator):
    accounts = [StoreFactory(account=KeyAccountFactory(name=f"Full {number}")).account for number in range(8)]

    [text] = told(do(client, "/accounts/", "archive", accounts))

    assert text.startswith("Archive: 8 rows were refused.") and text.endswith("And 3 more.")
    assert text.count("still has 1 active stores") == bulk.REFUSALS_TOLD


def test_more_than_people_wait_for_is_refused_with_the_numbers(client, stores, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_ROWS", 2)

    answer = client.post("/stores/", {"_bulk": "archive", "_all": "1"}, follow=True)

    assert told(answer) == ["3 rows are too many for one step; at most 2. Narrow the filter and do it in parts."]
    assert 'name="_all"' not in client.get("/stores/").content.decode()


def test_rows_are_done_in_parts_that_each_stand(client, stores, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 1)

    do(client, "/stores/", "archive", stores)

    assert archived(Store) == {"Harbor 0", "Harbor 1", "Harbor 2"}


def test_what_is_archived_comes_back_together(client, stores):
    do(client, "/stores/", "archive", stores)
    assert "restore" not in [action.name for action in client.get("/stores/").context["bulk_actions"]]

    do(client, "/stores/?archive=only", "restore", _all="1")

    assert archived(Store) == set()


def test_contacts_and_products_are_archived_together(client, administrator):
    contacts, products = [ContactFactory(), ContactFactory()], [ProductFactory(), ProductFactory()]

    do(client, "/contacts/", "archive", contacts)
    do(client, "/products/", "archive", products)

    assert not Contact.objects.filter(archived_at=None).exists()
    assert not type(products[0]).objects.filter(archived_at=None).exists()


def test_a_person_gets_many_accounts_at_once(client, administrator):
    accounts, person = [KeyAccountFactory(), KeyAccountFactory()], UserFactory(ka_manager=True)
    fields = {"user": person.pk, "duty": "ka_manager", "style": "farmer", "starts_on": "2026-03-02", "ends_on": ""}

    answer = do(client, "/accounts/", "assign", accounts, **fields)

    assert told(answer) == ["Assign a person: 2 rows are done."]
    assert AccountAssignment.objects.filter(user=person, starts_on=date(2026, 3, 2)).count() == 2


def test_a_mistake_in_what_is_asked_is_told_on_the_page(client, administrator):
    account = KeyAccountFactory()

    answer = do(client, "/accounts/", "assign", [account], user="", duty="nothing")

    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()
    assert not AccountAssignment.objects.exists()


@pytest.fixture
def visits(client, time_machine):
    time_machine.move_to("2026-03-02 09:00", tick=False)
    supervisor = UserFactory(supervisor=True, team=TeamFactory())
    rep = UserFactory(field_rep=True, team=supervisor.team)
    store = StoreFactory()
    AccountAssignmentFactory(account=store.account, user=rep)
    client.force_login(supervisor)
    return [
        VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 2)),
        VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 3), completed=True),
    ]


def test_visits_move_to_another_day_and_those_that_took_place_are_named(client, visits):
    answer = do(client, "/visits/", "move", visits, planned_on="2026-03-09")

    assert Visit.objects.get(pk=visits[0].pk).planned_on == date(2026, 3, 9)
    assert Visit.objects.get(pk=visits[1].pk).planned_on == date(2026, 3, 3)
    done, refused = told(answer)
    assert done == "Move to another day: 1 row is done."
    assert refused.startswith("Move to another day: 1 row was refused.") and "from “Completed” one cannot go to “Planned”" in refused


def test_visits_are_cancelled_with_one_reason(client, visits):
    do(client, "/visits/", "cancel", visits[:1], reason="The road is closed.")

    visit = Visit.objects.get(pk=visits[0].pk)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "The road is closed.")
    assert AuditEvent.objects.filter(verb="visit.cancelled", reason="The road is closed.").count() == 1


def test_reports_are_submitted_and_approved_by_somebody_else(client, administrator):
    other = UserFactory(supervisor=True, team=TeamFactory())
    reports = [ReportFactory(owner=other), ReportFactory(owner=other)]

    assert told(do(client, "/reports/", "submit", reports)) == ["Submit: 2 rows are done."]
    [own] = told(do(client, "/reports/", "approve", reports))
    assert own.count("Nobody approves a report that they wrote") == 2

    client.force_login(UserFactory(administrator=True))
    assert told(do(client, "/reports/", "approve", reports)) == ["Approve: 2 rows are done."]
    assert set(Report.objects.values_list("status", flat=True)) == {"approved"}


def test_statements_of_the_page_do_not_grow_with_its_boxes(client, stores, assert_same_statements):
    def grow():
        for number in range(30):
            StoreFactory(account=stores[0].account, name=f"Harbor x{number}")

    assert_same_statements(lambda: client.get("/stores/"), grow)
