"""What people do with visits. There is one way to write what was seen: ``record_visit`` (a document) and ``add_photo`` (a picture).

Phones, pages without JavaScript and later the offline queue all come through these two; both may be called again with the same
input and change nothing. Planning has its verbs below. Times: ``now`` is the server's clock, passed in.
"""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import KeyAccount, Store
from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.files import store_bytes
from ka_crm.moves import check_move, move
from ka_crm.prepared import Prepared
from team.audit import record

from .clocks import apply_clocks, company_day
from .documents import FURTHEST_PLAN, DocumentRefused, read_document
from .facts import Outcome, apply_facts
from .likeness import similar_photo
from .models import Leave, Photo, Visit
from .pictures import PhotoRefused, read_picture
from .planning.callbacks import open_callback, settle_callback, withdraw_callback
from .scoring import score_visit
from .states import VISIT_MOVES, VisitStatus
from .tickets import follow_shelf

MOST_PHOTOS = 40


class VisitUnknown(DomainError):
    """No such visit, or none of this person's: keep what was to be sent and send it again after the visit itself.

    A foreign visit and a missing one are told apart by nothing.
    """

    def __init__(self):
        super().__init__(_("The server does not know this visit yet. Send the visit first, then this again."))


# -- who may ---------------------------------------------------------------------------------------------------------------------
def may_record(visit, user):
    """Whether ``user`` writes what was seen in ``visit``: its visitor, or today's deputy of the visitor."""
    return user.has_capability("visits.record") and visit.visitor_id in {user.pk, *(person.pk for person in user.acts_for)}


def may_plan(visit, user):
    """Whether ``user`` moves or cancels ``visit``: whoever records it, and the visitor's supervisor."""
    return user.has_capability("visits.record") and visit.visitor_id in user.people_in_scope


def _on_behalf_of(visit, actor):
    return visit.visitor if visit.visitor_id != actor.pk and visit.visitor_id in {person.pk for person in actor.acts_for} else None


def _check_scope(account_id, actor):
    if not KeyAccount.objects.visible_to(actor).filter(pk=account_id).exists():
        raise NotAllowed(_("This account is no longer in your care, so nothing can be recorded there. Ask your supervisor."))


def _locked(visit_id, *, version=None):
    """The visit, locked and read again. Raises StaleRecord if it is no longer the ``version`` that the person saw."""
    visit = Visit.objects.select_for_update(of=("self",)).select_related("account", "store__account", "visitor").get(pk=visit_id)
    if version is not None and visit.version != version:
        raise StaleRecord(_("Somebody else has changed this visit in the meantime. Reload the page and look again."))
    return visit


def _save(visit, *fields):
    visit.version += 1
    visit.save(update_fields=[*fields, "version", "updated_at"])


# -- the write path --------------------------------------------------------------------------------------------------------------
def record_visit(*, document, actor, now):
    """Apply one document (documents.py says how it looks) and return (visit, Outcome).

    Sent twice it is applied once; documents may come late and in any order. Nothing is applied of a document that breaks a
    rule. Raises DocumentRefused (``errors`` by field), VisitUnknown (no such visit of this person and no header to make one:
    try again later), NotAllowed (visible, but another person's, or the account left this person's care), IllegalMove
    (the visit was cancelled).
    """
    checked = read_document(document, now=now)
    if not actor.has_capability("visits.record"):
        raise NotAllowed(_("You may look at visits but not record them."))
    try:
        with transaction.atomic():
            return _record(checked, actor, now)
    except IntegrityError:  # the same ids arrived twice at once; the other one is in now, so this time they are found
        with transaction.atomic():
            return _record(checked, actor, now)


