"""Questions that every request asks, compiled once: Django works longer on the same SQL than the database on its answer.

    _absent = Prepared(lambda deputy, day: Delegation.objects.in_force_on(day).filter(deputy=deputy).values_list("absent"), int, date)
    _absent(user.pk, localdate())  # [(7,), (9,)]: a list of rows, or of tuples after values_list

The queryset stays the place where the question is asked; only its values change from call to call.
"""

import datetime as dt
import uuid

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models.query import ModelIterable

# Stands for a value while the SQL is worked out; ``place`` keeps two values of one kind apart.
_SAMPLES = {
    int: lambda place: 918_273_645 + place,
    str: lambda place: f"sample {place} of a prepared question",
    dt.date: lambda place: dt.date(1801, 2, 3 + place),
    dt.datetime: lambda place: dt.datetime(1801, 2, 3 + place, tzinfo=dt.UTC),
    uuid.UUID: lambda place: uuid.UUID(int=918_273_645 + place, version=4),
}


def _adapted(value):
    """``value`` as the database takes it."""
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


class Prepared:
    """``ask`` takes one value of each of ``kinds`` (int, str, UUID, date, aware datetime) and gives a queryset without joined rows.

    How often a value stands in the SQL must not depend on the value: None, a list or “” are no values for this.
    """

    def __init__(self, ask, *kinds):
        self.ask, self.kinds, self._compiled = ask, kinds, None

    def __call__(self, *values):
        if self._compiled is None:
            self._compiled = self._compile()
        sql, places, converters, compiler, row_of = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, [values_of(values) for values_of in places])
            rows = cursor.fetchall()
        if converters:
            rows = map(tuple, compiler.apply_converters(rows, converters))
        return [row_of(row) for row in rows] if row_of else list(rows)

    def _compile(self):
        samples = [_SAMPLES[kind](place) for place, kind in enumerate(self.kinds)]
        queryset = self.ask(*samples)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        known = [_adapted(sample) for sample in samples]
        if any(sample not in params for sample in known):
            raise ImproperlyConfigured(f"A prepared question does not use all of its {len(known)} values: {sql}")
        places = [_from_call(known.index(param)) if param in known else _constant(param) for param in params]
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return sql, places, converters, compiler, self._row_maker(queryset, compiler)

    @staticmethod
    def _row_maker(queryset, compiler):
        """Tuple → row of the model; None where the question asks for tuples."""
        if queryset._iterable_class is not ModelIterable:
            return None
        names = [column.target.attname for column, _sql, _alias in compiler.select]
        return lambda row: queryset.model.from_db(queryset.db, names, row)


def _from_call(place):
    return lambda values: _adapted(values[place])


def _constant(param):
    return lambda values: param
