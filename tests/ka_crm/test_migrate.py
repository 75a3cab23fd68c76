"""The table of the cache, in which sign-in counts its failures: ``migrate`` makes it, and a broker that is down leaves it alone."""

import os
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


COUNT_ONE_FAILURE = """
import django; django.setup()
from django.core.cache import cache
from django.core.management import call_command
call_command("createcachetable")
cache.set("failures", 1)
print(cache.get("failures"))
"""


def test_a_broker_that_is_down_locks_nobody_out(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "ka_crm.settings",
        "KA_DATA_DIR": str(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    environment.pop("DATABASE_URL", None)

    counted = subprocess.run([sys.executable, "-c", COUNT_ONE_FAILURE], env=environment, capture_output=True, text=True, timeout=60)

    assert counted.stdout == "1\n", counted.stderr


def test_migrate_makes_the_table_of_the_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_made_by_migrate"}}
    assert "cache_made_by_migrate" not in connection.introspection.table_names()

    call_command("migrate", verbosity=0)
    cache.set("attempts", 3)

    assert cache.get("attempts") == 3
