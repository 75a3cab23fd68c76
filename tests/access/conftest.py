"""One world for all cells of the matrix: made once, and taken back after the last."""

import pytest
from django.conf import settings as program
from django.db import transaction
from django.test import override_settings

from tests.access.matrix import Visitors
from tests.access.world import World


@pytest.fixture(scope="module")
def visitors(django_db_setup, django_db_blocker, tmp_path_factory):
    storages = {
        **program.STORAGES,
        "default": {**program.STORAGES["default"], "OPTIONS": {"location": str(tmp_path_factory.mktemp("files"))}},
    }
    with django_db_blocker.unblock(), override_settings(KA_MFA_ROLES=[], STORAGES=storages), transaction.atomic():
        made = Visitors(World())
        made.storages = storages
        yield made
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _files_of_the_world(visitors, data_dir, settings):
    """Each test has a data folder of its own; the world's files are in the one where they were made."""
    settings.STORAGES = visitors.storages
