"""Undo for a minute: an audit entry's old values come back if what it wrote is still there."""

import datetime as dt

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed
from ka_crm.formats import instant

from ..audit import plain, undoing
from ..models import AuditEvent
from ..subjects import may_open, subject_of
from ..trail import actor_of, changed_lines
from .kinds import kind_of
from .reversible import AWAY, BACK, field_of, is_reversible, word_of

TIME_TO_UNDO = dt.timedelta(minutes=1)


def row_of(event, user):
    """The row that ``event`` is about if ``user`` may still see it, or the record that it hangs on; else None."""
    model = apps.get_model(event.object_type)
    if not hasattr(model, "object_type"):
        return subject_of(user, event.object_type, event.object_id)
    row = model._base_manager.filter(pk=event.object_id).first()
    return row if row is not None and record_of(row, user) is not None else None


def record_of(row, user):
    """The record whose page shows ``row`` – itself, or what a comment or file hangs on – if ``user`` may open it; else None."""
    if not hasattr(row, "object_type"):
        return row
    record = subject_of(user, row.object_type, row.object_id)
    return record if record is not None and may_open(user, record) else None


@transaction.atomic
def undo(*, event, actor, now):
    """Take ``event`` back and return its row; one entry of its own says so.

    Raises NotAllowed for somebody else's entry or a right that is gone, DomainError once the minute is over, for what cannot be
    undone, and where somebody changed the same since (the message says who changed what to what).
    """
    if event.actor_id != actor.pk:
        raise NotAllowed(_("Only the person who did this can undo it."))
    if not is_reversible(event):
        raise DomainError(_("This cannot be undone. Change it by hand; the timeline says what it was."))
    if now - event.at > TIME_TO_UNDO:
        raise DomainError(_("The minute in which this could be undone is over. Change it by hand; the timeline says what it was."))
    model, kind, word = apps.get_model(event.object_type), kind_of(event.object_type), word_of(event)
    row = model._base_manager.select_for_update(of=("self",)).get(pk=event.object_id)
    if not kind.may_change(row, actor):
        raise NotAllowed(_("You may no longer change “%(record)s”.") % {"record": row})
    with undoing():
        if word in AWAY | BACK:
            _refuse_if(_later(event, AWAY | BACK | {"undone"}), model)
            (kind.restore if word in AWAY else kind.archive)(**{kind.noun: row}, actor=actor)
        else:
            _give_back(event, row, kind, actor)
    return row


def _give_back(event, row, kind, actor):
    """Old values in place of the new ones. Raises DomainError where a value is no longer the one that the entry wrote."""
    values = {}
    for name, (old, new) in event.changes.items():
        field = field_of(row, name)
        present = plain(getattr(row, field.attname))
        if field.is_relation and name == field.name:
            continue  # its key stands beside it
        if present != new:
            _refuse_if(_later(event, fields={name, field.name}), type(row), present=(field, present))
        values[field.name] = _row_of_key(field, old) if field.is_relation else field.to_python(old)
    try:
        kind.change(**{kind.noun: row}, values=values, actor=actor, expected_version=row.version)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from None  # such as a code that another row has taken since


def _row_of_key(field, key):
    return None if key is None else field.related_model._base_manager.get(pk=key)


def _later(event, words=frozenset(), fields=frozenset()):
    """The newest entry about the same row after ``event`` whose verb ends in ``words`` or that changed one of ``fields``."""
    later = AuditEvent.objects.filter(object_type=event.object_type, object_id=event.object_id, pk__gt=event.pk).for_list()[:50]
    return next((one for one in later if word_of(one) in words or fields & set(one.changes)), None)


def _refuse_if(later, model, present=None):
    """Raises DomainError that says who changed what since; with ``present`` also where the trail does not tell."""
    if later is not None:
        told = {"person": actor_of(later), "at": instant(later.at), "what": "; ".join(changed_lines(later, model)) or later.object_label}
        raise DomainError(_("%(person)s changed this at %(at)s: %(what)s. Nothing was undone.") % told)
    if present is not None:
        field, value = present
        raise DomainError(
            _("“%(field)s” is “%(value)s” by now. Nothing was undone.")
            % {"field": field.verbose_name, "value": "" if value is None else value}
        )
