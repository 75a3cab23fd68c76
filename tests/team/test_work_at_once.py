"""Two people, or two beats of the clock, in the same moment: one wins, the other is told, and nothing happens twice."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection

from ka_crm.errors import DomainError, IllegalMove, StaleRecord
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_job
from team.models import Approval, ApprovalSeat, Notification, Task
from team.reminders import remind
from team.services import deactivate_person
from team.services.approvals import decide
from team.services.notifications import notify
from team.services.tasks import open_task
from team.tasks import order_digests
from tests.factories import KeyAccountFactory, UserFactory

from .approving import ask

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]
ROUNDS = 5


def at_once(*calls):
    """What each call came to, all begun in the same moment: its answer, or the error that it raised."""
    outcomes, start = [None] * len(calls), Barrier(len(calls))

    def run(place, call):
        try:
            start.wait()
            outcomes[place] = call()
        except Exception as error:  # the outcome is what the test compares
            outcomes[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_two_opposite_decisions_one_counts_and_the_other_is_told(people, told):
    other = UserFactory(supervisor=True, team=people["leader"].team)
    for _round in range(ROUNDS):
        approval = ask(people["requester"])
        outcomes = at_once(
            lambda approval=approval: decide(approval_id=approval.pk, actor=people["leader"], decision="approve", version=1),
            lambda approval=approval: decide(approval_id=approval.pk, actor=other, decision="return", note="No", version=1),
        )
        refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(error) for error in refused] == [StaleRecord]
        assert "is decided already" in str(refused[0])
        approval.refresh_from_db()
        assert ApprovalSeat.objects.filter(step__approval=approval).exclude(decision="").count() == 1
        assert told.pop()[0] == approval.status
        assert told == []


def test_a_decision_and_the_deciders_leaving_never_leave_it_stuck(people):
    for _round in range(ROUNDS):
        leader = UserFactory(supervisor=True, team=people["leader"].team)
        type(leader).objects.filter(pk=people["leader"].pk).update(is_active=False)
        approval = ask(people["requester"])
        outcomes = at_once(
            lambda approval=approval, leader=leader: decide(approval_id=approval.pk, actor=leader, decision="approve"),
            lambda leader=leader: deactivate_person(person_id=leader.pk, actor=people["administrator"]),
        )
        assert not isinstance(outcomes[1], Exception)
        assert not isinstance(outcomes[0], Exception) or isinstance(outcomes[0], DomainError)
        approval.refresh_from_db()
        waits_for_boss = Approval.objects.waiting_for(people["boss"]).filter(pk=approval.pk).exists()
        assert (approval.status, waits_for_boss) in {("approved", False), ("pending", True)}


def test_the_same_is_asked_once(people):
    account = KeyAccountFactory()
    outcomes = at_once(*[lambda: ask(people["requester"], account)] * 3)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Approval", "IllegalMove", "IllegalMove"]
    assert issubclass(IllegalMove, DomainError)
    assert Approval.objects.count() == 1


def test_two_rules_open_one_task_and_tell_once(people):
    outcomes = at_once(*[lambda: open_task(title="Gap", assignee=people["requester"], key="gap:1")] * 3)
    assert {outcome.pk for outcome in outcomes} == {Task.objects.get().pk}
    assert Notification.objects.filter(kind="tasks.given").count() == 1


def test_two_beats_remind_once(people):
    open_task(title="Call", assignee=people["requester"], actor=people["requester"], due_on=date(2026, 3, 5))
    now = datetime(2026, 3, 5, 12, tzinfo=UTC)
    at_once(*[lambda: remind(now)] * 4)
    assert Notification.objects.filter(kind="tasks.due").count() == 1


def test_two_workers_send_one_mail(people, time_machine):
    time_machine.move_to("2026-03-04T10:00Z", tick=False)
    for number in range(3):
        notify([people["requester"]], "tasks.given", task=str(number))
    time_machine.move_to("2026-03-05T12:00Z", tick=False)
    now = datetime(2026, 3, 5, 12, tzinfo=UTC)
    at_once(*[lambda: order_digests(now)] * 3)
    ordered = Job.objects.get(kind="team.send_digest")  # of one person one, whoever asks
    at_once(*[lambda: run_job(ordered.pk)] * 3)
    assert len(mail.outbox) == 1
    assert mail.outbox[0].body.count("A task for you") == 3
