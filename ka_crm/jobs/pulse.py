"""The heartbeat of one run: a thread that says "alive" and how far it is, and learns whether to stop."""

import logging
import threading
import time

from django.conf import settings
from django.db import connection
from django.utils import timezone

TICK_SECONDS = 0.5
LOOK_SECONDS = 1.0
log = logging.getLogger(__name__)


class Pulse(threading.Thread):
    """Writes heartbeat and progress of a run in its own connection, so that silent work is not taken for dead work.

    A daemon thread: it ends with its process, which is what makes a killed worker's silence meaningful. It waits half
    a second before its first word, so short jobs never open a second connection.
    """

    def __init__(self, *, job_id, claim, handler_connection):
        super().__init__(name=f"jobs-pulse-{job_id}", daemon=True)
        self.job_id = job_id
        self.claim = claim
        self.handler_connection = handler_connection  # of the thread that runs the handler; only looked at
        self.claim_lost = self.cancel_requested = False
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._reported = {}
        self._unwritten = False

    def report(self, **progress):
        """Remember progress; the next tick writes it."""
        with self._lock:
            self._reported = progress
            self._unwritten = True

    def reported(self):
        """The last progress reported, for the statement that ends the run."""
        with self._lock:
            return dict(self._reported)

    def stop(self):
        """End the thread and wait a moment for it, so that its connection is closed when the run is over."""
        self._ended.set()
        if self.is_alive():
            self.join(timeout=5)

    def run(self):
        next_beat = time.monotonic() + settings.JOBS_HEARTBEAT_SECONDS
        next_look = 0.0
        try:
            while not self._ended.wait(min(TICK_SECONDS, settings.JOBS_HEARTBEAT_SECONDS)):
                try:
                    now = time.monotonic()
                    if (self._unwritten or now >= next_beat) and self._may_write():
                        self._write()
                        next_beat = now + settings.JOBS_HEARTBEAT_SECONDS
                    if now >= next_look:
                        self._look()
                        next_look = now + LOOK_SECONDS
                except Exception as error:  # the database is away or locked: try again, the lease allows for several misses
                    log.warning("Heartbeat of job %s missed (%s: %s).", self.job_id, type(error).__name__, error)
                    connection.close()
        finally:
            connection.close()

    def _may_write(self):
        """SQLite has one writer: while the handler is inside a transaction a write here could only wait for it."""
        return not (self.handler_connection.vendor == "sqlite" and self.handler_connection.in_atomic_block)

    def _row(self):
        from .models import Job  # the models import the handlers' registry, and tests of this thread need neither

        return Job.objects.filter(pk=self.job_id)

    def _write(self):
        with self._lock:
            progress, self._unwritten = dict(self._reported), False
        try:
            self._row().filter(claimed_by=self.claim).update(heartbeat_at=timezone.now(), **progress)
        except Exception:  # raised again; the next beat writes what this one could not
            self._unwritten = True
            raise

    def _look(self):
        found = self._row().values_list("claimed_by", "cancel_requested").first()
        if found is not None and not self._ended.is_set():  # None: written in a transaction that this connection cannot see
            self.claim_lost = found[0] != self.claim
            self.cancel_requested = found[1]
