"""The trail: one row per change, in its transaction, with both names of a deputy's work; nobody changes it afterwards."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from structlog.contextvars import bound_contextvars

from accounts.models import KeyAccount
from team.audit import changed_fields, ip_address, on_behalf, record
from team.models import AuditEvent, User
from team.services.tasks import cancel_task, change_task, close_task, open_task, reopen_task
from tests.factories import AccountAssignmentFactory, DelegationFactory, KeyAccountFactory, ReportFactory, UserFactory

pytestmark = pytest.mark.django_db

WAYS_TO_CHANGE = {
    "save": lambda event: forged(event).save(),
    "queryset update": lambda event: AuditEvent.objects.filter(pk=event.pk).update(verb="forged"),
    "bulk_update": lambda event: AuditEvent.objects.bulk_update([AuditEvent(pk=event.pk, verb="forged")], ["verb"]),
    "delete": lambda event: event.delete(),
    "queryset delete": lambda event: AuditEvent.objects.all().delete(),
    "raw delete": lambda event: AuditEvent.objects.all()._raw_delete("default"),
    "UPDATE": lambda event: sql("UPDATE team_auditevent SET verb = 'forged'"),
    "DELETE": lambda event: sql("DELETE FROM team_auditevent"),
}


def forged(event):
    event.verb = "forged"
    return event


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def refused():
    with pytest.raises(DatabaseError, match="The audit trail is append-only"), transaction.atomic():
        yield


@pytest.fixture
def event():
    person = UserFactory(administrator=True)
    made = record(person, "person.created", actor=person)
    connection.check_constraints()  # PostgreSQL truncates and alters no table while foreign keys wait to be checked
    return made


@pytest.mark.parametrize("way", WAYS_TO_CHANGE)
def test_nothing_changes_or_deletes_an_entry(event, way):
    with refused():
        WAYS_TO_CHANGE[way](event)
    assert list(AuditEvent.objects.values_list("pk", "verb")) == [(event.pk, "person.created")]


def test_truncate_is_refused(event):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE: its DELETE without WHERE is tried above")
    with refused():
        sql("TRUNCATE team_auditevent")
    assert list(AuditEvent.objects.values_list("pk", flat=True)) == [event.pk]


@pytest.mark.parametrize("way", WAYS_TO_CHANGE)
def test_control_without_the_triggers_each_way_works(event, way):
    """The ways tried above would change the trail, were it not for the triggers."""
    from tests.triggers import _postgresql, _sqlite

    with connection.cursor() as cursor:
        for statement in (_sqlite if connection.vendor == "sqlite" else _postgresql)(cursor)[0]:
            cursor.execute(statement)
    WAYS_TO_CHANGE[way](event)
    assert not AuditEvent.objects.filter(verb="person.created").exists()


def test_an_entry_says_who_did_what_to_which_account():
    account = KeyAccountFactory(name="Carrefour")
    actor = UserFactory(ka_manager=True)
    token = ip_address.set("203.0.113.7")
    with bound_contextvars(request_id="abc123"):
        event = record(account, "account.changed", actor=actor, changes={"name": ["Carrefur", "Carrefour"]}, reason="Typing error")
    ip_address.reset(token)
    event.refresh_from_db()
    assert (event.actor, event.on_behalf_of, event.verb) == (actor, None, "account.changed")
    assert (event.object_type, event.object_id, event.object_label, event.account_ref) == (
        "accounts.keyaccount",
        str(account.pk),
        "Carrefour",
        account.pk,
    )
    assert (event.changes, event.reason) == ({"name": ["Carrefur", "Carrefour"]}, "Typing error")
    assert (event.request_id, event.ip_address) == ("abc123", "203.0.113.7")


def test_a_change_that_is_rolled_back_leaves_no_entry():
    account = KeyAccountFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        KeyAccount.objects.filter(pk=account.pk).update(name="Other")
        record(account, "account.changed", actor=None)
        raise RuntimeError
    assert AuditEvent.objects.count() == 0


def test_changed_fields_holds_plain_values_of_what_differs():
    account = KeyAccountFactory(name="Old", valid_from=date(2026, 1, 1))
    assert changed_fields(account, {"name": "New", "valid_from": date(2026, 2, 1), "country": "US", "parent": None}) == {
        "name": ["Old", "New"],
        "valid_from": ["2026-01-01", "2026-02-01"],
    }


# --- deputies -------------------------------------------------------------------------------------------------------------
@pytest.fixture
def absence():
    """Two managers with an account each; in March the one is away and the other is the deputy."""
    theirs, own = AccountAssignmentFactory(), AccountAssignmentFactory()
    return DelegationFactory(absent=theirs.user, deputy=own.user), theirs.account, own.account


@time_machine.travel("2026-03-10 12:00Z")
def test_what_a_deputy_does_to_the_absent_persons_account_names_both(absence):
    delegation, theirs, own = absence
    deputy = User.objects.get(pk=delegation.deputy_id)
    assert on_behalf(deputy, theirs) == delegation.absent
    assert on_behalf(deputy, own) is None
    assert record(theirs, "account.changed", actor=deputy).on_behalf_of == delegation.absent
    assert record(ReportFactory(account=theirs), "report.submitted", actor=deputy).on_behalf_of == delegation.absent
    assert record(own, "account.changed", actor=deputy).on_behalf_of is None


@time_machine.travel("2026-03-10 12:00Z")
def test_a_capability_of_the_absent_person_is_used_on_their_behalf():
    account = KeyAccountFactory()
    supervisor = UserFactory(supervisor=True)
    AccountAssignmentFactory(account=account, user=supervisor)
    deputy = AccountAssignmentFactory(account=account).user
    DelegationFactory(absent=supervisor, deputy=deputy)
    assert on_behalf(deputy, account) is None
    assert on_behalf(deputy, account, "reports.approve") == supervisor
    assert on_behalf(deputy, None, "reports.write") is None


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 4, 1)])
def test_outside_the_dates_nothing_is_done_on_behalf(absence, day):
    delegation, theirs, _own = absence
    with time_machine.travel(f"{day} 12:00Z"):
        deputy = User.objects.get(pk=delegation.deputy_id)
        assert on_behalf(deputy, theirs) is None
        assert not KeyAccount.objects.visible_to(deputy).filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 3, 31)])
def test_the_first_and_the_last_day_are_included(absence, day):
    delegation, theirs, _own = absence
    with time_machine.travel(f"{day} 12:00Z"):
        deputy = User.objects.get(pk=delegation.deputy_id)
        assert KeyAccount.objects.visible_to(deputy).filter(pk=theirs.pk).exists()


@pytest.mark.parametrize("capability", ["people.manage", "settings.manage", "jobs.manage", "profiles.manage"])
def test_running_the_house_is_never_delegated(capability):
    day = date(2026, 3, 10)
    delegation = DelegationFactory(absent=UserFactory(administrator=True), starts_on=day, ends_on=day + timedelta(days=1))
    with time_machine.travel("2026-03-10 12:00Z"):
        deputy = User.objects.get(pk=delegation.deputy_id)
        assert deputy.has_capability("costs.view")  # control: other rights are taken over
        assert not deputy.has_capability(capability)


def test_a_deactivated_absent_person_lends_no_rights():
    delegation = DelegationFactory(absent=UserFactory(finance=True, inactive=True))
    with time_machine.travel("2026-03-10 12:00Z"):
        assert User.objects.get(pk=delegation.deputy_id).acts_for == []


def as_deputy_of(absent, **role):
    """A deputy of ``absent``, read anew as a request does."""
    return User.objects.get(pk=DelegationFactory(absent=absent, deputy=UserFactory(**role)).deputy_id)


@time_machine.travel("2026-03-10 12:00Z")
def test_a_right_that_the_route_asked_for_names_the_absent_person_too(client):
    """A field rep sees the account anyway; changing it is the manager's right."""
    assigned = AccountAssignmentFactory()
    deputy = as_deputy_of(assigned.user, field_rep=True)
    AccountAssignmentFactory(account=assigned.account, user=deputy)
    client.force_login(deputy)

    client.post(reverse("accounts:contact_create"), {"account": assigned.account.pk, "name": "Ana", "function": "buyer"})

    created = AuditEvent.objects.get(verb="contact.created")
    assert (created.actor, created.on_behalf_of) == (deputy, assigned.user)


