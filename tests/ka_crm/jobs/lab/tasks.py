"""Kinds of jobs that behave well, badly and very badly."""

import os
import signal
import time

from django.db import transaction

from ka_crm.errors import DomainError
from ka_crm.jobs.handlers import job_handler

from .models import Effect, Start


@job_handler("lab.effect")
def effect(job, *, name, seconds=0.0):
    """One effect, guarded: written in the transaction that ends the job."""
    Start.objects.create(name=name)
    time.sleep(seconds)
    with job.finishing({"name": name}):
        Effect.objects.create(name=name)
        time.sleep(seconds / 4)


@job_handler("lab.unguarded")
def unguarded(job, *, name, seconds=0.0):
    """The control: the effect is committed before the job ends, so a kill in between doubles it."""
    Start.objects.create(name=name)
    time.sleep(seconds / 4)
    Effect.objects.create(name=name)
    time.sleep(seconds)


@job_handler("lab.poison")
def poison(job, *, name):
    """Ends its own process, as running out of memory would."""
    Start.objects.create(name=name)
    os.kill(os.getpid(), signal.SIGKILL)


@job_handler("lab.broken")
def broken(job, *, name):
    Start.objects.create(name=name)
    raise ZeroDivisionError("a bug")


@job_handler("lab.refused")
def refused(job, *, name):
    Start.objects.create(name=name)
    raise DomainError("Fund F-1 has 10.00 USD left.")


@job_handler("lab.patient")
def patient(job, *, name, steps=100, seconds=0.1):
    """Long work that reports and can be stopped between two steps."""
    Start.objects.create(name=name)
    for step in range(steps):
        job.raise_if_cancelled()
        job.progress(step, steps, f"Step {step}")
        time.sleep(seconds)
    with job.finishing({"url": f"/lab/{name}/"}):
        Effect.objects.create(name=name)


@job_handler("lab.silent")
def silent(job, *, name, seconds):
    """Long work that says nothing, inside one transaction."""
    Start.objects.create(name=name)
    with transaction.atomic():
        Effect.objects.create(name=f"{name} inside")
        job.progress(1, 2, "Inside a transaction")
        time.sleep(seconds)
    with job.finishing():
        Effect.objects.create(name=name)


@job_handler("lab.steps")
def steps(job, *, name, count=5, seconds=0.0):
    """Several effects, each guarded by its own step."""
    Start.objects.create(name=name)
    for number in range(count):
        with job.once(f"step {number}") as first:
            if first:
                Effect.objects.create(name=f"{name} {number}")
        time.sleep(seconds)
