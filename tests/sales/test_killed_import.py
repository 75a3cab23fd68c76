"""A worker killed in the middle of an import leaves nothing half: the file is in, or it is not, and the next worker can run it."""

import random
import subprocess
import sys
import time
from datetime import date, timedelta
from io import BytesIO

import pytest

from ka_crm.integrity import invariants
from sales.models import SellOut, SellOutHistory
from sales.services.imports import receive_file, undo_import
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import KeyAccountFactory, StoreFactory
from tests.factories.sales import ProductFactory
from tests.sales.importing import import_bytes, sellout_csv

pytestmark = pytest.mark.django_db(transaction=True)


def rows(count, *, units):
    """``count`` rows of 10 stores × 20 products, day after day."""
    made, day = [], date(2016, 1, 1)
    while True:
        for store in range(10):
            for product in range(20):
                made.append(("A1", f"S{store}", day, f"P{product}", units, 250 * units, 10, None))
                if len(made) == count:
                    return made
        day += timedelta(days=1)


IMPORTING = """
import django, sys
django.setup()
from sales.models import ImportBatch
from sales.services.imports import run_import
batch = ImportBatch.objects.get(pk=int(sys.argv[1]))
print("go", flush=True)
run_import(batch=batch, skip_invalid=False, actor=None)
"""


@pytest.fixture
def run_in_a_process(process_env):
    """``run_in_a_process(pk)`` imports the batch in a process of its own and answers it as soon as the import begins."""

    def run(batch_id):
        process = subprocess.Popen([sys.executable, "-c", IMPORTING, str(batch_id)], env=process_env, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "go\n"
        return process

    return run


def assert_whole(batch, before, count):
    """The facts say all of the file's rows or none of them, and every rule holds."""
    batch.refresh_from_db()
    changed = SellOut.objects.filter(batch=batch).count()
    assert changed == (count if batch.status == "imported" else 0)
    assert SellOut.objects.count() == count and SellOut.objects.exclude(batch=batch).count() == count - changed
    assert SellOutHistory.objects.filter(batch=batch).count() == changed
    assert [line for rule in invariants() if rule.name.startswith("sales.") for line in rule.find()] == []
    assert before.status == "imported"


@pytest.mark.parametrize(("count", "kills"), [(3_000, 6), pytest.param(100_000, 20, marks=pytest.mark.slow)])
def test_killed_at_any_point_an_import_has_happened_or_not(count, kills, run_in_a_process):
    load_shipped_profiles()
    account = KeyAccountFactory(code="A1")
    for store in range(10):
        StoreFactory(code=f"S{store}", account=account)
    for product in range(20):
        ProductFactory(sku=f"P{product}")
    before, _outcome = import_bytes(sellout_csv(rows(count, units=2)))
    correction = sellout_csv(rows(count, units=3))
    started = time.monotonic()
    whole, _outcome = import_bytes(correction)
    seconds = time.monotonic() - started
    undo_import(batch=whole, actor=None)

    chance = random.Random(count)
    batch = receive_file(kind="sellout", file=BytesIO(correction), name="sellout.csv", actor=None)
    for _kill in range(kills):
        process = run_in_a_process(batch.pk)
        time.sleep(chance.uniform(0, seconds))
        process.kill()
        process.communicate()
        assert_whole(batch, before, count)
        if batch.status == "imported":
            undo_import(batch=batch, actor=None)
            batch = receive_file(kind="sellout", file=BytesIO(correction), name="sellout.csv", actor=None)

    last = run_in_a_process(batch.pk)  # the next worker takes the batch that the killed ones left running
    last.communicate()
    assert last.returncode == 0
    batch.refresh_from_db()
    assert batch.status == "imported"
    assert_whole(batch, before, count)
