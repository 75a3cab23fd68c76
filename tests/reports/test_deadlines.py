"""Deadlines through time: made ahead, drafted, reminded, late, handed in; on a day, on the next, and after days without a worker."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from ka_crm.errors import NotAllowed, StaleRecord
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_due_jobs
from ka_crm.periods import month
from reports import services as reports
from reports.deadlines import services
from reports.deadlines.services import make_deadlines, order_drafts, remind, run_day
from reports.league import on_time_by_person
from reports.models import Deadline, DeadlineRule, Report
from reports.states import ReportStatus
from reports.tasks import order_deadlines
from team.models import AuditEvent, CalendarDay, Notification, WorkCalendar
from tests.factories import AccountAssignmentFactory, UserFactory

from .conftest import MARCH


@pytest.fixture
def only(db):
    """``only("plan")``: the other default rules are out of force."""

    def only(kind, subject_kind="person", **values):
        DeadlineRule.objects.exclude(kind=kind, subject_kind=subject_kind).update(is_active=False)
        DeadlineRule.objects.filter(kind=kind, subject_kind=subject_kind).update(**values)
        return DeadlineRule.objects.get(kind=kind, subject_kind=subject_kind)

    return only


def due_days(**narrowed):
    return [str(day) for day in Deadline.objects.filter(**narrowed).order_by("due_on").values_list("due_on", flat=True)]


def told(user):
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def test_a_new_installation_has_the_usual_rules(db):
    rules = {(rule.kind, rule.subject_kind): (rule.anchor, rule.day) for rule in DeadlineRule.objects.all()}
    assert rules["plan", "person"] == ("before", 25)
    assert rules["survey", "person"] == rules["monthly", "person"] == ("after", 5)
    assert {kind for kind, _subject in rules} == {"plan", "survey", "monthly", "quarterly", "annual", "weekly"}


def test_the_usual_rules_do_not_come_back_over_changed_ones(db):
    DeadlineRule.objects.filter(kind="plan").update(day=20)
    services.make_default_rules()
    assert DeadlineRule.objects.get(kind="plan").day == 20


def test_rows_are_made_ahead_for_who_looks_after_accounts(world, only):
    only("plan")

    assert make_deadlines(date(2026, 3, 2)) == 1

    deadline = Deadline.objects.get()
    assert (deadline.owner, deadline.subject_label, deadline.period.label, str(deadline.due_on)) == (
        world.mei,
        "Mei Lin",
        "2026-04",
        "2026-03-25",
    )
    assert deadline.subject_key == f"person:{world.mei.pk}"


def test_nobody_is_late_from_the_first_day_on(world, only):
    only("monthly")
    make_deadlines(date(2026, 4, 6))  # the summary of March was due on 3 April
    assert due_days() == ["2026-05-05"]


def test_two_beats_and_two_days_make_the_same_rows_once(world, only):
    only("plan")
    make_deadlines(date(2026, 3, 2))
    assert make_deadlines(date(2026, 3, 2)) == 0
    assert make_deadlines(date(2026, 3, 3)) == 0
    assert Deadline.objects.count() == 1


def test_a_year_without_a_worker_is_made_up_for(world, only):
    only("plan")
    make_deadlines(date(2026, 3, 26))  # April's was due yesterday: May's is the first
    make_deadlines(date(2026, 4, 27))

    make_deadlines(date(2026, 9, 28))

    assert due_days() == ["2026-04-24", "2026-05-25", "2026-06-25", "2026-07-24", "2026-08-25", "2026-09-25", "2026-10-23"]


def test_somebody_new_gets_the_deadlines_that_are_still_to_come(world, only):
    only("plan")
    make_deadlines(date(2026, 3, 2))
    AccountAssignmentFactory(account=world.lakeside, user=world.omar, starts_on=date(2026, 3, 1))
    make_deadlines(date(2026, 3, 5))
    assert sorted(Deadline.objects.values_list("owner__name", "due_on")) == [("Mei Lin", date(2026, 3, 25)), ("Omar", date(2026, 3, 25))]


def test_the_draft_is_built_some_days_before_and_once(world, only):
    only("plan", draft_days_before=5)
    make_deadlines(date(2026, 3, 2))

    assert order_drafts(date(2026, 3, 19)) == []
    [run] = order_drafts(date(2026, 3, 20))
    assert order_drafts(date(2026, 3, 20)) == []

    run_due_jobs()
    report = Report.objects.get()
    assert (report.kind, report.person, report.status, run.period.label) == ("plan", world.mei, ReportStatus.DRAFT, "2026-04")
    assert Deadline.objects.get().report == report


def test_a_summary_waits_until_its_period_is_over(world, only):
    only("monthly", draft_days_before=30)
    make_deadlines(date(2026, 3, 20))
    assert order_drafts(date(2026, 3, 31)) == []
    assert [run.period.label for run in order_drafts(date(2026, 4, 1))] == ["2026-03"]


def test_a_report_that_somebody_ordered_is_not_built_again(world, only):
    only("monthly")
    make_deadlines(date(2026, 3, 20))
    run = reports.order_reports(kind="monthly", period=month(2026, 3), people=[world.mei], actor=None, today=date(2026, 4, 1))
    assert Deadline.objects.get().report == run.reports.get()
    assert order_drafts(date(2026, 4, 2)) == []


def test_reminders_come_on_their_days_and_once(world, only):
    only("plan", remind_days_before="3,1,0")
    make_deadlines(date(2026, 3, 2))
    for day, count in ((21, 0), (22, 1), (22, 1), (23, 1), (24, 2), (25, 3), (25, 3)):
        remind(date(2026, 3, day))
        assert len(told(world.mei)) == count, day
    assert set(told(world.mei)) == {"reports.due_soon"}


def test_after_days_without_a_worker_one_reminder_comes_not_three(world, only):
    only("plan", remind_days_before="3,1,0")
    make_deadlines(date(2026, 3, 2))
    remind(date(2026, 3, 25))
    assert told(world.mei) == ["reports.due_soon"]


def test_late_the_owner_and_the_supervisor_are_told_once(world, only):
    only("plan", remind_days_before="")
    make_deadlines(date(2026, 3, 2))
    remind(date(2026, 3, 25))
    assert (told(world.mei), told(world.sam)) == ([], [])

    remind(date(2026, 3, 26))
    remind(date(2026, 3, 27))

    assert (told(world.mei), told(world.sam)) == (["reports.late"], ["reports.team_late"])
    notice = Notification.objects.get(user=world.sam)
    assert notice.words == {"report": {"en": "Plan", "zh-hans": "计划"}, "due_on": "2026-03-25", "count": 1, "people": "Mei Lin"}


def test_what_is_handed_in_is_neither_reminded_of_nor_late(world, only):
    only("plan")
    make_deadlines(date(2026, 3, 2))
    Deadline.objects.update(filed_at=timezone.now())
    remind(date(2026, 3, 25))
    remind(date(2026, 3, 26))
    assert told(world.mei) == told(world.sam) == []


def test_handing_in_is_the_first_submission(world, only):
    only("monthly")
    make_deadlines(date(2026, 3, 20))
    run_day(date(2026, 4, 2))
    run_due_jobs()
    report = Report.objects.get(person=world.mei)

    reports.submit_report(report_id=report.pk, actor=world.mei)
    first = Deadline.objects.get(starts_on=MARCH).filed_at
    reports.return_report(report_id=report.pk, actor=world.sam, reason="Say why.")
    reports.submit_report(report_id=report.pk, actor=world.mei)

    report.refresh_from_db()
    assert Deadline.objects.get(starts_on=MARCH).filed_at == first
    assert first < report.submitted_at


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(settings.TIME_ZONE))


def test_states_and_counts_on_a_day(world, only):
    only("monthly")
    due = date(2026, 4, 3)
    common = {"kind": "monthly", "subject_kind": "person", "starts_on": MARCH, "ends_on": date(2026, 3, 31), "due_on": due}
    people = [UserFactory(ka_manager=True, team=world.team, name=name) for name in ("Ann", "Bo", "Cy", "Di")]
    for number, person in enumerate(people):
        filed = {0: noon(due), 1: noon(due + timedelta(days=1))}.get(number)
        Deadline.objects.create(subject_key=f"person:{person.pk}", subject_label=person.name, owner=person, filed_at=filed, **common)

    def states(today):
        return [deadline.state for deadline in Deadline.objects.with_state(today).order_by("subject_label")]

    assert states(due) == ["on_time", "filed_late", "open", "open"]
    assert states(due + timedelta(days=1)) == ["on_time", "filed_late", "late", "late"]
    [row] = Deadline.objects.all().counted(due + timedelta(days=1), "owner__team__name")
    assert {name: row[name] for name in ("due", "on_time", "filed_late", "late", "coming")} == {
        "due": 4,
        "on_time": 1,
        "filed_late": 1,
        "late": 2,
        "coming": 0,
    }
    assert on_time_by_person([person.pk for person in people], month(2026, 4))[people[0].pk] == (1, 1)
    assert on_time_by_person([person.pk for person in people], month(2026, 4))[people[1].pk] == (0, 1)


def test_a_draft_without_the_words_that_are_asked_for_is_incomplete(world, only):
    only("monthly")
    make_deadlines(date(2026, 3, 20))
    order_drafts(date(2026, 4, 2))
    run_due_jobs()
    report = Report.objects.get()
    today = date(2026, 4, 2)

    assert Deadline.objects.with_state(today).get().state == "incomplete"
    reports.comment_section(report_id=report.pk, key="problems", text="We lost a listing.", edit_version=1, actor=world.mei)
    assert Deadline.objects.with_state(today).get().state == "draft"
    section = report.sections.get(key="brief")
    section.sources["is_empty"] = True
    section.save()
    assert Deadline.objects.with_state(today).get().state == "incomplete"


def test_the_job_of_a_day_is_one_whatever_the_number_of_beats(world):
    now = datetime(2026, 3, 20, 12, tzinfo=ZoneInfo(settings.TIME_ZONE))
    order_deadlines(now)
    order_deadlines(now + timedelta(minutes=10))
    assert [job.unique_key for job in Job.objects.filter(kind="reports.deadlines")] == ["2026-03-20"]
    run_due_jobs()
    assert Deadline.objects.exists()
    order_deadlines(now + timedelta(hours=1))
    assert Job.objects.filter(kind="reports.deadlines").count() == 1
    order_deadlines(now + timedelta(days=1))
    assert Job.objects.filter(kind="reports.deadlines").count() == 2


def test_a_changed_rule_moves_what_is_to_come_and_leaves_what_is_past_or_met(world, only):
    rule = only("plan")
    make_deadlines(date(2026, 3, 2))
    values = {"owner": world.mei, "subject_kind": "person", "subject_key": f"person:{world.mei.pk}", "kind": "plan"}
    Deadline.objects.create(starts_on=MARCH, ends_on=date(2026, 3, 31), due_on=date(2026, 2, 25), **values)

    moved = services.save_rule(rule=rule, changes={"day": 20}, actor=world.ada, version=1, today=date(2026, 3, 3))

    assert (moved, due_days()) == (1, ["2026-02-25", "2026-03-20"])
    event = AuditEvent.objects.get(verb="deadline_rule.changed")
    assert event.changes == {"day": [25, 20]}


def test_a_rule_out_of_force_takes_its_open_rows_without_a_report_away(world, only):
    rule = only("plan")
    make_deadlines(date(2026, 3, 2))
    services.save_rule(rule=rule, changes={"is_active": False}, actor=world.ada, version=1, today=date(2026, 3, 3))
    assert not Deadline.objects.exists()


def test_only_an_administrator_changes_rules_and_only_the_version_they_saw(world, only):
    rule = only("plan")
    with pytest.raises(NotAllowed):
        services.save_rule(rule=rule, changes={"day": 20}, actor=world.sam, version=1, today=MARCH)
    services.save_rule(rule=rule, changes={"day": 20}, actor=world.ada, version=1, today=MARCH)
    with pytest.raises(StaleRecord, match="has changed since you opened it"):
        services.save_rule(rule=rule, changes={"day": 21}, actor=world.ada, version=1, today=MARCH)


def test_a_holiday_that_is_entered_later_moves_the_day(world, only):
    only("plan")
    make_deadlines(date(2026, 3, 2))
    calendar = WorkCalendar.objects.create(code="co", name="Company", is_default=True)
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 3, 25), name="Holiday")
    make_deadlines(date(2026, 3, 3))
    assert due_days() == ["2026-03-24"]


def test_a_team_and_an_account_have_deadlines_too(world):
    DeadlineRule.objects.exclude(kind="monthly").update(is_active=False)
    DeadlineRule.objects.filter(kind="monthly", subject_kind="person").update(subject_kind="account")
    make_deadlines(date(2026, 3, 20))
    rows = sorted(Deadline.objects.values_list("subject_kind", "subject_label", "owner__name"))
    assert rows == [("account", "Lakeside", "Mei Lin"), ("account", "Northgate", "Mei Lin"), ("team", "East", "Sam Ortega")]
