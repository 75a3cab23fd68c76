"""Web server and database killed, starved and taken away while people record visits (reliability O4).

What the server acknowledged is there afterwards, once, and a database that is away is a 503, never a wait without an end.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from tests import servers
from tests.house.load import Load
from tests.house.test_run import children_of
from tests.house.webserver import Web

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = [4, pytest.param(100, marks=pytest.mark.slow)]
on_sqlite = pytest.mark.skipif(os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite's own: runs in its half")
# Acknowledges what is in memory only, for ten seconds.
FORGETFUL = ("fsync=on", "synchronous_commit=off", "wal_writer_delay=10s")


def manage(environment, *words):
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)


@pytest.fixture
def own_postgres(process_env, rep, tmp_path):
    """``own_postgres(promises)``: a PostgreSQL that may be killed, with the test's people and stores in it."""
    started = []

    def start(promises):
        manage(process_env, "backup", str(tmp_path / "people.tar"))
        server = servers.start_postgres(promises)
        started.append(server)
        manage({**process_env, "DATABASE_URL": server.url}, "restore", str(tmp_path / "people.tar"), "--replace")
        return server

    yield start
    for server in started:
        server.stop()


def recorded(url=""):
    """How often each visit is in the database."""
    if url:
        with closing(psycopg2.connect(url.replace("postgres://", "postgresql://"))) as database, database.cursor() as cursor:
            cursor.execute("SELECT client_id FROM visits_visit")
            return Counter(str(client_id) for (client_id,) in cursor.fetchall())
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = database.execute("SELECT client_id FROM visits_visit").fetchall()
    return Counter(f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for (one,) in rows)


def wait_for_more(load, number=4):
    """Until that many more visits are acknowledged."""
    before, give_up = len(load.saved), time.monotonic() + 60
    while len(load.saved) < before + number:
        assert time.monotonic() < give_up, load.failures[-3:]
        time.sleep(0.01)


def kill_web(web):
    """The process that serves; its parent starts another."""
    for pid in children_of(web.process.pid, "gunicorn"):
        os.kill(pid, signal.SIGKILL)


def kill_at_random(load, killers, kills):
    chance = random.Random(kills)
    for number in range(kills):
        wait_for_more(load)
        time.sleep(chance.random() * 0.1)
        killers[number % len(killers)]()
    wait_for_more(load)


def check(load, rows):
    """Every acknowledged visit is there, and none twice."""
    assert [visit for visit in load.saved if not rows[visit]] == []
    assert set(rows.values()) == {1}


@on_sqlite
@pytest.mark.parametrize("kills", KILLS)
def test_every_acknowledged_visit_survives_kills_of_the_web_server(start_process, rep, kills):
    web = Web(start_process)
    web.start()
    with Load(web.port, rep=rep, store=rep.store, patient=True) as load:
        kill_at_random(load, [lambda: kill_web(web)], kills)

    check(load, recorded())
    assert load.failures != []  # or no kill met anybody


@pytest.mark.postgres
@pytest.mark.parametrize("kills", KILLS)
def test_every_acknowledged_visit_survives_kills_of_web_server_and_database(start_process, own_postgres, rep, kills):
    load = Load(0, rep=rep, store=rep.store, patient=True)
    server = own_postgres(servers.DURABLE)
    web = Web(start_process, DATABASE_URL=server.url)
    web.start()
    load.port = web.port

    def kill_database():
        server.kill()
        server.start_again()

    with load:
        kill_at_random(load, [kill_database, lambda: kill_web(web)], kills)

    check(load, recorded(server.url))
    assert load.failures != []
    assert load.statuses == {200, 503}


@pytest.mark.slow
@pytest.mark.postgres
def test_the_control_a_database_that_acknowledges_too_early_loses_visits(start_process, own_postgres, rep):
    load = Load(0, rep=rep, store=rep.store, patient=True)
    server = own_postgres(FORGETFUL)
    web = Web(start_process, DATABASE_URL=server.url)
    web.start()
    load.port = web.port
    with load:
        wait_for_more(load, 8)
        server.kill()
        server.start_again()
        wait_for_more(load, 1)

    rows = recorded(server.url)
    assert [visit for visit in load.saved if not rows[visit]] != []


@pytest.mark.postgres
@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.slow)])
def test_a_database_that_is_away_is_a_503_and_is_found_again(start_process, own_postgres, rep, seconds):
    load = Load(0, rep=rep, store=rep.store)
    server = own_postgres(servers.DURABLE)
    web = Web(start_process, DATABASE_URL=server.url)
    web.start()
    web.wait_until_it_answers(address="/readyz")
    server.kill()
    load.port = web.port
    with load:
        time.sleep(seconds)
    assert load.statuses == {503}
    assert load.longest < 6
    assert (web.status_of("/healthz"), web.status_of("/readyz")) == (200, 503)

    server.start_again()
    assert web.wait_until_it_answers(address="/readyz", seconds=5) <= 5
    assert web.status_of("/account/login/") == 200


@on_sqlite
def test_a_full_disk_is_a_503_and_loses_nothing(start_process, rep, wait_for):
    """No file may grow beyond a little more than the database has, as on a disk that is full; then there is room again."""
    web = Web(start_process)
    load = Load(web.port, rep=rep, store=rep.store)
    connection.close()
    size = Path(connection.settings_dict["NAME"]).stat().st_size
    web.start(before=f"ulimit -f {size // 1024 + 200};")
    with load:
        wait_for(lambda: 503 in load.statuses, seconds=120)
    assert load.statuses == {200, 503}
    assert load.saved != []
    check(load, recorded())

    web.restart()
    with Load(web.port, rep=rep, store=rep.store) as with_room:
        wait_for_more(with_room)
    assert with_room.statuses == {200}
    check(with_room, recorded())
