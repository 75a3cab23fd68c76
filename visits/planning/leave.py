"""The verbs of leave: ask, cancel, and what the approval engine decides. Approved leave keeps its days free of visits."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from ka_crm.errors import DomainError, NotAllowed
from ka_crm.moves import check_move, move
from ka_crm.text import clean_text
from ka_crm.tongues import said
from team.audit import record
from team.models import Approval, Delegation, User
from team.services.approvals import request_approval, withdraw
from visits.models import Leave, Visit
from visits.states import LEAVE_MOVES, LeaveStatus, VisitStatus

from . import services
from .availability import LONGEST_LOOK_AHEAD, days_of, days_off

LONGEST = 366
FURTHEST_BACK, FURTHEST_AHEAD = dt.timedelta(days=60), dt.timedelta(days=730)
KIND = "visits.leave"


def may_ask_for(person, actor):
    """Whether ``actor`` enters leave of ``person``: oneself, a deputy, a supervisor."""
    return person.pk in actor.people_in_scope and actor.has_capability("visits.record")


@transaction.atomic
def request_leave(*, person, actor, starts_on, ends_on, today, kind=Leave.Kind.HOLIDAY, reason=""):
    """Ask for leave of ``person`` from ``starts_on`` to ``ends_on``, both included; who leads them decides.

    Raises NotAllowed for somebody else's, DomainError for days in the wrong order, longer than a year, more than 60 days back or two
    years ahead, or that overlap other leave.
    """
    if not may_ask_for(person, actor):
        raise NotAllowed(_("You cannot ask for leave of %(name)s.") % {"name": person})
    _check_days(starts_on, ends_on, today)
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)  # of two requests for the same days one waits and is refused
    other = Leave.objects.not_called_off().overlapping(starts_on, ends_on).filter(person=person).first()
    if other is not None:
        words = {"name": person, "start": other.starts_on, "end": other.ends_on, "status": other.get_status_display()}
        raise DomainError(_("%(name)s has leave from %(start)s to %(end)s already (%(status)s). Cancel it or choose other days.") % words)
    leave = Leave.objects.create(person=person, kind=kind, starts_on=starts_on, ends_on=ends_on, reason=clean_text(reason)[:250])
    changes = {"starts_on": [None, starts_on.isoformat()], "ends_on": [None, ends_on.isoformat()], "kind": [None, kind]}
    record(leave, "leave.requested", actor=actor, changes=changes, reason=leave.reason)
    words = {"name": person, "start": starts_on, "end": ends_on}
    title = said(lambda: _("Leave of %(name)s: %(start)s – %(end)s") % words)
    request_approval(kind=KIND, subject=leave, title=title, requested_by=person, note=leave.reason)
    return leave


def _check_days(starts_on, ends_on, today):
    if ends_on < starts_on:
        raise DomainError(_("The leave ends on %(end)s, before it starts on %(start)s.") % {"end": ends_on, "start": starts_on})
    if (ends_on - starts_on).days >= LONGEST:
        raise DomainError(_("The leave is longer than a year. Enter a year at most."))
    if starts_on < today - FURTHEST_BACK:
        raise DomainError(_("%(day)s is more than 60 days ago. Choose a later day.") % {"day": starts_on})
    if ends_on > today + FURTHEST_AHEAD:
        raise DomainError(_("%(day)s is more than two years ahead. Choose a nearer day.") % {"day": ends_on})


def may_cancel(leave, actor):
    """Whether ``actor`` calls the leave off: whose it is or their deputy; their supervisor too once it is approved."""
    own = {actor.pk, *(absent.pk for absent in actor.acts_for)}
    approved = leave.status == LeaveStatus.APPROVED and leave.person_id in actor.people_in_scope
    return actor.has_capability("visits.record") and (leave.person_id in own or approved)


@transaction.atomic
def cancel_leave(*, leave_id, actor, reason=""):
    """Call leave off. Raises NotAllowed as ``may_cancel``, IllegalMove if it was refused or called off already."""
    leave = Leave.objects.select_for_update(of=("self",)).select_related("person").get(pk=leave_id)
    if not may_cancel(leave, actor):
        raise NotAllowed(_("This is %(name)s's leave; they call it off, or their supervisor once it is approved.") % {"name": leave.person})
    check_move(LeaveStatus(leave.status), to=LeaveStatus.CANCELLED, moves=LEAVE_MOVES)
    waiting = Approval.objects.pending().about(leave).filter(kind=KIND).first()
    if waiting is not None:
        withdraw(approval_id=waiting.pk, actor=actor, note=reason)  # leave_withdrawn moves it
        leave.refresh_from_db()
        return leave
    _cancel(leave, actor, clean_text(reason)[:250])
    return leave


def _cancel(leave, actor, reason):
    before = leave.status
    move(leave, to=LeaveStatus.CANCELLED, moves=LEAVE_MOVES, version=leave.version + 1)
    record(leave, "leave.cancelled", actor=actor, changes={"status": [before, leave.status]}, reason=reason)


def leave_approved(leave, *, actor, note, approval):
    """The approval engine's word; runs in its transaction."""
    _decide(leave, LeaveStatus.APPROVED, "leave.approved", actor, note, approval)


