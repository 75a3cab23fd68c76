"""One world for all cells of the matrix: made once, and taken back after the last."""

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access.matrix import Visitors
from tests.access.world import World


@pytest.fixture(scope="module")
def visitors(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), override_settings(KA_MFA_ROLES=[]), transaction.atomic():
        yield Visitors(World())
        transaction.set_rollback(True)
