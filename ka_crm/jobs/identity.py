"""Who holds a claim, and whether that process still lives – exactly on this machine, by heartbeat elsewhere."""

import hashlib
import os
import socket
import uuid
from functools import cache
from pathlib import Path


def _read(path):
    try:
        return Path(path).read_text()
    except OSError:
        return ""


@cache
def _machine():
    """Names this boot of this machine and its process namespace, so that the pids of two containers are never mixed up."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{socket.gethostname()}|{_read('/proc/sys/kernel/random/boot_id')}|{namespace}".encode()).hexdigest()[:12]


def _born(pid):
    """(state letter, start in clock ticks) of a process of this machine; None if there is none, empty strings without /proc."""
    if not os.path.isdir("/proc/self"):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            pass
        return "", ""
    stat = _read(f"/proc/{pid}/stat")
    if not stat:
        return None
    fields = stat.rpartition(")")[2].split()  # the name in parentheses may hold blanks
    return fields[0], fields[19]


# In a child of a worker's pool: pid and birth of the worker's main process.
_main = ""


def note_main_process():
    """This process is one of a pool: what kills a job here leaves the main process alive."""
    global _main
    _main = f"@{os.getppid()}.{(_born(os.getppid()) or ('', ''))[1]}"


def new_claim():
    """A token for one run of one job: machine, process, the process's birth, and a random part (in a pool with its main process)."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_born(pid)[1]}:{uuid.uuid4().hex[:12]}{_main}"


def whole_worker_is_dead(claim):
    """Whether the main process above the one of ``claim`` has ended as well: a kill or a power cut, and hardly the job's doing."""
    machine, _separator, run = claim.partition(":")
    main, _dot, born = run.partition("@")[2].partition(".")
    if machine != _machine() or not main.isdigit():
        return False
    found = _born(int(main))
    return found is None or found[1] != born or found[0] in {"Z", "X"}


def holder_is_dead(claim):
    """Whether the process of ``claim`` was one of this machine and has certainly ended; False also where nobody can know."""
    try:
        machine, pid, born, _random = claim.split(":")
        pid = int(pid)
    except ValueError:
        return False
    if machine != _machine():
        return False
    found = _born(pid)
    return found is None or found[1] != born or found[0] in {"Z", "X"}
