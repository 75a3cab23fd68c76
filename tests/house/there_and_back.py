"""Fills a database of its own, goes one migration back in every app and forward again, and prints what was lost on the way, as JSON.

``python -m tests.house.there_and_back`` on the database that DATABASE_URL names.
"""

import json

import django

APPS = ("reports", "visits", "contracts", "sales", "accounts", "team", "ka_crm", "ka_crm_jobs", "jobs")
NOT_OURS = ("django_migrations", "django_content_type", "auth_permission")


def fill():
    """A row of many a kind, and one in the trail, which nothing may empty."""
    from team.audit import record  # after setup, as all below
    from tests import factories

    visit = factories.VisitFactory()
    factories.ShelfFactFactory(visit=visit)
    for factory in ("MustStockRule", "Report", "ImportBatch", "Contact", "Delegation"):
        getattr(factories, f"{factory}Factory")()
    record(visit.visitor, "person.created", actor=None)


def columns():
    """Table → its columns."""
    from django.db import connection

    with connection.cursor() as cursor:
        return {
            table: sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
            for table in connection.introspection.table_names(cursor)
        }


def migrate(*targets):
    """To ``targets``, else to the newest, without what the command does afterwards, which takes as long again."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.migrate(list(targets) or executor.loader.graph.leaf_nodes())


def lost(name, before, after, shape, between):
    """What the way back and forth by the migration ``name`` changed: rows, or values where the table stayed as it was."""
    for table in before:
        if table in NOT_OURS:
            continue
        if between.get(table) == shape[table] and after.get(table) != before[table]:
            yield f"{name}: {table} {before[table]} became {after.get(table)}"
        elif table in between and after[table]["rows"] != before[table]["rows"]:
            yield f"{name}: {table} had {before[table]['rows']} rows, has {after[table]['rows']}"


def there_and_back():
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from ka_crm.backups.databases import table_sums

    call_command("migrate", verbosity=0)
    fill()
    before, shape = table_sums(), columns()
    on_disk, told, rounds = MigrationLoader(connection).disk_migrations, [], 0
    for app in APPS:
        names = sorted(name for label, name in on_disk if label == app)
        if len(names) < 2:
            continue
        migrate((app, names[-2]))
        between = columns()
        migrate()
        rounds += 1
        told += lost(f"{app} {names[-1]}", before, table_sums(), shape, between)
    call_command("migrate", verbosity=0)  # what the apps do after each migration adds nothing a second time
    told += lost("the command", before, table_sums(), shape, columns())
    if columns() != shape:
        told.append("the tables are not shaped as before")
    return {"told": told, "rounds": rounds, "rows": sum(one["rows"] for one in before.values())}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(there_and_back()))
