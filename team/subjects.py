"""Rows that hang on any record: how they name it (``about``) and how one comes back to it (``subject_of``, ``may_open``).

Comments, files, tasks, notifications and approvals name their record as the audit trail does: the model's label in lower case and
the primary key as text. Whoever may see the record may see them: the scope is the record's own ``visible_to(user)``.
"""

from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from ka_crm import policy
from ka_crm.text import is_id


def about(record):
    """What a row that hangs on ``record`` keeps of it: ``Comment(**about(record), text=…)``."""
    return {
        "object_type": record._meta.label_lower,
        "object_id": "" if record.pk is None else str(record.pk),
        "object_label": str(record)[:250],
        "account_ref": getattr(record, "account_id", None),
    }


def model_named(object_type):
    """The model of that label if its rows have a scope (``visible_to``), else None."""
    app_label, dot, name = str(object_type).partition(".")
    try:
        model = apps.get_model(app_label, name) if dot else None
    except (LookupError, ValueError):
        return None
    return model if model is not None and hasattr(model._default_manager.all(), "visible_to") else None


def subject_of(user, object_type, object_id):
    """The row of that name through its model's ``visible_to(user)``; None where there is none, or it is out of ``user``'s scope."""
    model = model_named(object_type)
    if model is None or not (key := _key_of(model, object_id)):
        return None
    return model._default_manager.visible_to(user).filter(pk=key).first()


def may_open(user, record):
    """Whether ``user``'s capabilities open the page of ``record``; its scope is another question (``subject_of``).

    Asked of the route that the record's address leads to, so that what hangs on a record needs no declaration of its own.
    """
    try:
        declared = getattr(resolve(record.get_absolute_url().partition("#")[0]).func, "policy", "")
    except (AttributeError, Resolver404):
        return False
    if declared in (policy.SIGNED_IN, policy.PUBLIC):
        return user.is_active
    return any(user.has_capability(capability) for capability in declared.split(" | ") if capability)


def _key_of(model, object_id):
    """``object_id`` as a key that the database can be asked for, or None."""
    text = str(object_id)
    if "Integer" in model._meta.pk.get_internal_type() or "Auto" in model._meta.pk.get_internal_type():
        return int(text) if is_id(text) else None
    try:
        return model._meta.pk.to_python(text)
    except ValidationError:
        return None
