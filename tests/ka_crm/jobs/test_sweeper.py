"""The sweeper: frees what died, sends what is due, asks the clock's hooks – and lets the living be."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from ka_crm.jobs import handlers, identity, runner, sweeper
from ka_crm.jobs.models import Job
from ka_crm.jobs.services import claim_job, retry_job
from ka_crm.jobs.states import JobState
from ka_crm.jobs.sweeper import Sweeper

pytestmark = pytest.mark.usefixtures("kinds", "no_wakeups")
ELSEWHERE = "0123456789ab:77:1:run"  # a claim of another machine


@pytest.fixture
def broker(monkeypatch):
    """A broker that takes everything; ``sent`` holds what, ``depth`` how much waits, ``takes`` how many it takes at most."""

    class Broker:
        sent, depth, takes = [], 0, 10_000

        @classmethod
        def send(cls, job_ids):
            taken = job_ids[: cls.takes]
            cls.sent += taken
            return taken

    Broker.sent = []
    monkeypatch.setattr(sweeper, "send_now", Broker.send)
    monkeypatch.setattr(sweeper, "messages_waiting", lambda: Broker.depth)
    return Broker


def due(number=1, **fields):
    return [Job.objects.create(kind="lab.effect", wake_after=timezone.now() - timedelta(seconds=1), **fields) for _number in range(number)]


def dead_claim():
    """The claim of a process that has ended."""
    code = "from ka_crm.jobs.identity import new_claim; print(new_claim())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_due_jobs_are_sent_and_not_again_before_their_time(broker, db):
    (job,) = due()
    swept = Sweeper()

    assert [swept.send_due(), swept.send_due()] == [1, 0]
    assert broker.sent == [job.pk]


def test_what_rests_is_not_sent(broker, db):
    due(run_after=timezone.now() + timedelta(minutes=1))

    assert Sweeper().send_due() == 0


def test_what_the_broker_refused_is_sent_with_the_next_round(broker, db):
    jobs = due(3)
    broker.takes = 1
    swept = Sweeper()
    swept.send_due()
    broker.takes = 10
    swept.send_due()

    assert broker.sent == [job.pk for job in jobs]


def test_a_deep_queue_gets_no_flood_of_repetitions(broker, db):
    due(40)
    broker.depth = 1000

    assert Sweeper().send_due() == sweeper.ALWAYS_SEND


def test_a_broker_that_is_away_costs_nothing_but_the_try(broker, db, monkeypatch):
    due()
    monkeypatch.setattr(sweeper, "messages_waiting", lambda: None)
    Sweeper().sweep()

    assert broker.sent == []


def test_a_run_whose_process_has_ended_here_is_freed_at_once(broker, db):
    (job,) = due()
    claim_job(job_id=job.pk, claim=dead_claim())
    Sweeper().free_dead_runs()

    job.refresh_from_db()
    assert (job.state, job.attempts, job.run_after) == (JobState.DUE, 1, None)
    assert job.last_error == "The worker process ended during the run. (attempt 1 of 5)"


def test_the_second_death_makes_it_rest_and_the_last_one_a_dead_letter(broker, db):
    (job,) = due()
    claim = dead_claim()
    for _attempt in range(5):
        Job.objects.update(run_after=None)
        claim_job(job_id=job.pk, claim=claim)
        Sweeper().free_dead_runs()
        job.refresh_from_db()
        assert (job.run_after is not None) == (1 < job.attempts < 5)

    assert (job.state, job.attempts) == (JobState.FAILED, 5)


def claim_of_a_pool(*, main_lives):
    """The claim of a child that has ended, of a worker whose main process has ended too, or lives (it is this one)."""
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    born = identity._born(dead.pid)[1]
    dead.wait()
    main = f"{os.getpid()}.{identity._born(os.getpid())[1]}" if main_lives else f"{dead.pid}.{born}"
    return f"{dead_claim()}@{main}"


@pytest.mark.parametrize(("main_lives", "starts"), [(True, 5), (False, 15)])
def test_deaths_that_took_the_whole_worker_along_give_ten_attempts_more(broker, db, main_lives, starts):
    (job,) = due()
    claim, counted = claim_of_a_pool(main_lives=main_lives), 0
    while Job.objects.get().state == JobState.DUE:
        Job.objects.update(run_after=None)
        claim_job(job_id=job.pk, claim=claim)
        Sweeper().free_dead_runs()
        counted += 1

    job.refresh_from_db()
    assert (job.state, counted, job.attempts) == (JobState.FAILED, starts, starts)


def test_a_dead_letter_that_is_run_again_has_the_attempts_of_its_kind(broker, db):
    (job,) = due(state=JobState.FAILED, attempts=15, max_attempts=15)
    retry_job(job_id=job.pk, actor=None)

    assert (Job.objects.get().attempts, Job.objects.get().max_attempts) == (0, 5)


@pytest.mark.parametrize("claim", ["", "nonsense", "0123456789ab:77:1:run@1.1", "machine:1:1:run@", f"{identity._machine()}:1:1:run"])
def test_nobody_knows_of_other_machines_mains(claim):
    assert not identity.whole_worker_is_dead(claim)


def test_a_run_elsewhere_is_freed_after_a_lease_of_silence_and_not_before(broker, db, settings):
    settings.JOBS_LEASE_SECONDS = 0.2
    (job,) = due()
    claim_job(job_id=job.pk, claim=ELSEWHERE)
    swept = Sweeper()
    swept.free_dead_runs()
    assert Job.objects.get().state == JobState.RUNNING
    time.sleep(0.25)
    swept.free_dead_runs()

    assert Job.objects.get().state == JobState.DUE


def test_a_run_elsewhere_that_gives_signs_of_life_is_left_alone(broker, db, settings):
    settings.JOBS_LEASE_SECONDS = 0.2
    (job,) = due()
    claim_job(job_id=job.pk, claim=ELSEWHERE)
    swept = Sweeper()
    for _round in range(4):
        swept.free_dead_runs()
        time.sleep(0.1)
        Job.objects.update(heartbeat_at=timezone.now())

    assert Job.objects.get().state == JobState.RUNNING


def test_a_clock_that_jumps_a_day_makes_no_living_run_look_dead(broker, db, time_machine_day_ahead):
    (job,) = due()
    claim_job(job_id=job.pk, claim=ELSEWHERE)
    swept = Sweeper()
    swept.free_dead_runs()
    time_machine_day_ahead()
    swept.free_dead_runs()

    assert Job.objects.get().state == JobState.RUNNING


@pytest.fixture
def time_machine_day_ahead():
    """Call it to move the wall clock; the monotonic clock goes on as it does in life."""
    import time_machine  # only these tests move clocks

    travel = time_machine.travel(timezone.now() + timedelta(days=1), tick=True)
    monotonic = time.monotonic
    started = []

    def start():
        travel.start()
        started.append(True)
        assert abs(time.monotonic() - monotonic()) < 1

    yield start
    if started:
        travel.stop()


def test_a_run_of_this_very_process_is_alive_whatever_its_heartbeat_says(broker, db, settings, monkeypatch):
    settings.JOBS_LEASE_SECONDS = 0
    (job,) = due()
    claim = identity.new_claim()
    claim_job(job_id=job.pk, claim=claim)
    monkeypatch.setattr(runner, "_running_here", {claim})
    Sweeper().free_dead_runs()
    assert Job.objects.get().state == JobState.RUNNING

    monkeypatch.setattr(runner, "_running_here", set())  # the control: the registry is what kept it
    Sweeper().free_dead_runs()
    assert Job.objects.get().state == JobState.DUE


def test_a_dead_run_that_somebody_cancelled_stays_cancelled(broker, db):
    (job,) = due()
    claim_job(job_id=job.pk, claim=dead_claim())
    Job.objects.update(cancel_requested=True)
    Sweeper().free_dead_runs()

    assert Job.objects.get().state == JobState.CANCELLED


def test_a_claim_of_a_reused_pid_is_dead():
    machine, pid, born, run = identity.new_claim().split(":")

    assert identity.holder_is_dead(f"{machine}:{pid}:{int(born) - 1}:{run}")
    assert not identity.holder_is_dead(f"{machine}:{pid}:{born}:{run}")
    assert not identity.holder_is_dead(f"000000000000:{pid}:1:{run}")
    assert not identity.holder_is_dead("")


def test_a_killed_child_that_nobody_has_waited_for_is_dead():
    child = subprocess.Popen([sys.executable, "-c", "from ka_crm.jobs.identity import new_claim; print(new_claim(), flush=True); input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    claim = child.stdout.readline().strip()
    assert not identity.holder_is_dead(claim)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, but still in the table of processes

    assert identity.holder_is_dead(claim)
    child.communicate()


def test_hooks_are_asked_in_their_rhythm_and_one_that_fails_does_not_stop_the_others(broker, db, monkeypatch):
    asked = []
    monkeypatch.setattr(handlers, "_HOOKS", {})
    handlers.every("lab.fails", seconds=0)(lambda now: 1 / 0)
    handlers.every("lab.often", seconds=0)(asked.append)
    handlers.every("lab.rarely", seconds=3600)(lambda now: asked.append("rarely"))
    monkeypatch.setattr(handlers, "registered_jobs", dict)
    swept = Sweeper()
    swept.ask_hooks()
    swept.ask_hooks()

    assert asked.count("rarely") == 1
    assert len(asked) == 3
    assert asked[0] <= timezone.now()


def test_a_part_that_fails_does_not_stop_the_round(broker, db, monkeypatch):
    (job,) = due()
    monkeypatch.setattr(Sweeper, "free_dead_runs", _named(lambda self: 1 / 0))
    Sweeper().sweep()

    assert broker.sent == [job.pk]


def _named(function):
    function.__name__ = "free_dead_runs"
    return function
