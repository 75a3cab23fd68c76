"""The verbs of approvals: ask, decide, withdraw, and give the seats of who leaves to others. The row of the approval is the lock."""

from dataclasses import dataclass

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from ka_crm.moves import check_move
from ka_crm.text import clean_text
from ka_crm.tongues import heard, said

from .. import approvals as registry
from ..audit import on_behalf, record
from ..leaders import deciders_for
from ..models import Approval, ApprovalRouteStep, ApprovalSeat, ApprovalStep, Delegation, User
from ..routes import PlannedStep, Seats, planned_steps
from ..states import APPROVAL_MOVES, ApprovalStatus, StepStatus
from ..subjects import about
from .notifications import forget_subject, notify

APPROVE, RETURN = ApprovalSeat.Decision.APPROVE, ApprovalSeat.Decision.RETURN
Approvers = ApprovalRouteStep.Approvers


# --- asking -------------------------------------------------------------------------------------------------------------------
@transaction.atomic
def request_approval(*, kind, subject, title, requested_by, amount_minor=None, currency="", note="", url=""):
    """Ask for agreement to ``subject`` along the route of ``kind``; returns the Approval, its first step open.

    ``amount_minor`` is in ``currency`` and decides which steps are left out. Raises DomainError if the same is waiting already, or if
    nobody else than the requester could decide. ``title`` is text, or what ``ka_crm.tongues.said`` gives for several languages.
    """
    registered = registry.kind_of(kind)
    waiting = _("“%(title)s” is waiting for approval already.") % {"title": heard(title)}
    if Approval.objects.pending().about(subject).filter(kind=kind).exists():
        raise IllegalMove(waiting)
    approval = Approval(
        kind=kind,
        title=clean_text(heard(title, requested_by.language))[:200],
        titles={code: clean_text(text)[:200] for code, text in title.items()} if isinstance(title, dict) else {},
        url=url or (subject.get_absolute_url() if hasattr(subject, "get_absolute_url") else ""),
        amount_minor=amount_minor,
        currency=currency,
        note=clean_text(note),
        requested_by=requested_by,
        **about(subject),
    )
    try:
        with transaction.atomic():
            approval.save()
    except IntegrityError:
        raise IllegalMove(waiting) from None
    barred = _barred(registered, subject)
    for position, planned in enumerate(planned_steps(registered, amount_minor, currency), start=1):
        _write_step(approval, position, planned, barred)
    record(approval, "approval.requested", actor=requested_by, reason=approval.note, account_id=approval.account_ref)
    _open_step(approval, 1, first_time=True)
    return approval


def _write_step(approval, position, planned, barred):
    """One step with the seats of those who are asked: never the requester, never the barred."""
    people = Seats(approval.requested_by, barred).of(planned)
    # Where others may step in, a step may begin without anybody: the clock goes on looking (fill_empty_steps).
    if not people and not registry.kind_of(approval.kind).step_in:
        raise DomainError(
            _("Nobody else than %(name)s could approve “%(title)s”. Ask an administrator to name somebody.")
            % {"name": approval.requested_by, "title": approval.shown_title}
        )
    step = ApprovalStep.objects.create(
        approval=approval, position=position, name=planned.name, quorum=planned.quorum, approvers=planned.approvers, role=planned.role
    )
    ApprovalSeat.objects.bulk_create([ApprovalSeat(step=step, approver=person) for person in people])


def _barred(registered, subject):
    return frozenset(registered.barred(subject)) if registered.barred and subject is not None else frozenset()


# --- deciding -----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Chair:
    """In which seat somebody may decide: ``seat`` None is a new one for who steps in; ``absent`` is who the deputy decides for."""

    seat: ApprovalSeat | None
    absent: User | None
    refusal: str = ""


def chair_for(approval, actor):
    """Where ``actor`` may decide the step whose turn it is; ``refusal`` is the sentence that says why not, else ""."""
    if approval.status != ApprovalStatus.PENDING:
        return Chair(None, None, _decided_already(approval))
    if actor.pk == approval.requested_by_id:
        return Chair(None, None, _("Nobody approves their own request. Somebody else has to decide it."))
    if not actor.is_active:
        return Chair(None, None, _("You are not asked to decide this now."))
    registered, subject = registry.kind_of(approval.kind), subject_row(approval)
    barred = _barred(registered, subject)
    if actor.pk in barred:
        return Chair(None, None, _("Nobody approves what they took part in or what is about themselves. Ask another approver."))
    step = _step(approval)
    seats = list(current_seats(step).select_related("approver"))
    if any(seat.decided_by_id == actor.pk for seat in seats):
        return Chair(None, None, _("You have decided this step already. It waits for the others."))
    return _own_chair(seats, actor, barred) or _stepping_in(registered, step, subject, actor, barred, approval)


