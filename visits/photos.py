"""Photos after they are there: taken back and put back, and looked at again by a supervisor.

Adding one is ``services.add_photo``. A photo is never deleted: its row and its hash go on telling that the picture was sent before.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed
from ka_crm.text import clean_text
from team.audit import record

from .models import Photo
from .services import may_record


@transaction.atomic
def remove_photo(*, photo_id, actor, now):
    """Take a photo back; its row stays. Raises NotAllowed unless the actor records the visit."""
    return _set_removed(photo_id, actor, now)


@transaction.atomic
def restore_photo(*, photo_id, actor):
    """Put a photo that was taken back where it was. Raises NotAllowed as ``remove_photo``."""
    return _set_removed(photo_id, actor, None)


def _set_removed(photo_id, actor, removed_at):
    photo = Photo.objects.select_for_update(of=("self",)).select_related("visit__visitor").get(pk=photo_id)
    if not may_record(photo.visit, actor):
        raise NotAllowed(_("This is %(name)s's visit; only they record it.") % {"name": photo.visit.visitor})
    if (photo.removed_at is None) == (removed_at is None):
        return photo
    photo.removed_at, photo.removed_by = removed_at, actor if removed_at else None
    photo.save(update_fields=["removed_at", "removed_by"])
    verb = "visit.photo_removed" if removed_at else "visit.photo_restored"
    record(photo.visit, verb, actor=actor, changes={f"photo {photo.client_id}": [not removed_at, bool(removed_at)]})
    return photo


@transaction.atomic
def judge_photo(*, photo_id, actor, verdict, note, now):
    """Say whether a picture that was used twice is in order; a second verdict replaces the first, and the trail has both.

    Raises NotAllowed for one's own visit and for people who lead nobody, DomainError where nothing was flagged and for “not in
    order” without a note.
    """
    photo = Photo.objects.select_for_update(of=("self",)).select_related("visit").get(pk=photo_id)
    if not actor.has_capability("people.view") or photo.visit.visitor_id == actor.pk:
        raise NotAllowed(_("Whether a picture is in order is for the visitor's supervisor to say."))
    if photo.reused_from_id is None and photo.similar_to_id is None:
        raise DomainError(_("This picture was not flagged, so there is nothing to decide."))
    note = clean_text(note)[:250]
    if verdict == Photo.Verdict.MISUSE and not note:
        raise DomainError(_("Say in a few words what is not in order."))
    before = photo.verdict
    photo.verdict, photo.verdict_note, photo.verdict_at, photo.verdict_by = verdict, note, now, actor
    photo.save(update_fields=["verdict", "verdict_note", "verdict_at", "verdict_by"])
    changes = {f"photo {photo.client_id}": [before, str(verdict)]}
    record(photo.visit, "visit.photo_judged", actor=actor, changes=changes, reason=note)
    return photo
