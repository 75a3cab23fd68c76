"""Telling a worker that a job is due, at no cost to the one who saved it.

A closed Redis answers after seconds and a frozen one never, so a save never speaks to the broker itself: it leaves the
id in a bounded queue, and one short-lived thread of this process sends it, waiting at most JOBS_SEND_TIMEOUT per step.
What cannot be sent is counted and dropped: the row stays due, and the sweeper of any worker sends it again.
"""

import atexit
import logging
import os
import queue
import threading
import time
from collections import Counter
from contextlib import nullcontext, suppress

from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)
IDLE_SECONDS = 10  # then the thread ends; the next wake-up starts another
PAUSE_SECONDS = 2  # after a failed send: what comes meanwhile is dropped without trying
AT_EXIT_SECONDS = 1.0
MOST_AT_ONCE = 500

_waiting = queue.Queue(maxsize=10_000)
_lock = threading.Lock()
_thread = None
_resume_at = 0.0  # by the monotonic clock: until then the broker is not tried
# sent, failed, dropped: since this process started; /metrics and ``manage.py jobs`` show them.
counts = Counter()


def wake(job_id):
    """Ask for a worker to look at this job soon. Returns at once and never raises."""
    try:
        _waiting.put_nowait(job_id)
        _start_thread()
    except queue.Full:
        counts["dropped"] += 1
    except RuntimeError:  # no new thread at interpreter shutdown or out of threads: the sweeper sends it
        counts["dropped"] += 1


def send_now(job_ids, connection=None):
    """Send a wake-up for each id and answer the ids that the broker took; stops at its first refusal.

    Over ``connection``, which stays open, or one of its own. Blocks up to a few JOBS_SEND_TIMEOUTs: for the sending thread
    and the sweeper, never for a request.
    """
    taken = []
    try:
        with nullcontext(connection) if connection else _connection() as used, used.Producer(auto_declare=False) as producer:
            for job_id in job_ids:
                # Without a named exchange the message goes straight to the queue, whatever bindings the broker forgot.
                current_app.send_task("jobs.run", args=(job_id,), producer=producer, exchange="", routing_key=_queue_name(), retry=False)
                taken.append(job_id)
    except Exception as error:  # the row is committed and the sweeper sends again: nothing that a broker does may reach who saved
        counts["failed"] += 1
        log.warning("The broker took no wake-up (%s: %s); the sweeper sends again.", type(error).__name__, error)
    counts["sent"] += len(taken)
    return taken


def messages_waiting():
    """How many wake-ups lie in the broker, or None if it does not answer."""
    try:
        with _connection() as connection, connection.channel() as channel:
            return channel._size(_queue_name())
    except Exception as error:  # each broker's library raises its own; all of them mean “not known”
        log.warning("The broker does not answer (%s: %s).", type(error).__name__, error)
        return None


def flush(seconds):
    """Wait until every wake-up of this process is sent or given up; answers whether that was so in time."""
    give_up = time.monotonic() + seconds
    while _waiting.unfinished_tasks and time.monotonic() < give_up:
        time.sleep(0.005)
    return not _waiting.unfinished_tasks


def _queue_name():
    return current_app.conf.task_default_queue


def _connection():
    """A connection of our own: the workers' connection waits for messages and so must not time out this early."""
    options = dict(current_app.conf.broker_transport_options)
    if settings.REDIS_URL:
        timeout = settings.JOBS_SEND_TIMEOUT
        options |= {
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "health_check_interval": 0,
            "retry_on_timeout": False,
            "max_retries": 0,
        }
    return current_app.connection_for_write(transport_options=options)


def _start_thread():
    global _thread
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_send_all, args=(_waiting,), name="jobs-wake", daemon=True)
            _thread.start()


def _send_all(waiting):
    """Send what comes into the queue ``waiting`` over one connection, until nothing has come for a while."""
    global _thread
    connection = _connection()
    try:
        while True:
            try:
                batch = [waiting.get(timeout=IDLE_SECONDS)]
            except queue.Empty:
                with _lock:  # one who put an id before this saw the thread alive: look once more under the lock
                    if waiting.empty():
                        if _thread is threading.current_thread():
                            _thread = None
                        return
                continue
            while len(batch) < MOST_AT_ONCE and not waiting.empty():
                batch.append(waiting.get_nowait())  # this thread is the only taker
            if not _send_batch(batch, connection):
                _close(connection)
                connection = _connection()
            for _job_id in batch:
                waiting.task_done()
    finally:
        _close(connection)


def _send_batch(batch, connection):
    """Whether the broker took all of ``batch``; after a refusal it is left in peace for PAUSE_SECONDS."""
    global _resume_at
    if time.monotonic() < _resume_at:
        counts["dropped"] += len(batch)
        return True
    was_open = connection.connected
    left = batch[len(send_now(batch, connection)) :]
    if left and was_open:  # the broker may have been restarted since the last message: once more, afresh
        left = left[len(send_now(left)) :]
    if left:
        counts["dropped"] += len(left)
        _resume_at = time.monotonic() + PAUSE_SECONDS
    return not left and connection.connected


def _close(connection):
    with suppress(Exception):  # a dead connection may refuse to be closed
        connection.release()


def start_afresh():
    """Forget thread, queue and pause: a forked child has no thread and a lock in unknown state."""
    global _waiting, _lock, _thread, _resume_at
    _waiting, _lock, _thread, _resume_at = queue.Queue(maxsize=10_000), threading.Lock(), None, 0.0


os.register_at_fork(after_in_child=start_afresh)
atexit.register(flush, AT_EXIT_SECONDS)  # a command that enqueues and ends; what is left then goes by the sweeper
