"""The worker laboratory: kinds of jobs that behave well, badly and very badly, and the Celery application that runs them.

``celery -A tests.ka_crm.jobs.lab worker`` is the real worker with these kinds added. What a job leaves behind goes into
two plain tables, ``lab_effect`` (lasting effects) and ``lab_start`` (attempts begun), which nothing but the queue's own
guards protects.
"""

import os
import resource
import signal
import sys
import time

from django.db import connection, transaction

from ka_crm.celery import app  # what celery -A looks for
from ka_crm.errors import DomainError
from ka_crm.jobs import handlers, unaided
from ka_crm.jobs.handlers import job_handler
from ka_crm.jobs.worker import SweeperStep

TABLES = ("lab_effect", "lab_start")
if os.environ.get("KA_TEST_NO_SWEEPER"):  # for controls: a worker without its guard
    app.steps["worker"].discard(SweeperStep)
unaided.COMMAND = [sys.executable, "-m", "tests.ka_crm.jobs.lab_unaided"]  # knows these kinds
if os.environ.get("KA_TEST_NO_CLOCK"):  # the apps' own daily jobs would stand among the laboratory's
    handlers.registered_hooks = dict


def write(table, name):
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (name) VALUES (%s)", [name])


def names(table):
    """What is in ``table``, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {table} ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


@job_handler("lab.effect", title="An effect")
def effect(job, *, name, seconds=0.0):
    """One effect, guarded: written in the transaction that ends the job."""
    write("lab_start", name)
    time.sleep(seconds)
    with job.finishing({"name": name}):
        write("lab_effect", name)
        time.sleep(seconds / 10)


@job_handler("lab.unguarded")
def unguarded(job, *, name, seconds=0.0):
    """The control: the effect is committed before the job ends, so a kill in between doubles it."""
    write("lab_start", name)
    write("lab_effect", name)
    time.sleep(seconds)


@job_handler("lab.poison")
def poison(job, *, name):
    """Ends its own process, as running out of memory would."""
    write("lab_start", name)
    os.kill(os.getpid(), signal.SIGKILL)


@job_handler("lab.exits")
def exits(job, *, name):
    """Leaves without a word, as a library that calls exit would."""
    write("lab_start", name)
    os._exit(0)


@job_handler("lab.endless")
def endless(job, *, name):
    """Goes on whatever it is told."""
    write("lab_start", name)
    while True:
        try:
            time.sleep(60)
        except Exception:  # swallowing the soft limit is what is tried
            continue


@job_handler("lab.greedy")
def greedy(job, *, name):
    """Asks for more memory than there is; the limit of its own stands for the machine's."""
    write("lab_start", name)
    now, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, most))
    try:
        bytearray(8 << 30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (now, most))


@job_handler("lab.broken")
def broken(job, *, name):
    write("lab_start", name)
    raise ZeroDivisionError("a bug")


@job_handler("lab.refused")
def refused(job, *, name):
    write("lab_start", name)
    raise DomainError("Fund F-1 has 10.00 USD left.")


@job_handler("lab.patient")
def patient(job, *, name, steps=100, seconds=0.1):
    """Long work that reports and can be stopped between two steps."""
    write("lab_start", name)
    for step in range(steps):
        job.raise_if_cancelled()
        job.progress(step, steps, f"Step {step}")
        time.sleep(seconds)
    with job.finishing({"url": f"/lab/{name}/"}):
        write("lab_effect", name)


@job_handler("lab.inside")
def inside(job, *, name, seconds):
    """Long work that reports from inside one transaction."""
    write("lab_start", name)
    with transaction.atomic():
        write("lab_effect", f"{name} inside")
        job.progress(1, 2, "Inside")
        time.sleep(seconds)


@job_handler("lab.connection")
def connection_used(job, *, name):
    """Writes down which connection of PostgreSQL it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        write("lab_effect", str(cursor.fetchone()[0]))


@job_handler("lab.steps")
def steps(job, *, name, count=5, seconds=0.0):
    """Several effects, each guarded by its own step."""
    write("lab_start", name)
    for number in range(count):
        with job.once(f"step {number}") as first:
            if first:
                write("lab_effect", f"{name} {number}")
        time.sleep(seconds)