@time_machine.travel("2026-03-10 12:00Z")
@pytest.mark.parametrize("verb", ["done", "handed_over", "cancelled", "reopened"])
def test_an_absent_persons_task_names_both(verb):
    absent, other = UserFactory(ka_manager=True), UserFactory(ka_manager=True)
    deputy = as_deputy_of(absent, ka_manager=True)
    task = open_task(title="Call the buyer", assignee=absent, actor=absent)
    if verb == "reopened":
        close_task(task_id=task.pk, actor=absent)
    act = {
        "done": lambda: close_task(task_id=task.pk, actor=deputy),
        "handed_over": lambda: change_task(task_id=task.pk, actor=deputy, assignee=other),
        "cancelled": lambda: cancel_task(task_id=task.pk, actor=deputy),
        "reopened": lambda: reopen_task(task_id=task.pk, actor=deputy),
    }

    act[verb]()

    event = AuditEvent.objects.get(verb=f"task.{verb}")
    assert (event.actor, event.on_behalf_of) == (deputy, absent)


@time_machine.travel("2026-03-10 12:00Z")
def test_a_list_that_may_hold_the_absent_persons_rows_is_exported_for_both(client):
    assigned = AccountAssignmentFactory()
    deputy = as_deputy_of(assigned.user, ka_manager=True)
    client.force_login(deputy)

    client.get(reverse("accounts:account_list"), {"_export": "csv"})

    exported = AuditEvent.objects.get(verb="data.exported")
    assert (exported.actor, exported.on_behalf_of, exported.changes["rows"]) == (deputy, assigned.user, [None, 1])


@time_machine.travel("2026-03-10 12:00Z")
def test_who_sees_everything_anyway_exports_for_nobody_else(client):
    assigned = AccountAssignmentFactory()
    client.force_login(as_deputy_of(assigned.user, finance=True))

    client.get(reverse("accounts:account_list"), {"_export": "csv"})

    assert AuditEvent.objects.get(verb="data.exported").on_behalf_of is None


@time_machine.travel("2026-03-10 12:00Z")
def test_of_two_absent_people_who_lend_one_half_each_one_is_named():
    """One lends the account, the other the right to assign people to it."""
    assigned, supervisor = AccountAssignmentFactory(), UserFactory(supervisor=True)
    deputy = UserFactory(field_rep=True)
    for absent in (assigned.user, supervisor):
        DelegationFactory(absent=absent, deputy=deputy)

    assert on_behalf(User.objects.get(pk=deputy.pk), assigned.account, "assignments.manage") in {assigned.user, supervisor}
