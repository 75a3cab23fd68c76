"""All settings of an installation as one JSON file: each app adds its part, the file is previewed and applied as a whole.

    # in an app's AppConfig.ready()
    settings_file.register("calendars", label=_("Working-day calendars"), dump=dump_calendars, write=write_calendar, order=20)

``dump()`` gives every item of the part by its key, as plain JSON. ``write(key, value, actor)`` brings one item to ``value``
through the app's services, and raises DomainError or ValidationError for what cannot be. A preview writes everything and takes
it back, so that it finds exactly what applying would. What the file does not name stays as it is.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import remembered
from .errors import DomainError

FORMAT, VERSION = "ka-crm-settings", 1
MOST_ITEMS = 20_000
LONGEST_SHOWN = 120
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


class UnreadableFile(DomainError):
    """The file is no file of settings; the message says what it is instead."""


class FileRefused(DomainError):
    """At least one item cannot be applied, so none was; ``differences`` names each."""

    def __init__(self, message, differences):
        super().__init__(message)
        self.differences = differences


@dataclass(frozen=True)
class Part:
    name: str
    label: str
    dump: Callable
    write: Callable
    order: int


@dataclass(frozen=True)
class Difference:
    """What applying the file does to one item; ``lines`` are (path, now, then), ``problem`` names path and value of a wrong one."""

    part: Part
    key: str
    state: str
    lines: tuple = ()
    problem: str = ""


_PARTS = {}


def register(name, *, label, dump, write, order=50):
    """Add a part; registering a name again replaces it. Parts are applied by ``order``: what others refer to comes first."""
    _PARTS[name] = Part(name, label, dump, write, order)


def parts():
    return sorted(_PARTS.values(), key=lambda part: (part.order, part.name))


def export():
    """The whole document as plain JSON values."""
    return {"format": FORMAT, "version": VERSION} | {part.name: part.dump() for part in parts()}


def as_text(document):
    """A document as the file holds it: the same settings give the same bytes."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


