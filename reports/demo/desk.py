"""What happens between visits: tasks, remarks, leave, starts of the day, week plans, and the reports of earlier months in every state."""

import uuid
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from ka_crm.jobs.runner import run_job
from ka_crm.periods import month_of, week_start
from reports import services as report_services
from reports.deadlines import services as deadline_services
from reports.models import Deadline, Report, ReportKind
from reports.states import ReportStatus
from team.models import Approval, Task
from team.records.comments import write_comment
from team.services.approvals import decide
from team.services.tasks import close_task, open_task
from visits.models import Cadence, Leave, Visit
from visits.planning import services as planning
from visits.planning.attendance import start_day
from visits.planning.leave import request_leave

CADENCES = {"hypermarket": 14, "supermarket": 28, "convenience": 56}
# Task, days until it is due, priority; the chain is the person's first.
TASKS = [
    ("Send the shelf plan for the spring reset", 2, Task.Priority.HIGH),
    ("Ask accounts payable about the deduction of last month", -3, Task.Priority.HIGH),
    ("Prepare figures for the quarterly review", 9, Task.Priority.NORMAL),
    ("Collect leaflet dates of next quarter", 16, Task.Priority.LOW),
]
REMARKS = [
    "The buyer is away until Monday; her assistant takes the shelf plan.",
    "They accept the higher facing count if we pay for the rail. Offer sent.",
    "Second warehouse opens in spring: deliveries for the north move there.",
]
WORDS = {
    "headline": "The month held what the leaflet promised; the gap to last year closes.",
    "problems": "Two stores stay without tea drinks since the delivery of the 12th. Asked for a second slot.",
}


def make_desk(*, customers, people, today, rng):
    """Everything of this file, by the services that people use; ``people`` is {key: User}."""
    for store_format, every_days in CADENCES.items():
        Cadence.objects.create(store_format=store_format, every_days=every_days, starts_on=today - timedelta(days=400))
    _starts_of_day(people, today, rng)
    _week_plans(people, today)
    _leave(people, today)
    _tasks_and_remarks(customers, today)
    _earlier_reports(customers, people, today)


def _reps(people):
    return [person for key, person in people.items() if key.startswith("rep_")]


def _uuid(rng):
    return uuid.UUID(bytes=rng.bytes(16), version=4)


def _starts_of_day(people, today, rng):
    """Two weeks of mornings; one in ten is late."""
    for back in range(14, 0, -1):
        day = today - timedelta(days=back)
        if day.weekday() >= 5:
            continue
        for person in _reps(people):
            minutes = int(rng.integers(-25, 4)) if rng.random() < 0.9 else int(rng.integers(15, 50))
            begun = datetime.combine(day, time(8, 30), tzinfo=ZoneInfo(person.time_zone)) + timedelta(minutes=minutes)
            start_day(person=person, client_id=_uuid(rng), now=begun, started_at=begun)


def _week_plans(people, today):
    """This week's plans are approved, next week's are handed in where there are visits."""
    monday = week_start(today)
    leaders = {"rep_china": "supervisor", "rep_us": "supervisor_us"}
    for key, leader in leaders.items():
        for week, approve in ((monday, True), (monday + timedelta(days=7), False)):
            ends_on = week + timedelta(days=6)
            if not Visit.objects.filter(visitor=people[key], planned_on__range=(week, ends_on)).standing().exists():
                continue
            plan = planning.submit_plan(person=people[key], week_starts_on=week, actor=people[key], now=timezone.now(), today=today)
            if approve:
                decide(approval_id=Approval.objects.pending().about(plan).get().pk, actor=people[leader], decision="approve")


def _leave(people, today):
    """One approved leave to come, one that waits for a decision."""
    coming = request_leave(
        person=people["rep_us"],
        actor=people["rep_us"],
        starts_on=today + timedelta(days=20),
        ends_on=today + timedelta(days=24),
        today=today,
        reason="Family visit",
    )
    decide(
        approval_id=Approval.objects.pending().about(coming).get().pk, actor=people["supervisor_us"], decision="approve", note="Enjoy it."
    )
    request_leave(
        person=people["rep_china"],
        actor=people["rep_china"],
        starts_on=today + timedelta(days=30),
        ends_on=today + timedelta(days=32),
        today=today,
        kind=Leave.Kind.HOLIDAY,
        reason="探亲",
    )


