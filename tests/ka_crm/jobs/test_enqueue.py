"""Asking for work: one row in the caller's transaction, one job per key, nothing that the broker can spoil."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_due_jobs, run_job
from ka_crm.jobs.services import claim_job, finish_job
from ka_crm.jobs.states import MOVES, JobState
from tests.factories.team import UserFactory
from tests.ka_crm.jobs.lab import names

pytestmark = pytest.mark.usefixtures("kinds", "no_wakeups")


def test_a_job_is_a_row_of_the_callers_transaction(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Job.objects.enqueue("lab.effect", name="lost")
        raise ZeroDivisionError

    assert Job.objects.count() == 0


def test_the_worker_is_woken_after_the_commit_and_not_before(no_wakeups, django_capture_on_commit_callbacks, db):
    with django_capture_on_commit_callbacks(execute=True):
        job = Job.objects.enqueue("lab.effect", name="one")
        assert no_wakeups == []

    assert no_wakeups == [job.pk]


def test_an_unfinished_job_of_the_same_key_is_returned_instead_of_a_second(db):
    first = Job.objects.enqueue("lab.effect", unique_key="report-5", name="one")
    second = Job.objects.enqueue("lab.effect", unique_key="report-5", name="two")

    assert second == first
    assert Job.objects.get().args == {"name": "one"}


@pytest.mark.parametrize("key", ["", "report-6"])
def test_other_keys_and_no_key_make_jobs_of_their_own(key, db):
    Job.objects.enqueue("lab.effect", unique_key="" if key == "" else "report-5", name="one")
    Job.objects.enqueue("lab.effect", unique_key=key, name="two")

    assert Job.objects.count() == 2


def test_the_same_key_of_another_kind_is_another_job(db):
    first = Job.objects.enqueue("lab.effect", unique_key="5", name="one")

    assert Job.objects.enqueue("lab.steps", unique_key="5", name="one") != first


def test_a_finished_job_does_not_hold_its_key(tables):
    first = Job.objects.enqueue("lab.effect", unique_key="5", name="one")
    run_due_jobs()

    assert Job.objects.enqueue("lab.effect", unique_key="5", name="one") != first


def test_the_database_itself_refuses_a_second_unfinished_job_of_a_key(db):
    Job.objects.create(kind="lab.effect", unique_key="5")

    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="lab.effect", unique_key="5", state=JobState.RUNNING)


def test_who_asks_for_the_same_may_watch_the_job(db):
    first, second, stranger = UserFactory.create_batch(3)
    job = Job.objects.enqueue("lab.effect", unique_key="5", requested_by=first, name="one")
    Job.objects.enqueue("lab.effect", unique_key="5", requested_by=second, name="one")

    assert [list(Job.objects.visible_to(user)) for user in (first, second, stranger)] == [[job], [job], []]


def test_managers_of_jobs_see_all_of_them_and_others_none_of_nobodys(db):
    job = Job.objects.enqueue("lab.effect", name="one")

    assert list(Job.objects.visible_to(UserFactory(administrator=True))) == [job]
    assert list(Job.objects.visible_to(UserFactory(supervisor=True))) == []


def test_a_kind_that_nobody_handles_is_refused_where_it_is_asked_for(db):
    with pytest.raises(LookupError, match="“lab.nothing”"):
        Job.objects.enqueue("lab.nothing")


def test_arguments_that_json_cannot_hold_are_refused_where_they_are_given(db):
    with pytest.raises(TypeError):
        Job.objects.enqueue("lab.effect", name=timezone.now())

    assert Job.objects.count() == 0


def test_facts_that_change_while_a_job_runs_make_it_run_once_more(tables):
    job = Job.objects.enqueue("lab.steps", unique_key="5", name="one", count=1)
    claim_job(job_id=job.pk, claim="here")

    assert Job.objects.enqueue("lab.steps", unique_key="5", rerun=True, name="one", count=1) == job
    assert finish_job(job_id=job.pk, claim="here", result={}) == JobState.DUE
    assert [run.state for run in run_due_jobs()] == [JobState.DONE]


def test_the_control_without_rerun_the_change_would_not_be_seen(tables):
    job = Job.objects.enqueue("lab.steps", unique_key="5", name="one", count=1)
    claim_job(job_id=job.pk, claim="here")
    Job.objects.enqueue("lab.steps", unique_key="5", name="one", count=1)

    assert finish_job(job_id=job.pk, claim="here", result={}) == JobState.DONE


def test_a_job_for_later_is_not_run_before(tables):
    later = timezone.now() + timedelta(hours=1)
    job = Job.objects.enqueue("lab.effect", run_after=later, name="one")

    assert run_job(job.pk) is None
    assert names("lab_start") == []
    assert list(Job.objects.due_at(later)) == [job]


def test_moves_are_a_table_that_the_queryset_keeps(db):
    job = Job.objects.create(kind="lab.effect", state=JobState.DONE)
    for current in JobState:
        for to in JobState:
            if to not in MOVES.get(current, ()):
                with pytest.raises(ValueError, match="do not go"):
                    Job.objects.filter(pk=job.pk).move(current=current, to=to)

    assert JobState.DONE not in MOVES


@pytest.mark.postgres
def test_twenty_who_ask_at_once_get_one_job(transactional_db):
    barrier, found = threading.Barrier(20), []

    def ask():
        try:
            barrier.wait()
            with transaction.atomic():
                found.append(Job.objects.enqueue("lab.effect", unique_key="5", name="one").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 20
    assert set(found) == {Job.objects.get().pk}
