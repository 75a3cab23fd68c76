"""Every list page of the program, found through the resolver, and thousands of rows for each without naming its model."""

import uuid
from datetime import date, datetime, timedelta

from django.db import connection, models
from django.urls import URLResolver, get_resolver

from ka_crm.listpage import ListPage


def all_lists():
    """(url name, ListPage class) of every list that has an address without keywords."""
    return sorted(_walk(get_resolver(), ()), key=lambda pair: pair[0])


def _walk(resolver, namespaces):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry, (*namespaces, entry.namespace) if entry.namespace else namespaces)
            continue
        view = getattr(entry.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ListPage) and not entry.pattern.regex.groupindex:
            yield ":".join((*namespaces, entry.name)), view


def rows_of(answer):
    """The rows that a list shows."""
    return list(answer.context["table"].shown)


def copy_rows(row, count):
    """``count`` copies of ``row`` with other values where rows have to differ, written in bulk."""
    model, copies = type(row), []
    differing = _differing_fields(model)
    for number in range(1, count + 1):
        copied = model(**{field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields if not field.primary_key})
        for field in differing:
            setattr(copied, field.attname, _another(getattr(row, field.attname), number, field))
        copies.append(copied)
    # Rows of a chain of tables that refer to each other only while they are read: what they mean is of no matter here.
    with connection.constraint_checks_disabled():
        model._base_manager.bulk_create(copies, batch_size=500)


def _differing_fields(model):
    """Fields that make a row unique: those that say so, and one of each constraint over several."""
    chosen = {field for field in model._meta.concrete_fields if field.unique and not field.primary_key}
    groups = [constraint.fields for constraint in model._meta.constraints if isinstance(constraint, models.UniqueConstraint)]
    for names in [*filter(None, groups), *model._meta.unique_together]:
        fields = [model._meta.get_field(name) for name in names]
        if not chosen.intersection(fields):
            chosen.add(min(fields, key=_how_well_it_differs))
    return chosen


def _how_well_it_differs(field):
    kinds = (models.UUIDField, models.CharField, models.DateField, models.IntegerField)
    usable = [place for place, kind in enumerate(kinds) if isinstance(field, kind) and not field.choices]
    return usable[0] if usable else len(kinds)


def _another(value, number, field):
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(value, bool):
        return False  # “only one may be the default”: the copies are not
    if isinstance(value, datetime | date):
        return value + timedelta(days=number)
    if isinstance(value, int):
        return value + number
    if isinstance(value, str) and value:
        text = f"{number:05}"
        return value[: (field.max_length or 200) - len(text)] + text
    return value
