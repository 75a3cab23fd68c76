"""What a run says while it works: one thread for all runs of a process, progress that never goes back, silence after the end."""

import threading
import time

import pytest

from ka_crm.jobs import pulse, services
from ka_crm.jobs.handlers import job_handler
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import RunningJob, run_job
from ka_crm.jobs.states import JobState

pytestmark = pytest.mark.usefixtures("kinds", "no_wakeups")


@pytest.fixture
def quick_heart(monkeypatch, wait_for):
    """Ticks of a hundredth of a second; afterwards no thread of the heart is left."""
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(pulse, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pulse, "LINGER_SECONDS", 0.1)
    yield
    wait_for(lambda: beating() == [], seconds=5)


def beating():
    return [thread for thread in threading.enumerate() if thread.name == "jobs-pulse"]


def shown():
    return Job.objects.values_list("progress_done", "progress_total").get()


def test_runs_that_follow_each_other_share_one_thread_which_ends_when_none_is_left(quick_heart, transactional_db, wait_for):
    seen = []

    @job_handler("lab.looks_at_threads")
    def looks_at_threads(job):
        time.sleep(0.1)
        seen.extend(thread.ident for thread in beating())

    for _run in range(3):
        run_job(Job.objects.enqueue("lab.looks_at_threads").pk)

    assert (len(seen), len(set(seen))) == (3, 1)
    wait_for(lambda: beating() == [], seconds=5)


def test_a_short_run_asks_the_database_for_nothing_here(db, kinds, django_assert_num_queries):
    job = Job.objects.enqueue("lab.quiet")
    silent = pulse.Pulse(job_id=job.pk, claim="claim", handler_connection=None)
    with django_assert_num_queries(0):
        silent.start()
        silent.report(1, 2, "half")
        silent.stop()


@pytest.fixture(autouse=True)
def quiet_kind(kinds):
    job_handler("lab.quiet")(lambda job: None)


def test_after_its_end_a_run_says_nothing_more(quick_heart, transactional_db, monkeypatch):
    words = []
    monkeypatch.setattr(pulse.Pulse, "_write", lambda self: words.append(self.job_id))
    job = Job.objects.enqueue("lab.quiet")
    talking = pulse.Pulse(job_id=job.pk, claim="claim", handler_connection=services.transaction.get_connection())
    talking.start()
    talking.report(1, 2, "half")
    time.sleep(0.2)
    talking.stop()
    before = len(words)
    talking.report(2, 2, "all")
    talking.tick(time.monotonic() + 100)
    time.sleep(0.05)

    assert before >= 1
    assert len(words) == before


def attempt_at(job):
    claimed = services.claim_job(job_id=job.pk, claim="claim")
    return RunningJob(claimed, "claim")


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ((0, 10), (7, 10)),  # the second attempt begins again: what was reached stays
        ((7, 10), (7, 10)),
        ((8, 10), (8, 10)),
        ((1, 20), (14, 20)),  # the same share of another amount
        ((15, 20), (15, 20)),
        ((3, 0), (3, 0)),  # nobody knows the amount any more
    ],
)
def test_another_attempt_never_shows_less_than_the_one_before(db, said, seen):
    job = Job.objects.enqueue("lab.quiet")
    first = attempt_at(job)
    first.progress(7, 10, "Section 7")
    services.fail_run(job_id=job.pk, claim="claim", error="a bug", **first.pulse.reported())
    Job.objects.update(run_after=None)
    second = attempt_at(job)
    second.progress(*said)
    services.fail_run(job_id=job.pk, claim="claim", error="a bug", **second.pulse.reported())

    assert shown() == seen


def test_within_a_run_it_never_goes_back_either(db):
    running = attempt_at(Job.objects.enqueue("lab.quiet"))
    for done in (1, 5, 3, 4):
        running.progress(done, 10)

    assert running.pulse.reported()["progress_done"] == 5


def test_a_job_that_a_person_runs_again_begins_at_nothing(db):
    job = Job.objects.enqueue("lab.quiet")
    running = attempt_at(job)
    running.progress(7, 10, "Section 7")
    services.fail_run(job_id=job.pk, claim="claim", error="a rule", refused=True, **running.pulse.reported())
    assert shown() == (7, 10)

    services.retry_job(job_id=job.pk, actor=None)

    assert shown() == (0, 0)


def test_a_job_that_was_asked_for_again_while_it_ran_begins_at_nothing(db):
    job = Job.objects.enqueue("lab.quiet", unique_key="5")
    running = attempt_at(job)
    running.progress(10, 10)
    Job.objects.enqueue("lab.quiet", unique_key="5", rerun=True)

    assert services.finish_job(job_id=job.pk, claim="claim", result={}, **running.pulse.reported()) == JobState.DUE
    assert shown() == (0, 0)
