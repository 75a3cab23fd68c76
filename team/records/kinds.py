"""Which nouns may be changed, put away and brought back, and by which verbs: undo and attachments ask here, not the models.

    kinds.register("accounts.Store", noun="store", capability="stores.change",
                   change=services.change_store, archive=services.archive_store, restore=services.restore_store)

in ``AppConfig.ready()``. The verbs are those of the app's services, called by keyword: ``change(<noun>=row, values=…, actor=…,
expected_version=…)``, ``archive(<noun>=row, actor=…)``, ``restore(<noun>=row, actor=…)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Kind:
    """One noun. ``guarded`` maps a field to the capability without which its values are not told; ``trail_capability`` is
    asked for before any change is told at all. ``allows(row, user)`` stands in for ``capability`` where the row decides."""

    noun: str
    capability: str | None = None
    change: Callable | None = None
    archive: Callable | None = None
    restore: Callable | None = None
    allows: Callable | None = None
    guarded: Mapping = field(default_factory=dict)
    trail_capability: str | None = None

    def may_change(self, row, user):
        """Whether ``user``, who sees ``row``, may change it now."""
        if self.capability is not None and not user.has_capability(self.capability):
            return False
        return self.allows is None or self.allows(row, user)


_KINDS = {}
_PLAIN = Kind("record", capability="", allows=lambda row, user: False)  # what nobody registered is only read


def register(label, **about):
    """Make a model's rows changeable through undo; registering the same ``label`` again replaces it."""
    _KINDS[label.lower()] = Kind(**about)


def kind_of(object_type):
    """The Kind of a model's label in lower case; for one that is not registered, a Kind that allows nothing."""
    return _KINDS.get(object_type, _PLAIN)
