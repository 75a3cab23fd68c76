"""Real Celery workers on a real database and broker: what is asked for is done once, whoever is killed meanwhile.

Each runs on the file-system broker, or on Redis where REDIS_URL is set, with SQLite or PostgreSQL.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter

import pytest
from django.conf import settings as shipped
from django.db import close_old_connections, transaction
from django.test import Client

from ka_crm.jobs import wakeups
from ka_crm.jobs.models import Job
from ka_crm.jobs.services import cancel_job
from ka_crm.jobs.states import JobState
from tests import servers
from tests.factories.team import UserFactory
from tests.ka_crm.jobs.lab import names

START_SECONDS = 60  # a worker on a busy machine needs some seconds to import everything


@pytest.fixture(autouse=True)
def _empty_broker():
    """Redis outlives a test: its messages are for rows that are gone, and only take time."""
    wakeups.start_afresh()
    if shipped.REDIS_URL:
        import redis  # only where there is one

        with redis.Redis.from_url(shipped.REDIS_URL) as client:
            client.flushdb()


def all_ended():
    close_old_connections()
    return not Job.objects.unfinished().exists()


def ask(kind, number, **args):
    """``number`` jobs, each with a name of its own."""
    return [Job.objects.enqueue(kind, name=f"{index:04}", **args) for index in range(number)]


def children(process):
    """The worker's own child processes (prefork), newest last."""
    said = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in said.split()]


def kill_everything(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_what_was_asked_for_while_no_worker_ran_is_done_when_one_starts(laboratory, wait_for):
    jobs = ask("lab.effect", 20)
    laboratory()
    wait_for(all_ended, seconds=START_SECONDS)

    assert names("lab_effect") == [f"{index:04}" for index in range(20)]
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.DONE, 1)}
    assert Job.objects.get(pk=jobs[0].pk).result == {"name": "0000"}


def kill_at_random_points(laboratory, wait_for, *, kind, kills, seed):
    """Start workers one after another and kill each -9 after a random while, then let one finish; answers the effects."""
    chance = random.Random(seed)
    ask(kind, 8 * kills, seconds=0.15)
    for _kill in range(kills):
        started = len(names("lab_start"))
        worker = laboratory(KA_JOBS_LEASE_SECONDS="5", KA_JOBS_HEARTBEAT_SECONDS="1")
        wait_for(lambda before=started: len(names("lab_start")) > before or all_ended(), seconds=START_SECONDS, every=0.01)
        time.sleep(chance.uniform(0, 0.5))
        kill_everything(worker)
    laboratory()
    wait_for(all_ended, seconds=180)
    return Counter(names("lab_effect"))


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_kills_at_random_points_lose_nothing_and_double_nothing(laboratory, wait_for, kills):
    effects = kill_at_random_points(laboratory, wait_for, kind="lab.effect", kills=kills, seed=kills)

    assert effects == {f"{index:04}": 1 for index in range(8 * kills)}
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert len(names("lab_start")) > 8 * kills  # or no kill met a run, and nothing was shown


def test_the_control_effects_outside_the_transaction_of_the_end_are_doubled(laboratory, wait_for):
    effects = kill_at_random_points(laboratory, wait_for, kind="lab.unguarded", kills=3, seed=3)

    assert set(effects) == {f"{index:04}" for index in range(24)}
    assert max(effects.values()) > 1


def test_the_control_without_the_sweeper_a_killed_run_is_lost(laboratory, wait_for):
    ask("lab.effect", 1, seconds=30)
    worker = laboratory()
    wait_for(lambda: names("lab_start"), seconds=START_SECONDS)
    kill_everything(worker)
    Job.objects.update(args={"name": "0000"})
    laboratory(KA_TEST_NO_SWEEPER="1")
    Job.objects.enqueue("lab.effect", name="another")
    wait_for(lambda: "another" in names("lab_effect"), seconds=START_SECONDS)

    assert names("lab_effect") == ["another"]
    assert Job.objects.get(args={"name": "0000"}).state == JobState.RUNNING


@pytest.mark.postgres
def test_a_worker_keeps_its_connection_from_job_to_job(laboratory, wait_for):
    """Celery's own habit is a new one for each task, which costs each job 7 ms."""
    laboratory()
    for _job in range(8):
        ask("lab.connection", 1)
        wait_for(all_ended, seconds=START_SECONDS)

    assert len(names("lab_effect")) == 8
    assert len(set(names("lab_effect"))) <= 2  # processes


