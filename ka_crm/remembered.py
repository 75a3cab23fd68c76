"""What every request asks and hardly anybody changes, read once: for the length of a request, elsewhere for a second.

Each thread keeps its own, so nothing is shared that could be half changed; what one process writes, the others see with
their next request, and a job or command within ``FRESH_SECONDS``.
"""

import threading
import time
from functools import wraps

from django.core.signals import request_finished, request_started

FRESH_SECONDS = 1.0

_here = threading.local()


def remembered(load):
    """Keep the answer of ``load()``, which takes no arguments; ``forget()`` drops it. The answer must not be changed."""

    @wraps(load)
    def answer():
        kept = _kept()
        now = time.monotonic()
        if (found := kept.get(load)) is not None and (getattr(_here, "in_request", False) or now - found[0] < FRESH_SECONDS):
            return found[1]
        value = load()
        kept[load] = (now, value)
        return value

    return answer


def _kept():
    if not hasattr(_here, "kept"):
        _here.kept = {}
    return _here.kept


def forget(**_signal):
    """Drop all that this thread keeps; writers call it, so that they see what they wrote."""
    _kept().clear()


def _begin(**_signal):
    forget()
    _here.in_request = True


def _end(**_signal):
    forget()
    _here.in_request = False


request_started.connect(_begin, dispatch_uid="ka_crm.remembered")
request_finished.connect(_end, dispatch_uid="ka_crm.remembered")