def leave_returned(leave, *, actor, note, approval):
    _decide(leave, LeaveStatus.REFUSED, "leave.refused", actor, note, approval)


def leave_withdrawn(leave, *, actor, note, approval):
    _cancel(leave, actor, note)


def _decide(leave, to, verb, actor, note, approval):
    before = leave.status
    move(leave, to=to, moves=LEAVE_MOVES, decided_by=actor, decided_at=approval.decided_at, decision_note=note, version=leave.version + 1)
    record(leave, verb, actor=actor, changes={"status": [before, to]}, reason=note)


# -- visits that were planned on these days ----------------------------------------------------------------------------------------
def visits_in_the_way(leave):
    """Planned visits of the person on the days of the leave, in order."""
    planned = Visit.objects.filter(visitor=leave.person_id, status=VisitStatus.PLANNED)
    return planned.filter(planned_on__range=(leave.starts_on, leave.ends_on)).with_places().in_day_order()


def deputies_for(leave):
    """Who stands in for the person on the days of the leave, each with ``delegation``."""
    found = Delegation.objects.overlapping(leave.starts_on, leave.ends_on).filter(absent=leave.person_id, deputy__is_active=True)
    return list(found.select_related("deputy").order_by("starts_on", "pk"))


@transaction.atomic
def move_visits_away(*, leave, actor, today):
    """Move the visits in the way to the days after the leave on which the person works, a day's visits together; returns Planned."""
    services.check_may_plan_for(leave.person, actor)
    moved = services.Planned()
    visits = list(visits_in_the_way(leave))
    free = _days_at_work(leave.person, max(leave.ends_on + dt.timedelta(days=1), today))
    new_day = dict(zip(sorted({visit.planned_on for visit in visits}), free, strict=False))
    for visit in visits:
        if visit.planned_on not in new_day:
            moved.refusals.append(_("No working day is left for “%(store)s”.") % {"store": visit.place})
            continue
        _try(moved, services.move_visit, visit_id=visit.pk, actor=actor, planned_on=new_day[visit.planned_on], today=today)
    return moved


def _days_at_work(person, first):
    last = first + dt.timedelta(days=LONGEST_LOOK_AHEAD)
    off = days_off([person], first, last)
    return [day for day in days_of(first, last) if (person.pk, day) not in off]


@transaction.atomic
def hand_visits_over(*, leave, actor, deputy, today):
    """Give the visits in the way to ``deputy``; returns Planned. What the deputy cannot take is left and told."""
    services.check_may_plan_for(leave.person, actor)
    given = services.Planned()
    with override(leave.person.language):
        reason = _("%(name)s is on leave.") % {"name": leave.person}
    for visit in visits_in_the_way(leave):
        _try(given, services.reassign_visit, visit_id=visit.pk, actor=actor, visitor=deputy, today=today, reason=reason)
    return given


def _try(outcome, verb, **arguments):
    try:
        with transaction.atomic():
            outcome.visits.append(verb(**arguments))
    except DomainError as error:
        if str(error) not in outcome.refusals:
            outcome.refusals.append(str(error))
