"""The loop in every worker that makes messages unimportant: frees dead runs, sends what is due, asks the clock's hooks.

While the broker is away for long it has what is due run without one (unaided.py).
"""

import logging
import subprocess
import threading
import time
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from . import unaided
from .handlers import registered_hooks
from .identity import holder_is_dead
from .models import Job
from .runner import runs_here
from .services import take_over
from .states import JobState
from .wakeups import messages_waiting, send_now

log = logging.getLogger(__name__)
QUEUE_IS_DEEP = 200  # messages; with that many waiting the workers are awake, and more messages would only pile up
ALWAYS_SEND = 5
# What sweepers of this process did: freed, sent, unaided (processes started without a broker), hook errors.
counts = Counter()


def _fresh_connection():
    """The next statement opens a new connection: the error may have been the old one's."""
    if not connection.in_atomic_block:
        connection.close()


class Sweeper:
    """One sweeper's memory between two sweeps; several sweepers at once do no harm."""

    def __init__(self):
        self._beats_seen = {}  # job pk -> (claim, heartbeat, when this sweeper first saw it, by its monotonic clock)
        self._hook_due = {}
        self._told = set()
        self._away_since = None  # by the monotonic clock: since then the broker took nothing
        self._helper = None

    def sweep(self):
        """One round; a part that fails is logged and does not keep the others from their work."""
        for part in (self.free_dead_runs, self.send_due, self.work_without_broker, self.ask_hooks):
            try:
                part()
            except Exception as error:  # the sweeper outlives whatever is wrong: without it no lost job is found again
                counts["errors"] += 1
                told = (part.__name__, str(error))
                trace = told not in self._told  # once, not every two seconds
                log.error("The sweeper's %s failed (%s: %s); it tries again.", part.__name__, type(error).__name__, error, exc_info=trace)
                self._told = {*list(self._told)[-20:], told}
                _fresh_connection()

    def free_dead_runs(self):
        """Take over runs whose process has ended here, or whose heartbeat stood still for a whole lease.

        The lease is measured by watching, not by comparing clocks: neither a clock that jumps nor one that is wrong on
        another machine makes a living run look dead.
        """
        seen, now = {}, time.monotonic()
        for job in Job.objects.filter(state=JobState.RUNNING):
            beat = (job.claimed_by, job.heartbeat_at)
            since = self._beats_seen.get(job.pk, (None, now))
            first_seen = since[1] if since[0] == beat else now
            seen[job.pk] = (beat, first_seen)
            if runs_here(job.claimed_by):
                continue
            if holder_is_dead(job.claimed_by):
                because = "The worker process ended during the run."
            elif now - first_seen >= settings.JOBS_LEASE_SECONDS:
                because = f"The worker gave no sign of life for {settings.JOBS_LEASE_SECONDS:g} s."
            else:
                continue
            if state := take_over(job=job, because=f"{because} (attempt {job.attempts} of {job.max_attempts})"):
                counts["freed"] += 1
                log.warning("Job %s %s: %s Now %s.", job.kind, job.uuid, because, state)
        self._beats_seen = seen

    def send_due(self):
        """Send wake-ups for due jobs whose last one is too long ago, oldest first; answers how many the broker took."""
        now = timezone.now()
        due = Job.objects.due_at(now).filter(wake_after__lte=now)
        if not due.exists():
            return 0
        depth = messages_waiting()
        if depth is None:
            self._note_broker(took=False)
            return 0
        job_ids = list(due.order_by("wake_after", "pk").values_list("pk", flat=True)[: max(QUEUE_IS_DEEP - depth, ALWAYS_SEND)])
        due.filter(pk__in=job_ids).update(wake_after=now + timedelta(seconds=settings.JOBS_RESEND_SECONDS))
        taken = send_now(job_ids)
        self._note_broker(took=bool(taken))
        if left := set(job_ids) - set(taken):
            Job.objects.filter(pk__in=left, state=JobState.DUE).update(wake_after=now)
        counts["sent"] += len(taken)
        return len(taken)

    def _note_broker(self, *, took):
        self._away_since = None if took else self._away_since or time.monotonic()

    def work_without_broker(self):
        """Have what is due run by a process of its own once the broker has been away for JOBS_UNAIDED_SECONDS; one at a time."""
        if self._helper is not None and self._helper.poll() is None:
            return
        if self._away_since is None or time.monotonic() - self._away_since < settings.JOBS_UNAIDED_SECONDS:
            return
        if Job.objects.due_at(timezone.now()).exists():
            log.warning("The broker is away: what is due is run without it.")
            self._helper = subprocess.Popen(unaided.COMMAND, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL)
            counts["unaided"] += 1

    def stop(self):
        """Let the process that works without a broker hand its job back."""
        if self._helper is not None and self._helper.poll() is None:
            self._helper.terminate()

    def ask_hooks(self):
        """Call each registered hook whose time has come, with the present instant."""
        for hook in registered_hooks().values():
            if time.monotonic() < self._hook_due.get(hook.name, 0):
                continue
            self._hook_due[hook.name] = time.monotonic() + hook.seconds
            try:
                hook.function(timezone.now())
            except Exception:  # one app's daily work does not keep the others' from being asked
                counts["hook_errors"] += 1
                log.exception("The hook “%s” failed; it is asked again in %g s.", hook.name, hook.seconds)
                _fresh_connection()


class SweeperThread(threading.Thread):
    """Sweeps until told to stop; holds no connection between two sweeps, so that nothing is inherited by forked children."""

    def __init__(self):
        super().__init__(name="jobs-sweeper", daemon=True)
        self._ended = threading.Event()

    def run(self):
        sweeper = Sweeper()
        while True:
            sweeper.sweep()
            connection.close()
            if self._ended.wait(settings.JOBS_SWEEP_SECONDS):
                return sweeper.stop()

    def stop(self):
        self._ended.set()
        if self.is_alive():
            self.join(timeout=5)
