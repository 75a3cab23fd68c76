"""The embedded broker: kombu's file-system transport, with the faults taken out that lose messages and kill workers.

Upstream opens the file and then writes it, so a reader in between gets half a message, raises, and the worker ends
(celery/kombu#1551). Here a message appears by ``rename``, is taken by ``rename`` into a folder on the same disk, and
one that cannot be read is set aside as ``.bad``. The folder may vanish at any time: messages are only wake-ups, the
sweeper sends again what is still due. Addressed as ``kafs://``; one machine only.
"""

import logging
import os
import stat
import time
import uuid
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Empty

from django.conf import settings
from kombu.exceptions import ChannelError
from kombu.transport import filesystem, virtual
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)
SUFFIX = ".msg"
LEFTOVERS_AFTER_SECONDS = 3600
FULL_HANDS_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 0.5
LARGEST_MESSAGE = 1_000_000  # bytes; ours are some hundred


def write_whole(path, content):
    """Let ``path`` appear with all of ``content`` or not at all; its folder is made if it is gone."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    for last_try in (False, True):
        try:
            draft.write_bytes(content)
            os.rename(draft, path)
            return
        except FileNotFoundError:
            if last_try:
                raise
            path.parent.mkdir(parents=True, exist_ok=True)


class Channel(filesystem.Channel):
    """One reader or writer of the queue folder."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._listed = {}  # queue -> names from the last listing: one scan serves many messages

    @property
    def folder(self):
        """Where this installation's messages are; read each time, because tests move it."""
        return Path(self.transport_options.get("folder") or settings.KA_DATA_DIR / "broker")

    # Upstream reads these five names; a plain property is looked up anew each time.
    data_folder_in = data_folder_out = property(lambda self: self._made(self.folder / "queue"))
    processed_folder = property(lambda self: self._made(self.folder / "processing"))
    control_folder = property(lambda self: self._made(self.folder / "control"))

    @staticmethod
    def _made(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _put(self, queue, payload, **kwargs):
        # The wall clock first, so that names sort by age; a clock put back only changes the order.
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}{SUFFIX}"
        try:
            write_whole(self.data_folder_out / name, str_to_bytes(dumps(payload)))
        except OSError as error:
            raise ChannelError(f"Cannot add {name} to the queue: {error}") from error

    def _get(self, queue):
        names = self._listed.setdefault(queue, deque())
        for from_disk in (False, True):
            if from_disk:
                names.extend(self._waiting(queue))
            while names:
                message = self._take(names.popleft())
                if message is not None:
                    return message
        raise Empty()

    def _waiting(self, queue):
        """Names of the messages of ``queue``, oldest first; none if the folder is gone."""
        ending = f"{queue}{SUFFIX}"
        try:
            return sorted(name for name in os.listdir(self.data_folder_in) if name.partition(".")[2] == ending)
        except OSError:
            return []

    def _take(self, name):
        """The message in file ``name``, or None if another reader has it or it is unreadable. Never raises."""
        try:
            taken = self.processed_folder / name
            os.rename(self.data_folder_in / name, taken)
        except OSError:
            return None
        try:
            facts = taken.lstat()
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_MESSAGE:  # a pipe would be waited for, for ever
                raise ValueError("not a message")
            message = loads(bytes_to_str(taken.read_bytes()))
            if not isinstance(message, dict) or "body" not in message or "delivery_tag" not in message.get("properties", {}):
                raise ValueError("not a message")
        except Exception as error:  # whatever a stranger's bytes make the reader raise: one bad file does not stop the queue
            log.warning("Message %s cannot be read (%s); set aside as .bad, its job is sent again.", name, error)
            with suppress(OSError):
                os.rename(taken, taken.with_name(name + ".bad"))
            return None
        with suppress(OSError):
            taken.unlink()
        return message

    def _size(self, queue):
        return len(self._waiting(queue))

    def _purge(self, queue):
        purged = 0
        for name in self._waiting(queue):
            with suppress(OSError):
                os.remove(self.data_folder_in / name)
                purged += 1
        return purged

    def get_table(self, exchange):
        try:
            return [filesystem.exchange_queue_t(*row) for row in loads(bytes_to_str(self._exchange_file(exchange).read_bytes()))]
        except (OSError, ValueError, TypeError):
            return []  # absent, or half written by a program of before: bound anew at the next declaration

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._locked(exchange):
            table = self.get_table(exchange)
            if row not in table:
                self._write_table(exchange, [row, *table])

    def _delete(self, queue, exchange, routing_key, pattern, *args, **kwargs):
        virtual.Channel._delete(self, queue, exchange, routing_key, pattern, *args, **kwargs)
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._locked(exchange):
            self._write_table(exchange, [other for other in self.get_table(exchange) if other != row])

    def _write_table(self, exchange, rows):
        write_whole(self._exchange_file(exchange), str_to_bytes(dumps([list(row) for row in rows])))

    def _locked(self, exchange):
        return _FileLock(self._exchange_file(exchange).with_suffix(".lock"))


class _FileLock:
    """Keeps two processes from changing one exchange's table at once."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = self.path.open("a")
        filesystem.lock(self.file, filesystem.LOCK_EX)

    def __exit__(self, *exception):
        self.file.close()  # gives the lock back


class Transport(filesystem.Transport):
    """``kafs://``: messages as files under the data folder."""

    Channel = Channel
    driver_type = driver_name = "kafs"
    # A full disk or a folder that may not be written is a broker that is away: the worker tries again and does not end.
    connection_errors = (*filesystem.Transport.connection_errors, OSError)

    def drain_events(self, connection, timeout=None):
        """As upstream, but a worker whose hands are full looks up soon, which costs nothing, and only an idle one scans."""
        # Celery asks for two seconds at a time and looks between two askings whether it shall stop.
        give_up = None if timeout is None else time.monotonic() + min(timeout, LONGEST_WAIT_SECONDS)
        while True:
            try:
                return self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                if give_up is not None and time.monotonic() >= give_up:
                    raise TimeoutError from None
                full = not all(channel.qos.can_consume() for channel in self.channels)
                time.sleep(min(FULL_HANDS_SECONDS, self.polling_interval) if full else self.polling_interval)

    def driver_version(self):
        return filesystem.__version__


def try_folder(folder=None):
    """Leave a message where this installation's messages go, and take it back. Raises OSError where the queue cannot be used."""
    queue = Path(folder or settings.KA_DATA_DIR / "broker") / "queue"
    trial = queue / f".ready.{uuid.uuid4().hex}.tmp"  # no queue's ending: no worker takes it, and the sweep knows the form
    write_whole(trial, b"ready")
    trial.unlink()


def sweep_leftovers(folder=None, *, now=None):
    """Delete drafts, half-taken and unreadable messages older than an hour; answers how many."""
    folder = Path(folder or settings.KA_DATA_DIR / "broker")
    limit = (now or time.time()) - LEFTOVERS_AFTER_SECONDS
    gone = 0
    for pattern in ("queue/.*.tmp", "control/.*.tmp", "processing/*"):
        for path in folder.glob(pattern):
            with suppress(OSError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    gone += 1
    return gone
