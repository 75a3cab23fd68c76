"""Imports through jobs: ordered on a page, done by a worker, once however often the job runs."""

from io import BytesIO

import pytest

from ka_crm.errors import IllegalMove
from ka_crm.jobs.runner import run_job
from ka_crm.jobs.states import JobState
from sales.models import ImportBatch, SellOut
from sales.services.imports import order_check, order_import, receive_file, run_import, undo_import
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import AccountAssignmentFactory, KeyAccountFactory, StoreFactory
from tests.factories.sales import ProductFactory
from tests.factories.team import UserFactory
from tests.sales.importing import sellout_csv

pytestmark = pytest.mark.django_db(transaction=True)
ROW = ("A1", "S1", "2017-03-01", "P1", 2, 500, 0, None)


@pytest.fixture
def manager():
    load_shipped_profiles()
    account = KeyAccountFactory(code="A1")
    StoreFactory(code="S1", account=account)
    ProductFactory(sku="P1")
    manager = UserFactory(ka_manager=True)
    AccountAssignmentFactory(account=account, user=manager)
    return manager


def receive(manager, rows=(ROW,)):
    return receive_file(kind="sellout", file=BytesIO(sellout_csv(rows)), name="sellout.csv", actor=manager)


def test_a_check_fills_the_preview_and_writes_nothing_else(manager):
    batch = receive(manager, [ROW, (*ROW[:3], "P9", *ROW[4:])])
    job = order_check(batch=batch, actor=manager)
    assert run_job(job.pk) == JobState.DONE
    batch.refresh_from_db()
    assert (batch.status, batch.verdict, batch.rows_read, batch.rows_rejected) == ("checked", "ROW_ERRORS", 2, 1)
    assert batch.preview["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "superseded": 0}
    assert batch.preview["rows"][0]["cells"][:4] == ["A1", "S1", "2017-03-01", "P1"]
    assert batch.account.code == "A1" and not SellOut.objects.exists()


def test_an_ordered_import_is_done_by_the_worker_and_only_once(manager):
    batch = receive(manager)
    job = order_import(batch=batch, skip_invalid=False, actor=manager)
    assert run_job(job.pk) == JobState.DONE
    batch.refresh_from_db()
    assert (batch.status, batch.sequence, SellOut.objects.count()) == ("imported", 1, 1)

    outcome = run_import(batch=batch, skip_invalid=False, actor=manager)  # the message came twice

    assert (outcome.rows_imported, ImportBatch.objects.get().sequence, SellOut.objects.count()) == (1, 1, 1)
    with pytest.raises(IllegalMove):
        order_import(batch=batch, skip_invalid=False, actor=manager)


def test_a_refused_file_ends_the_job_and_can_be_taken_without_its_bad_rows(manager):
    batch = receive(manager, [ROW, (*ROW[:3], "P9", *ROW[4:])])
    assert run_job(order_import(batch=batch, skip_invalid=False, actor=manager).pk) == JobState.DONE
    batch.refresh_from_db()
    assert (batch.status, SellOut.objects.count()) == ("refused", 0)

    assert run_job(order_import(batch=batch, skip_invalid=True, actor=manager).pk) == JobState.DONE
    batch.refresh_from_db()
    assert (batch.status, batch.rows_imported, batch.rows_rejected) == ("imported", 1, 1)


def test_a_late_check_leaves_an_imported_batch_alone(manager):
    batch = receive(manager)
    job = order_check(batch=batch, actor=manager)
    run_import(batch=batch, skip_invalid=False, actor=manager)
    assert run_job(job.pk) == JobState.DONE
    assert ImportBatch.objects.get().status == "imported"


def test_an_undone_import_is_not_run_again(manager):
    batch = receive(manager)
    run_import(batch=batch, skip_invalid=False, actor=manager)
    undo_import(batch=batch, actor=manager)
    batch.refresh_from_db()
    with pytest.raises(IllegalMove):
        run_import(batch=batch, skip_invalid=False, actor=manager)
    assert (batch.undone_by, SellOut.objects.count()) == (manager, 0)
