"""bin/run keeps web and worker up, and stops both within ten seconds."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def children_of(pid, word):
    """Process ids of the children of ``pid`` whose command line holds ``word``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, ValueError):  # it ended while we looked
                continue
            if parent == pid and word in command:
                found.append(int(folder.name))
    return found


def served_by_another(process, former):
    """Whether a new gunicorn has taken over: its main process and at least one that serves."""
    return any(children_of(pid, "gunicorn") for pid in children_of(process.pid, "gunicorn") if pid != former)


@pytest.mark.once("bin/run watches web and worker alike")
def test_what_falls_is_started_again_and_a_stop_leaves_nothing_behind(start_process, process_env, wait_for):
    port = free_port()
    process = start_process(["bin/run"], KA_PORT=str(port))
    wait_for(lambda: answers(port), seconds=60)
    (web,), (worker,) = children_of(process.pid, "gunicorn"), wait_for(lambda: children_of(process.pid, "celery"))

    second = subprocess.run(["bin/run"], cwd=ROOT, env={**process_env, "KA_PORT": str(port)}, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert second.stderr == f"run: port {port} is taken: stop what listens there, or choose another, such as KA_PORT=8000.\n"

    os.kill(worker, signal.SIGKILL)
    os.kill(web, signal.SIGKILL)
    again = wait_for(lambda: [pid for pid in children_of(process.pid, "celery") if pid != worker], seconds=30)
    wait_for(lambda: served_by_another(process, web) and answers(port), seconds=60)

    began = time.monotonic()
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert time.monotonic() - began <= 10
    assert not answers(port)
    assert not Path(f"/proc/{again[0]}").exists()


def test_a_database_that_is_not_ready_is_said_at_once(tmp_path):
    environment = {**os.environ, "KA_DATA_DIR": str(tmp_path), "KA_PORT": str(free_port()), "DJANGO_SETTINGS_MODULE": "ka_crm.settings"}
    environment.pop("DATABASE_URL", None)

    started = subprocess.run(["bin/run"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert (started.returncode, started.stderr) == (1, "run: the database is not up to date: run bin/setup first.\n")
