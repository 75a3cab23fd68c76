"""Every kind of job that an app registers runs twice, and once more as a run that lost its claim, with the effects of once.

An app names its cases in ``tests/<app>/job_cases.py``: ``CASES = {"app.verb": function}``, where the function writes what
the job needs and answers the job's arguments. A kind without a case fails here.
"""

import hashlib
import importlib.util
from pathlib import Path

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection

from ka_crm.jobs import handlers
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import JobStopped, RunningJob, run_job
from ka_crm.jobs.services import claim_job, take_over
from ka_crm.jobs.states import JobState
from tests.factories.team import UserFactory

TESTS = Path(__file__).resolve().parents[2]
NOT_EFFECTS = {"jobs_job", "jobs_job_watchers", "jobs_jobstep", "django_session", "ka_cache"}
MEASURED = {"seconds"}  # how long it took is never the same twice


def _cases():
    cases = {}
    for path in sorted(TESTS.glob("*/job_cases.py")):
        spec = importlib.util.spec_from_file_location(f"job_cases_{path.parent.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases |= module.CASES
    return cases


CASES = _cases()


def _lasting_state():
    """A checksum of every row that the business keeps, and the letters sent."""
    total = hashlib.sha256()
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True, include_swapped=True)} - NOT_EFFECTS
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        for table in sorted(tables & present):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            kept = [place for place, column in enumerate(cursor.description) if column[0] not in MEASURED]
            rows = sorted(repr([row[place] for place in kept]) for row in cursor.fetchall())
            total.update(f"{table} {rows}\n".encode())
    return total.hexdigest(), len(mail.outbox)


def test_every_kind_has_a_case_here():
    kinds = {kind for kind in handlers.registered_jobs() if not kind.startswith("lab.")}

    assert kinds == set(CASES)


@pytest.mark.parametrize("kind", sorted(CASES))
def test_running_twice_has_the_effects_of_once(kind, db, no_wakeups):
    before = _lasting_state()
    job = Job.objects.enqueue(kind, requested_by=UserFactory(administrator=True), **CASES[kind]())
    assert run_job(job.pk) == JobState.DONE
    once = _lasting_state()
    assert once != before
    Job.objects.filter(pk=job.pk).update(state=JobState.DUE, run_after=None, finished_at=None)

    assert run_job(job.pk) == JobState.DONE
    assert _lasting_state() == once


@pytest.mark.parametrize("kind", sorted(CASES))
def test_a_run_that_lost_its_claim_adds_nothing(kind, db, no_wakeups):
    job = Job.objects.enqueue(kind, requested_by=UserFactory(administrator=True), **CASES[kind]())
    late = RunningJob(claim_job(job_id=job.pk, claim="late"), "late")
    take_over(job=Job.objects.get(pk=job.pk), because="silent")
    assert run_job(job.pk) == JobState.DONE
    once = _lasting_state()
    try:
        handlers.handler_of(kind).function(late, **job.args)
    except JobStopped:
        pass  # it noticed

    assert _lasting_state() == once


def test_the_control_a_kind_without_guards_is_caught(tables, no_wakeups, kinds):
    from tests.ka_crm.jobs.lab import names  # what the kind writes into

    job = Job.objects.enqueue("lab.unguarded", name="one")
    run_job(job.pk)
    Job.objects.update(state=JobState.DUE)
    run_job(job.pk)

    assert names("lab_effect") == ["one", "one"]
