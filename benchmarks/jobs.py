"""Jobs: from enqueuing to starting on an idle worker, and what fanning work out costs beside doing it in one piece.

    python tests/servers.py run -- python benchmarks/jobs.py [--starts 100] [--parts 60] [--part-seconds 0.5]

Starts a real Celery worker with two processes. Starts: jobs asked for one by one, each only when the one before has ended;
``started_at`` less ``created_at``. Fan-out: ``--parts`` jobs that each wait ``--part-seconds``, asked for at once; the time until the
last has ended, beside the waiting alone shared by two processes. Prints one JSON object.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 2
MARK = "KA_BENCHMARK_JOBS"  # set for the worker, which imports this file to know the handler


def declare():
    from ka_crm.jobs.handlers import job_handler

    @job_handler("benchmark.wait", title="Wait")
    def wait(job, *, seconds):
        time.sleep(seconds)


def start_worker():
    command = [sys.executable, "-m", "celery", "-A", "ka_crm", "worker", "-l", "ERROR", "-I", "benchmarks.jobs", "-c", str(PROCESSES)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, MARK: "1", "PYTHONPATH": str(ROOT)})


def asked_for(seconds):
    """A job that waits ``seconds``, committed."""
    from django.db import transaction

    from ka_crm.jobs.models import Job

    with transaction.atomic():
        return Job.objects.enqueue("benchmark.wait", seconds=seconds)


def ended(jobs, *, within):
    """The rows of ``jobs`` once all have ended; gives up after ``within`` seconds."""
    from ka_crm.jobs.models import Job
    from ka_crm.jobs.states import UNFINISHED

    keys, give_up = [job.pk for job in jobs], time.monotonic() + within
    while Job.objects.filter(pk__in=keys, state__in=UNFINISHED).exists():
        if time.monotonic() > give_up:
            raise SystemExit(f"{len(keys)} jobs have not ended within {within} s: does the worker run?")
        time.sleep(0.005)
    return list(Job.objects.filter(pk__in=keys))


def starts(count):
    """Milliseconds from the enqueuing of each job to its start."""
    found = []
    for _job in range(count):
        (row,) = ended([asked_for(0)], within=60)
        found.append((row.started_at - row.created_at).total_seconds() * 1000)
        time.sleep(0.02)
    return found


def fan_out(parts, seconds):
    """(seconds until all parts have ended, seconds of waiting per process)."""
    started = time.perf_counter()
    jobs = [asked_for(seconds) for _part in range(parts)]
    ended(jobs, within=parts * seconds + 120)
    return time.perf_counter() - started, parts * seconds / PROCESSES


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--starts", type=int, default=100)
    parser.add_argument("--parts", type=int, default=60)
    parser.add_argument("--part-seconds", type=float, default=0.5)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "ka_crm.settings"
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KA_DATA_DIR"] = scratch
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        declare()
        worker = start_worker()
        try:
            ended([asked_for(0) for _process in range(2 * PROCESSES)], within=120)  # both processes have connected
            waits = sorted(starts(asked.starts))
            took, alone = fan_out(asked.parts, asked.part_seconds)
        finally:
            worker.terminate()
            worker.wait(30)
    p95 = waits[int(len(waits) * 0.95) - 1]
    report = {
        "start_ms": {"median": round(statistics.median(waits), 1), "p95": round(p95, 1), "most": round(waits[-1], 1)},
        "fan_out": {"seconds": round(took, 2), "waiting_alone": round(alone, 2), "overhead": round(took / alone - 1, 4)},
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
elif os.environ.get(MARK):
    declare()
