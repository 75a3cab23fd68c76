"""Many rows of one table at once, where bulk_create's work per cell costs more than the database's: by COPY on PostgreSQL."""

import csv
import io
import json
import secrets

from django.db import connection, models
from django.utils import timezone

SLICE = 1_000  # rows of one statement where rows travel as parameters


def new_records(model, rows):
    """An instance per dict of ``rows`` (attribute → value), with its fields' defaults for what a dict leaves out."""
    fields = model._meta.concrete_fields
    defaults = {field.attname: field.get_default() for field in fields}
    own = [field for field in fields if field.has_default() and callable(field.default)]  # each row has one of its own
    # by position: with names Django takes three times as long
    return [model(*{**defaults, **{field.attname: field.get_default() for field in own}, **values}.values()) for values in rows]


def insert_records(records):
    """Insert new instances of one model, without signals; those without a key get one. Values have their fields' types."""
    if not records:
        return
    model = type(records[0])
    if connection.vendor != "postgresql":
        model.objects.bulk_create(records, batch_size=SLICE)
        return
    fields = model._meta.concrete_fields
    now = timezone.now()
    stamped = [f.attname for f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)]
    keyless = [record for record in records if record.pk is None]
    for record, key in zip(keyless, new_keys(model, len(keyless)), strict=True):
        record.pk = key
    for record in records:
        for name in stamped:
            setattr(record, name, now)
    names = [f.attname for f in fields]
    spelled = {f.attname for f in fields if isinstance(f, models.JSONField)}
    rows = ([_json(values[name]) if name in spelled else values[name] for name in names] for values in map(vars, records))
    insert_rows(model, names, rows)
    for record in records:
        record._state.adding, record._state.db = False, connection.alias


def insert_new(model, rows):
    """Insert a row per dict of ``rows`` (attribute → value, the key too), with the fields' defaults for what a dict leaves out.

    Without signals; where nothing of the rows is asked for afterwards, this spares PostgreSQL's side a record of each.
    """
    if connection.vendor != "postgresql":
        insert_records(new_records(model, rows))
        return
    fields = model._meta.concrete_fields
    now = timezone.now()
    defaults = {field.attname: field.get_default() for field in fields}
    defaults |= {f.attname: now for f in fields if getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False)}
    own = [field for field in fields if field.has_default() and callable(field.default)]  # each row has one of its own
    spelled = [field.attname for field in fields if isinstance(field, models.JSONField)]

    def plain(values):
        row = {**defaults, **{field.attname: field.get_default() for field in own}, **values} if own else {**defaults, **values}
        for name in spelled:
            row[name] = _json(row[name])
        return row.values()

    insert_rows(model, list(defaults), map(plain, rows))


def new_keys(model, count):
    """Keys for ``count`` records that refer to one another before they are inserted; call it in the transaction that inserts them."""
    if not count:
        return []
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":  # SQLite: the transaction holds the only right to write, so no rival takes them
            cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
            last = cursor.fetchone()[0]
            return list(range(last + 1, last + 1 + count))
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [key for (key,) in cursor.fetchall()]


def _json(value):
    return None if value is None else json.dumps(value)


def insert_rows(model, names, rows):
    """Insert plain values, in the order of the attributes ``names``: JSON as text, no defaults, no keys given back."""
    meta = model._meta
    columns = [field.column for field in _fields(model, names)]
    table, listed = connection.ops.quote_name(meta.db_table), ", ".join(map(connection.ops.quote_name, columns))
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({', '.join(['%s'] * len(columns))})", rows)
        return
    null = secrets.token_hex(8)  # no text of a row is this
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([null if value is None else value for value in row] for row in rows)
    file.seek(0)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({listed}) FROM STDIN (FORMAT csv, NULL '{null}')", file, 1 << 16)


def _fields(model, names):
    """The fields with these attributes: a reference's is its id."""
    by_attribute = {field.attname: field for field in model._meta.concrete_fields}
    return [by_attribute[name] for name in names]


def update_columns(model, names, rows):
    """Set the attributes ``names`` of many rows, each given as (key, value, …); plain values, no signals."""
    meta = model._meta
    fields = _fields(model, names)
    table = connection.ops.quote_name(meta.db_table)
    types = [field.rel_db_type(connection) if field.is_relation else field.db_type(connection) for field in fields]
    cells = [f"{connection.ops.quote_name(f.column)} = CAST(v.value{n} AS {t})" for n, (f, t) in enumerate(zip(fields, types, strict=True))]
    sets = ", ".join(cells)
    given = ", ".join(["id", *(f"value{n}" for n in range(len(fields)))])
    marks = f"({', '.join(['%s'] * (len(fields) + 1))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), SLICE):
            part = rows[start : start + SLICE]
            cursor.execute(
                f"WITH v({given}) AS (VALUES {', '.join([marks] * len(part))})"
                f" UPDATE {table} SET {sets} FROM v WHERE {table}.{connection.ops.quote_name(meta.pk.column)} = v.id",
                [value for row in part for value in row],
            )
