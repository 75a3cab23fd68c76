"""What ``migrate`` leaves behind besides the tables of the models."""

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_migrate_makes_the_table_of_the_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_made_by_migrate"}}
    assert "cache_made_by_migrate" not in connection.introspection.table_names()

    call_command("migrate", verbosity=0)
    cache.set("attempts", 3)

    assert cache.get("attempts") == 3
