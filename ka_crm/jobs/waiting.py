"""Waiting for jobs at a command line. Pages do not wait: they show ``jobs:job_progress``."""

import time

from .models import Job


def wait_for_jobs(jobs, *, show=None, seconds=None):
    """Wait until each of ``jobs`` has ended; answers the rows as they are then, also of those that have not within ``seconds``.

    ``show(rows)`` is called about twice a second. Workers do the work: without one this waits in vain.
    """
    job_ids = [job.pk for job in jobs]
    give_up = None if seconds is None else time.monotonic() + seconds
    while True:
        rows = list(Job.objects.filter(pk__in=job_ids).order_by("pk"))
        if show:
            show(rows)
        if all(row.is_finished for row in rows) or (give_up is not None and time.monotonic() >= give_up):
            return rows
        time.sleep(0.5)
