"""The verbs of a week: plan several visits, move them, order a day, copy a week, hand the plan in.

Whoever plans for a person has that person in scope; single visits keep the rules of visits.services. The row of the week's plan is
the lock for the order of its days. ``today`` is the person's date, passed in.
"""

import datetime as dt
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.moves import check_move, move
from ka_crm.text import clean_text
from ka_crm.tongues import said
from team.audit import record
from team.models import Approval
from team.services.approvals import request_approval, withdraw
from visits import services as visit_services
from visits.models import Attendance, Visit, VisitPlan
from visits.states import PLAN_MOVES, PlanStatus, VisitStatus

from .availability import zone_of
from .days import in_route_order, monday_of, place_of, plan_deadline
from .routes import Route, Stop, length_m, order_by_distance

MOST_AT_ONCE = 60  # visits planned by one click
WEEK = dt.timedelta(days=7)


@dataclass
class Planned:
    """What a click that plans several visits came to: the new ``visits``, and the sentences about those that were not planned."""

    visits: list = field(default_factory=list)
    refusals: list = field(default_factory=list)


def check_may_plan_for(person, actor):
    """Raise NotAllowed unless ``actor`` plans the work of ``person``: oneself, an absent person's deputy, a supervisor."""
    if person.pk not in actor.people_in_scope or not actor.has_capability("visits.record") or not person.has_capability("visits.record"):
        raise NotAllowed(_("You cannot plan visits for %(name)s.") % {"name": person})


def _locked_plan(person, week_starts_on):
    """The week's plan, made if there is none, locked."""
    VisitPlan.objects.get_or_create(person=person, week_starts_on=week_starts_on)
    return VisitPlan.objects.select_for_update(of=("self",)).select_related("person").get(person=person, week_starts_on=week_starts_on)


# -- visits ----------------------------------------------------------------------------------------------------------------------
@transaction.atomic
def plan_stores(*, actor, person, planned_on, stores, today, purpose=Visit.Purpose.ROUTINE):
    """Plan a visit to each of ``stores`` on one day; returns Planned. What a rule forbids is left out and told, the rest is planned.

    Raises NotAllowed for somebody who does not plan for ``person``, DomainError for more than 60 stores.
    """
    check_may_plan_for(person, actor)
    stores = list(stores)
    if len(stores) > MOST_AT_ONCE:
        raise DomainError(
            _("%(count)d stores are more than one click plans: %(most)d at most.") % {"count": len(stores), "most": MOST_AT_ONCE}
        )
    planned = Planned()
    for store in stores:
        _try_to_plan(planned, actor=actor, visitor=person, planned_on=planned_on, today=today, store=store, purpose=purpose)
    return planned


def _try_to_plan(planned, **visit):
    try:
        with transaction.atomic():
            planned.visits.append(visit_services.plan_visit(**visit))
    except DomainError as error:
        if str(error) not in planned.refusals:
            planned.refusals.append(str(error))


@transaction.atomic
def copy_last_week(*, actor, person, week_starts_on, today):
    """Plan last week's visits again, each on the same weekday; returns Planned.

    Days that are over are left out silently, and so is what is planned already; other refusals are told. Call-backs and visits that
    were called off are not copied, times and purposes are.
    """
    check_may_plan_for(person, actor)
    before = Visit.objects.filter(visitor=person, planned_on__range=(week_starts_on - WEEK, week_starts_on - dt.timedelta(days=1)))
    rows = before.standing().filter(callback_of=None).with_places().in_day_order()
    present = set(
        Visit.objects.filter(visitor=person, planned_on__range=(week_starts_on, week_starts_on + dt.timedelta(days=6)))
        .standing()
        .values_list("planned_on", "store", "account")
    )
    planned = Planned()
    for visit in rows[:MOST_AT_ONCE]:
        day = visit.planned_on + WEEK
        if day < today or (day, visit.store_id, visit.account_id) in present:
            continue
        present.add((day, visit.store_id, visit.account_id))
        what = {"planned_at": visit.planned_at, "purpose": visit.purpose, "objective": visit.objective}
        place = {"store": visit.store} if visit.store_id else {"account": visit.account}
        _try_to_plan(planned, actor=actor, visitor=person, planned_on=day, today=today, **what, **place)
    return planned


@transaction.atomic
def move_visit(*, visit_id, actor, planned_on, today, version=None):
    """Move a planned visit to another day, where it comes last until the day is ordered. Raises as ``visits.services.change_plan``."""
    visit = Visit.objects.get(pk=visit_id)
    changed = visit_services.change_plan(
        visit_id=visit_id,
        actor=actor,
        today=today,
        version=visit.version if version is None else version,
        planned_on=planned_on,
        planned_at=visit.planned_at,
    )
    if planned_on != visit.planned_on:
        Visit.objects.filter(pk=visit_id).update(route_order=None)
    return changed


