"""Web and workers restarted while people work: no request fails, no job is lost (reliability Q8)."""

import signal
import time

import pytest
from django.db import close_old_connections

from ka_crm.jobs import wakeups
from ka_crm.jobs.models import Job
from ka_crm.jobs.states import JobState
from tests.house.load import Load
from tests.house.webserver import Web, held_socket
from tests.ka_crm.jobs.conftest import kinds, laboratory, real_tables, tables  # noqa: F401 – the laboratory's fixtures
from tests.ka_crm.jobs.lab import names
from visits.models import Visit

pytestmark = pytest.mark.once("sockets and signals are the same on both databases")


def work_through(web, rep, again, restarts):
    """The load that went on while ``again()`` was done ``restarts`` times."""
    web.start()
    with Load(web.port, rep=rep, store=rep.store) as load:
        for _number in range(restarts):
            seen = load.answered
            while load.answered < seen + 10:
                time.sleep(0.01)
            again()
        time.sleep(0.5)
    return load


def recorded():
    close_old_connections()
    return {str(client_id) for client_id in Visit.objects.values_list("client_id", flat=True)}


@pytest.mark.parametrize(
    ("verb", "restarts"),
    [("restart", 1), *(pytest.param(verb, 10, marks=pytest.mark.slow) for verb in ("restart", "reload"))],
)
def test_no_request_fails_while_the_web_server_is_restarted(start_process, rep, verb, restarts):
    """By SIGTERM with a socket that systemd holds, and by SIGHUP with the server's own."""
    with held_socket() as listening:
        web = Web(start_process, listening if verb == "restart" else None)
        load = work_through(web, rep, getattr(web, verb), restarts)

    assert load.failures == []
    assert load.statuses == {200}
    assert set(load.saved) == recorded()
    assert len(load.saved) >= 5 * restarts


def test_the_control_a_socket_that_goes_with_the_server_fails_requests(start_process, rep):
    web = Web(start_process)

    load = work_through(web, rep, web.restart, 1)

    assert load.failures != []
    assert set(load.saved) <= recorded()


@pytest.mark.slow
def test_no_job_is_lost_or_doubled_while_workers_are_restarted(laboratory, wait_for):  # noqa: F811 – the fixture above
    wakeups.start_afresh()
    asked = 0
    for _restart in range(10):
        worker = laboratory()
        for _job in range(20):
            Job.objects.enqueue("lab.effect", name=f"{asked:04}", seconds=0.1)
            asked += 1
        done = len(names("lab_effect"))
        wait_for(lambda before=done: len(names("lab_effect")) >= before + 3, seconds=60, every=0.02)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=70) == 0
    assert len(names("lab_effect")) < asked  # or no restart met any work
    laboratory()
    wait_for(lambda: close_old_connections() or not Job.objects.unfinished().exists(), seconds=120)

    assert names("lab_effect") == [f"{number:04}" for number in range(asked)]
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
