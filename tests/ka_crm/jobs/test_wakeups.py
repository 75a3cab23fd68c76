"""Waking a worker costs a save nothing, whatever the broker does: closed, frozen, away for good."""

import signal
import socket
import subprocess
import sys
import time

import pytest
from celery import current_app
from django.db import transaction

from ka_crm.jobs import wakeups
from ka_crm.jobs.models import Job
from tests import servers

pytestmark = pytest.mark.usefixtures("kinds")
AT_MOST_SECONDS = 1.0


@pytest.fixture(autouse=True)
def _untroubled():
    """No connection, and no pause, is left over from another test's broken broker."""
    wakeups.start_afresh()
    yield
    wakeups.start_afresh()


@pytest.fixture
def redis_broker(settings, monkeypatch):
    """``redis_broker(url)``: this process sends its wake-ups there; "" is the folder."""

    def use(url):
        settings.REDIS_URL = url
        for name in ("broker_url", "broker_write_url", "broker_read_url"):
            monkeypatch.setitem(current_app.conf, name, url or "kafs://")
        monkeypatch.setitem(current_app.conf, "broker_transport_options", {"visibility_timeout": 900} if url else {})
        wakeups.counts.clear()

    yield use
    wakeups.flush(10)


@pytest.fixture
def deaf_port():
    """A port that takes connections and never answers, as a frozen machine behind a live network does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


def save(number):
    """Seconds that each of ``number`` saves with a job takes."""
    took = []
    for index in range(number):
        began = time.monotonic()
        with transaction.atomic():
            Job.objects.enqueue("lab.effect", name=f"saved {index}")
        took.append(time.monotonic() - began)
    return took


def test_a_save_with_a_closed_redis(transactional_db, redis_broker):
    redis_broker(f"redis://127.0.0.1:{servers.free_port()}/0")

    assert max(save(20)) < AT_MOST_SECONDS
    assert wakeups.flush(10)
    assert (Job.objects.count(), wakeups.counts["sent"], wakeups.counts["dropped"]) == (20, 0, 20)


def test_a_save_with_a_redis_that_never_answers(transactional_db, redis_broker, deaf_port):
    redis_broker(f"redis://127.0.0.1:{deaf_port}/0")

    assert max(save(20)) < AT_MOST_SECONDS
    assert wakeups.flush(20)
    assert (Job.objects.count(), wakeups.counts["sent"]) == (20, 0)


def test_a_save_with_a_frozen_redis_and_after_it_goes_on(transactional_db, redis_broker, own_redis, monkeypatch):
    monkeypatch.setattr(wakeups, "PAUSE_SECONDS", 0.1)
    redis_broker(own_redis.url)
    save(1)
    assert wakeups.flush(5)
    assert wakeups.counts["sent"] == 1
    own_redis.process.send_signal(signal.SIGSTOP)
    assert max(save(20)) < AT_MOST_SECONDS
    assert wakeups.flush(20)
    own_redis.process.send_signal(signal.SIGCONT)
    time.sleep(0.2)
    wakeups.counts.clear()
    save(1)
    assert wakeups.flush(10)

    assert Job.objects.count() == 22
    assert wakeups.counts["sent"] == 1


def test_a_redis_that_was_restarted_gets_the_next_wakeup_at_once(transactional_db, redis_broker, own_redis):
    redis_broker(own_redis.url)
    save(1)
    assert wakeups.flush(5)
    own_redis.kill()
    again = servers.start_redis(port=int(own_redis.url.rsplit(":", 1)[1].split("/")[0]))
    try:
        save(1)
        assert wakeups.flush(10)
        assert wakeups.counts["sent"] == 2
        assert wakeups.messages_waiting() == 1
    finally:
        again.stop()


def test_the_control_sending_in_the_save_itself_waits_for_a_redis_that_never_answers(
    transactional_db, redis_broker, deaf_port, monkeypatch
):
    redis_broker(f"redis://127.0.0.1:{deaf_port}/0")
    monkeypatch.setattr("ka_crm.jobs.querysets.wake", lambda job_id: wakeups.send_now([job_id]))

    assert max(save(1)) >= AT_MOST_SECONDS


def test_a_full_queue_of_wakeups_drops_and_counts(monkeypatch):
    monkeypatch.setattr(wakeups, "_start_thread", lambda: None)
    monkeypatch.setattr(wakeups, "_waiting", wakeups.queue.Queue(maxsize=2))
    wakeups.counts.clear()
    for job_id in range(5):
        wakeups.wake(job_id)

    assert wakeups.counts["dropped"] == 3


def test_wakeups_lie_in_the_broker_folder_until_a_worker_takes_them(transactional_db, redis_broker, data_dir):
    redis_broker("")
    save(3)
    assert wakeups.flush(10)

    assert wakeups.messages_waiting() == 3
    assert len(list((data_dir / "broker" / "queue").iterdir())) == 3


def test_the_thread_ends_when_nothing_comes_and_another_starts(monkeypatch):
    sent = []
    monkeypatch.setattr(wakeups, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(wakeups, "send_now", lambda job_ids, connection=None: sent.extend(job_ids) or job_ids)
    wakeups.wake(1)
    assert wakeups.flush(15)
    _until_no_thread()
    wakeups.wake(2)
    assert wakeups.flush(5)

    assert sent == [1, 2]


def _until_no_thread():
    give_up = time.monotonic() + 15
    while wakeups._thread is not None:
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_command_that_ends_at_once_still_sends_its_wakeups(process_env, data_dir):
    code = "import django; django.setup(); from ka_crm.jobs import wakeups; [wakeups.wake(n) for n in range(10)]"
    environment = {name: value for name, value in process_env.items() if name != "REDIS_URL"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)

    assert len(list((data_dir / "broker" / "queue").iterdir())) == 10
