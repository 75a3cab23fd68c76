"""The verbs of deadlines: make them ahead, build drafts, remind, tell the supervisor, change a rule.

All of them may run twice, at once or days late: rows are unique by kind, subject and period, notices by key, and each verb asks what
is still missing on the day it is given.
"""

from collections import defaultdict
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.tongues import said
from team.audit import changed_fields, record
from team.leaders import leaders_of
from team.models import User
from team.roles import CAPABILITIES, Role
from team.services.notifications import notify
from team.workdays import calendar_of

from .. import services
from ..models import Deadline, DeadlineRule, Report, ReportKind, SubjectKind
from ..subjects import Directory, subject_key
from .rules import DEFAULT_RULES, due_on, period_after, period_at

AHEAD_DAYS = 45  # so far ahead deadlines are made: a month's plan is on the calendar before the month begins
MOST_PERIODS = 60  # of one rule in one run: more than a year of weeks that nobody worked
LATE_NAMES = 5


def make_default_rules():
    """The rules of a new installation; one that is there, changed or not, stays as it is."""
    for kind, subject_kind, anchor, day, counting, roll, draft_days_before, remind_days_before in DEFAULT_RULES:
        DeadlineRule.objects.get_or_create(
            kind=kind,
            subject_kind=subject_kind,
            defaults={
                "anchor": anchor,
                "day": day,
                "counting": counting,
                "roll": roll,
                "draft_days_before": draft_days_before,
                "remind_days_before": remind_days_before,
            },
        )


# --- making them --------------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_deadlines(today):
    """Rows for all periods whose due day comes within AHEAD_DAYS, and for those that a rule has missed since its newest row.

    Returns how many rows are new. The first run of a rule begins with what is due today: nobody is late from the first day on.
    """
    made = 0
    for rule in DeadlineRule.objects.in_force().select_related("calendar"):
        work_calendar = rule.calendar or calendar_of(None)
        for period in _periods_to_make(rule, today, work_calendar):
            due = due_on(rule, period, work_calendar)
            rows = [_deadline(rule, period, due, subject) for subject in _subjects(rule, period, today)]
            known = set(
                Deadline.objects.filter(kind=rule.kind, starts_on=period.starts_on, subject_kind=rule.subject_kind).values_list(
                    "subject_key", flat=True
                )
            )
            fresh = [row for row in rows if row.subject_key not in known]
            Deadline.objects.bulk_create(fresh, ignore_conflicts=True)
            made += len(fresh)
            moved = Deadline.objects.not_filed().filter(_of(rule), starts_on=period.starts_on, due_on__gte=today)
            moved.exclude(due_on=due).update(due_on=due)  # a rule from a file, or a holiday that was entered since
            Deadline.objects.filter(kind=rule.kind, starts_on=period.starts_on, report=None).link_reports()
    return made


def _periods_to_make(rule, today, work_calendar):
    """Periods, ascending, from the first that may still miss rows to the last that is due within AHEAD_DAYS."""
    newest = Deadline.objects.filter(kind=rule.kind, subject_kind=rule.subject_kind, due_on__lt=today).order_by("-starts_on").first()
    if newest is not None:
        period = period_after(newest.period, rule.kind)
    else:
        period = period_at(rule.kind, today - timedelta(days=400))
        while due_on(rule, period, work_calendar) < today:
            period = period_after(period, rule.kind)
    found = []
    while due_on(rule, period, work_calendar) <= today + timedelta(days=AHEAD_DAYS) and len(found) < MOST_PERIODS:
        found.append(period)
        period = period_after(period, rule.kind)
    return found


