"""What others did to a record since somebody opened its form: read from the trail, for the page that answers 409."""

from ..models import AuditEvent
from ..trail import actor_of, field_label, shown_value

MOST, LONGEST = 20, 300  # entries; characters of a value


def changes_since(record, seen_version):
    """Each field that was changed since ``seen_version``: field (label), name, old, new, who, at; newest first.

    Every save raises the version by one and writes one entry with its fields, so that many entries back lead to the version seen.
    """
    if seen_version is None or (missed := record.version - seen_version) <= 0:
        return []
    model = type(record)
    events = AuditEvent.objects.about(record).exclude(changes={}).for_list()[: min(missed, MOST)]
    return [
        {
            "field": field_label(model, name),
            "name": name,
            "old": _short(shown_value(old, model, name)),
            "new": _short(shown_value(new, model, name)),
            "who": actor_of(event),
            "at": event.at,
        }
        for event in events
        for name, (old, new) in sorted(event.changes.items())
        if not (name.endswith("_id") and name.removesuffix("_id") in event.changes)
    ]


def _short(value):
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
