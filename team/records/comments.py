"""Comments on records: written, changed and taken back by their author; whoever is called by name is told, if they may see the record."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord

from ..audit import on_behalf
from ..audit import record as record_event
from ..models import Comment, User
from ..services.notifications import notify
from ..subjects import about, may_open, subject_of
from .words import called, clean_comment

LONGEST = 5000
MOST_CALLED = 20


@transaction.atomic
def write_comment(*, record, text, actor):
    """Add a comment to ``record``, which ``actor`` sees; returns (comment, people who were called but may not see the record)."""
    comment = Comment.objects.create(**about(record), author=actor, text=_checked(text))
    _record(comment, "comment.created", actor, record)
    return comment, _call(comment, record, actor)


@transaction.atomic
def change_comment(*, comment, values, actor, expected_version=None):
    """Give one's own comment another text. Raises StaleRecord if it was changed elsewhere since ``expected_version``.

    Who is called for the first time is told; returns the comment, with the people who may not see the record as ``refused``.
    """
    current = _own(comment, actor)
    if expected_version is not None and current.version != expected_version:
        raise StaleRecord(_("This comment was changed in another window in the meantime."))
    text = _checked(values["text"])
    current.refused = []
    if text == current.text:
        return current
    changes = {"text": [current.text, text]}
    current.text, current.changed_at, current.version = text, timezone.now(), current.version + 1
    current.save(update_fields=["text", "changed_at", "version"])
    record = subject_of(actor, current.object_type, current.object_id)
    _record(current, "comment.changed", actor, record, changes=changes)
    current.refused = _call(current, record, actor)
    return current


@transaction.atomic
def remove_comment(*, comment, actor):
    """Take one's own comment back: the row stays, its words are not shown any more."""
    current = _own(comment, actor)
    current.removed_at, current.version = timezone.now(), current.version + 1
    current.save(update_fields=["removed_at", "version"])
    _record(current, "comment.removed", actor, subject_of(actor, current.object_type, current.object_id))
    return current


@transaction.atomic
def restore_comment(*, comment, actor):
    """Show a comment again that its author took back."""
    current = Comment.objects.select_for_update().get(pk=comment.pk)
    if current.author_id != actor.pk:
        raise NotAllowed(_("Only its author changes a comment."))
    if current.removed_at is None:
        raise DomainError(_("This comment is shown already."))
    current.removed_at, current.version = None, current.version + 1
    current.save(update_fields=["removed_at", "version"])
    _record(current, "comment.restored", actor, subject_of(actor, current.object_type, current.object_id))
    return current


def _own(comment, actor):
    """The comment, locked and read again. Raises NotAllowed unless it is ``actor``'s, DomainError once it was taken back."""
    current = Comment.objects.select_for_update().get(pk=comment.pk)
    if current.author_id != actor.pk:
        raise NotAllowed(_("Only its author changes a comment."))
    if current.removed_at is not None:
        raise DomainError(_("This comment was taken back. Write a new one."))
    return current


def _checked(text):
    text = clean_comment(text)
    if not text:
        raise ValidationError({"text": _("Write something first.")})
    if len(text) > LONGEST:
        raise ValidationError(
            {"text": _("A comment has at most %(most)d characters; this one has %(count)d.") % {"most": LONGEST, "count": len(text)}}
        )
    return text


def _record(comment, verb, actor, record, changes=None):
    behalf = on_behalf(actor, record) if actor.acts_for and record is not None else None
    record_event(comment, verb, actor=actor, changes=changes, on_behalf_of=behalf, account_id=comment.account_ref)


def _call(comment, record, actor):
    """Tell those whom the text calls by name for the first time; returns those who may not see the record and so were not told."""
    if "@" not in comment.text and "＠" not in comment.text:
        comment.mentions.clear()
        return []
    people = called(comment.text, User.objects.colleagues().exclude(pk=actor.pk))[:MOST_CALLED]
    before = set(comment.mentions.values_list("pk", flat=True))
    sighted = [person for person in people if person.pk in before or _sees(person, comment, record)]
    comment.mentions.set(sighted)
    new = [person for person in sighted if person.pk not in before]
    if new:
        address = f"{record.get_absolute_url()}#timeline"
        notify(new, "records.mentioned", subject=record, url=address, actor=str(actor), record=comment.object_label)
    return [person for person in people if person not in sighted]


def _sees(person, comment, record):
    return may_open(person, record) and subject_of(person, comment.object_type, comment.object_id) is not None