def _own_chair(seats, actor, barred):
    """The seat that is one's own, else that of an absent person; None if there is neither."""
    empty = {seat.approver_id: seat for seat in seats if not seat.decision}
    if actor.pk in empty:
        return Chair(empty[actor.pk], None)
    for absent in actor.acts_for:
        if absent.pk in empty and absent.pk not in barred:
            return Chair(empty[absent.pk], absent)
    return None


def _stepping_in(registered, step, subject, actor, barred, approval):
    """Holders of the kind's capability may decide a supervisor's step without having been asked, if they see the record."""
    refused = Chair(None, None, _("You are not asked to decide this now."))
    if not registered.step_in or step.approvers != Approvers.LEADER or not actor.has_capability(registered.step_in):
        return refused
    if subject is None or not type(subject)._default_manager.visible_to(actor).filter(pk=subject.pk).exists():
        return refused
    absent = on_behalf(actor, subject, registered.step_in)
    if absent is not None and (absent.pk in barred or absent.pk == approval.requested_by_id):
        return Chair(None, None, _("Nobody approves their own request. Somebody else has to decide it."))
    return Chair(None, absent)


@transaction.atomic
def decide(*, approval_id, actor, decision, note="", version=None, to_step=None):
    """Approve the step whose turn it is, or return the request with ``note``: to the requester, or to the earlier step ``to_step``.

    The last step's approval calls the kind's ``on_approved``, a return to the requester its ``on_returned``, in this transaction.
    Raises StaleRecord if others were faster (``version`` as the decider saw it), NotAllowed for who is not asked, above all for the
    requester, and DomainError for a return without a note or to a step that is not before this one.
    """
    approval = _locked(approval_id)
    note = clean_text(note)
    if decision not in ApprovalSeat.Decision.values:
        raise DomainError(_("“%(decision)s” is no decision: approve or return.") % {"decision": decision})
    if approval.status != ApprovalStatus.PENDING or (version is not None and approval.version != version):
        raise StaleRecord(_decided_already(approval))
    chair = chair_for(approval, actor)
    if chair.refusal:
        raise NotAllowed(chair.refusal)
    if decision == RETURN and not note:
        raise DomainError(_("Say what has to change: who asked reads it."))
    step = _step(approval)
    _write_decision(step, chair, actor, decision, note)
    behalf = {"on_behalf_of": chair.absent, "account_id": approval.account_ref}
    if decision == RETURN:
        _return(approval, step, actor, note, to_step, behalf)
    else:
        record(approval, "approval.agreed", actor=actor, changes={"step": [None, step.position]}, reason=note, **behalf)
        _settle(approval, step, actor=actor, note=note, behalf=behalf)
    return approval


def _write_decision(step, chair, actor, decision, note):
    seat = chair.seat
    if seat is None:
        seat = ApprovalSeat(step=step, round=_round(step), approver=chair.absent or actor)
    seat.decision, seat.decided_by, seat.decided_at, seat.note = decision, actor, timezone.now(), note
    seat.save()


def _settle(approval, step, *, actor, note, behalf):
    """Close the step once enough have agreed, and open the next one or call the whole approved."""
    seats = list(current_seats(step))
    agreed = sum(seat.decision == APPROVE for seat in seats)
    if not seats or agreed < min(step.quorum or len(seats), len(seats)):
        return
    step.status = StepStatus.APPROVED
    step.save(update_fields=["status"])
    forget_subject(approval)
    if approval.steps.filter(position__gt=step.position).exists():
        approval.version += 1
        _open_step(approval, step.position + 1)
        return
    _finish(approval, ApprovalStatus.APPROVED)
    record(approval, "approval.approved", actor=actor, changes=_became(approval), reason=note, **behalf)
    registry.kind_of(approval.kind).on_approved(subject_row(approval), actor=actor, note=note, approval=approval)
    _tell_requester(approval, "approvals.approved", actor, note)


def _return(approval, step, actor, note, to_step, behalf):
    if to_step is not None and to_step != 0:
        _return_to_step(approval, step, actor, note, to_step, behalf)
        return
    step.status = StepStatus.RETURNED
    step.save(update_fields=["status"])
    approval.steps.filter(status=StepStatus.WAITING).update(status=StepStatus.CLOSED)
    forget_subject(approval)
    _finish(approval, ApprovalStatus.RETURNED)
    record(approval, "approval.returned", actor=actor, changes=_became(approval), reason=note, **behalf)
    registry.kind_of(approval.kind).on_returned(subject_row(approval), actor=actor, note=note, approval=approval)
    _tell_requester(approval, "approvals.returned", actor, note)