@transaction.atomic
def reassign_visit(*, visit_id, actor, visitor, today, reason=""):
    """Give a planned visit to ``visitor``, such as the deputy of somebody on leave.

    Raises NotAllowed unless the actor plans for the present visitor and the new one is in the actor's scope or deputises for the
    present one, IllegalMove once the visit has begun, DomainError where ``visitor`` is on leave or plans the same already.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("visitor", "store", "account").get(pk=visit_id)
    check_may_plan_for(visit.visitor, actor)
    deputises = visitor.deputisings.in_force_on(visit.planned_on).filter(absent=visit.visitor).exists()
    if not visitor.is_active or not visitor.has_capability("visits.record") or not (deputises or visitor.pk in actor.people_in_scope):
        raise NotAllowed(_("You cannot plan visits for %(name)s.") % {"name": visitor})
    if visit.status != VisitStatus.PLANNED:
        raise DomainError(
            _("Only planned visits can be given to somebody else; this one is “%(status)s”.") % {"status": visit.get_status_display()}
        )
    visit_services.check_plan(visit.store, visitor, visit.planned_on, today)
    before, visit.visitor, visit.route_order, visit.version = visit.visitor, visitor, None, visit.version + 1
    visit.save(update_fields=["visitor", "route_order", "version", "updated_at"])
    record(visit, "visit.reassigned", actor=actor, changes={"visitor": [str(before), str(visitor)]}, reason=clean_text(reason)[:250])
    return visit


# -- the order of a day ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ordered:
    """A day in its new order: ids before and after, metres before and after, names of the stores without a position."""

    before: tuple
    after: tuple
    before_m: int
    after_m: int
    unplaced: tuple


def visits_of_day(person, day):
    """The day's visits that are not called off, in the order of the route."""
    return in_route_order(Visit.objects.filter(visitor=person, planned_on=day).standing().with_places())


def start_of_route(visits, person, day):
    """Where the way of the day begins: the last stop that was made, else where the person started the day, else None."""
    seen = [visit for visit in visits if visit.status in (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED) and place_of(visit)]
    if seen:
        return place_of(max(seen, key=lambda visit: (visit.checked_in_at is not None, visit.checked_in_at or 0, visit.pk)))
    begun = Attendance.objects.filter(person=person, day=day).first()
    return (begun.latitude, begun.longitude) if begun is not None and begun.latitude is not None else None


@transaction.atomic
def order_day(*, person, day, actor):
    """Put the planned visits of a day in a short order (routes.py) and return Ordered; visits that have begun stay in front.

    Raises NotAllowed as ``plan_stores``, DomainError for a day with fewer than two planned visits.
    """
    check_may_plan_for(person, actor)
    visits = visits_of_day(person, day)
    begun = [visit for visit in visits if visit.status != VisitStatus.PLANNED]
    open_visits = [visit for visit in visits if visit.status == VisitStatus.PLANNED]
    if len(open_visits) < 2:
        raise DomainError(_("There is nothing to order: the day has fewer than two planned visits."))
    start = start_of_route(begun, person, day)
    route: Route = order_by_distance([Stop(visit.pk, place_of(visit), visit.planned_at) for visit in open_visits], start=start)
    after = (*(visit.pk for visit in begun), *route.keys)
    before = tuple(visit.pk for visit in visits)
    set_day_order(person=person, day=day, visit_ids=after, actor=actor)
    names = {visit.pk: str(visit.place) for visit in visits}
    return Ordered(
        before=before,
        after=after,
        before_m=length_m([place_of(visit) for visit in open_visits], start),
        after_m=route.length_m,
        unplaced=tuple(names[key] for key in route.unplaced),
    )


@transaction.atomic
def set_day_order(*, person, day, visit_ids, actor):
    """Drive to the day's visits in the order of ``visit_ids``, which names each of them once.

    Raises StaleRecord if the day has other visits by now, NotAllowed as ``plan_stores``.
    """
    check_may_plan_for(person, actor)
    plan = _locked_plan(person, monday_of(day))
    visits = visits_of_day(person, day)
    before, after = [visit.pk for visit in visits], list(visit_ids)
    if sorted(before) != sorted(after):
        raise StaleRecord(_("The visits of %(day)s have changed in the meantime. Look again, then order them.") % {"day": day})
    for place, pk in enumerate(after, start=1):
        Visit.objects.filter(pk=pk).update(route_order=place)
    if before != after:
        record(
            plan, "visit_plan.day_ordered", actor=actor, changes={day.isoformat(): [before, after]}, on_behalf_of=_on_behalf(person, actor)
        )


def shift_visit(*, visit, actor, step):
    """Move a planned visit one place up (``step`` −1) or down (+1) in its day; at the end of the day nothing happens."""
    order = [one.pk for one in visits_of_day(visit.visitor, visit.planned_on)]
    place = order.index(visit.pk) if visit.pk in order else None
    if place is None or not 0 <= place + step < len(order):
        return
    order[place], order[place + step] = order[place + step], order[place]
    set_day_order(person=visit.visitor, day=visit.planned_on, visit_ids=order, actor=actor)


