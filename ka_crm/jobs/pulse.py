"""The heartbeat of the runs of this process: a thread that says "alive" and how far each is, and learns whether to stop.

One thread and one connection serve all runs, one after another: a thread and a connection of its own would cost each run
of half a second some fifteen milliseconds.
"""

import logging
import os
import threading
import time

from django.conf import settings
from django.db import connection
from django.utils import timezone

TICK_SECONDS = 0.5
LOOK_SECONDS = 1.0
LINGER_SECONDS = 1.0  # without a run; then the thread ends and its connection with it
STOP_SECONDS = 5
log = logging.getLogger(__name__)


def _tick():
    return min(TICK_SECONDS, settings.JOBS_HEARTBEAT_SECONDS)


class Pulse:
    """What one run reports and hears; silent work is not taken for dead work as long as its process lives.

    Its first word comes after half a second, so short jobs cost no statement here. ``start`` and ``stop`` it once each.
    """

    def __init__(self, *, job_id, claim, handler_connection, shown=(0, 0)):
        self.job_id = job_id
        self.claim = claim
        self.handler_connection = handler_connection  # of the thread that runs the handler; only looked at
        self.claim_lost = self.cancel_requested = False
        self.next_tick = self._next_beat = self._next_look = 0.0
        self._ended = False
        self._ticking = threading.Lock()  # held while this run's statements are under way
        self._lock = threading.Lock()
        self._shown = shown  # (done, total) that people have seen, also of an earlier attempt
        self._reported = {}
        self._unwritten = False

    def start(self):
        now = time.monotonic()
        self.next_tick, self._next_beat = now + _tick(), now + settings.JOBS_HEARTBEAT_SECONDS
        _heart.add(self)

    def stop(self):
        """No word of this run after this; waits a moment for one that is under way."""
        self._ended = True
        _heart.remove(self)
        if self._ticking.acquire(timeout=STOP_SECONDS):
            self._ticking.release()

    def report(self, done, total, message):
        """Remember progress; the next tick writes it. What people have seen never shrinks: a second attempt catches up first."""
        with self._lock:
            shown, of = self._shown
            if of == total:
                done = max(done, shown)
            elif of and total and done * of < shown * total:
                done = -(-shown * total // of)
            self._shown = done, total
            self._reported = {"progress_done": done, "progress_total": total, "progress_message": message}
            self._unwritten = True

    def reported(self):
        """The last progress reported, for the statement that ends the run."""
        with self._lock:
            return dict(self._reported)

    def tick(self, now):
        """Write and look if it is time; in the heart's thread. Never raises."""
        self.next_tick = now + _tick()
        with self._ticking:
            if self._ended:
                return
            try:
                if (self._unwritten or now >= self._next_beat) and self._may_write():
                    self._write()
                    self._next_beat = now + settings.JOBS_HEARTBEAT_SECONDS
                if now >= self._next_look:
                    self._look()
                    self._next_look = now + LOOK_SECONDS
            except Exception as error:  # the database is away or locked: try again, the lease allows for several misses
                log.warning("Heartbeat of job %s missed (%s: %s).", self.job_id, type(error).__name__, error)
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
        if found is not None and not self._ended:  # None: written in a transaction that this connection cannot see
            self.claim_lost = found[0] != self.claim
            self.cancel_requested = found[1]


class _Heart:
    """The thread of this process in which the pulses tick; it starts with the first run and ends when none is left.

    A daemon thread: it ends with its process, which is what makes a killed worker's silence meaningful.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._pulses = set()
        self._thread = None

    def add(self, pulse):
        with self._lock:
            self._pulses.add(pulse)
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._beat, name="jobs-pulse", daemon=True)
                thread.start()
                self._thread = thread

    def remove(self, pulse):
        with self._lock:
            self._pulses.discard(pulse)

    def _beat(self):
        idle_since = None
        try:
            while True:
                now = time.monotonic()
                with self._lock:
                    pulses = list(self._pulses)
                    idle_since = None if pulses else idle_since or now
                    if idle_since is not None and now - idle_since >= LINGER_SECONDS:
                        self._thread = None  # under the lock: a run that comes now starts another
                        return
                for pulse in pulses:
                    if pulse.next_tick <= now:
                        pulse.tick(now)
                # A run that starts meanwhile ticks first after this pause: nobody has to wake this thread.
                wait = min([pulse.next_tick - time.monotonic() for pulse in pulses], default=_tick())
                time.sleep(min(max(wait, 0.001), _tick()))
        finally:
            connection.close()


_heart = _Heart()


def start_afresh():
    """A forked child has no thread, and a lock in unknown state."""
    global _heart
    _heart = _Heart()


os.register_at_fork(after_in_child=start_afresh)
