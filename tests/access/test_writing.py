"""Every write path (reliability U1, C4): each POST route of the program, as a role that may; as all that may in the slow tests.

What changed a row left an entry of the trail, by the person, with the request's id, field by field old and new; with a trail that
fails nothing is changed. What is sent twice puts no second row anywhere.
"""

import pytest

from ka_crm import policy
from ka_crm.models import SentForm
from team.models import AuditEvent, Notification, NotificationPreference
from visits.models import VisitPlan

from .matrix import ONCE, routes
from .pressing import TABLES, forms_to_send, reauthenticated, sent
from .test_mass_assignment import OF_THE_SIGN_IN_PACKAGE
from .test_matrix import name_of, told

pytestmark = [pytest.mark.django_db, pytest.mark.once(ONCE)]
# What one has read oneself, and that one sent a form, is no change of the company's records.
NO_RECORDS = {model._meta.db_table for model in (AuditEvent, Notification, SentForm)}
# The empty row in which will be kept what somebody writes there; what is written has its entry.
EMPTY_ROWS = {"team:notification_settings": NotificationPreference, "visits:plan_priorities": VisitPlan}
POSTS = [route for route in routes() if "POST" in route.methods and route.policy not in ("", policy.PUBLIC)]
POSTS = [route for route in POSTS if not route.name.startswith(OF_THE_SIGN_IN_PACKAGE)]
# A few of the routes on which the crawl has to get through; without that it would show less than it says.
GETS_THROUGH = {
    "accounts:account_edit",
    "accounts:contact_create",
    "accounts:store_archive",
    "contracts:must_stock_create",
    "records:comment_create",
    "reports:section_comment",
    "sales:product_create",
    "team:person_deactivate",
    "team:task_done",
    "visits:leave_create",
}


@pytest.fixture(scope="module")
def writers(visitors, django_db_blocker):
    with django_db_blocker.unblock():
        return reauthenticated(visitors)


def trail_problems(route, visitors, *, everybody=False):
    """(what the trail lacks, the posts that changed something) for all that people send on the page of ``route``."""
    problems, changing = [], []
    for who, address, entries in forms_to_send(route, visitors, everybody=everybody):
        (answer,), _counts, events, changed = sent(visitors, who, address, entries)
        changed -= NO_RECORDS
        cell = f"{who} POST {address}"
        if changed and not events:
            empty = route.name in EMPTY_ROWS and changed == {EMPTY_ROWS[route.name]._meta.db_table}
            problems += [] if empty else [f"{cell} changes {', '.join(sorted(changed))} and leaves no entry"]
        elif changed:
            changing.append((who, address, entries))
        problems += [f"{cell}: {event.verb} {wrong}" for event in events for wrong in _wrong(event, visitors.world.people[who], answer)]
    return problems, changing


def _wrong(event, person, answer):
    if event.actor_id not in (person.pk, None):
        yield "is by somebody else"
    if event.request_id != answer.headers["X-Request-Id"]:
        yield "does not carry the request's id"
    for name, pair in event.changes.items():
        if len(pair) != 2 or pair[0] == pair[1]:
            yield f"says that {name} became {pair}"


def twice_problems(route, visitors, *, everybody=False):
    """Tables into which the second of two equal posts puts a row."""
    problems = []
    for who, address, entries in forms_to_send(route, visitors, everybody=everybody):
        _answers, (first, second), _events, _changed = sent(visitors, who, address, entries, times=2)
        more = sorted(TABLES[table].__name__ for table, rows in first.items() if second[table] > rows and table not in NO_RECORDS)
        if more:
            problems.append(f"{who} POST {address} twice puts two rows into {', '.join(more)}")
    return problems


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_what_changes_a_row_leaves_its_entry_or_nothing(route, writers, monkeypatch):
    problems, changing = trail_problems(route, writers)
    assert told(problems) == ""
    assert changing or route.name not in GETS_THROUGH

    monkeypatch.setattr(AuditEvent.objects, "create", _fails)
    for who, address, entries in changing:
        (answer,), _counts, events, changed = sent(writers, who, address, entries)
        assert (address, answer.status_code, events, changed - NO_RECORDS) == (address, 500, [], set())


def _fails(**values):
    raise RuntimeError("The trail cannot be written.")


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_a_double_click_has_one_effect(route, writers):
    assert told(twice_problems(route, writers)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_so_it_is_for_every_role(route, writers):
    problems, _changing = trail_problems(route, writers, everybody=True)

    assert told(problems + twice_problems(route, writers, everybody=True)) == ""


# -- controls: what is missing is found ------------------------------------------------------------------------------------------
def route_named(name):
    return next(route for route in POSTS if route.name == name)


def test_control_a_change_without_an_entry_is_found(writers, monkeypatch):
    monkeypatch.setattr("team.changes.record_event", lambda *args, **values: None)

    assert trail_problems(route_named("accounts:account_edit"), writers)[0] != []


def test_control_an_entry_without_the_requests_id_is_found(writers, monkeypatch):
    monkeypatch.setattr("team.audit.get_contextvars", dict)

    assert "does not carry the request's id" in told(trail_problems(route_named("accounts:account_edit"), writers)[0])


@pytest.mark.parametrize("name", ["accounts:contact_create", "records:comment_create", "team:task_create", "team:account_tasks"])
def test_control_without_the_key_of_the_form_there_are_two_rows(writers, monkeypatch, name):
    monkeypatch.setattr("ka_crm.once._key_of", lambda request: None)

    assert "twice puts two rows into" in told(twice_problems(route_named(name), writers))
