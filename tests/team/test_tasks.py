"""Tasks: who may do what with whose, what is told and kept."""

from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from team.models import AuditEvent, Notification, Task, User
from team.reminders import remind
from team.services import deactivate_person
from team.services.tasks import cancel_task, change_task, close_task, may_change, open_task, reopen_task
from team.states import TaskStatus
from tests.factories import DelegationFactory, KeyAccountFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
DUE = date(2026, 3, 5)


@pytest.fixture
def giver():
    return UserFactory(ka_manager=True, name="Gia", team=TeamFactory())


@pytest.fixture
def doer(giver):
    return UserFactory(field_rep=True, name="Dora", team=giver.team)


def give(giver, doer, **options):
    return open_task(title="Call the buyer", assignee=doer, actor=giver, **{"due_on": DUE, **options})


def test_a_task_is_given_told_and_on_record(giver, doer):
    account = KeyAccountFactory(name="Harbor Mart")
    task = give(giver, doer, subject=account, details=" Ask for March. ")
    assert (task.assignee, task.created_by, task.status, task.details, task.account_ref) == (
        doer,
        giver,
        "open",
        "Ask for March.",
        account.pk,
    )
    assert list(Task.objects.about(account)) == [task]
    told = Notification.objects.get()
    assert (told.user, told.kind, told.words) == (
        doer,
        "tasks.given_due",
        {"task": "Call the buyer", "due_on": "2026-03-05", "person": "Gia"},
    )
    entry = AuditEvent.objects.get(verb="task.opened")
    assert (entry.actor, entry.account_ref) == (giver, account.pk)


def test_nobody_is_told_of_what_they_gave_themselves(giver):
    give(giver, giver)
    assert Notification.objects.count() == 0


def test_a_rule_opens_once(giver, doer):
    first = open_task(title="Out of stock", assignee=doer, kind="oos", key="oos:5")
    close_task(task_id=first.pk, actor=doer)
    assert open_task(title="Out of stock", assignee=doer, kind="oos", key="oos:5") == first
    assert Task.objects.count() == 1


def test_who_left_is_given_nothing(giver):
    with pytest.raises(DomainError, match="may not sign in and cannot be given tasks"):
        give(giver, UserFactory(inactive=True))


def test_an_empty_title_is_told_at_its_field(giver, doer):
    with pytest.raises(ValidationError) as refusal:
        open_task(title="  ", assignee=doer, actor=giver)
    assert list(refusal.value.message_dict) == ["title"]