def _on_behalf(person, actor):
    return person if person.pk != actor.pk and person.pk in {absent.pk for absent in actor.acts_for} else None


# -- the plan of a week ----------------------------------------------------------------------------------------------------------
def _check_hands_in(person, actor):
    if person.pk != actor.pk and person.pk not in {absent.pk for absent in actor.acts_for}:
        raise NotAllowed(_("%(name)s hands in the own plan, or their deputy does.") % {"name": person})


@transaction.atomic
def set_priorities(*, person, week_starts_on, actor, priorities, version=None):
    """Write what matters most in the week. Raises StaleRecord unless ``version`` is the present one (None: whichever)."""
    check_may_plan_for(person, actor)
    plan = _locked_plan(person, week_starts_on)
    if version is not None and plan.version != version:
        raise StaleRecord(_("Somebody else has changed this in the meantime. Reload the page and look again."))
    before, plan.priorities = plan.priorities, clean_text(priorities)[:4000]
    if before != plan.priorities:
        plan.version += 1
        plan.save(update_fields=["priorities", "version"])
        record(
            plan,
            "visit_plan.changed",
            actor=actor,
            changes={"priorities": [before, plan.priorities]},
            on_behalf_of=_on_behalf(person, actor),
        )
    return plan


@transaction.atomic
def submit_plan(*, person, week_starts_on, actor, now, today):
    """Hand in the plan of a week for approval.

    Raises DomainError for a week that is over or has no visit, IllegalMove if it is handed in already, NotAllowed for another person's.
    """
    check_may_plan_for(person, actor)
    _check_hands_in(person, actor)
    if week_starts_on + WEEK <= today:
        raise DomainError(_("This week is over. Hand in the plan of a week that is still to come."))
    plan = _locked_plan(person, week_starts_on)
    check_move(PlanStatus(plan.status), to=PlanStatus.SUBMITTED, moves=PLAN_MOVES)
    count = (
        Visit.objects.filter(visitor=person, planned_on__range=(week_starts_on, week_starts_on + dt.timedelta(days=6))).standing().count()
    )
    if not count:
        raise DomainError(_("No visit is planned in this week. Plan the first one, then hand in the plan."))
    before = plan.status
    move(
        plan,
        to=PlanStatus.SUBMITTED,
        moves=PLAN_MOVES,
        submitted_at=now,
        decided_at=None,
        decided_by=None,
        decision_note="",
        version=plan.version + 1,
    )
    record(
        plan,
        "visit_plan.submitted",
        actor=actor,
        changes={"status": [before, plan.status], "visits": [None, count]},
        on_behalf_of=_on_behalf(person, actor),
    )
    words = {"name": person, "day": week_starts_on.isoformat()}
    title = said(lambda: _("Week plan of %(name)s from %(day)s") % words)
    with override(person.language):
        note = ngettext("%(count)d visit", "%(count)d visits", count) % {"count": count}
    request_approval(
        kind="visits.plan", subject=plan, title=title, requested_by=person, note="\n".join(filter(None, [note, plan.priorities]))
    )
    return plan


@transaction.atomic
def take_plan_back(*, person, week_starts_on, actor):
    """Make a plan that was handed in or approved a draft again, to change and hand it in anew. Raises IllegalMove for others."""
    check_may_plan_for(person, actor)
    _check_hands_in(person, actor)
    plan = _locked_plan(person, week_starts_on)
    waiting = Approval.objects.pending().about(plan).filter(kind="visits.plan").first()
    if plan.status == PlanStatus.SUBMITTED and waiting is not None:
        withdraw(approval_id=waiting.pk, actor=actor)  # on_withdrawn makes it a draft
        return plan
    _to_draft(plan, actor)
    return plan


def _to_draft(plan, actor):
    before = plan.status
    move(plan, to=PlanStatus.DRAFT, moves=PLAN_MOVES, submitted_at=None, version=plan.version + 1)
    record(plan, "visit_plan.taken_back", actor=actor, changes={"status": [before, plan.status]})


def plan_approved(plan, *, actor, note, approval):
    """The approval engine's word; runs in its transaction."""
    _decide(plan, PlanStatus.APPROVED, "visit_plan.approved", actor, note, approval)


def plan_returned(plan, *, actor, note, approval):
    _decide(plan, PlanStatus.RETURNED, "visit_plan.returned", actor, note, approval)


def plan_withdrawn(plan, *, actor, note, approval):
    _to_draft(plan, actor)


def _decide(plan, to, verb, actor, note, approval):
    before = plan.status
    move(plan, to=to, moves=PLAN_MOVES, decided_by=actor, decided_at=approval.decided_at, decision_note=note, version=plan.version + 1)
    record(plan, verb, actor=actor, changes={"status": [before, to]}, reason=note)


def is_late(plan, person, week_starts_on, now):
    """Whether the plan was handed in after the deadline, or is not yet and the deadline is over. ``plan`` may be None."""
    handed_in_at = plan.submitted_at if plan is not None else None
    return (handed_in_at or now) > plan_deadline(week_starts_on, zone_of(person))
