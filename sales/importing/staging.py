"""Temporary tables that hold a file's rows between reading and committing, and the few words in which the two databases differ.

A temporary table belongs to its connection: a killed worker leaves nothing to sweep, no other import sees the rows, and on
SQLite filling it does not take the write lock. Behind a pooler of connections, workers need session pooling.
"""

import struct
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from django.db import connection

EPOCH = np.datetime64("2000-01-01", "D")  # day 0 of PostgreSQL's binary dates
HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)
# kind → (column type on PostgreSQL, on SQLite, its binary form)
TYPES = {
    "day": ("date", "date", ">i4"),
    "small": ("smallint", "integer", ">i2"),
    "int": ("integer", "integer", ">i4"),
    "big": ("bigint", "integer", ">i8"),
}


def is_postgres():
    return connection.vendor == "postgresql"


def month_of(expression):
    """SQL for the first day of the month of a date."""
    return f"date_trunc('month', {expression})::date" if is_postgres() else f"date({expression}, 'start of month')"


def week_of(expression):
    """SQL for the Monday of the week of a date."""
    return f"date_trunc('week', {expression})::date" if is_postgres() else f"date({expression}, 'weekday 0', '-6 days')"


def days_after(expression, days):
    """SQL for the date ``days`` after a date, before it if negative."""
    return f"({expression} + ({days}))" if is_postgres() else f"date({expression}, '{days:+d} days')"


def day_parameter():
    """A date that travels as a parameter, with its type."""
    return "CAST(%s AS date)" if is_postgres() else "%s"


@contextmanager
def temporary_tables(*names):
    """Room for the temporary tables ``names``, which are gone afterwards; on SQLite they live on disk, so that memory stays flat."""
    on_disk = connection.vendor == "sqlite" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        if on_disk:
            cursor.execute("PRAGMA temp_store = FILE")
        _drop(cursor, names)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                _drop(cursor, names)
                if on_disk:
                    cursor.execute("PRAGMA temp_store = MEMORY")


def _drop(cursor, names):
    for name in names:
        cursor.execute(f"DROP TABLE IF EXISTS {'pg_temp' if is_postgres() else 'temp'}.{name}")


def create(name, columns):
    """A temporary table with ``columns``: name → kind of TYPES."""
    written = ", ".join(f"{column} {TYPES[kind][0 if is_postgres() else 1]}" for column, kind in columns.items())
    run(f"CREATE TEMPORARY TABLE {name} ({written})")


def run(sql, params=()):
    """Execute one statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def ask(sql, params=()):
    """All rows of one statement; only for answers that are small by nature."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def ask_one(sql, params=()):
    rows = ask(sql, params)
    return rows[0][0] if rows else None


def stream(sql, params=()):
    """Rows of one statement, some at a time."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(2_000):
            yield from rows


def fill(name, columns, arrays):
    """Append rows to a temporary table. ``arrays``: column → int64 array (days as datetime64[D]); a column not given is NULL."""
    given = {column: kind for column, kind in columns.items() if column in arrays}
    size = len(next(iter(arrays.values())))
    if not size:
        return
    if is_postgres():
        connection.ensure_connection()
        _copy(connection.connection, name, given, arrays, size)
        return
    cells = [np.datetime_as_string(arrays[column]).tolist() if kind == "day" else arrays[column].tolist() for column, kind in given.items()]
    marks = ", ".join(["%s"] * len(given))
    with connection.cursor() as cursor:
        insert = f"INSERT INTO {name} ({', '.join(given)}) VALUES ({marks})"
        if connection.in_atomic_block:
            cursor.executemany(insert, zip(*cells, strict=True))
            return
        cursor.execute("BEGIN")  # deferred: only the temporary database is written, nobody else waits
        try:
            cursor.executemany(insert, zip(*cells, strict=True))
        finally:
            cursor.execute("COMMIT")


class Filler:
    """Appends to one temporary table, on PostgreSQL from a thread of its own: the next rows are read while the last ones travel.

    Within ``with``, only this object uses the connection; leaving it waits for what is under way and raises what went wrong.
    """

    MOST_WAITING = 2  # chunks, so that memory stays flat

    def __init__(self, name, columns):
        self.name, self.columns = name, columns
        self._waiting, self._thread = deque(), None

    def __enter__(self):
        if is_postgres():
            connection.ensure_connection()
            self._thread = ThreadPoolExecutor(max_workers=1)
        return self

    def __call__(self, arrays):
        size = len(next(iter(arrays.values())))
        if self._thread is None or not size:
            fill(self.name, self.columns, arrays)
            return
        while len(self._waiting) >= self.MOST_WAITING:
            self._waiting.popleft().result()
        given = {column: kind for column, kind in self.columns.items() if column in arrays}
        self._waiting.append(self._thread.submit(_copy, connection.connection, self.name, given, arrays, size))

    def __exit__(self, failed, *_reason):
        if self._thread is None:
            return
        self._thread.shutdown(wait=True)
        while self._waiting and not failed:
            self._waiting.popleft().result()


def records(given, arrays, size):
    """``size`` rows in COPY's binary form: one numpy record per row, nothing is printed and parsed again. ``given``: column → kind."""
    record = [("fields", ">i2")]
    for column, kind in given.items():
        record += [(f"{column}_size", ">i4"), (column, TYPES[kind][2])]
    rows = np.empty(size, dtype=record)
    rows["fields"] = len(given)
    for column, kind in given.items():
        rows[f"{column}_size"] = rows.dtype[column].itemsize
        rows[column] = (arrays[column] - EPOCH).astype(np.int64) if kind == "day" else arrays[column]
    return rows.tobytes()


def _copy(database, name, given, arrays, size):
    """Append rows by COPY. ``database``: the driver's connection."""
    with database.cursor() as cursor:
        stream = BytesIO(HEADER + records(given, arrays, size) + TRAILER)
        cursor.copy_expert(f"COPY {name} ({', '.join(given)}) FROM STDIN (FORMAT binary)", stream, 1 << 16)