def _record(document, actor, now):
    visit, created = _visit_of(document, actor, now)
    if not may_record(visit, actor):
        raise NotAllowed(_("This is %(name)s's visit; only they record it.") % {"name": visit.visitor})
    if not created:
        _check_scope(visit.account_id, actor)
    if visit.status == VisitStatus.CANCELLED:
        check_move(VisitStatus.CANCELLED, to=VisitStatus.IN_PROGRESS, moves=VISIT_MOVES)
    outcome = Outcome()
    apply_clocks(visit, document, outcome, now)
    _apply_note(visit, document, outcome)
    apply_facts(visit, document, outcome)
    if outcome.changes:
        _save(visit, *_WRITTEN)
        _follow_the_clocks(visit, actor, outcome.changes)
        score_visit(visit)
        follow_shelf(visit)
    return visit, outcome


_WRITTEN = (
    "checked_in_at", "checked_out_at", "received_at", "check_out_received_at", "clock_skew_s", "latitude", "longitude", "accuracy_m",
    "distance_m", "planned_on", "note", "note_changed_at",
)  # fmt: skip


def _visit_of(document, actor, now):
    """(visit locked, whether it is new)."""
    visit_id = Visit.objects.filter(client_id=document.visit).values_list("pk", flat=True).first()
    if visit_id is not None:  # looked up before its scope: asked the other way round, a visit that comes in between looks foreign
        if not Visit.objects.visible_to(actor).filter(pk=visit_id).exists():
            raise VisitUnknown
        return _locked(visit_id), False
    if document.header is None:
        raise VisitUnknown
    header = document.header
    account, store = _place_of(header, actor)
    visit = Visit.objects.create(
        client_id=document.visit,
        account=account,
        store=store,
        visitor=actor,
        created_by=actor,
        origin=Visit.Origin.AD_HOC,
        purpose=header["purpose"],
        objective=header["objective"],
        planned_on=header["planned_on"] or company_day(now),
    )
    record(
        visit, "visit.started", actor=actor, changes={"planned_on": [None, visit.planned_on.isoformat()], "purpose": [None, visit.purpose]}
    )
    return visit, True


def _place_of(header, actor):
    """(account, store or None) of a header, within the person's scope; a foreign id is answered like a missing one."""
    if header["store"] is not None:
        store = Store.objects.visible_to(actor).active().select_related("account").filter(pk=header["store"]).first()
        if store is None:
            raise DocumentRefused({"header.store": _("There is no such store among yours.")})
        return store.account, store
    account = KeyAccount.objects.visible_to(actor).active().filter(pk=header["account"]).first()
    if account is None:
        raise DocumentRefused({"header.account": _("There is no such account among yours.")})
    return account, None


def _apply_note(visit, document, outcome):
    note = document.note
    if note is None:
        return
    if note["text"] == visit.note:
        outcome.unchanged += 1
    elif visit.note_changed_at is not None and note["changed_at"] < visit.note_changed_at:
        outcome.superseded += 1
    elif visit.note_changed_at == note["changed_at"]:
        outcome.conflict(
            "note", "differs", _("Two different notes have the same time; the first one received was kept."), stored={"text": visit.note}
        )
    else:
        outcome.applied += 1
        outcome.changes["note"] = [visit.note, note["text"]]
        visit.note, visit.note_changed_at = note["text"], note["changed_at"]


def _follow_the_clocks(visit, actor, changes):
    """The state that the clocks tell, and the trail in its order: in the store once checked in, completed once checked out as well.

    Each change stands in one entry: the clocks with the step that they made, the rest as recorded.
    """
    changes, behalf = dict(changes), _on_behalf_of(visit, actor)

    def step(to, verb, *names):
        before = visit.status
        move(visit, to=to, moves=VISIT_MOVES)
        clocks = {name: changes.pop(name) for name in names if name in changes}
        return lambda: record(visit, verb, actor=actor, changes={"status": [before, to], **clocks}, on_behalf_of=behalf)

    tell_the_end = None
    if visit.checked_in_at and visit.status in (VisitStatus.PLANNED, VisitStatus.MISSED):
        if visit.status == VisitStatus.MISSED:
            withdraw_callback(visit, actor)
        step(VisitStatus.IN_PROGRESS, "visit.checked_in", "checked_in_at", "planned_on")()
    if visit.checked_in_at and visit.checked_out_at and visit.status == VisitStatus.IN_PROGRESS:
        tell_the_end = step(VisitStatus.COMPLETED, "visit.checked_out", "checked_out_at")
    if changes:
        record(visit, "visit.recorded", actor=actor, changes=changes, on_behalf_of=behalf)
    if tell_the_end:
        tell_the_end()
        settle_callback(visit, actor)


