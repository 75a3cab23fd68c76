"""The rows of a list, fetched with SQL that is worked out once for each shape of question.

Django takes longer to put the SQL of fifty joined rows together, and to make them model instances, than PostgreSQL to find them.
Here a queryset is still built for each request, scope and filters and all; only what follows from it alone is kept: its SQL,
under a key made of everything the query holds (``shape_of``), values included. Another person, day, filter, order or page is
another key, so nothing can be stale, and what the key cannot be made of is left to Django. Instances are filled at once, which is
what Django's own loading comes to where nobody listens to it.
"""

import datetime as dt
import uuid
from collections import OrderedDict
from decimal import Decimal

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, Model, prefetch_related_objects
from django.db.models.base import ModelState
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.lookups import Lookup
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable, Join
from django.db.models.sql.where import NothingNode, WhereNode
from django.utils import timezone

MOST_KEPT = 500  # questions; some 5 kB each

_kept = OrderedDict()  # key → what is kept of it, the oldest first

_VALUES = (str, int, float, bool, type(None), Decimal, bytes, dt.date, dt.time, dt.timedelta, uuid.UUID, type, Field, ForeignObjectRel)
_HOLDERS = (Query, WhereNode, NothingNode, BaseExpression, Combinable, Lookup, BaseTable, Join)
# What Django works out from the rest and keeps beside it.
_DERIVED = frozenset(
    {
        "_annotation_select_cache", "_constructor_args", "_extra_select_cache", "_output_field_or_none", "base_table", "cached_col",
        "contains_aggregate", "contains_column_references", "contains_over_clause", "convert_value", "identity", "output_field",
        "used_aliases",
    }
)  # fmt: skip


class NoShape(Exception):
    """A query holds something that no key can be made of."""


def shape_of(thing):
    """A hashable value that is equal for two queries (or parts of one) only if Django makes the same SQL of them."""
    kind = type(thing)
    if isinstance(thing, _VALUES):
        return kind, thing
    if isinstance(thing, tuple | list):
        return kind, *map(shape_of, thing)
    if isinstance(thing, dict):
        return kind, *((shape_of(name), shape_of(part)) for name, part in thing.items())
    if isinstance(thing, set | frozenset):
        return kind, frozenset(map(shape_of, thing))
    if isinstance(thing, Query):
        return kind, *((name, _shape_in(name, part)) for name, part in vars(thing).items() if name not in _DERIVED)
    if isinstance(thing, _HOLDERS):
        return kind, *((name, shape_of(part)) for name, part in vars(thing).items() if name not in _DERIVED)
    raise NoShape(kind)


def _shape_in(name, part):
    """The shape of a part of a query. Annotations of ``for_list`` are the same objects at each request, and Django changes none."""
    if name != "annotations":
        return shape_of(part)
    return tuple((word, _shape_of_annotation(expression)) for word, expression in part.items())


class _Known:
    """A shape that is asked for often: its hash is worked out once."""

    __slots__ = ("hash", "shape", "thing")

    def __init__(self, thing):
        self.thing, self.shape = thing, shape_of(thing)  # the thing is held, so that no other can have its id
        self.hash = hash(self.shape)

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return self is other or (isinstance(other, _Known) and self.shape == other.shape)


_known = OrderedDict()  # id of an annotation → _Known


def _shape_of_annotation(expression):
    return _remembered(_known, id(expression), lambda: _Known(expression))


def _remembered(kept, key, make):
    """What ``make()`` gave for ``key`` when it was first asked."""
    found = kept.get(key)
    if found is None:
        found = kept[key] = make()
        while len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return found


def _here():
    """What the SQL depends on besides the query: the database, and the time zone for days and months of instants."""
    return connection.vendor, timezone.get_current_timezone_name()


def fetched(queryset):
    """``list(queryset)``; rows of a model come by SQL that is kept."""
    if not _is_plain(queryset):
        return list(queryset)
    try:
        question = _remembered(_kept, ("rows", *_here(), shape_of(queryset.query)), lambda: _Question(queryset))
    except NoShape:
        return list(queryset)
    except EmptyResultSet:
        return []
    rows = question.ask(queryset.db)
    if queryset._prefetch_related_lookups:
        prefetch_related_objects(rows, *queryset._prefetch_related_lookups)
    return rows


def counted(queryset, most):
    """How many rows ``queryset`` has, counted no further than ``most``."""
    try:
        sql, params = _remembered(_kept, ("count", most, *_here(), shape_of(queryset.query)), lambda: _count_sql(queryset, most))
    except NoShape:
        sql, params = _count_sql(queryset, most)
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def _count_sql(queryset, most):
    sql, params = queryset.order_by().values("pk")[:most].query.sql_with_params()
    return f"SELECT COUNT(*) FROM ({sql}) counted", params


def _is_plain(queryset):
    """Whether it gives rows of its own model as they lie in the database, each loaded as Django loads rows by default."""
    query = queryset.query
    return (
        queryset._iterable_class is ModelIterable
        and not queryset._known_related_objects
        and not (query.combinator or query.select_for_update or query.extra or query.explain_info)
        and queryset.db == connection.alias
    )


class _Question:
    """The SQL of a queryset and how its columns become rows."""

    def __init__(self, queryset):
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.params = compiler.as_sql()
        columns = [expression for expression, _sql, _alias in compiler.select]
        self.converters = list(compiler.get_converters(columns).items())
        self.annotations = list((compiler.annotation_col_map or {}).items())
        self.own = _Part(compiler.klass_info, columns)

    def ask(self, alias):
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.params)
            found = cursor.fetchall()
        if self.converters:
            found = [self._converted(row) for row in found]
        rows = []
        for values in found:
            row = self.own.make(values, alias)
            for name, place in self.annotations:
                setattr(row, name, values[place])
            rows.append(row)
        return rows

    def _converted(self, values):
        values = list(values)
        for place, (converters, expression) in self.converters:
            for convert in converters:
                values[place] = convert(values[place], expression, connection)
        return values


class _Part:
    """The columns of one model among those of a question; ``joined`` are those of the rows that it names."""

    def __init__(self, info, columns):
        self.model, places = info["model"], info["select_fields"]
        names = [columns[place].target.attname for place in places]
        self.places = list(zip(names, places, strict=True))
        self.key_place = places[names.index(self.model._meta.pk.attname)]
        self.own_setter, self.other_setter = info.get("local_setter"), info.get("remote_setter")
        self.joined = [_Part(one, columns) for one in info.get("related_klass_infos", ())]
        self.is_simple = _loads_as_usual(self.model) and not info.get("from_parent")
        self.names = names

    def make(self, values, alias):
        """An instance, or None where the row that is joined is not there."""
        if values[self.key_place] is None:
            return None
        if self.is_simple:
            row = self.model.__new__(self.model)
            row.__dict__ = {name: values[place] for name, place in self.places}
            row._state = state = ModelState()
            state.db, state.adding = alias, False
        else:
            row = self.model.from_db(alias, self.names, [values[place] for _name, place in self.places])
        for part in self.joined:
            other = part.make(values, alias)
            part.own_setter(row, other)
            if other is not None:
                part.other_setter(other, row)
        return row


def _loads_as_usual(model):
    """Whether nothing of the program's takes part when a row of ``model`` is loaded."""
    usual = model.__init__ is Model.__init__ and model.from_db.__func__ is Model.from_db.__func__
    return usual and not pre_init.has_listeners(model) and not post_init.has_listeners(model)
