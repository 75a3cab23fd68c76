"""What must always hold in the data; each app says its own, ``manage.py check_integrity`` asks them all.

# sales/integrity.py, imported by the app's ready()
@invariant("sales.rollups", _("Rollups are the sums of the facts"))
def rollups_hold():
    yield "sales_storeproductmonth 2017-03-01/4/7: units 12, facts say 11"
"""

from collections.abc import Callable
from dataclasses import dataclass

_INVARIANTS = {}


@dataclass(frozen=True)
class Invariant:
    """``find()`` yields one line of text per row that breaks the rule, the worst first; nothing when it holds."""

    name: str
    title: str
    find: Callable


def invariant(name, title):
    """Register the decorated generator as the check of ``name`` (written ``app.rule``). Raises ValueError if the name is taken."""

    def register(function):
        if name in _INVARIANTS:
            raise ValueError(f"Two invariants are called “{name}”.")
        _INVARIANTS[name] = Invariant(name, title, function)
        return function

    return register


def invariants():
    """All of them, by name."""
    return [_INVARIANTS[name] for name in sorted(_INVARIANTS)]