def check_in(*, visit, actor, now, at=None, latitude=None, longitude=None, accuracy_m=None):
    """Check in at a visit that the server knows; ``at`` is the phone's clock, the server's where there is none."""
    place = {"latitude": latitude, "longitude": longitude, "accuracy_m": accuracy_m}
    document = {"visit": str(visit.client_id), "check_in": {"at": (at or now).isoformat(), **place}}
    return record_visit(document=document, actor=actor, now=now)


def check_out(*, visit, actor, now, at=None):
    """Check out; the visit is completed."""
    return record_visit(document={"visit": str(visit.client_id), "check_out": {"at": (at or now).isoformat()}}, actor=actor, now=now)


# -- photos ----------------------------------------------------------------------------------------------------------------------
def add_photo(*, visit_client_id, photo_client_id, file, actor, now, subject=Photo.Subject.SHELF, captured_at=None, caption="", place=None):
    """Keep one picture of a visit and return (photo, whether it is new); the same ``photo_client_id`` again returns the first.

    The picture is decoded within limits and encoded anew without its EXIF (pictures.py); ``content_sha256`` is of the received
    bytes, and ``reused_from`` names the oldest photo with the same. ``place`` is the phone's (latitude, longitude) or None.
    Raises VisitUnknown where the visit has not arrived (keep the photo and retry), NotAllowed as ``record_visit``, PhotoRefused
    for the file, a full visit, or an id of another photo.
    """
    if not actor.has_capability("visits.record"):
        raise NotAllowed(_("You may look at visits but not record them."))
    visit = Visit.objects.visible_to(actor).filter(client_id=visit_client_id).first()
    if visit is None:
        raise VisitUnknown
    if not may_record(visit, actor):
        raise NotAllowed(_("This is %(name)s's visit; only they record it.") % {"name": visit.visitor})
    _check_scope(visit.account_id, actor)
    if (known := _photo_known(visit, photo_client_id)) is not None:
        return known, False
    picture = read_picture(file)  # outside the transaction: decoding takes a while and locks nothing
    try:
        with transaction.atomic():
            return _keep_photo(visit, photo_client_id, picture, actor, subject, captured_at, caption, place)
    except IntegrityError:
        if (known := _photo_known(visit, photo_client_id)) is None:
            raise
        return known, False


def _photo_known(visit, photo_client_id):
    photo = Photo.objects.filter(client_id=photo_client_id).select_related("visit").first()
    if photo is not None and photo.visit_id != visit.pk:
        raise PhotoRefused(_("This id belongs to something else that was recorded before."), field="photo")
    return photo


def _keep_photo(visit, photo_client_id, picture, actor, subject, captured_at, caption, place):
    visit = _locked(visit.pk)
    if visit.status == VisitStatus.CANCELLED:
        check_move(VisitStatus.CANCELLED, to=VisitStatus.IN_PROGRESS, moves=VISIT_MOVES)
    if (known := _photo_known(visit, photo_client_id)) is not None:
        return known, False
    if visit.photos.kept().count() >= MOST_PHOTOS:
        raise PhotoRefused(_("This visit has %(most)d photos already; that is the most a visit can hold.") % {"most": MOST_PHOTOS})
    name = f"visit-{visit.pk}-{str(photo_client_id)[:8]}"
    latitude, longitude = (round(degrees, 5) for degrees in place) if place else (None, None)
    reused_from = Photo.objects.filter(content_sha256=picture.sha256).order_by("pk").first()
    photo = Photo.objects.create(
        client_id=photo_client_id,
        visit=visit,
        subject=subject,
        file=store_bytes(picture.content, name=f"{name}.jpg", kind="photos", stored_by=actor),
        thumbnail=store_bytes(picture.thumbnail, name=f"{name}-small.jpg", kind="photos", stored_by=actor),
        content_sha256=picture.sha256,
        captured_at=captured_at,
        changed_at=captured_at,
        caption=caption,
        latitude=latitude,
        longitude=longitude,
        reused_from=reused_from,
        fingerprint=picture.fingerprint,
        similar_to=None if reused_from else similar_photo(visit, picture.fingerprint),
    )
    changes = {
        f"photo {photo.client_id}": [None, {"subject": subject, "sha256": picture.sha256, "reused": photo.reused_from_id is not None}]
    }
    record(visit, "visit.photo_added", actor=actor, changes=changes, on_behalf_of=_on_behalf_of(visit, actor))
    return photo, True


