"""From the audit entry of a request to the “Undo” beside its message: pages know no trail, the trail knows no pages.

The middleware opens a request, the trail notes each entry, and a page that says what was done asks for ``tags()``. Undo is
offered only where the request wrote exactly one entry: to take back half of what one click did would be worse than nothing.
"""

from contextvars import ContextVar

_entries = ContextVar("entries_of_this_request", default=None)


def opened():
    """Begin to listen; give the answer to ``closed``."""
    return _entries.set([])


def closed(token):
    _entries.reset(token)


def note(entry_id, *, undoable):
    """An entry was written; outside of a request nobody listens."""
    if (entries := _entries.get()) is not None:
        entries.append((entry_id, undoable))


def tags():
    """``extra_tags`` of the message that says what was done: ``undo-17``, or nothing."""
    match _entries.get():
        case [(entry_id, True)]:
            return f"undo-{entry_id}"
    return ""
