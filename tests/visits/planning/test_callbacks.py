"""Missed visits become call-backs due the day it is noticed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ka_crm.jobs.models import Job
from team.models import AuditEvent, Task
from tests.factories import LeaveFactory, StoreFactory, UserFactory, VisitFactory
from visits import services
from visits.models import Visit
from visits.planning import callbacks
from visits.planning.tasks import ask_for_missed_visits

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
NEXT_MORNING = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


def miss(visit, now=NEXT_MORNING):
    return callbacks.miss_visit(visit_id=visit.pk, now=now)


def test_a_planned_visit_is_missed_when_its_day_is_over(visit):
    assert miss(visit) is True
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("missed", 2)
    assert AuditEvent.objects.about(visit).get().actor is None


def test_it_becomes_a_task_and_a_visit_due_the_day_it_is_noticed(visit, rep):
    miss(visit)
    task, callback = Task.objects.get(), visit.callbacks.get()
    assert (task.assignee, task.due_on, task.kind, task.priority) == (rep, TUESDAY, "visits.callback", Task.Priority.HIGH)
    assert task.title == f"Call back: {visit.store}, missed on 2026-03-02"
    assert (callback.planned_on, callback.store, callback.visitor, callback.status) == (TUESDAY, visit.store, rep, "planned")


def test_noticed_twice_it_is_one_call_back(visit):
    assert [miss(visit), miss(visit)] == [True, False]
    assert (Task.objects.count(), Visit.objects.count()) == (1, 2)


@pytest.mark.parametrize("situation", ["in_progress", "completed", "cancelled"])
def test_what_took_place_or_was_called_off_is_not_missed(rep, store, situation):
    visit = VisitFactory(store=store, visitor=rep, **{situation: True})
    assert miss(visit) is False
    assert Task.objects.count() == 0


def test_the_day_ends_where_the_visitor_is(visit, rep):
    rep.time_zone = "America/Los_Angeles"
    rep.save()
    assert list(callbacks.overdue_visits(NEXT_MORNING)) == []
    assert miss(visit) is False  # it is still Monday there
    assert list(callbacks.overdue_visits(NEXT_MORNING + timedelta(hours=8))) == [visit.pk]


def test_a_rep_on_leave_calls_back_on_the_first_day_at_work(visit, rep):
    LeaveFactory(person=rep, approved=True, starts_on=TUESDAY, ends_on=date(2026, 3, 6))
    miss(visit)
    assert visit.callbacks.get().planned_on == date(2026, 3, 9)
    assert Task.objects.get().due_on == TUESDAY


def test_a_visit_that_is_planned_anyway_makes_good_for_it(visit, rep, store):
    planned = VisitFactory(store=store, visitor=rep, planned_on=TUESDAY)
    miss(visit)
    planned.refresh_from_db()
    assert (planned.callback_of, Visit.objects.count()) == (visit, 2)


def test_a_call_back_that_is_missed_makes_no_further_one(visit):
    miss(visit)
    callback = visit.callbacks.get()
    assert miss(callback, NEXT_MORNING + timedelta(days=1)) is True
    assert (Task.objects.open().count(), Visit.objects.count()) == (1, 2)


def test_weeks_later_nobody_calls_back(rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=MONDAY - timedelta(days=20))
    assert miss(visit) is True
    assert (Task.objects.count(), Visit.objects.count()) == (0, 1)


def test_a_store_that_closed_gets_a_task_and_no_visit(rep, store):
    visit = VisitFactory(store=StoreFactory(account=store.account, closed_on=MONDAY), visitor=rep)
    miss(visit)
    assert (Task.objects.count(), visit.callbacks.count()) == (1, 0)


def test_the_visits_of_who_left_are_the_supervisors_task(visit, rep, boss):
    rep.is_active = False
    rep.save()
    miss(visit)
    assert (Task.objects.get().assignee, visit.callbacks.count()) == (boss, 0)


def test_saying_not_visited_opens_the_call_back_for_the_same_day(visit, rep):
    services.mark_missed(visit_id=visit.pk, actor=rep, reason="Road closed", today=MONDAY)
    assert (Task.objects.get().due_on, visit.callbacks.get().planned_on) == (MONDAY, MONDAY)


def test_visiting_closes_the_task(visit, rep):
    miss(visit)
    callback = visit.callbacks.get()
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    services.check_in(visit=callback, actor=rep, now=at)
    services.check_out(visit=callback, actor=rep, now=at + timedelta(minutes=30))
    task = Task.objects.get()
    assert (task.status, task.outcome, task.closed_by) == ("done", "Visited on 2026-03-03.", rep)


def test_a_late_check_in_of_the_missed_visit_takes_the_call_back_away(visit, rep):
    miss(visit)
    services.check_in(visit=visit, actor=rep, now=NEXT_MORNING, at=datetime(2026, 3, 2, 15, tzinfo=UTC))
    assert (Task.objects.get().status, visit.callbacks.get().status) == ("cancelled", "cancelled")


def test_planning_the_missed_visit_anew_takes_the_call_back_away(visit, rep):
    miss(visit)
    visit.refresh_from_db()
    services.change_plan(visit_id=visit.pk, actor=rep, today=TUESDAY, version=visit.version, planned_on=date(2026, 3, 5))
    assert (Task.objects.get().status, visit.callbacks.get().status) == ("cancelled", "cancelled")


def test_the_clock_asks_for_one_job_and_only_where_something_is_left_over(visit):
    ask_for_missed_visits(datetime(2026, 3, 2, 23, tzinfo=UTC))
    assert Job.objects.count() == 0
    for _sweep in range(2):
        ask_for_missed_visits(NEXT_MORNING)
    assert Job.objects.get().kind == "visits.close_days"


def test_somebody_elses_visits_do_not_count(visit):
    other = VisitFactory(visitor=UserFactory(field_rep=True), planned_on=TUESDAY)
    assert list(callbacks.overdue_visits(NEXT_MORNING)) == [visit.pk]
    assert miss(other) is False
