"""What a release has to hold: no warning with the shipped production settings (O1), migrations both ways on a filled database (O3)."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
IN_PRODUCTION = {"KA_ALLOWED_HOSTS": "crm.example.com", "KA_TRUSTED_ORIGINS": "https://crm.example.com", "KA_BEHIND_PROXY": "1"}


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


@pytest.mark.both_halves
def test_one_migration_back_and_forward_keeps_every_row(tmp_path):
    with own_database(tmp_path) as url:
        said = manage("-m", "tests.house.there_and_back", data_dir=tmp_path, DATABASE_URL=url, KA_LOG_LEVEL="WARNING")
    assert said.returncode == 0, said.stderr[-2000:]
    outcome = json.loads(said.stdout.splitlines()[-1])
    assert outcome["told"] == []
    assert (outcome["rounds"] >= 4, outcome["rows"] > 40) == (True, True)
