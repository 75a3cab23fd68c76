"""Which audit entries can be undone, told by the entry alone: its verb, its fields, and the verbs that its noun has."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from .kinds import kind_of

# Fields whose values the trail keeps so that they can be read back; others are words only.
_READ_BACK = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.DecimalField,
    models.DateField,
    models.TimeField,
)
AWAY, BACK = frozenset({"archived", "removed"}), frozenset({"restored"})


def word_of(event):
    """The last word of the verb: ``store.archived`` → ``archived``."""
    return event.verb.rpartition(".")[2]


def is_reversible(event):
    """Whether the entry's noun has the verb that takes it back, and each changed value can be read back from the entry."""
    kind, word = kind_of(event.object_type), word_of(event)
    if word in AWAY:
        return kind.restore is not None
    if word in BACK:
        return kind.archive is not None
    if word != "changed" or kind.change is None or not event.changes:
        return False
    model = apps.get_model(event.object_type)
    return all(_is_read_back(model, name, event.changes) for name in event.changes)


def _is_read_back(model, name, changes):
    field = field_of(model, name)
    if field is None:
        return False
    if field.is_relation:
        return field.attname in changes
    return isinstance(field, _READ_BACK)


def field_of(model, name):
    """The concrete field ``name`` or ``name_id`` of ``model``, or None."""
    try:
        field = model._meta.get_field(name)  # Django finds a foreign key by its attname too
    except FieldDoesNotExist:
        return None
    return field if field.concrete and not field.many_to_many else None
