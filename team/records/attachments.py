"""Files on records: attached by whoever may comment there, taken away by who attached them or who changes the record."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm import company
from ka_crm.errors import DomainError, NotAllowed
from ka_crm.files import plain_name, store_bytes
from ka_crm.text import clean_text

from ..audit import on_behalf
from ..audit import record as record_event
from ..models import Attachment
from ..subjects import about, subject_of
from .content import FileRefused, check_file
from .kinds import kind_of

MEGABYTE = 1024 * 1024


def attach_file(*, record, upload, actor, caption=""):
    """Hang ``upload`` (an UploadedFile) on ``record``, which ``actor`` sees. Raises FileRefused, DomainError once there are too many.

    The file is looked through and stored before the transaction: what fails after that is an orphan that ``sweep_orphans`` removes.
    """
    name, most = plain_name(upload.name or ""), company.value("records.file_most_mb")
    if upload.size > most * MEGABYTE:
        raise FileRefused(
            _("“%(name)s” has %(size)d MB; at most %(most)d MB are taken.")
            % {"name": name, "size": -(-upload.size // MEGABYTE), "most": most}
        )
    _check_count(record)
    checked = check_file(upload.read(), name)
    with transaction.atomic():
        type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)  # of two at once, one sees the other's file
        _check_count(record)
        stored = store_bytes(checked.content, name=checked.name, kind="attachments", stored_by=actor)
        attachment = Attachment.objects.create(**about(record), file=stored, caption=clean_text(caption)[:200], attached_by=actor)
        behalf = on_behalf(actor, record) if actor.acts_for else None
        changes = {"file": [None, checked.name]}
        record_event(attachment, "file.attached", actor=actor, changes=changes, on_behalf_of=behalf, account_id=attachment.account_ref)
    return attachment


def _check_count(record):
    most = company.value("records.files_most")
    if Attachment.objects.about(record).kept().count() >= most:
        raise DomainError(
            _("“%(record)s” has %(most)d files already, which is the most. Take one away first.") % {"record": record, "most": most}
        )


def may_remove(attachment, user, record):
    """Whether ``user`` takes ``attachment`` of ``record`` away: who attached it, and whoever changes the record itself."""
    return attachment.attached_by_id == user.pk or kind_of(attachment.object_type).may_change(record, user)


@transaction.atomic
def remove_file(*, attachment, actor):
    """Take a file away: its row stays, the file is not served any more. Raises NotAllowed, DomainError if it is gone already."""
    current, record = _locked(attachment, actor)
    if current.removed_at is not None:
        raise DomainError(_("“%(file)s” was taken away already.") % {"file": current})
    current.removed_at, current.removed_by = timezone.now(), actor
    current.save(update_fields=["removed_at", "removed_by"])
    _record(current, "file.removed", actor, record)
    return current


@transaction.atomic
def restore_file(*, attachment, actor):
    """Bring back a file that was taken away."""
    current, record = _locked(attachment, actor)
    if current.removed_at is None:
        raise DomainError(_("“%(file)s” is there already.") % {"file": current})
    _check_count(record)
    current.removed_at = current.removed_by = None
    current.save(update_fields=["removed_at", "removed_by"])
    _record(current, "file.restored", actor, record)
    return current


def _locked(attachment, actor):
    current = Attachment.objects.select_for_update(of=("self",)).select_related("file").get(pk=attachment.pk)
    record = subject_of(actor, current.object_type, current.object_id)
    if record is None or not may_remove(current, actor, record):
        raise NotAllowed(_("Files are taken away by who attached them, or by who changes the record."))
    return current, record


def _record(attachment, verb, actor, record):
    behalf = on_behalf(actor, record) if actor.acts_for else None
    record_event(attachment, verb, actor=actor, on_behalf_of=behalf, account_id=attachment.account_ref)