def test_poison_ends_in_the_dead_letter_after_five_starts_and_others_are_done(laboratory, wait_for):
    Job.objects.enqueue("lab.poison", name="poison")
    ask("lab.effect", 5)
    deaths = 0
    worker = laboratory()
    give_up = time.monotonic() + 180
    while not all_ended():
        assert time.monotonic() < give_up
        if worker.poll() is not None:  # threads die with their process; whoever starts the worker starts it again
            deaths += 1
            worker = laboratory()
        time.sleep(0.05)

    poison = Job.objects.get(kind="lab.poison")
    assert (poison.state, poison.attempts) == (JobState.FAILED, 5)
    assert "worker process ended" in poison.last_error
    assert names("lab_start").count("poison") == 5
    assert names("lab_effect") == [f"{index:04}" for index in range(5)]
    assert deaths == (0 if shipped.REDIS_URL else 5)


@pytest.mark.skipif(not shipped.REDIS_URL, reason="threads have no time limit and die together: runs in the PostgreSQL half")
def test_every_poison_ends_in_the_dead_letters_and_delays_nobody(laboratory, wait_for):
    """A library that exits, a loop that swallows the soft limit, a job that wants more memory than there is."""
    limits = {"KA_JOBS_SOFT_LIMIT_SECONDS": "1", "KA_JOBS_HARD_LIMIT_SECONDS": "2", "KA_JOBS_VISIBILITY_SECONDS": "10"}
    for kind in ("exits", "endless", "greedy"):
        Job.objects.enqueue(f"lab.{kind}", name=kind)
    laboratory(**limits)
    wait_for(lambda: len(names("lab_start")) >= 3, seconds=START_SECONDS)
    others = ask("lab.effect", 5)
    wait_for(all_ended, seconds=150)

    assert {job.kind: job.attempts for job in Job.objects.filter(state=JobState.FAILED)} == {
        "lab.exits": 5,
        "lab.endless": 5,
        "lab.greedy": 5,
    }
    assert Counter(names("lab_start")) == {"exits": 5, "endless": 5, "greedy": 5, **{f"{number:04}": 1 for number in range(5)}}
    done = Job.objects.filter(pk__in=[job.pk for job in others], state=JobState.DONE)
    assert len(done) == 5
    assert max((job.finished_at - job.created_at).total_seconds() for job in done) < 30


def test_a_bug_is_tried_five_times_by_the_worker_and_then_lies_in_the_dead_letters(laboratory, wait_for):
    ask("lab.broken", 1)
    laboratory(KA_JOBS_BACKOFF_SECONDS="0.05")
    wait_for(all_ended, seconds=START_SECONDS)

    job = Job.objects.get()
    assert (job.state, job.attempts, job.last_error) == (JobState.FAILED, 5, "ZeroDivisionError: a bug")
    assert len(names("lab_start")) == 5


def test_a_wiped_broker_loses_no_job(laboratory, wait_for, data_dir):
    ask("lab.effect", 50)
    assert wakeups.flush(10)
    if shipped.REDIS_URL:
        import redis  # only where there is one

        with redis.Redis.from_url(shipped.REDIS_URL) as client:
            assert client.llen("jobs") == 50
            client.flushdb()
    else:
        assert len(os.listdir(data_dir / "broker" / "queue")) == 50
        shutil.rmtree(data_dir / "broker")
    laboratory()
    wait_for(all_ended, seconds=120)

    assert names("lab_effect") == [f"{index:04}" for index in range(50)]


def test_a_half_written_message_does_not_stop_the_worker(laboratory, wait_for, data_dir):
    if shipped.REDIS_URL:
        pytest.skip("messages are files only on the file-system broker: runs in the SQLite half")
    laboratory()
    folder = data_dir / "broker" / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(20):
        (folder / f"0000000000000000000{number}_half.jobs.msg").write_bytes(b'{"body": "W1' if number % 2 else b"")
    ask("lab.effect", 10)
    wait_for(all_ended, seconds=START_SECONDS)

    assert names("lab_effect") == [f"{index:04}" for index in range(10)]
    assert len(list((data_dir / "broker" / "processing").glob("*.bad"))) == 20


