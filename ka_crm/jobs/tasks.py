"""The one Celery task, and the housekeeping of the queue itself."""

import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from ka_crm.broker import sweep_leftovers
from ka_crm.models import SentForm

from .handlers import every
from .models import Job
from .runner import run_job, run_next_job, worker_is_stopping
from .states import JobState

KEEP_SENT_FORMS = timedelta(days=7)


@shared_task(name="jobs.run")
def run(job_id):
    """Run the job of this id if it is still due, then for a while what else is due; a message that comes late or twice does nothing.

    Going on at once spares each job the way of a message through broker and main process, some ten milliseconds. It is
    for a while only, since Celery's time limits count from the message.
    """
    until = time.monotonic() + settings.JOBS_GO_ON_SECONDS
    close_old_connections()  # a thread of the pool may hold one that the server has closed
    try:
        run_job(job_id)
        while time.monotonic() < until and not worker_is_stopping() and run_next_job():
            close_old_connections()
    finally:
        close_old_connections()


@every("jobs.tidy", seconds=3600)
def tidy(now):
    """Delete finished jobs after JOBS_KEEP_DAYS, a thousand at a time, and keys of forms; dead letters stay until somebody decides."""
    old = Job.objects.filter(state__in=[JobState.DONE, JobState.CANCELLED], finished_at__lt=now - timedelta(days=settings.JOBS_KEEP_DAYS))
    Job.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()
    SentForm.objects.filter(sent_at__lt=now - KEEP_SENT_FORMS).delete()
    if not settings.REDIS_URL:
        sweep_leftovers()
