"""What a Celery worker does besides running tasks: refuses bad settings, sweeps, and hands long jobs back when it stops."""

import gc

from celery import bootsteps
from celery.signals import worker_init, worker_process_init, worker_shutting_down


class SweeperStep(bootsteps.StartStopStep):
    """Starts our loop beside the consumer, also while the broker is away."""

    requires = {"celery.worker.components:Pool"}  # after the pool: children are forked before the thread exists

    def start(self, worker):
        from .sweeper import SweeperThread  # needs the models, which are not there when Celery is set up

        self.thread = SweeperThread()
        self.thread.start()

    def stop(self, worker):
        self.thread.stop()

    terminate = stop


@worker_init.connect
def refuse_bad_settings(**kwargs):
    """Django's start-up checks only warn under Celery; these make messages arrive twice, so the worker does not start."""
    from .checks import queue_settings  # reads the settings

    if problems := queue_settings():
        raise SystemExit("\n".join(f"{problem.msg} {problem.hint}" for problem in problems))


@worker_init.connect
def spare_the_collector(**kwargs):
    """What is loaded before the children are forked stays for good: as in ka_crm/wsgi.py, the collector need not go through it."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def know_the_main_process(**kwargs):
    from .identity import note_main_process  # for the children of a pool only

    note_main_process()


@worker_shutting_down.connect
def hand_jobs_back(**kwargs):
    from .runner import tell_running_jobs_to_stop  # needs the models

    tell_running_jobs_to_stop()