def _return_to_step(approval, step, actor, note, to_step, behalf):
    """Ask the people of an earlier step again, in a new round; the steps between have their turn again after it."""
    if not 1 <= to_step < step.position:
        raise DomainError(_("Step %(step)s is not before this one. Choose an earlier step, or the requester.") % {"step": to_step})
    approval.steps.filter(position__gte=to_step).update(status=StepStatus.WAITING)
    approval.version += 1
    forget_subject(approval)
    record(approval, "approval.sent_back", actor=actor, changes={"step": [step.position, to_step]}, reason=note, **behalf)
    _open_step(approval, to_step)


# --- withdrawing --------------------------------------------------------------------------------------------------------------
@transaction.atomic
def withdraw(*, approval_id, actor, note=""):
    """Take a request back before it is decided; by who asked, or their deputy. The kind's ``on_withdrawn`` is told if it has one."""
    approval = _locked(approval_id)
    if not may_withdraw(approval, actor):
        raise NotAllowed(_("A request is taken back by who asked."))
    check_move(ApprovalStatus(approval.status), to=ApprovalStatus.WITHDRAWN, moves=APPROVAL_MOVES)
    note = clean_text(note)
    approval.steps.filter(status__in=[StepStatus.WAITING, StepStatus.OPEN]).update(status=StepStatus.CLOSED)
    forget_subject(approval)
    _finish(approval, ApprovalStatus.WITHDRAWN)
    absent = approval.requested_by if actor.pk != approval.requested_by_id else None
    record(
        approval,
        "approval.withdrawn",
        actor=actor,
        changes=_became(approval),
        reason=note,
        on_behalf_of=absent,
        account_id=approval.account_ref,
    )
    registered = registry.kind_of(approval.kind)
    if registered.on_withdrawn:
        registered.on_withdrawn(subject_row(approval), actor=actor, note=note, approval=approval)
    return approval


def may_withdraw(approval, actor):
    """Whether ``actor`` asked, or stands in today for who asked."""
    return approval.requested_by_id in {actor.pk, *(person.pk for person in actor.acts_for)}


# --- people leave -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def reseat(*, person, actor):
    """Give the open seats of somebody who may no longer sign in, or lost the role, to others; returns how many moved.

    First to their supervisor, else an administrator; where nobody else is left and others sit in the step, the seat goes away. In a
    company of one it stays as it is until there is somebody.
    """
    open_steps = ApprovalStep.objects.filter(status__in=[StepStatus.WAITING, StepStatus.OPEN], approval__status=ApprovalStatus.PENDING)
    approval_ids = open_steps.filter(seats__approver=person, seats__decision="").values("approval")
    moved = 0
    for approval in Approval.objects.select_for_update(of=("self",)).filter(pk__in=approval_ids).order_by("pk"):
        for step in approval.steps.filter(status__in=[StepStatus.WAITING, StepStatus.OPEN]):
            seat = current_seats(step).filter(approver=person, decision="").first()
            if seat is not None and not _still_fits(person, step):
                moved += _pass_on(approval, step, seat, actor)
    return moved


def _still_fits(person, step):
    if not person.is_active:
        return False
    if step.approvers == Approvers.ROLE:
        return person.role == step.role
    return step.approvers == Approvers.PERSON or person.without_delegations().has_capability("people.view")


def _pass_on(approval, step, seat, actor):
    seated = set(current_seats(step).values_list("approver_id", flat=True))
    barred = _barred(registry.kind_of(approval.kind), subject_row(approval))
    heirs = deciders_for(seat.approver, besides={approval.requested_by_id, *barred, *seated})
    old = seat.approver
    if heirs:
        seat.approver = heirs[0]
        seat.save(update_fields=["approver"])
    elif len(seated) > 1:
        seat.delete()
    else:
        return 0
    changes = {"approver": [str(old), str(heirs[0]) if heirs else None]}
    record(approval, "approval.reassigned", actor=actor, changes=changes, account_id=approval.account_ref)
    if step.status == StepStatus.OPEN:
        if heirs:
            _tell_approvers(approval, [heirs[0]])
        else:
            _settle(approval, step, actor=actor, note="", behalf={"account_id": approval.account_ref})
    return 1