def test_a_folder_that_cannot_be_used_ends_no_worker_and_keeps_no_job(laboratory, wait_for, data_dir):
    """As a full disk does; then there is room again."""
    if shipped.REDIS_URL:
        pytest.skip("messages are files only on the file-system broker: runs in the SQLite half")
    (data_dir / "broker").write_text("in the way")
    worker = laboratory(KA_JOBS_UNAIDED_SECONDS="1")
    ask("lab.effect", 3)
    wait_for(all_ended, seconds=START_SECONDS)
    (data_dir / "broker").unlink()
    Job.objects.enqueue("lab.effect", name="afterwards")
    wait_for(all_ended, seconds=START_SECONDS)

    assert worker.poll() is None
    assert names("lab_effect") == ["0000", "0001", "0002", "afterwards"]


def test_progress_is_seen_while_the_job_runs_and_cancel_stops_it(laboratory, wait_for):
    (job,) = ask("lab.patient", 1, steps=1000, seconds=0.05)
    laboratory()
    seen = set()

    def has_reported():
        job.refresh_from_db()
        seen.add(job.progress_done)
        return len(seen) >= 3

    wait_for(has_reported, seconds=START_SECONDS, every=0.1)
    assert (job.state, job.progress_total) == (JobState.RUNNING, 1000)
    cancel_job(job_id=job.pk, actor=None)
    wait_for(all_ended, seconds=10)

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert names("lab_effect") == []


def test_a_handler_inside_a_transaction_is_alive_and_reports(laboratory, wait_for):
    """On PostgreSQL the report is seen at once; SQLite has one writer, so there it is seen when the transaction is over."""
    (job,) = ask("lab.inside", 1, seconds=4)
    laboratory(KA_JOBS_LEASE_SECONDS="1.5", KA_JOBS_HEARTBEAT_SECONDS="0.4")
    wait_for(lambda: names("lab_start"), seconds=START_SECONDS)
    time.sleep(2)
    job.refresh_from_db()
    inside = job.progress_message
    wait_for(all_ended, seconds=30)
    job.refresh_from_db()

    assert inside == ("" if job._state.db and _is_sqlite() else "Inside")
    assert (job.state, job.attempts, job.progress_message) == (JobState.DONE, 1, "Inside")
    assert names("lab_start") == ["0000"]


def _is_sqlite():
    return shipped.DATABASES["default"]["ENGINE"].endswith("sqlite3")


def test_long_silent_work_is_not_taken_twice_by_a_second_worker(laboratory, wait_for):
    ask("lab.effect", 1, seconds=5)
    for _worker in range(2):
        laboratory(KA_JOBS_LEASE_SECONDS="1.5", KA_JOBS_HEARTBEAT_SECONDS="0.4", KA_JOBS_RESEND_SECONDS="0.5")
    wait_for(all_ended, seconds=START_SECONDS)

    assert (names("lab_start"), names("lab_effect")) == (["0000"], ["0000"])


def test_a_worker_told_to_stop_hands_its_long_job_back_and_the_next_one_does_it(laboratory, wait_for):
    (job,) = ask("lab.patient", 1, steps=200, seconds=0.1)
    worker = laboratory()
    wait_for(lambda: names("lab_start"), seconds=START_SECONDS)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DUE, 0)
    Job.objects.update(args={"name": "0000", "steps": 2, "seconds": 0.01})
    laboratory()
    wait_for(all_ended, seconds=START_SECONDS)

    assert names("lab_effect") == ["0000"]


def test_a_worker_with_settings_that_double_messages_does_not_start(laboratory):
    worker = laboratory(KA_JOBS_VISIBILITY_SECONDS="60")

    assert worker.wait(timeout=START_SECONDS) != 0


@pytest.mark.once("Redis decides it, no database")
def test_a_page_saves_while_redis_is_frozen_and_the_worker_goes_on_afterwards(laboratory, wait_for, own_redis, data_dir):
    """The worker's own Redis freezes; jobs saved meanwhile (no message reaches it) are done soon after it goes on."""
    laboratory(REDIS_URL=own_redis.url, KA_JOBS_FIRST_RESEND_SECONDS="1", KA_JOBS_RESEND_SECONDS="3")
    ask("lab.effect", 1)
    wait_for(all_ended, seconds=START_SECONDS)
    own_redis.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with transaction.atomic():
        Job.objects.enqueue("lab.effect", name="frozen")
    assert time.monotonic() - began < 1
    time.sleep(3)
    own_redis.process.send_signal(signal.SIGCONT)
    wait_for(all_ended, seconds=60)

    assert names("lab_effect") == ["0000", "frozen"]


