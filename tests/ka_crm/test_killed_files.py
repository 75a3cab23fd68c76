"""A process killed between a file and its row: never a row without its file; what is left over goes after a day (reliability F3)."""

import hashlib
import io
import os
import random
import select
import signal
import time
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from ka_crm import files
from ka_crm.models import StoredFile

# Slow: it forks, and a process that has driven a browser before does not fork well, so it is not run among the browser tests.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def in_order(number):
    """As services do it: the file is whole on disk before its row is committed."""
    with transaction.atomic():
        files.store_bytes(os.urandom(20_000), name=f"{number}.bin", kind="imports")


def row_first(number):
    """The control: the row is committed before its file is there."""
    content = os.urandom(20_000)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"imports/{sha256[:2]}/{sha256}"
    StoredFile.objects.create(storage_name=name, original_name="x", content_type="x", size_bytes=len(content), sha256=sha256)
    time.sleep(0.01)
    files.put_in_place(io.BytesIO(content), name, size=len(content))


def killed(work, kills, seed=1):
    """Run ``work`` over and over in a process of its own, which is killed at a random point, ``kills`` times."""
    chance = random.Random(seed)
    for _kill in range(kills):
        connection.close()
        begun, say_begun = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                for number in range(10_000):
                    work(number)
                    os.write(say_begun, b".")
            finally:
                os._exit(1)
        ready, _writable, _failed = select.select([begun], [], [], 30)
        assert ready, "the process did not store its first file in 30 s"  # it has to be through, however busy the machine is
        time.sleep(chance.random() * 0.08)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(begun)
        os.close(say_begun)


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


def test_fifty_kills_leave_no_row_without_its_file_and_no_orphan_for_longer_than_a_day():
    killed(in_order, 50)
    assert (torn(), StoredFile.objects.count() > 0) == ([], True)
    files.sweep_orphans(now=timezone.now() + timedelta(hours=25))
    assert on_disk() == StoredFile.objects.values("storage_name").distinct().count()
    assert torn() == []


def test_control_a_row_before_its_file_is_left_alone_by_a_kill():
    killed(row_first, 15)
    assert torn() != []
