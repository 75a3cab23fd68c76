"""Which of many rows that hang on records somebody may still see, in one statement per kind of record."""

from collections import defaultdict

from django.core.exceptions import ValidationError

from ka_crm.text import is_id

from .subjects import model_named


def reachable(user, rows):
    """Primary keys of those ``rows`` (AboutARecord) whose record ``user`` may see today; rows about nothing are reachable."""
    seen, by_type = set(), defaultdict(list)
    for row in rows:
        if row.object_type:
            by_type[row.object_type].append(row)
        else:
            seen.add(row.pk)
    for object_type, some in by_type.items():
        seen |= _reachable_of(user, object_type, some)
    return seen


def _reachable_of(user, object_type, rows):
    model = model_named(object_type)
    if model is None:
        return set()
    keys = {row.pk: key for row in rows if (key := _key(model, row.object_id)) is not None}
    visible = set(model._default_manager.visible_to(user).filter(pk__in=set(keys.values())).order_by().values_list("pk", flat=True))
    return {pk for pk, key in keys.items() if key in visible}


def _key(model, text):
    """``text`` as a key of ``model``, or None."""
    kind = model._meta.pk.get_internal_type()
    if "Integer" in kind or "Auto" in kind:
        return int(text) if is_id(text) else None
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None
