"""Append-only tables between tests: their triggers refuse the emptying that follows a transactional test, so it lifts them for that moment.

Only the test database's own flush is let through; in a test the triggers are as in production.
"""

from django.db import transaction
from django.db.backends.base.operations import BaseDatabaseOperations


def let_flush_through(monkeypatch):
    """Make ``flush`` of the test database lift all triggers of ours, empty the tables and put the triggers back."""
    flush = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(self, sql_list):
        with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
            lift, put_back = (_sqlite if self.connection.vendor == "sqlite" else _postgresql)(cursor)
            for statement in lift:
                cursor.execute(statement)
            flush(self, sql_list)
            for statement in put_back:
                cursor.execute(statement)

    monkeypatch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)


def _sqlite(cursor):
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    return [f'DROP TRIGGER "{name}"' for name, _sql in triggers], [sql for _name, sql in triggers]


def _postgresql(cursor):
    cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    tables = [table for (table,) in cursor.fetchall()]
    return [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables], [
        f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables
    ]
