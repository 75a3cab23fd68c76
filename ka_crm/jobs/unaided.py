"""A process that runs what is due while the broker is away: ``python -m ka_crm.jobs.unaided``, started by the sweeper of a worker.

The row is the truth: without a broker jobs are found by looking, one after another, in a process of their own that poison may kill
and a time limit end.
"""

import os
import signal
import sys
import time

COMMAND = [sys.executable, "-m", "ka_crm.jobs.unaided"]
LONGEST_SECONDS = 300  # then the sweeper starts another, if it is still needed: what a long life gathers goes


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ka_crm.settings")
    import django  # what follows needs the settings

    django.setup()
    work()


def work():
    """Run due jobs until there is none. SIGTERM hands the running one back; one beyond the hard limit ends this process."""
    from django.conf import settings
    from django.db import close_old_connections

    from .runner import run_next_job, tell_running_jobs_to_stop, worker_is_stopping

    signal.signal(signal.SIGTERM, lambda *_: tell_running_jobs_to_stop())
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever the handler is at
    give_up = time.monotonic() + LONGEST_SECONDS
    found = True
    while found and time.monotonic() < give_up and not worker_is_stopping():
        signal.setitimer(signal.ITIMER_REAL, settings.CELERY_TASK_TIME_LIMIT)
        found = run_next_job()
        close_old_connections()


if __name__ == "__main__":
    main()
