"""One run of a job: claimed once, ended once, and worth nothing after its claim is lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from ka_crm.jobs import runner, services, tasks
from ka_crm.jobs.handlers import job_handler
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import RunningJob, run_due_jobs, run_job
from ka_crm.jobs.signals import job_finished
from ka_crm.jobs.states import JobState
from tests.factories.team import UserFactory
from tests.ka_crm.jobs.lab import names, write

pytestmark = pytest.mark.usefixtures("kinds", "no_wakeups")


@pytest.fixture
def running(tables):
    """``running("lab.effect", name="x")``: a claimed job and what its handler would be given."""

    def claim(kind, **args):
        job = Job.objects.enqueue(kind, **args)
        return RunningJob(services.claim_job(job_id=job.pk, claim=f"claim-{job.pk}"), f"claim-{job.pk}")

    return claim


def test_a_job_runs_and_keeps_its_result(tables):
    job = Job.objects.enqueue("lab.effect", name="one")

    assert run_job(job.pk) == JobState.DONE
    job.refresh_from_db()
    assert (job.state, job.attempts, job.result, job.claimed_by) == (JobState.DONE, 1, {"name": "one"}, "")
    assert names("lab_effect") == ["one"]


def test_a_message_that_comes_twice_does_nothing_the_second_time(tables):
    job = Job.objects.enqueue("lab.effect", name="one")

    assert [run_job(job.pk), run_job(job.pk)] == [JobState.DONE, None]
    assert names("lab_start") == ["one"]


def test_what_a_handler_returns_is_the_result(tables):
    job_handler("lab.returns")(lambda job: {"url": "/reports/7/"})
    job = Job.objects.enqueue("lab.returns")
    run_job(job.pk)

    assert Job.objects.get().result_url == "/reports/7/"


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:1", 7, None])
def test_a_result_never_leads_to_another_site(url):
    assert Job(kind="lab.returns", result={"url": url}).result_url == ""


def test_a_bug_is_tried_again_after_growing_rests_and_then_is_a_dead_letter(tables, settings):
    settings.JOBS_BACKOFF_SECONDS = 5
    job = Job.objects.enqueue("lab.broken", name="one")
    rests = []
    for _attempt in range(5):
        now = timezone.now()
        run_job(job.pk)
        job.refresh_from_db()
        if job.run_after:
            rests.append(round((job.run_after - now).total_seconds()))
        Job.objects.update(run_after=None)

    assert rests == [5, 10, 20, 40]  # the fifth failure is the last
    assert (job.state, job.attempts, job.last_error, job.refused) == (JobState.FAILED, 5, "ZeroDivisionError: a bug", False)
    assert run_job(job.pk) is None
    assert names("lab_start") == ["one"] * 5


def test_a_refusal_is_final_at_once_and_says_what_the_rule_says(tables):
    job = Job.objects.enqueue("lab.refused", name="one")

    assert run_job(job.pk) == JobState.FAILED
    job.refresh_from_db()
    assert (job.attempts, job.refused, job.last_error) == (1, True, "Fund F-1 has 10.00 USD left.")


def test_a_kind_whose_app_is_gone_becomes_a_dead_letter(db):
    job = Job.objects.create(kind="lab.gone", max_attempts=1)

    assert run_job(job.pk) == JobState.FAILED
    assert Job.objects.get().last_error == "LookupError: No app handles jobs of kind “lab.gone”."


def test_effects_and_end_are_one_transaction(running):
    job = running("lab.effect", name="one")

    with pytest.raises(ZeroDivisionError), job.finishing():
        write("lab_effect", "one")
        raise ZeroDivisionError

    assert names("lab_effect") == []
    assert Job.objects.get().state == JobState.RUNNING


def test_a_run_that_lost_its_claim_leaves_nothing_behind(running):
    job = running("lab.effect", name="one")
    services.take_over(job=Job.objects.get(), because="silent")

    with pytest.raises(runner.ClaimLost), job.finishing():
        write("lab_effect", "one")

    assert names("lab_effect") == []
    assert Job.objects.get().state == JobState.DUE


def test_the_control_without_the_claim_in_the_condition_the_late_run_would_win(running, monkeypatch):
    job = running("lab.effect", name="one")
    services.take_over(job=Job.objects.get(), because="silent")
    services.claim_job(job_id=job.pk, claim="another")
    monkeypatch.setattr(services, "held", lambda *, job_id, claim: Job.objects.filter(pk=job_id))

    with job.finishing():
        write("lab_effect", "one")

    assert Job.objects.get().state == JobState.DONE


def test_a_late_failure_of_a_lost_run_changes_nothing(running):
    job = running("lab.effect", name="one")
    services.take_over(job=Job.objects.get(), because="silent")
    services.claim_job(job_id=job.pk, claim="another")

    assert services.fail_run(job_id=job.pk, claim=job.claim, error="late") is None
    assert services.stop_run(job_id=job.pk, claim=job.claim) is None
    assert services.hand_back(job_id=job.pk, claim=job.claim) is False
    assert (Job.objects.get().claimed_by, Job.objects.get().attempts) == ("another", 2)


def test_steps_happen_once_however_often_the_job_runs(tables):
    @job_handler("lab.falls_at_three")
    def falls_at_three(job, *, name):
        for number in range(5):
            with job.once(str(number)) as first:
                if first:
                    write("lab_effect", f"{name} {number}")
            if number == 2 and job.attempt == 1:
                raise ZeroDivisionError

    job = Job.objects.enqueue("lab.falls_at_three", name="one")
    run_job(job.pk)
    Job.objects.update(run_after=None)

    assert run_job(job.pk) == JobState.DONE
    assert names("lab_effect") == [f"one {number}" for number in range(5)]


def test_work_that_gets_on_by_its_steps_is_no_dead_letter_however_often_its_worker_dies(running):
    """Each of twenty attempts is killed after one more step; the control is the test of poison: no step, five starts."""
    job = running("lab.steps", name="one")
    for number in range(20):
        with job.once(str(number)) as first:
            assert first
        services.take_over(job=Job.objects.get(), because="killed")
        Job.objects.update(run_after=None)
        job = RunningJob(services.claim_job(job_id=job.pk, claim=f"claim {number}"), f"claim {number}")

    assert (Job.objects.get().state, Job.objects.get().attempts) == (JobState.RUNNING, 2)


def test_what_kills_its_worker_after_a_step_that_lasts_is_started_five_times_from_there(running):
    job = running("lab.steps", name="one")
    for attempt in range(10):
        with job.once("the only step"):
            pass
        services.take_over(job=Job.objects.get(), because="killed")
        Job.objects.update(run_after=None)
        row = services.claim_job(job_id=job.pk, claim=f"claim {attempt}")
        if row is None:
            break
        job = RunningJob(row, f"claim {attempt}")

    assert (Job.objects.get().state, attempt) == (JobState.FAILED, 4)


def test_a_step_of_a_run_that_lost_its_claim_is_taken_back(running):
    job = running("lab.steps", name="one")
    services.take_over(job=Job.objects.get(), because="silent")

    with pytest.raises(runner.ClaimLost), job.once("step"):
        write("lab_effect", "one")

    assert names("lab_effect") == []
    assert Job.objects.get().attempts == 1  # as it was: the next run counts on


def test_a_dead_letter_of_a_killed_run_is_told_to_the_listeners(running, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, job, **kwargs):
        heard.append((job.pk, job.state))

    job = running("lab.effect", name="one")
    Job.objects.update(attempts=5)
    job_finished.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            services.take_over(job=Job.objects.get(), because="killed")
    finally:
        job_finished.disconnect(listen)
    assert heard == [(job.pk, JobState.FAILED)]


def test_the_control_without_steps_a_second_run_doubles(tables):
    job = Job.objects.enqueue("lab.unguarded", name="one")
    run_job(job.pk)
    Job.objects.update(state=JobState.DUE)
    run_job(job.pk)

    assert names("lab_effect") == ["one", "one"]


def test_a_failure_after_the_end_does_not_undo_it(tables):
    @job_handler("lab.falls_late")
    def falls_late(job):
        with job.finishing():
            write("lab_effect", "one")
        raise ZeroDivisionError

    job = Job.objects.enqueue("lab.falls_late")

    assert run_job(job.pk) == JobState.DONE


def test_a_waiting_job_is_cancelled_at_once(db):
    person = UserFactory()
    job = services.cancel_job(job_id=Job.objects.enqueue("lab.effect", name="one").pk, actor=person)

    assert job.state == JobState.CANCELLED
    assert run_job(job.pk) is None


def test_a_running_job_stops_at_its_next_safe_point(tables):
    @job_handler("lab.cancelled_inside")
    def cancelled_inside(job):
        services.cancel_job(job_id=job.pk, actor=None)
        job.pulse._look()  # what its thread does every second
        try:
            job.raise_if_cancelled()
        except Exception:  # a handler's catch-all does not swallow it
            write("lab_effect", "swallowed")

    job = Job.objects.enqueue("lab.cancelled_inside")

    assert run_job(job.pk) == JobState.CANCELLED
    assert names("lab_effect") == []


def test_asking_again_for_a_job_that_is_being_cancelled_runs_it(running):
    job = running("lab.effect", unique_key="5", name="one")
    services.cancel_job(job_id=job.pk, actor=None)
    again = Job.objects.enqueue("lab.effect", unique_key="5", name="one")

    assert again.pk == job.pk
    assert services.stop_run(job_id=job.pk, claim=job.claim) == JobState.DUE
    assert [run.state for run in run_due_jobs()] == [JobState.DONE]


def test_a_worker_that_is_told_to_stop_hands_the_job_back_uncounted(tables, monkeypatch):
    monkeypatch.setattr(runner, "worker_is_stopping", lambda: True)
    job = Job.objects.enqueue("lab.patient", name="one")

    assert run_job(job.pk) == JobState.DUE
    assert Job.objects.get().attempts == 0


def test_a_failed_job_can_be_run_again_with_all_its_attempts(tables):
    job = Job.objects.enqueue("lab.refused", name="one")
    run_job(job.pk)
    again = services.retry_job(job_id=job.pk, actor=None)

    assert (again.state, again.attempts, again.refused, again.finished_at) == (JobState.DUE, 0, False, None)


@pytest.mark.parametrize("state", [JobState.DUE, JobState.RUNNING, JobState.DONE])
def test_nothing_else_can_be_run_again(state, db):
    job = Job.objects.create(kind="lab.effect", state=state)

    with pytest.raises(services.IllegalMove, match="only failed and cancelled"):
        services.retry_job(job_id=job.pk, actor=None)


def test_a_failed_job_whose_key_waits_again_is_not_run_beside_it(tables):
    old = Job.objects.enqueue("lab.refused", unique_key="5", name="one")
    run_job(old.pk)
    Job.objects.enqueue("lab.refused", unique_key="5", name="one")

    with pytest.raises(services.IllegalMove, match="asked for again"):
        services.retry_job(job_id=old.pk, actor=None)
    assert Job.objects.filter(state=JobState.FAILED).count() == 1


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(state, db):
    job = Job.objects.create(kind="lab.effect", state=state)

    with pytest.raises(services.IllegalMove, match="has ended already"):
        services.cancel_job(job_id=job.pk, actor=None)


def test_the_work_speaks_the_requesters_language(tables):
    spoken = []
    job_handler("lab.speaks")(lambda job: spoken.append(translation.get_language()))
    run_job(Job.objects.enqueue("lab.speaks", requested_by=UserFactory(language="zh-hans")).pk)

    assert spoken == ["zh-hans"]
    assert translation.get_language() == "en"


def test_listeners_hear_of_the_end_once_and_cannot_spoil_it(tables):
    heard = []

    def listen(sender, job, **kwargs):
        heard.append((job.pk, job.state))
        raise ZeroDivisionError

    job = Job.objects.enqueue("lab.effect", name="one")
    job_finished.connect(listen)
    try:
        assert run_job(job.pk) == JobState.DONE
    finally:
        job_finished.disconnect(listen)
    assert heard == [(job.pk, JobState.DONE)]


def test_progress_costs_no_statement_and_ends_up_in_the_row(running, django_assert_num_queries):
    job = running("lab.effect", name="one")
    with django_assert_num_queries(0):
        for row in range(10_000):
            job.progress(row + 1, 10_000, "Rows")
            job.raise_if_cancelled()

    with job.finishing():
        pass
    row = Job.objects.get()
    assert (row.progress_done, row.progress_total, row.progress_message) == (10_000, 10_000, "Rows")


def test_ten_that_claim_one_job_at_once_run_it_once(transactional_db, real_tables):
    job = Job.objects.enqueue("lab.steps", name="one", count=1, seconds=0.2)
    assert _at_once(10, lambda: run_job(job.pk)) == [None] * 9 + [JobState.DONE]
    assert names("lab_start") == ["one"]


def test_the_control_claims_that_read_first_and_then_write_are_not_exclusive(transactional_db, real_tables, monkeypatch):
    barrier = threading.Barrier(2)

    def claim_by_reading(*, job_id, claim):
        job = Job.objects.get(pk=job_id)
        barrier.wait()
        if job.state != JobState.DUE:
            return None
        Job.objects.filter(pk=job_id).update(state=JobState.RUNNING, claimed_by=claim, attempts=1)
        return Job.objects.get(pk=job_id)

    monkeypatch.setattr(runner, "claim_job", claim_by_reading)
    job = Job.objects.enqueue("lab.unguarded", name="one")
    _at_once(2, lambda: run_job(job.pk))

    assert names("lab_start") == ["one", "one"]


def _at_once(number, call):
    """What ``number`` threads that call at the same time answer, None first."""
    barrier, answers = threading.Barrier(number), []

    def run():
        try:
            barrier.wait()
            answers.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=str)


@pytest.mark.postgres
def test_a_job_whose_facts_are_not_committed_yet_is_not_started(transactional_db, real_tables):
    job = Job.objects.enqueue("lab.effect", unique_key="5", name="one")
    answers = []

    def run():
        try:
            answers.append(run_job(job.pk))
        finally:
            connection.close()

    with transaction.atomic():
        Job.objects.enqueue("lab.effect", unique_key="5", rerun=True, name="one")
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=0.5)
        assert answers == []
    thread.join(timeout=10)
    assert answers == [JobState.DONE]


@pytest.fixture
def in_this_thread(monkeypatch):
    """The task runs in the test's transaction, whose connection must not be closed."""
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)


