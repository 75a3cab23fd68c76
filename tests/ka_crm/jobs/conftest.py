"""The laboratory's kinds and tables, for as long as one test needs them."""

import sys

import pytest
from django.db import connection

from ka_crm.jobs import handlers, wakeups
from tests.ka_crm.jobs import lab

LAB_KINDS = {kind: handlers._HANDLERS.pop(kind) for kind in list(handlers._HANDLERS) if kind.startswith("lab.")}


@pytest.fixture
def kinds(monkeypatch):
    """The laboratory's kinds are handled; a test may add kinds of its own with ``@job_handler``."""
    monkeypatch.setattr(handlers, "_HANDLERS", {**handlers._HANDLERS, **LAB_KINDS})


@pytest.fixture
def tables(db):
    """The laboratory's two tables, empty."""
    with connection.cursor() as cursor:
        for table in lab.TABLES:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} (name text NOT NULL)")
            cursor.execute(f"DELETE FROM {table}")


@pytest.fixture
def real_tables(transactional_db, tables):
    """The same, committed, so that other threads and processes see them; gone afterwards."""
    yield
    with connection.cursor() as cursor:
        for table in lab.TABLES:
            cursor.execute(f"DROP TABLE {table}")


@pytest.fixture
def laboratory(kinds, real_tables, start_process):
    """``laboratory()`` starts a real worker on this test's database and broker, with the laboratory's kinds and short times."""

    def start(**environment):
        quick = {
            "KA_JOBS_SWEEP_SECONDS": "0.5",
            "KA_JOBS_BACKOFF_SECONDS": "0.2",
            "KA_JOBS_FIRST_RESEND_SECONDS": "2",
            "KA_LOG_LEVEL": "ERROR",
            "KA_TEST_NO_CLOCK": "1",
            "CELERY_SKIP_CHECKS": "1",  # Django's checks of the whole project take seconds; our own still run
        }
        return start_process(
            [sys.executable, "-m", "celery", "-A", "tests.ka_crm.jobs.lab", "worker", "-c", "2"], **{**quick, **environment}
        )

    yield start
    wakeups.flush(5)


@pytest.fixture
def no_wakeups(monkeypatch):
    """Nothing is sent: what happens is the row's and the sweeper's doing alone."""
    sent = []
    monkeypatch.setattr("ka_crm.jobs.querysets.wake", sent.append)
    monkeypatch.setattr("ka_crm.jobs.services.wake", sent.append)
    return sent
