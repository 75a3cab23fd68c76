"""Kinds of approvals: registered by the app whose records need somebody's agreement.

    register("visits.leave", label=_("Leave"), on_approved=leave_approved, on_returned=leave_returned, model="visits.Leave",
             default_steps=[{"name": _("Supervisor"), "approvers": "leader", "quorum": 1}])

in ``AppConfig.ready()``. The functions are called as ``fn(subject, *, actor, note, approval)`` in the transaction of the decision; a
DomainError of theirs undoes the decision and is what the decider reads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LEADER_DECIDES = ({"name": "", "approvers": "leader", "quorum": 1},)

_KINDS = {}


@dataclass(frozen=True)
class Kind:
    """What the engine knows about one kind.

    ``barred(subject)`` gives ids of people who may not decide besides the requester (authors of a report). ``step_in`` is a capability
    whose holders may decide a step without having been asked, if they may see the record. ``on_withdrawn`` opens the button
    “Withdraw” on the approval's own page.
    """

    key: str
    label: Any
    model: str
    on_approved: Callable
    on_returned: Callable
    on_withdrawn: Callable | None = None
    default_steps: tuple = field(default=LEADER_DECIDES)
    barred: Callable | None = None
    step_in: str = ""


def register(key, *, label, on_approved, on_returned, model, default_steps=LEADER_DECIDES, on_withdrawn=None, barred=None, step_in=""):
    """Add a kind; registering the same key again replaces it. ``default_steps`` count until an administrator edits the route."""
    _KINDS[key] = Kind(key, label, model, on_approved, on_returned, on_withdrawn, tuple(default_steps), barred, step_in)


def kind_of(key):
    """The Kind of that key. Raises LookupError for one that no app registered."""
    try:
        return _KINDS[key]
    except KeyError:
        raise LookupError(f"No app registered approvals of kind “{key}”.") from None


def kinds():
    """All kinds in the order of their keys."""
    return [_KINDS[key] for key in sorted(_KINDS)]


def label_of(key):
    """What people call approvals of that kind; the key itself if its app is gone."""
    return str(_KINDS[key].label) if key in _KINDS else key


def kinds_by_key():
    """Key → Kind."""
    return dict(_KINDS)
