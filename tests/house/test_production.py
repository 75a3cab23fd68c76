"""What a release has to hold: no warning with the shipped production settings (O1), migrations both ways on a filled database (O3)."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
IN_PRODUCTION = {"KA_ALLOWED_HOSTS": "crm.example.com", "KA_TRUSTED_ORIGINS": "https://crm.example.com", "KA_BEHIND_PROXY": "1"}

# Runs in a process of its own on a database of its own: fills it, goes one migration back in every app and forward again.
THERE_AND_BACK = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from ka_crm.backups.databases import table_sums
call_command("migrate", verbosity=0)
from tests.factories import *
from team.audit import record
visit = VisitFactory()
ShelfFactFactory(visit=visit); MustStockRuleFactory(); ReportFactory(); ImportBatchFactory(); ContactFactory(); DelegationFactory()
record(visit.visitor, "person.created", actor=None)

def columns():
    with connection.cursor() as cursor:
        return {
            table: sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
            for table in connection.introspection.table_names(cursor)
        }

before, shape = table_sums(), columns()
loader = MigrationLoader(connection)
told, rounds = [], 0
for app in ("reports", "visits", "contracts", "sales", "accounts", "team", "ka_crm", "ka_crm_jobs", "jobs"):
    names = sorted(name for label, name in loader.disk_migrations if label == app)
    if len(names) < 2:
        continue
    call_command("migrate", app, names[-2], verbosity=0)
    between = columns()
    call_command("migrate", verbosity=0)
    rounds += 1
    after = table_sums()
    for table in before:
        if table in ("django_migrations", "django_content_type", "auth_permission"):
            continue
        if between.get(table) == shape[table] and after.get(table) != before[table]:
            told.append(f"{app} {names[-1]}: {table} {before[table]} became {after.get(table)}")
        elif table in between and after[table]["rows"] != before[table]["rows"]:
            told.append(f"{app} {names[-1]}: {table} had {before[table]['rows']} rows, has {after[table]['rows']}")
if columns() != shape:
    told.append("the tables are not shaped as before")
print(json.dumps({"told": told, "rounds": rounds, "rows": sum(one["rows"] for one in before.values())}))
"""


def manage(*arguments, data_dir, **environment):
    """manage.py in a process of its own with the program's own settings."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("KA_", "DATABASE_URL", "REDIS_URL", "DJANGO_"))}
    environment = {**given, "KA_DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "ka_crm.settings", **environment}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def test_check_deploy_says_nothing(tmp_path):
    said = manage("manage.py", "check", "--deploy", "--fail-level", "WARNING", data_dir=tmp_path, **IN_PRODUCTION)
    assert (said.returncode, said.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), said.stderr


def test_control_check_deploy_complains_without_https(tmp_path):
    said = manage("manage.py", "check", "--deploy", "--fail-level", "WARNING", data_dir=tmp_path, **IN_PRODUCTION, KA_HTTPS="0")
    assert said.returncode == 1
    assert {"security.W004", "security.W008", "security.W012", "security.W016"} <= {word.strip("?:()") for word in said.stderr.split()}


def test_no_model_waits_for_a_migration(tmp_path):
    said = manage("manage.py", "makemigrations", "--check", "--dry-run", data_dir=tmp_path)
    assert (said.returncode, said.stdout.strip()) == (0, "No changes detected"), said.stdout


@contextlib.contextmanager
def own_database(folder):
    """The address of an empty database on the engine of this run."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder / 'own.sqlite3'}"
        return
    import psycopg2  # not needed with SQLite

    at = connection.settings_dict
    name = "ka_there_and_back"
    admin = psycopg2.connect(dbname="postgres", user=at["USER"], password=at["PASSWORD"], host=at["HOST"], port=at["PORT"])
    admin.autocommit = True
    with contextlib.closing(admin), admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_one_migration_back_and_forward_keeps_every_row(tmp_path):
    with own_database(tmp_path) as url:
        said = manage("-c", THERE_AND_BACK, data_dir=tmp_path, DATABASE_URL=url, KA_LOG_LEVEL="WARNING")
    assert said.returncode == 0, said.stderr[-2000:]
    outcome = json.loads(said.stdout.splitlines()[-1])
    assert outcome["told"] == []
    assert (outcome["rounds"] >= 4, outcome["rows"] > 40) == (True, True)
