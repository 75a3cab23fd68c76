"""A process killed between a file and its row: never a row without its file; what is left over goes after a day (reliability F3)."""

import hashlib
import os
import sys
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from ka_crm import files
from ka_crm.models import StoredFile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def killed(start_process):
    """``killed("in_order", 50)`` stores files in a process that is killed at a random point, 50 times."""

    def run(work, kills):
        assert start_process([sys.executable, "-m", "tests.ka_crm.killing", work, str(kills)]).wait(timeout=170) == 0

    return run


def torn():
    """Rows whose file is missing or not what the row says."""
    found = []
    for row in StoredFile.objects.all():
        try:
            with default_storage.open(row.storage_name, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != row.sha256:
            found.append(row.pk)
    return found


def on_disk():
    folder = default_storage.path("")
    return sum(len(names) for _at, _folders, names in os.walk(folder))


def test_fifty_kills_leave_no_row_without_its_file_and_no_orphan_for_longer_than_a_day(killed):
    killed("in_order", 50)
    assert (torn(), StoredFile.objects.count() > 0) == ([], True)
    files.sweep_orphans(now=timezone.now() + timedelta(hours=25))
    assert on_disk() == StoredFile.objects.values("storage_name").distinct().count()
    assert torn() == []


def test_control_a_row_before_its_file_is_left_alone_by_a_kill(killed):
    killed("row_first", 15)
    assert torn() != []