# -- planning --------------------------------------------------------------------------------------------------------------------
@transaction.atomic
def plan_visit(
    *,
    actor,
    visitor,
    planned_on,
    today,
    store=None,
    account=None,
    planned_at=None,
    purpose=Visit.Purpose.ROUTINE,
    objective="",
    client_id=None,
):
    """Plan a visit to ``store`` (or to ``account``'s headquarters) for ``visitor``; the same ``client_id`` again returns the first.

    Raises NotAllowed unless the visitor is the actor or in the actor's scope and the place is in both people's care, and
    DomainError for a day in the past or more than two years ahead, a closed or archived store, or a store twice a day.
    """
    if client_id is not None and (known := _sent_before(client_id, visitor.pk)):
        return known[0]
    account = store.account if store is not None else account
    visitor = actor if visitor == actor else visitor  # one's own plan: what is known of oneself is not asked twice
    if visitor.pk not in actor.people_in_scope or not visitor.has_capability("visits.record") or not actor.has_capability("visits.record"):
        raise NotAllowed(_("You cannot plan visits for %(name)s.") % {"name": visitor})
    for person in (actor,) if visitor is actor else (actor, visitor):
        if not KeyAccount.objects.visible_to(person).filter(pk=account.pk).exists():
            raise NotAllowed(
                _("%(account)s is not in the care of %(name)s. Assign the account first.") % {"account": account, "name": person}
            )
    check_plan(store, visitor, planned_on, today)
    visit = Visit.objects.create(
        client_id=client_id or uuid.uuid4(),
        account=account,
        store=store,
        visitor=visitor,
        created_by=actor,
        planned_on=planned_on,
        planned_at=planned_at,
        purpose=purpose,
        objective=objective,
    )
    record(visit, "visit.planned", actor=actor, changes={"planned_on": [None, planned_on.isoformat()], "visitor": [None, str(visitor)]})
    return visit


# A phone or a keyboard plans visit after visit: what each asks is compiled once.
_sent_before = Prepared(lambda client_id, visitor: Visit.objects.filter(client_id=client_id, visitor=visitor).order_by(), uuid.UUID, int)
_leaves = Prepared(lambda person, day: Leave.objects.approved().on(day).filter(person=person).order_by().values_list("pk"), int, dt.date)
_planned_there = Prepared(
    lambda store, visitor, day: (
        Visit.objects.filter(store=store, visitor=visitor, planned_on=day, status=VisitStatus.PLANNED).order_by().values_list("pk")
    ),
    int,
    int,
    dt.date,
)