def read(content):
    """The document in ``content`` (bytes or text). Raises UnreadableFile."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_no_name_twice)
    except UnicodeDecodeError as error:
        raise UnreadableFile(_("The file is not UTF-8 text. Download one from this page and change that.")) from error
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise UnreadableFile(_("The file is not JSON: something is wrong near line %(line)d.") % {"line": line}) from error
    except ValueError as error:  # a number of thousands of digits
        raise UnreadableFile(_("The file is not JSON: something is wrong near line %(line)d.") % {"line": 0}) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadableFile(_("This is no file of settings: it has to say “format”: “%(format)s”.") % {"format": FORMAT})
    if document.get("version") != VERSION:
        found = str(document.get("version"))[:20]
        raise UnreadableFile(
            _("The file is of version %(found)s; this program reads version %(known)d.") % {"found": found, "known": VERSION}
        )
    _check_parts(document)
    return document


def _check_parts(document):
    for name, items in document.items():
        if name in ("format", "version"):
            continue
        if name not in _PARTS:
            known = ", ".join(part.name for part in parts())
            raise UnreadableFile(_("%(path)s: there is no such part; there are %(known)s.") % {"path": name[:60], "known": known})
        if not isinstance(items, dict):
            raise UnreadableFile(_("%(path)s: “%(value)s” is not a set of items by name.") % {"path": name, "value": _short(items)})
    count = sum(len(items) for name, items in document.items() if name in _PARTS)
    if count > MOST_ITEMS:
        raise UnreadableFile(_("The file holds %(count)d items; %(most)d are the most.") % {"count": count, "most": MOST_ITEMS})


def _refuse_constant(word):
    raise UnreadableFile(_("The file is not JSON: “%(word)s” is no number.") % {"word": word})


def _no_name_twice(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableFile(_("“%(name)s” stands in the file twice.") % {"name": twice[:60]})
    return found


# --- comparing and applying -----------------------------------------------------------------------------------------------
class _TakenBackError(Exception):
    """Carries the outcome out of a transaction that must not stay."""

    def __init__(self, differences):
        self.differences = differences


def compare(document, *, actor):
    """What applying ``document`` would do, item by item; nothing stays written."""
    try:
        with transaction.atomic():
            raise _TakenBackError(_write_all(document, actor))
    except _TakenBackError as outcome:
        return outcome.differences
    finally:
        remembered.forget()


def apply(document, *, actor):
    """Bring everything to what ``document`` says, in one transaction. Raises FileRefused, with nothing written."""
    try:
        with transaction.atomic():
            differences = _write_all(document, actor)
            wrong = [one for one in differences if one.state == WRONG]
            if wrong:
                said = ngettext(
                    "%(count)d item cannot be applied, so nothing was changed. The first: %(problem)s",
                    "%(count)d items cannot be applied, so nothing was changed. The first: %(problem)s",
                    len(wrong),
                )
                raise FileRefused(said % {"count": len(wrong), "problem": wrong[0].problem}, differences)
            return differences
    finally:
        remembered.forget()


def _write_all(document, actor):
    differences = []
    for part in parts():
        items = document.get(part.name, {})
        now = part.dump() if items else {}
        differences += [_write_one(part, key, value, now, actor) for key, value in sorted(items.items())]
    return differences


def _write_one(part, key, value, now, actor):
    if key in now and now[key] == value:
        return Difference(part, key, SAME)
    try:
        with transaction.atomic():
            part.write(key, value, actor)
    except DomainError as error:
        return Difference(part, key, WRONG, problem=_problem(part, key, value, str(error)))
    except ValidationError as error:
        return Difference(part, key, WRONG, problem=_problem(part, key, value, "; ".join(_messages(error))))
    except (DatabaseError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        told = _("it does not have the shape of this part (%(kind)s).") % {"kind": type(error).__name__}
        return Difference(part, key, WRONG, problem=_problem(part, key, value, told))
    return Difference(part, key, CHANGED if key in now else NEW, lines=tuple(_lines(now.get(key), value)))


def _problem(part, key, value, told):
    return f"{part.name}.{key[:80]} = {_short(value)}: {told}"


def _messages(error):
    if hasattr(error, "error_dict"):
        return [f"{field}: {message}" for field, problems in error.message_dict.items() for message in problems]
    return error.messages


def _short(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _lines(now, then):
    """(path, now, then) of every leaf that differs; a path is empty where the item is one value."""
    before, after = dict(_leaves(now)), dict(_leaves(then))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield path, before.get(path, ""), after.get(path, "")


def _leaves(value, path=""):
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif value is not None or path:
        yield path, _short(value)


def take(value, **fields):
    """The named fields of the object ``value``, each checked against a type or a tuple of types; a field with a default may be left out.

    ``take(value, name=str, ends_on=(str, None))``: None in the tuple lets the field be missing or null. Raises DomainError.
    """
    if not isinstance(value, dict):
        raise DomainError(_("it has to be an object with %(names)s.") % {"names": ", ".join(fields)})
    if unknown := sorted(set(value) - set(fields)):
        raise DomainError(_("“%(name)s” is no field of it; there are %(names)s.") % {"name": unknown[0][:60], "names": ", ".join(fields)})
    return {name: _taken(value, name, kinds if isinstance(kinds, tuple) else (kinds,)) for name, kinds in fields.items()}


def _taken(value, name, kinds) -> Any:
    found = value.get(name)
    if found is None and None in kinds:
        return None
    types = tuple(kind for kind in kinds if kind is not None)
    if found is None or not isinstance(found, types) or (isinstance(found, bool) and bool not in types):
        raise DomainError(_("%(path)s: “%(value)s” is not what belongs there.") % {"path": name, "value": _short(found)})
    if isinstance(found, str) and "\x00" in found:
        raise DomainError(_("%(path)s: “%(value)s” is not what belongs there.") % {"path": name, "value": _short(found)})
    return found