@transaction.atomic
def fill_empty_steps():
    """Ask people in open steps that have nobody, or only people who may no longer sign in; returns how many steps got somebody.

    For the clock: what could not be given to anybody yesterday may find somebody today.
    """
    filled = 0
    pending = Approval.objects.pending()
    for person in User.objects.filter(is_active=False, approval_seats__decision="", approval_seats__step__approval__in=pending).distinct():
        filled += reseat(person=person, actor=None)
    empty = ApprovalStep.objects.filter(approval__in=pending, status=StepStatus.OPEN, seats=None)
    for approval in pending.filter(steps__in=empty).select_for_update(of=("self",)).select_related("requested_by__team").order_by("pk"):
        step = _step(approval)
        planned = PlannedStep(step.name, step.approvers, step.quorum, step.role)
        people = Seats(approval.requested_by, _barred(registry.kind_of(approval.kind), subject_row(approval))).of(planned)
        ApprovalSeat.objects.bulk_create([ApprovalSeat(step=step, approver=person) for person in people])
        _tell_approvers(approval, people)
        filled += bool(people)
    return filled


# --- shared -------------------------------------------------------------------------------------------------------------------
def subject_row(approval):
    """The record that is to be approved, whoever asks; None if it is gone. For rules, not for pages (``subjects.subject_of``)."""
    model = apps.get_model(approval.object_type)
    return model._base_manager.filter(pk=approval.object_id).first()


def current_seats(step):
    """The seats of the step's present round."""
    return step.seats.filter(round=_round(step))


def _round(step):
    return step.seats.aggregate(last=Max("round"))["last"] or 1


def _locked(approval_id):
    return Approval.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=approval_id)


def _step(approval):
    return approval.steps.get(position=approval.position)


def _open_step(approval, position, *, first_time=False):
    """Make it the step's turn; one that had its turn before is asked again in a new round, of the people it was asked of."""
    step = approval.steps.get(position=position)
    seats = list(current_seats(step).select_related("approver__team"))
    if not first_time and any(seat.decision for seat in seats):
        following = _round(step) + 1
        step.seats.filter(decision="").delete()  # they were asked, and others decided: nothing of theirs is lost
        ApprovalSeat.objects.bulk_create([ApprovalSeat(step=step, round=following, approver=seat.approver) for seat in seats])
    step.status = StepStatus.OPEN
    step.save(update_fields=["status"])
    approval.position = position
    approval.save(update_fields=["position", "version"])
    for seat in current_seats(step).select_related("approver__team"):
        if not _still_fits(seat.approver, step):
            _pass_on(approval, step, seat, None)
    _tell_approvers(approval, [seat.approver for seat in current_seats(step).select_related("approver")])


def _finish(approval, status):
    check_move(ApprovalStatus(approval.status), to=status, moves=APPROVAL_MOVES)
    approval.status, approval.decided_at = status, timezone.now()
    approval.version += 1
    approval.save(update_fields=["status", "decided_at", "version"])


def _became(approval):
    return {"status": [str(ApprovalStatus.PENDING), str(approval.status)]}


def _decided_already(approval):
    last = (
        ApprovalSeat.objects.filter(step__approval=approval)
        .exclude(decision="")
        .select_related("decided_by")
        .order_by("-decided_at")
        .first()
    )
    words = {
        "title": approval.shown_title,
        "status": approval.get_status_display(),
        "person": last.decided_by if last else approval.requested_by,
    }
    if approval.status == ApprovalStatus.PENDING:
        return _("%(person)s has decided about “%(title)s” in the meantime. Look at it again.") % words
    return _("“%(title)s” is decided already (%(status)s, by %(person)s). There is nothing left to do.") % words


def _tell_approvers(approval, people):
    """Those who are asked, and their deputies of today."""
    asked = {person.pk for person in people}
    deputies = User.objects.active().filter(deputisings__in=_absences_of(asked)).exclude(pk=approval.requested_by_id).distinct()
    label = said(lambda: registry.label_of(approval.kind))
    words = {"request": approval.titles or approval.title, "person": str(approval.requested_by), "kind": label}
    everybody = {person.pk: person for person in [*people, *deputies]}
    notify(everybody.values(), "approvals.asked", subject=approval, **words)


def _absences_of(person_ids):
    return Delegation.objects.in_force_on(timezone.localdate()).filter(absent__in=person_ids)


def _tell_requester(approval, kind, actor, note):
    if actor is not None and actor.pk == approval.requested_by_id:
        return
    notify([approval.requested_by], kind, subject=approval, request=approval.titles or approval.title, person=str(actor or ""), note=note)