def _tasks_and_remarks(customers, today):
    """Each manager has tasks about a chain, one of them done; each chain has a remark."""
    managers = {}
    for number, root in enumerate(customers.chains):
        manager = customers.manager[root.code]
        managers.setdefault(manager.pk, (manager, root))
        write_comment(record=root, text=REMARKS[number % len(REMARKS)], actor=manager)
    for manager, root in managers.values():
        for title, days, priority in TASKS:
            open_task(title=title, assignee=manager, actor=manager, due_on=today + timedelta(days=days), subject=root, priority=priority)
        done = open_task(
            title="Confirm the delivery slots", assignee=manager, actor=manager, due_on=today - timedelta(days=5), subject=root
        )
        close_task(task_id=done.pk, actor=manager, outcome="Tuesday and Friday, seven o'clock.")


def _earlier_reports(customers, people, today):
    """The month before last in every state, built here; the last month is left to the worker, which bin/demo shows at work."""
    month = month_of(month_of(month_of(today).starts_on - timedelta(days=1)).starts_on - timedelta(days=1))
    # The company began with its monthly reports; plans and surveys are asked for from now on.
    deadline_services.make_deadlines(month.ends_on)
    Deadline.objects.filter(due_on__lt=today).exclude(kind=ReportKind.MONTHLY).delete()
    deadline_services.make_deadlines(today)
    managers = list({person.pk: person for person in customers.manager.values()}.values())
    run = report_services.order_reports(
        kind=ReportKind.MONTHLY,
        period=month,
        accounts=customers.chains,
        people=managers,
        company=True,
        formats=(),
        actor=None,
        today=today,
    )
    run_job(run.job_id)
    filed_at = timezone.make_aware(datetime.combine(month.ends_on + timedelta(days=4), time(15, 20)))
    ends = (ReportStatus.ARCHIVED, ReportStatus.APPROVED, ReportStatus.RETURNED, ReportStatus.SUBMITTED, ReportStatus.DRAFT)
    for number, root in enumerate(customers.chains):
        report = Report.objects.current().get(kind=ReportKind.MONTHLY, account=root, starts_on=month.starts_on)
        _bring_to(report, ends[number % len(ends)], author=customers.manager[root.code], leader=_leader(people, root), filed_at=filed_at)
    for number, person in enumerate(managers[:-1]):  # the last one is late
        report = Report.objects.current().get(kind=ReportKind.MONTHLY, person=person, starts_on=month.starts_on)
        root = next(root for root in customers.chains if customers.manager[root.code] == person)
        _bring_to(
            report,
            (ReportStatus.APPROVED, ReportStatus.SUBMITTED)[number % 2],
            author=person,
            leader=_leader(people, root),
            filed_at=filed_at,
        )


def _leader(people, root):
    return people["supervisor" if root.country == "CN" else "supervisor_us"]


def _bring_to(report, status, *, author, leader, filed_at):
    """Comment, hand in and decide as people do; the times are then set back to when it would have been."""
    for key, words in WORDS.items():
        section = report.sections.filter(key=key).first()
        if section is not None:
            report_services.comment_section(report_id=report.pk, key=key, text=words, edit_version=section.edit_version, actor=author)
    if status == ReportStatus.DRAFT:
        return
    report_services.submit_report(report_id=report.pk, actor=author)
    times = {"submitted_at": filed_at}
    if status == ReportStatus.RETURNED:
        report_services.return_report(
            report_id=report.pk, actor=leader, reason="The two stores without tea: since when, and who follows up?"
        )
    elif status != ReportStatus.SUBMITTED:
        report_services.approve_report(report_id=report.pk, actor=leader, note="Clear and short.")
    if status == ReportStatus.ARCHIVED:
        report_services.archive_report(report_id=report.pk, actor=leader)
    if status != ReportStatus.SUBMITTED:
        times["decided_at"] = filed_at + timedelta(days=1)
    Report.objects.filter(pk=report.pk).update(**times)
    Deadline.objects.filter(report=report).update(filed_at=filed_at)