@pytest.mark.once("Redis decides it, no database")
def test_a_worker_outlives_a_redis_that_closes_while_a_job_runs_and_comes_back(laboratory, wait_for, own_redis):
    """Kombu's own transport ends the worker here: it gives the message of the running job back to what is gone."""
    worker = laboratory(REDIS_URL=own_redis.url, KA_JOBS_FIRST_RESEND_SECONDS="1", KA_JOBS_RESEND_SECONDS="3")
    ask("lab.effect", 1, seconds=3)
    wait_for(lambda: names("lab_start"), seconds=START_SECONDS)
    own_redis.process.kill()
    own_redis.process.wait()
    time.sleep(4)
    again = servers.start_redis(int(own_redis.url.rsplit(":", 1)[1].split("/")[0]))
    try:
        Job.objects.enqueue("lab.effect", name="afterwards")
        wait_for(all_ended, seconds=START_SECONDS)
        assert worker.poll() is None
    finally:
        again.stop()
    assert (names("lab_start"), names("lab_effect")) == (["0000", "afterwards"], ["0000", "afterwards"])


@pytest.mark.once("Redis decides it, no database")
@pytest.mark.parametrize("jobs", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_jobs_are_done_while_redis_stays_away(laboratory, wait_for, own_redis, jobs):
    """They lie in a Redis that dies for good; poison among them ends its own process only."""
    laboratory(REDIS_URL=own_redis.url, KA_JOBS_FIRST_RESEND_SECONDS="1", KA_JOBS_UNAIDED_SECONDS="1")
    ask("lab.effect", 1)
    wait_for(all_ended, seconds=START_SECONDS)
    own_redis.process.kill()
    own_redis.process.wait()
    with transaction.atomic():
        ask("lab.refused", 1)
        Job.objects.enqueue("lab.poison", name="poison")
        for number in range(1, jobs):
            Job.objects.enqueue("lab.effect", name=f"{number:04}")
    wait_for(all_ended, seconds=120)

    assert names("lab_effect") == [f"{number:04}" for number in range(jobs)]
    assert list(Job.objects.filter(state=JobState.FAILED).values_list("kind", "attempts").order_by("kind")) == [
        ("lab.poison", 5),
        ("lab.refused", 1),
    ]


@pytest.mark.once("Redis decides it, no database")
def test_the_control_without_that_process_they_wait_for_redis(laboratory, wait_for, own_redis):
    laboratory(REDIS_URL=own_redis.url, KA_JOBS_FIRST_RESEND_SECONDS="1", KA_JOBS_UNAIDED_SECONDS="3600")
    ask("lab.effect", 1)
    wait_for(all_ended, seconds=START_SECONDS)
    own_redis.process.kill()
    own_redis.process.wait()
    Job.objects.enqueue("lab.effect", name="waits")
    time.sleep(6)

    assert names("lab_effect") == ["0000"]


@pytest.mark.once("Redis decides it, no database")
def test_a_job_without_an_end_is_ended_by_the_limit_also_without_redis(laboratory, wait_for, own_redis):
    limits = {"KA_JOBS_SOFT_LIMIT_SECONDS": "2", "KA_JOBS_HARD_LIMIT_SECONDS": "3", "KA_JOBS_VISIBILITY_SECONDS": "10"}
    own_redis.process.kill()
    own_redis.process.wait()
    laboratory(REDIS_URL=own_redis.url, KA_JOBS_FIRST_RESEND_SECONDS="1", KA_JOBS_UNAIDED_SECONDS="1", **limits)
    Job.objects.enqueue("lab.effect", name="endless", seconds=3600)
    Job.objects.update(max_attempts=2)
    ask("lab.effect", 3)
    wait_for(all_ended, seconds=START_SECONDS)

    assert names("lab_effect") == ["0000", "0001", "0002"]
    assert Job.objects.get(state=JobState.FAILED).attempts == 2


def test_the_progress_page_follows_a_real_job_to_its_result(laboratory, wait_for):
    person = UserFactory(ka_manager=True)
    client = Client()
    client.force_login(person)
    job = Job.objects.enqueue("lab.patient", requested_by=person, subject="Spring report", name="0000", steps=10, seconds=0.2)
    laboratory()
    url = f"/jobs/{job.uuid}/progress/"
    wait_for(lambda: "HX-Trigger" in client.get(url), seconds=START_SECONDS)

    answer = client.get(url)
    assert json.loads(answer["HX-Trigger"])["job-done"]["url"] == "/lab/0000/"
    assert 'href="/lab/0000/"' in answer.content.decode()