# --- the table: state × step --------------------------------------------------------------------------------------------------
STEPS = {"done": (close_task, TaskStatus.DONE), "cancel": (cancel_task, TaskStatus.CANCELLED), "reopen": (reopen_task, TaskStatus.OPEN)}
FOLLOWS = {("open", "done"), ("open", "cancel"), ("done", "reopen"), ("cancelled", "reopen")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", TaskStatus.values)
def test_every_state_and_step(state, step, giver, doer):
    task = give(giver, doer)
    Task.objects.filter(pk=task.pk).update(status=state)
    function, to = STEPS[step]
    if (state, step) in FOLLOWS:
        assert function(task_id=task.pk, actor=doer).status == to
        assert AuditEvent.objects.exclude(verb="task.opened").get().changes == {"status": [state, str(to)]}
    else:
        with pytest.raises(IllegalMove):
            function(task_id=task.pk, actor=doer)
        task.refresh_from_db()
        assert task.status == state


def test_who_may_change(giver, doer):
    task = give(giver, doer)
    supervisor = UserFactory(supervisor=True, team=giver.team)
    people = {
        "doer": doer,
        "giver": giver,
        "supervisor": supervisor,
        "administrator": UserFactory(administrator=True),
        "colleague": UserFactory(ka_manager=True, team=giver.team),
        "other_supervisor": UserFactory(supervisor=True, team=TeamFactory()),
        "viewer": UserFactory(viewer=True),
        "finance": UserFactory(finance=True),
    }
    may = {name for name, person in people.items() if may_change(person, task)}
    assert may == {"doer", "giver", "supervisor", "administrator"}
    with pytest.raises(NotAllowed, match="“Call the buyer” is changed by whose task it is, by who gave it, or by their supervisor."):
        close_task(task_id=task.pk, actor=people["viewer"])


def test_a_deputy_closes_for_the_absent(giver, doer, time_machine):
    time_machine.move_to("2026-03-05 10:00Z")
    task = give(giver, doer)
    deputy = UserFactory(field_rep=True)
    DelegationFactory(absent=doer, deputy=deputy)
    assert close_task(task_id=task.pk, actor=User.objects.get(pk=deputy.pk), outcome="Done for her.").closed_by == deputy


def test_the_giver_hears_what_came_of_it(giver, doer):
    task = give(giver, doer)
    close_task(task_id=task.pk, actor=doer, outcome=" Listed from April. ")
    task.refresh_from_db()
    assert (task.outcome, task.closed_by) == ("Listed from April.", doer)
    assert Notification.objects.filter(user=giver).values_list("kind", flat=True).get() == "tasks.done"


def test_handing_over_tells_the_next_and_keeps_the_history(giver, doer):
    task, following = give(giver, doer), UserFactory(field_rep=True, name="Nia")
    change_task(task_id=task.pk, actor=doer, assignee=following)
    assert AuditEvent.objects.get(verb="task.handed_over").changes == {"assignee": ["Dora", "Nia"]}
    assert Notification.objects.filter(user=following).count() == 1


def test_the_second_to_save_is_told(giver, doer):
    task = give(giver, doer)
    change_task(task_id=task.pk, actor=giver, expected_version=1, title="Call the buyer today")
    with pytest.raises(StaleRecord, match="Somebody else has changed the task “Call the buyer today” in the meantime."):
        close_task(task_id=task.pk, actor=doer, version=1)


def test_a_closed_task_is_not_edited(giver, doer):
    task = give(giver, doer)
    close_task(task_id=task.pk, actor=doer)
    with pytest.raises(DomainError, match=r"“Call the buyer” is closed \(Done\). Open it again first."):
        change_task(task_id=task.pk, actor=giver, title="Other")


def test_tasks_of_who_leaves_go_to_their_supervisor(giver, doer):
    supervisor = UserFactory(supervisor=True, team=giver.team, name="Sun")
    task, closed = give(giver, doer), give(giver, doer)
    close_task(task_id=closed.pk, actor=doer)
    deactivate_person(person_id=doer.pk, actor=UserFactory(administrator=True))
    task.refresh_from_db()
    closed.refresh_from_db()
    assert (task.assignee, closed.assignee) == (supervisor, doer)
    assert AuditEvent.objects.get(verb="task.handed_over").changes == {"assignee": ["Dora", "Sun"]}


# --- reminders ----------------------------------------------------------------------------------------------------------------
def kinds_told(user):
    return list(
        Notification.objects.filter(user=user, kind__in=["tasks.due", "tasks.overdue"]).order_by("pk").values_list("kind", flat=True)
    )


def at(text):
    return datetime.fromisoformat(text)


def test_due_and_late_are_told_once_each_however_often_the_clock_asks(giver, doer):
    give(giver, doer)
    for text in ("2026-03-04T12:00+00:00", "2026-03-05T01:00+00:00", "2026-03-05T01:00+00:00", "2026-03-05T09:00+00:00"):
        remind(at(text))
    assert kinds_told(doer) == ["tasks.due"]
    assert remind(at("2026-03-06T12:00+00:00")) == 1
    assert remind(at("2026-03-07T12:00+00:00")) == 0
    assert kinds_told(doer) == ["tasks.due", "tasks.overdue"]


def test_the_day_is_the_persons_own(giver, doer):
    User.objects.filter(pk=doer.pk).update(time_zone="Pacific/Kiritimati")  # 14 hours ahead
    give(giver, doer)
    assert remind(at("2026-03-04T09:59+00:00")) == 0
    assert remind(at("2026-03-04T10:01+00:00")) == 1


def test_missed_days_are_caught_up_for_a_week(giver, doer):
    give(giver, doer)
    assert remind(at("2026-03-12T00:00+00:00")) == 1
    give(giver, doer, due_on=date(2026, 3, 1))
    assert remind(at("2026-03-12T00:00+00:00")) == 0


def test_a_moved_due_day_is_told_anew_and_closed_tasks_are_not(giver, doer):
    task = give(giver, doer)
    remind(at("2026-03-05T12:00+00:00"))
    change_task(task_id=task.pk, actor=giver, due_on=date(2026, 3, 6))
    assert remind(at("2026-03-06T12:00+00:00")) == 1
    close_task(task_id=task.pk, actor=doer)
    assert remind(at("2026-03-07T12:00+00:00")) == 0
