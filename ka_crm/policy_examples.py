"""For each route that names a row: which row is somebody's own and which is foreign to them.

A route ``app:noun_verb`` with one keyword, such as ``accounts:store_detail`` with ``pk``, finds its model by itself: the one
named ``noun`` without underscores or ending so (``account`` is KeyAccount), in ``app`` first. Where that is wrong, the app says
so in ``AppConfig.ready()``:

    policy_examples.register("accounts:assignment", model="accounts.AccountTeam")

or, where the keyword is no field of the model, gives the keywords of a row:

    policy_examples.register("visits:photo_file", model="visits.Photo", kwargs=lambda photo: {"digest": photo.file.sha256})

or, where the route is only for some rows, says which: ``only={"status": "planned"}``.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

_EXAMPLES = {}
# Routes whose keyword names no row: a part of the style guide, a kind of approval, the secret of a calendar feed.
WITHOUT_ROWS = {"styleguide_part", "team:route_edit", "team:calendar_feed"}


@dataclass(frozen=True)
class Example:
    """Where the rows of a route come from; ``kwargs`` None reads the keyword from the field of the same name."""

    model: str
    kwargs: Any = None
    only: Any = None


def register(prefix, *, model, kwargs=None, only=None):
    """Say that routes whose name starts with ``prefix`` are about rows of ``model`` (``"app.Model"``) that pass the filter ``only``."""
    _EXAMPLES[prefix] = Example(model, kwargs, only)


def example_for(url_name, keywords):
    """The Example of a route, or None where nobody registered one and the name tells no model."""
    registered = [prefix for prefix in _EXAMPLES if url_name == prefix or url_name.startswith(f"{prefix}_")]
    if registered:
        return _EXAMPLES[max(registered, key=len)]
    model = _model_by_name(url_name)
    if model is None or len(keywords) != 1 or not _has(model, keywords[0]):
        return None
    return Example(model._meta.label)


def _model_by_name(url_name):
    """The model that the longest beginning of the route's noun names: exactly or by its end, in the route's own app first."""
    app_label, _colon, rest = url_name.partition(":")
    words = rest.split("_")
    models = [model for model in apps.get_models() if hasattr(model._default_manager.all(), "visible_to")]
    models.sort(key=lambda model: model._meta.app_label != app_label)
    for length in range(len(words), 0, -1):
        noun = "".join(words[:length])
        named = [model for model in models if model._meta.model_name == noun]
        ending = [model for model in models if model._meta.model_name.endswith(noun)]
        if named or ending:
            return (named or ending)[0]
    return None


def _has(model, name):
    try:
        model._meta.get_field("id" if name == "pk" else name)
    except FieldDoesNotExist:
        return False
    return True


def own_and_foreign(example, user, keywords):
    """Keywords of a row that ``user`` may see and of one that is not theirs; None for each that the data does not hold."""
    model = apps.get_model(example.model)
    visible = model._default_manager.visible_to(user).order_by().values("pk")
    fitting = model._base_manager.filter(**(example.only or {})).order_by("pk")
    own, foreign = fitting.filter(pk__in=visible).first(), fitting.exclude(pk__in=visible).first()
    return _kwargs(example, own, keywords), _kwargs(example, foreign, keywords)


def _kwargs(example, row, keywords):
    if row is None:
        return None
    return example.kwargs(row) if example.kwargs else {keyword: getattr(row, keyword) for keyword in keywords}


def missing(example, keywords):
    """Keywords of the same kind that no row has."""
    model = apps.get_model(example.model)
    made_up = {}
    for keyword in keywords:
        kind = model._meta.get_field("id" if keyword == "pk" else keyword).get_internal_type() if _has(model, keyword) else ""
        if kind == "UUIDField" or (not kind and keyword.endswith(("uuid", "public_id", "client_id"))):
            made_up[keyword] = uuid.UUID(int=0)
        elif "Integer" in kind or "Auto" in kind:
            made_up[keyword] = 2**53
        else:
            made_up[keyword] = "no-such-row"
    return made_up
