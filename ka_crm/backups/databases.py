"""The database as of one instant, and back: SQLite by its backup interface, PostgreSQL by ``pg_dump`` in an exported snapshot.

A table's checksum is the sum of a hash per row, so that the order of rows does not matter: the same before and after.
"""

import hashlib
import os
import sqlite3
import subprocess
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from .archive import BackupProblem

# A place with rows in one of these is somebody's: a restore would take it from them.
PRECIOUS = ("team_user", "team_auditevent", "ka_crm_storedfile", "accounts_keyaccount")
BUSY_SECONDS = 30


@dataclass(frozen=True)
class Snapshot:
    """A copy at ``path`` and what the database held at that instant. ``files`` are (storage name, sha256, bytes)."""

    path: Path
    engine: str
    engine_version: str
    tables: dict
    files: list
    migrations: list


def engine():
    """``sqlite`` or ``postgresql``: which of the two this installation runs on."""
    return connection.vendor


def take_snapshot(folder):
    """Copy the database into ``folder`` while others go on writing. Raises BackupProblem."""
    return _take_sqlite(folder) if engine() == "sqlite" else _take_postgres(folder)


# --- SQLite -----------------------------------------------------------------------------------------------------------------
def _sqlite_path():
    return str(connection.settings_dict["NAME"])


def _take_sqlite(folder):
    path = Path(folder) / "database.sqlite3"
    with closing(sqlite3.connect(_sqlite_path(), timeout=BUSY_SECONDS)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)  # in one step: a reader's view under WAL, so that writers neither wait nor show
        copy.execute("PRAGMA journal_mode=DELETE")
    with closing(sqlite3.connect(path)) as copy:
        return Snapshot(
            path=path,
            engine="sqlite",
            engine_version=sqlite3.sqlite_version,
            tables=_sqlite_tables(copy),
            files=copy.execute("SELECT DISTINCT storage_name, sha256, size_bytes FROM ka_crm_storedfile ORDER BY 1").fetchall(),
            migrations=[f"{app}.{name}" for app, name in copy.execute("SELECT app, name FROM django_migrations ORDER BY app, name")],
        )


def _sqlite_tables(database):
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    return {name: _sqlite_sum(database, name) for name in sorted(names)}


def _sqlite_sum(database, table):
    rows, total = 0, 0
    for row in database.execute(f'SELECT * FROM "{table}"'):
        rows += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=16).digest(), "big")
    return {"rows": rows, "checksum": f"{total % 2**128:032x}"}


def _check_sqlite(path, manifest):
    """Refuse a copy whose pages, counts or checksums are not those of the manifest."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            sound = copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            differing = _differing(_sqlite_tables(copy), manifest) if sound else ["integrity_check"]
    except sqlite3.DatabaseError as error:
        raise BackupProblem(_("The database in the backup is damaged.")) from error
    if differing:
        raise BackupProblem(_("The database in the backup is not what its manifest says: %(tables)s.") % {"tables": ", ".join(differing)})


def _restore_sqlite(path, manifest):
    connection.close()
    target = _sqlite_path()
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as database:
            source.backup(database)  # one transaction: all of it or nothing
    except sqlite3.OperationalError as error:
        raise BackupProblem(_("The database is in use: stop web and worker first (%(error)s).") % {"error": error}) from error
    with closing(sqlite3.connect(target)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        differing = _differing(_sqlite_tables(database), manifest)
    if differing:
        raise BackupProblem(_("The restored database differs from the backup in %(tables)s.") % {"tables": ", ".join(differing)})


# --- PostgreSQL -------------------------------------------------------------------------------------------------------------
def _postgres_environment():
    """What pg_dump and pg_restore need to reach the database; the password travels in the environment, never on the command line."""
    at = connection.settings_dict
    given = {
        "PGHOST": at["HOST"],
        "PGPORT": str(at["PORT"] or ""),
        "PGUSER": at["USER"],
        "PGPASSWORD": at["PASSWORD"],
        "PGDATABASE": at["NAME"],
    }
    given["PGSSLMODE"] = at.get("OPTIONS", {}).get("sslmode", "")
    return {**os.environ, **{name: value for name, value in given.items() if value}}


@contextmanager
def _postgres():
    """A connection beside Django's, which may be inside a transaction or a test."""
    import psycopg2  # not needed with SQLite

    at = connection.settings_dict
    words = {"dbname": at["NAME"], "user": at["USER"], "password": at["PASSWORD"], "host": at["HOST"], "port": at["PORT"]}
    options = {name: value for name, value in at.get("OPTIONS", {}).items() if name.startswith("ssl")}
    with closing(psycopg2.connect(**{name: value for name, value in words.items() if value}, **options, connect_timeout=10)) as own:
        yield own