def check_plan(store, visitor, planned_on, today, *, besides=None):
    """Raise DomainError unless ``visitor`` can be planned at ``store`` (None: headquarters) that day; ``besides`` is the visit itself."""
    if planned_on < today:
        raise DomainError(_("%(day)s is in the past. Choose today or a later day.") % {"day": planned_on})
    if planned_on > today + FURTHEST_PLAN:
        raise DomainError(_("%(day)s is more than two years ahead. Choose a nearer day.") % {"day": planned_on})
    if _leaves(visitor.pk, planned_on):
        raise DomainError(
            _("%(name)s is on leave on %(day)s. Choose another day, or ask the deputy.") % {"name": visitor, "day": planned_on}
        )
    if store is None:
        return
    if store.archived_at is not None or (store.closed_on is not None and store.closed_on < planned_on):
        raise DomainError(_("“%(store)s” is closed on that day.") % {"store": store})
    if set(_planned_there(store.pk, visitor.pk, planned_on)) - {(besides,)}:
        raise DomainError(_("A visit to “%(store)s” is planned for %(day)s already.") % {"store": store, "day": planned_on})


@transaction.atomic
def change_plan(*, visit_id, actor, today, version, planned_on, planned_at=None, purpose=None, objective=None):
    """Move a visit to another day or change what it is for; a missed one becomes planned again.

    Raises StaleRecord unless ``version`` is the present one, IllegalMove once it has begun or was cancelled, DomainError as
    ``plan_visit``, NotAllowed for people whose visit it is not.
    """
    visit = _locked(visit_id, version=version)
    _check_may_plan(visit, actor)
    if visit.status not in (VisitStatus.PLANNED, VisitStatus.MISSED):
        check_move(VisitStatus(visit.status), to=VisitStatus.PLANNED, moves=VISIT_MOVES)
    if planned_on != visit.planned_on or visit.status == VisitStatus.MISSED:
        check_plan(visit.store, visit.visitor, planned_on, today, besides=visit.pk)
    wanted = {"planned_on": planned_on, "planned_at": planned_at, "purpose": purpose, "objective": objective}
    changes = {}
    for name, value in wanted.items():
        if (value is not None or name == "planned_at") and getattr(visit, name) != value:
            changes[name] = [_words(getattr(visit, name)), _words(value)]
            setattr(visit, name, value)
    if visit.status == VisitStatus.MISSED:
        changes["status"] = [visit.status, VisitStatus.PLANNED]
        move(visit, to=VisitStatus.PLANNED, moves=VISIT_MOVES)
        withdraw_callback(visit, actor)
    if changes:
        _save(visit, *wanted)
        record(visit, "visit.rescheduled" if "planned_on" in changes else "visit.plan_changed", actor=actor, changes=changes)
    return visit


@transaction.atomic
def cancel_visit(*, visit_id, actor, reason, version=None):
    """Cancel a planned visit. Raises DomainError without a reason, IllegalMove once it has begun, StaleRecord and NotAllowed as above."""
    return _call_off(visit_id, actor, VisitStatus.CANCELLED, "visit.cancelled", reason, version)


@transaction.atomic
def mark_missed(*, visit_id, actor, reason, today, version=None):
    """Say that a planned visit did not take place; a call-back due ``today`` is opened (planning/callbacks.py).

    Raises DomainError before its day and without a reason, else as ``cancel_visit``.
    """
    if Visit.objects.filter(pk=visit_id, planned_on__gt=today).exists():
        raise DomainError(_("The visit is planned for a later day. Reschedule or cancel it instead."))
    visit = _call_off(visit_id, actor, VisitStatus.MISSED, "visit.missed", reason, version)
    open_callback(visit, today=today, actor=actor)
    return visit


def _call_off(visit_id, actor, status, verb, reason, version):
    visit = _locked(visit_id, version=version)
    _check_may_plan(visit, actor)
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why, in a few words."))
    before = visit.status
    move(visit, to=status, moves=VISIT_MOVES)
    visit.cancel_reason = reason[:250]
    _save(visit, "cancel_reason")
    record(visit, verb, actor=actor, changes={"status": [before, status]}, reason=reason, on_behalf_of=_on_behalf_of(visit, actor))
    return visit


def _check_may_plan(visit, actor):
    if not may_plan(visit, actor):
        raise NotAllowed(_("This is %(name)s's visit; they or their supervisor change it.") % {"name": visit.visitor})
    _check_scope(visit.account_id, actor)


def _words(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