def _subjects(rule, period, today):
    """Whom a rule asks: people who look after accounts, for weekly reports all who visit; accounts with a manager; teams with a leader."""
    directory = Directory(period, today)
    active = [person for person in directory.people.values() if person.is_active]
    if rule.subject_kind == SubjectKind.PERSON:
        if rule.kind == ReportKind.WEEKLY:
            chosen = [person for person in active if person.role in (Role.KA_MANAGER, Role.FIELD_REP)]
        else:
            chosen = [person for person in active if person.role == Role.KA_MANAGER and directory.accounts_of(person.pk)[0]]
        return [directory.person(person) for person in chosen]
    if rule.subject_kind == SubjectKind.ACCOUNT:
        subjects = [directory.account(directory.accounts[pk]) for pk in directory.manager_of if pk in directory.accounts]
        return [subject for subject in subjects if directory.people[subject.owner_id].is_active]
    if rule.subject_kind == SubjectKind.TEAM:
        subjects = [directory.team(team) for team in directory.teams.values()]
        return [subject for subject in subjects if subject.owner_id and subject.all_ids]
    return [directory.company()]


def _deadline(rule, period, due, subject):
    return Deadline(
        kind=rule.kind,
        subject_kind=subject.kind,
        subject_key=subject.key,
        subject_label=subject.label,
        account_id=subject.account_id,
        team_id=subject.team_id,
        owner_id=subject.owner_id,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        due_on=due,
    )


# --- drafts -------------------------------------------------------------------------------------------------------------------
def order_drafts(today):
    """Order the drafts that are to be there today and are not; one order per kind and period. Returns the runs.

    A report about a period is built when the period is over, a plan as many days ahead as its rule says.
    """
    runs = []
    for rule in DeadlineRule.objects.in_force():
        horizon = today + timedelta(days=rule.draft_days_before)
        waiting = Deadline.objects.not_filed().filter(kind=rule.kind, subject_kind=rule.subject_kind, report=None, due_on__lte=horizon)
        if rule.kind != ReportKind.PLAN:
            waiting = waiting.filter(ends_on__lt=today)
        by_period = defaultdict(list)
        for deadline in waiting.order_by("starts_on", "pk"):
            by_period[deadline.period].append(deadline)
        for period, deadlines in sorted(by_period.items()):
            if run := _order(rule.kind, period, deadlines, today):
                runs.append(run)
    return runs


def _order(kind, period, deadlines, today):
    with transaction.atomic():
        # Two workers at once: the second finds the reports of the first linked.
        locked = Deadline.objects.select_for_update().filter(pk__in=[deadline.pk for deadline in deadlines], report=None)
        keys = [deadline.subject_key for deadline in locked]
        ids = defaultdict(list)
        for key in keys:
            subject_kind, _colon, pk = key.partition(":")
            ids[subject_kind].append(int(pk) if pk else 0)
        if not keys:
            return None
        directory = Directory(period, today)
        return services.order_reports(
            kind=kind,
            period=period,
            accounts=[directory.accounts[pk] for pk in ids["account"] if pk in directory.accounts],
            people=[directory.people[pk] for pk in ids["person"] if pk in directory.people],
            teams=[directory.teams[pk] for pk in ids["team"] if pk in directory.teams],
            company=subject_key("company") in keys,
            formats=(),  # files are drawn when somebody submits or asks for them
            actor=None,
            today=today,
        )


# --- reminders ----------------------------------------------------------------------------------------------------------------
@transaction.atomic
def remind(today):
    """Remind owners of what is due soon, tell them what is late, and tell each supervisor what is late in the team. Returns how many."""
    told = 0
    reminders = {(rule.kind, rule.subject_kind): rule.reminders for rule in DeadlineRule.objects.in_force()}
    open_ones = Deadline.objects.not_filed().filter(owner__is_active=True).select_related("owner__team", "report")
    furthest = max((days for steps in reminders.values() for days in steps), default=0)
    for deadline in open_ones.filter(due_on__gte=today, due_on__lte=today + timedelta(days=furthest)).order_by("pk"):
        left = (deadline.due_on - today).days
        reached = [days for days in reminders.get((deadline.kind, deadline.subject_kind), ()) if days >= left]
        if reached:  # of the steps that were reached only the newest: after days without a worker nobody gets three at once
            told += _tell_owner(deadline, "reports.due_soon", f"deadline-{deadline.pk}-{min(reached)}")
    late = [deadline for deadline in open_ones.late_on(today).order_by("pk") if (deadline.kind, deadline.subject_kind) in reminders]
    for deadline in late:
        told += _tell_owner(deadline, "reports.late", f"deadline-{deadline.pk}-late")
    return told + _tell_supervisors(late)


