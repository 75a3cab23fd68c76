"""How services write one record: values in, version checked, trail kept, all in one transaction."""

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, StaleRecord

from .audit import plain
from .audit import record as record_event


def differences(record, values):
    """Which of ``values`` (field → new value) differ from ``record``: field → [old, new] in plain values.

    Another row is kept by its words and, as ``<field>_id``, by its key: words do not lead back to a row.
    """
    changes = {}
    for field, new in values.items():
        old = getattr(record, field)
        if old != new:
            changes[field] = [plain(old), plain(new)]
            if isinstance(old or new, Model):
                changes[f"{field}_id"] = [getattr(old, "pk", None), getattr(new, "pk", None)]
    return changes


@transaction.atomic
def create_record(record, *, actor, verb, reason=""):
    """Check and save a new ``record`` and note who did. Raises ValidationError naming the fields."""
    record.full_clean()
    record.save()
    record_event(record, verb, actor=actor, reason=reason)
    return record


@transaction.atomic
def change_record(record, *, values, actor, verb, expected_version=None, reason=""):
    """Give ``record`` the ``values`` and note old → new; nothing is written where nothing differs.

    ``expected_version`` is the version the person saw. Raises StaleRecord if somebody else saved since (the loser sees what
    they did), ValidationError naming the fields.
    """
    model = type(record)
    current = model._base_manager.select_for_update().get(pk=record.pk)
    if expected_version is not None and current.version != expected_version:
        raise StaleRecord(_("Somebody else changed “%(record)s” while you were editing it.") % {"record": current})
    changes = differences(current, values)
    if not changes:
        return current
    for field, value in values.items():
        setattr(current, field, value)
    if hasattr(current, "version"):
        current.version += 1
    current.full_clean()
    current.save()
    record_event(current, verb, actor=actor, changes=changes, reason=reason)
    return current


@transaction.atomic
def archive_record(record, *, actor, verb, now=None):
    """Take ``record`` out of lists and choices without losing it; archiving twice is refused."""
    return _set_archived(record, now or timezone.now(), actor=actor, verb=verb, refusal=_("“%(record)s” is in the archive already."))


@transaction.atomic
def restore_record(record, *, actor, verb):
    """Bring ``record`` back from the archive."""
    return _set_archived(record, None, actor=actor, verb=verb, refusal=_("“%(record)s” is not in the archive."))


def _set_archived(record, archived_at, *, actor, verb, refusal):
    changed = type(record)._base_manager.filter(pk=record.pk, archived_at__isnull=archived_at is not None).update(archived_at=archived_at)
    if not changed:
        raise DomainError(refusal % {"record": record})
    record.archived_at = archived_at
    record_event(record, verb, actor=actor)
    return record