def _run_tool(command):
    try:
        done = subprocess.run(command, env=_postgres_environment(), capture_output=True, text=True, errors="replace")
    except FileNotFoundError as error:
        words = {"tool": command[0]}
        raise BackupProblem(_("%(tool)s is not there: install PostgreSQL's client programs of the server's version.") % words) from error
    if done.returncode:
        raise BackupProblem(_("%(tool)s failed: %(error)s") % {"tool": command[0], "error": done.stderr.strip()[-500:]})
    return done.stdout


def _take_postgres(folder):
    path = Path(folder) / "database.dump"
    with _postgres() as own:
        own.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            common = ["--no-owner", "--no-privileges", "--schema=public"]
            _run_tool(["pg_dump", "--format=custom", f"--snapshot={snapshot}", *common, f"--file={path}"])
            cursor.execute("SELECT DISTINCT storage_name, sha256, size_bytes FROM ka_crm_storedfile ORDER BY 1")
            files = cursor.fetchall()
            cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY app, name")
            migrations = [name for (name,) in cursor.fetchall()]
            tables = _postgres_tables(cursor)
        return Snapshot(path, "postgresql", str(own.server_version), tables, files, migrations)


def _postgres_tables(cursor):
    cursor.execute(
        "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'"
    )
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    tables = {}
    for (name,) in cursor.fetchall():
        row_hash = "('x' || substr(md5(each.*::text), 1, 15))::bit(60)::bigint::numeric"
        cursor.execute(f'SELECT count(*), coalesce(sum({row_hash}), 0)::text FROM public."{name}" each')
        rows, total = cursor.fetchone()
        tables[name] = {"rows": rows, "checksum": total}
    return tables


def _restore_postgres(path, manifest):
    """Put the dump into a fresh schema and only then drop the one before; whatever fails, that one is back."""
    _run_tool(["pg_restore", "--list", str(path)])
    aside = f"before_restore_{uuid.uuid4().hex[:12]}"
    connection.close()
    _statements(f"ALTER SCHEMA public RENAME TO {aside}", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO PUBLIC")
    try:
        at = f"--dbname={connection.settings_dict['NAME']}"
        _run_tool(
            ["pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--schema=public", at, str(path)]
        )
        with _postgres() as own, own.cursor() as cursor:
            differing = _differing(_postgres_tables(cursor), manifest)
        if differing:
            raise BackupProblem(_("The restored database differs from the backup in %(tables)s.") % {"tables": ", ".join(differing)})
    except BaseException:  # Ctrl-C too: the place is as it was
        _statements("DROP SCHEMA public CASCADE", f"ALTER SCHEMA {aside} RENAME TO public")
        raise
    _statements(f"DROP SCHEMA {aside} CASCADE")


def _statements(*statements):
    """Run ``statements`` in one transaction."""
    import psycopg2  # as above

    try:
        with _postgres() as own, own, own.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            for statement in statements:
                cursor.execute(statement)
    except psycopg2.Error as error:
        raise BackupProblem(_("PostgreSQL refused: %(error)s") % {"error": str(error).strip()[:300]}) from error


def table_sums():
    """Table → rows and checksum of the database as it is now."""
    if engine() == "sqlite":
        with closing(sqlite3.connect(_sqlite_path(), timeout=BUSY_SECONDS)) as database:
            return _sqlite_tables(database)
    with _postgres() as own, own.cursor() as cursor:
        return _postgres_tables(cursor)


# --- both -------------------------------------------------------------------------------------------------------------------
def _differing(tables, manifest):
    wanted = manifest["tables"]
    return sorted(name for name in tables.keys() | wanted.keys() if tables.get(name) != wanted.get(name))


def check_copy(path, manifest):
    """Refuse a database copy that is not what the manifest says, as far as that shows before it is put back. Raises BackupProblem."""
    if manifest["engine"] == "sqlite":
        _check_sqlite(path, manifest)


def put_back(path, manifest):
    """Make the copy this installation's database, all or nothing. Raises BackupProblem."""
    if manifest["engine"] == "sqlite":
        _restore_sqlite(path, manifest)
    else:
        _restore_postgres(path, manifest)


def precious_rows():
    """Table → rows, of the tables that say that this place is in use; empty for a place nobody works in."""
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        found = {}
        for table in PRECIOUS:
            if table in there:
                cursor.execute(f"SELECT count(*) FROM {table}")
                if rows := cursor.fetchone()[0]:
                    found[table] = rows
    return found
