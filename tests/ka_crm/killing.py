"""Work that is killed at random points: ``python -m tests.ka_crm.killing in_order|row_first KILLS``, in a clean process.

Not in the process of pytest, because that one may have driven a browser, and its threads and event loop do not survive a fork.
Stores into the database and under the folder that DATABASE_URL and KA_DATA_DIR name.
"""

import hashlib
import io
import os
import random
import select
import signal
import sys
import time

import django

FIRST_FILE_SECONDS = 30  # the first file has to be through, however busy the machine is


def in_order(number):
    """As services do it: the file is whole on disk before its row is committed."""
    from django.db import transaction  # after setup, as all below

    from ka_crm import files

    with transaction.atomic():
        files.store_bytes(os.urandom(20_000), name=f"{number}.bin", kind="imports")


def row_first(number):
    """The control: the row is committed before its file is there."""
    from ka_crm import files
    from ka_crm.models import StoredFile

    content = os.urandom(20_000)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"imports/{sha256[:2]}/{sha256}"
    StoredFile.objects.create(storage_name=name, original_name="x", content_type="x", size_bytes=len(content), sha256=sha256)
    time.sleep(0.01)
    files.put_in_place(io.BytesIO(content), name, size=len(content))


def kill_once(work, chance):
    """Fork, let the child do ``work`` over and over, and kill it -9 a random while after its first was through."""
    begun, say_begun = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for number in range(10_000):
                work(number)
                os.write(say_begun, b".")
        finally:
            os._exit(1)
    try:
        ready, _writable, _failed = select.select([begun], [], [], FIRST_FILE_SECONDS)
        if not ready:
            raise TimeoutError(f"The process did not store its first file in {FIRST_FILE_SECONDS} s.")
        time.sleep(chance.random() * 0.08)
    finally:
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        os.close(begun)
        os.close(say_begun)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("The process ended by itself before it was killed.")


if __name__ == "__main__":
    django.setup()
    work, chance = {"in_order": in_order, "row_first": row_first}[sys.argv[1]], random.Random(1)
    for _kill in range(int(sys.argv[2])):
        kill_once(work, chance)