def _tell_owner(deadline, kind, key):
    return notify([deadline.owner], kind, subject=deadline, key=key, report=said(deadline), due_on=deadline.due_on)


def _tell_supervisors(late):
    """One notice per supervisor, kind and due day, however many people are late."""
    leaders, grouped = {}, defaultdict(list)
    for deadline in late:
        if deadline.owner_id not in leaders:
            leaders[deadline.owner_id] = leaders_of(deadline.owner)
        for leader in leaders[deadline.owner_id]:
            grouped[leader, deadline.kind, deadline.due_on].append(deadline)
    told = 0
    for (leader, kind, due), deadlines in grouped.items():
        names = sorted({deadline.owner.name for deadline in deadlines})
        shown = ", ".join(names[:LATE_NAMES]) + ("…" if len(names) > LATE_NAMES else "")
        told += notify(
            [leader],
            "reports.team_late",
            url=f"/reports/deadlines/?state=late&kind={kind}",
            key=f"late-{kind}-{due}",
            report=said(deadlines[0].get_kind_display),
            due_on=due,
            count=len(deadlines),
            people=shown,
        )
    return told


def run_day(today):
    """All that a day asks for, in this order: rows, drafts, reminders. What the job does."""
    made = make_deadlines(today)
    runs = order_drafts(today)
    return {"made": made, "drafts": sum(Report.objects.filter(run=run).count() for run in runs), "told": remind(today)}


# --- rules --------------------------------------------------------------------------------------------------------------------
@transaction.atomic
def save_rule(*, rule, changes, actor, version, today):
    """Change a rule; deadlines that are still to come move with it, those that are past or met stay. Returns how many moved.

    ``changes`` is {field: new value} of checked values. Raises NotAllowed without settings.manage, StaleRecord if somebody was faster.
    """
    if "settings.manage" not in CAPABILITIES[actor.role]:
        raise NotAllowed(_("Your role does not include this step."))
    rule = DeadlineRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if rule.version != version:
        raise StaleRecord(_("The rule has changed since you opened it. Look at it again, then save."))
    changed = changed_fields(rule, changes)
    for name, value in changes.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.save()
    record(rule, "deadline_rule.changed", actor=actor, changes=changed)
    if not rule.is_active:
        return Deadline.objects.not_filed().filter(_of(rule), due_on__gte=today, report=None).delete()[0]
    return _move_due_days(rule, today)


def _of(rule):
    return Q(kind=rule.kind, subject_kind=rule.subject_kind)


def _move_due_days(rule, today):
    work_calendar, moved = rule.calendar or calendar_of(None), 0
    open_ones = Deadline.objects.not_filed().filter(_of(rule), due_on__gte=today)
    for starts_on, ends_on in set(open_ones.values_list("starts_on", "ends_on")):
        period = period_at(rule.kind, starts_on)
        due = due_on(rule, period, work_calendar)
        moved += open_ones.filter(starts_on=starts_on, ends_on=ends_on).exclude(due_on=due).update(due_on=due)
    return moved


def check_reminders(text):
    """The text of “so many days before” in its stored form, such as 3,1,0. Raises DomainError for anything else."""
    parts = [part.strip() for part in text.replace("，", ",").replace(" ", ",").split(",") if part.strip()]
    if any(not part.isascii() or not part.isdigit() or int(part) > 60 for part in parts) or len(parts) > 8:
        raise DomainError(_("“%(text)s” is not a list of days before. Write numbers from 0 to 60, such as 3,1,0.") % {"text": text[:40]})
    return ",".join(str(days) for days in sorted({int(part) for part in parts}, reverse=True))


def owners_in_scope(user):
    """The people whose deadlines ``user`` may narrow a list to."""
    return User.objects.visible_to(user).filter(pk__in=Deadline.objects.visible_to(user).values("owner"))