@pytest.mark.usefixtures("in_this_thread")
def test_a_worker_that_is_done_goes_on_with_what_is_due(tables):
    asked = [Job.objects.enqueue("lab.effect", name=f"{number:02}") for number in range(12)]
    Job.objects.filter(pk=asked[3].pk).update(run_after=timezone.now() + timedelta(hours=1))

    tasks.run(asked[5].pk)  # the message of one of them

    assert names("lab_effect") == [f"{number:02}" for number in range(12) if number != 3]


@pytest.mark.usefixtures("in_this_thread")
@pytest.mark.parametrize("stopping", [True, False])
def test_it_goes_on_neither_beyond_its_time_nor_when_it_is_told_to_stop(tables, monkeypatch, settings, stopping):
    settings.JOBS_GO_ON_SECONDS = 10 if stopping else 0
    monkeypatch.setattr(tasks, "worker_is_stopping", lambda: stopping)
    asked = [Job.objects.enqueue("lab.effect", name=f"{number}") for number in range(3)]

    tasks.run(asked[1].pk)

    assert names("lab_effect") == ["1"]


def test_old_finished_jobs_are_tidied_away_and_dead_letters_stay(db, settings):
    now = timezone.now()
    old = now - timedelta(days=settings.JOBS_KEEP_DAYS + 1)
    for state in (JobState.DONE, JobState.CANCELLED, JobState.FAILED):
        Job.objects.create(kind="lab.effect", state=state, finished_at=old)
        Job.objects.create(kind="lab.effect", state=state, finished_at=now)
    tasks.tidy(now)

    assert sorted(Job.objects.values_list("state", flat=True)) == ["cancelled", "done", "failed", "failed"]
