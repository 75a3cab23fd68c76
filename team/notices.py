"""Kinds of notifications and their wording: registered by the app that tells, drawn in the reader's language when it is read.

    register_kind("reports.due_soon", label=_("Report due"), text=_("“%(report)s” is due on %(due_on)s."))

in ``AppConfig.ready()``. A word whose name ends in ``_on`` is a day, in ``_at`` an instant (ISO): it is shown as such.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ka_crm import formats
from ka_crm.tongues import heard

_KINDS = {}


@dataclass(frozen=True)
class Kind:
    """One kind: ``label`` names it on the preferences page, ``text`` is the sentence; an urgent one cannot be muted.

    ``under`` is the key of the kind that it is muted with: another wording of the same news.
    """

    key: str
    label: Any
    text: Any
    urgent: bool
    under: str

    @property
    def mute_key(self):
        """What stands in ``muted_kinds`` for it."""
        return self.under or self.key


def register_kind(key, *, label, text, urgent=False, under=""):
    """Add a kind; registering the same key again replaces it. ``text`` is a lazy translation with ``%(word)s`` places."""
    _KINDS[key] = Kind(key, label, text, urgent, under)


def kind_of(key):
    """The Kind of that key. Raises LookupError for one that no app registered: a notification nobody could read."""
    try:
        return _KINDS[key]
    except KeyError:
        raise LookupError(f"No app registered notifications of kind “{key}”.") from None


def kinds():
    """All kinds, in the order of their keys."""
    return [_KINDS[key] for key in sorted(_KINDS)]


def kinds_by_key():
    """Key → Kind."""
    return dict(_KINDS)


def mutable_kinds():
    """The kinds that a person may mute, other wordings of the same news left out."""
    return [kind for kind in kinds() if not kind.urgent and not kind.under]


def wording(notification):
    """The sentence of one notification in the active language; its label alone where its words do not fit any more."""
    kind = _KINDS.get(notification.kind)
    if kind is None:
        return notification.object_label or notification.kind  # the app that told is gone
    try:
        return str(kind.text) % {name: shown(name, value) for name, value in notification.words.items()}
    except (KeyError, TypeError, ValueError):
        return f"{kind.label}: {notification.object_label}" if notification.object_label else str(kind.label)


def shown(name, value):
    """One word as people read it: days and instants in their format, what was said in several languages in theirs."""
    value = heard(value)
    try:
        if name.endswith("_on"):
            return formats.day(date.fromisoformat(value))
        if name.endswith("_at"):
            return formats.instant(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return value
    return value


def plain(value):
    """A word as JSON keeps it: days and instants in ISO, what was said in several languages so, all else that is no number as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if isinstance(value, int | str | dict) or value is None else str(value)
