"""What happened to a record, newest first: changes, comments and files as one line, read in pages.

Three sources, each asked for one page: a place in the line is an instant, the source's rank and the row's key, so that a page
goes on exactly where the one before ended, whatever came in meanwhile.
"""

import datetime as dt
import re
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Attachment, AuditEvent, Comment
from ..trail import entries_of
from .attachments import may_remove
from .kinds import kind_of
from .words import as_html

SIZE = 20
CHANGES, COMMENTS, FILES = "changes", "comments", "files"
LABELS = {"": _("All"), CHANGES: _("Changes"), COMMENTS: _("Comments"), FILES: _("Files")}
_PLACE = re.compile(r"(\d{1,17})-([0-2])-(\d{1,18})")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True)
class Page:
    """``entries`` as templates/team/records/_entries.html draws them; ``older`` is the place where the next page begins, or None."""

    entries: list
    older: str | None


def read_timeline(record, reader, *, only="", before=""):
    """One Page of what happened to ``record``, which ``reader`` may see; ``only`` one source, ``before`` a Page's ``older``.

    Four statements at most and one for comments or files by deputies, however long the line is.
    """
    place = _parsed(before)
    sources = [
        (rank, rows)
        for rank, (name, rows) in enumerate(
            ((CHANGES, _changes(record, reader)), (COMMENTS, Comment.objects.about(record)), (FILES, Attachment.objects.about(record)))
        )
        if rows is not None and only in ("", name)
    ]
    found = []
    for rank, rows in sources:
        instant = ("at", "created_at", "attached_at")[rank]
        for row in _from(rows, rank, instant, place).order_by(f"-{instant}", "-pk")[: SIZE + 1]:
            found.append((getattr(row, instant), -rank, row.pk, row))
    found.sort(key=lambda line: line[:3], reverse=True)
    shown = found[:SIZE]
    older = _written(shown[-1]) if len(found) > SIZE else None
    return Page(_drawn([row for _at, _rank, _pk, row in shown], record, reader), older)


def _changes(record, reader):
    """The trail of the record, or None where the reader may not read it."""
    needed = kind_of(record._meta.label_lower).trail_capability
    if needed is not None and not reader.has_capability(needed):
        return None
    return AuditEvent.objects.about(record).select_related("actor", "on_behalf_of")


def _from(rows, rank, instant, place):
    if rank == 1:
        rows = rows.select_related("author").prefetch_related("mentions")
    elif rank == 2:
        rows = rows.select_related("attached_by", "removed_by", "file")
    if place is None:
        return rows
    at, rank_before, pk_before = place
    older = Q(**{f"{instant}__lt": at})
    if rank > rank_before:
        older |= Q(**{instant: at})
    elif rank == rank_before:
        older |= Q(**{instant: at}, pk__lt=pk_before)
    return rows.filter(older)


def _parsed(text):
    """(instant, rank, key) of a place as an address holds it; None for anything else."""
    match = _PLACE.fullmatch(text)
    if match is None or not match[1].isascii():
        return None
    try:
        return _EPOCH + dt.timedelta(microseconds=int(match[1])), int(match[2]), int(match[3])
    except OverflowError:
        return None


def _written(line):
    at, rank, pk, _row = line
    return f"{(at - _EPOCH) // dt.timedelta(microseconds=1)}-{-rank}-{pk}"


def _drawn(rows, record, reader):
    """Rows of all three sources as the template wants them, in their order."""
    kind = kind_of(record._meta.label_lower)
    hidden = {name for name, capability in kind.guarded.items() if not reader.has_capability(capability)}
    behalf = _deputies([row for row in rows if not isinstance(row, AuditEvent)])
    entries = []
    for row in rows:
        if isinstance(row, AuditEvent):
            (entry,) = entries_of([row], type(record), hidden=hidden)
            entry |= {"kind": "change", "people": [row.actor, row.on_behalf_of], "repeats": 1}
            if entries and _repeats(entry, entries[-1]):
                entries[-1]["repeats"] += 1
                continue
        elif isinstance(row, Comment):
            absent = behalf.get(("team.comment", str(row.pk)))
            entry = {
                "kind": "comment",
                "at": row.created_at,
                "people": [row.author, absent],
                "comment": row,
                "is_own": row.author_id == reader.pk,
            }
            entry["html"] = "" if row.removed_at else as_html(row.text, [person.name for person in row.mentions.all()])
        else:
            absent = behalf.get(("team.attachment", str(row.pk)))
            entry = {"kind": "file", "at": row.attached_at, "people": [row.attached_by, absent], "attachment": row}
            entry["may_remove"] = row.removed_at is None and may_remove(row, reader, record)
            entry["is_picture"], entry["is_pdf"] = row.file.content_type in PICTURES, row.file.content_type == "application/pdf"
        entries.append(entry | {"when": _exactly(entry["at"])})
    return entries


def _repeats(entry, newer):
    """Whether a change says no more than the one drawn before it: the same by the same person, without a word of its own."""
    return all(entry.get(what) == newer.get(what) for what in ("kind", "title", "people", "text")) and not entry["text"]


def _exactly(at):
    """The instant to the second with its zone, for whoever points at it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %Z")


def _deputies(rows):
    """(object_type, object_id) → the absent person in whose place a comment was written or a file attached."""
    if not rows:
        return {}
    made = Q()
    for label in {row._meta.label_lower for row in rows}:
        made |= Q(object_type=label, object_id__in=[str(row.pk) for row in rows if row._meta.label_lower == label])
    events = AuditEvent.objects.filter(made, verb__in=("comment.created", "file.attached"), on_behalf_of__isnull=False)
    return {(event.object_type, event.object_id): event.on_behalf_of for event in events.select_related("on_behalf_of")}
