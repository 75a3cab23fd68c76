"""The document a phone sends about one visit, checked into plain values; ``services.record_visit`` applies it.

    {"visit": "<uuid>", "sent_at": "2026-03-02T09:41:00+01:00",
     "header": {"store": 17, "purpose": "routine", "objective": "", "planned_on": "2026-03-02"},
     "check_in": {"at": "…", "latitude": 41.87811, "longitude": -87.6298, "accuracy_m": 12},
     "check_out": {"at": "…"},
     "note": {"text": "…", "changed_at": "…"},
     "shelf": [{"id": "<uuid>", "changed_at": "…", "product": 5, "is_present": true, "is_out_of_stock": false, "facings": 4,
                "price": "12.90", "stock_units": 36, "note": ""}],
     "competitors": [{"id": …, "changed_at": …, "category": 2, "brand": "…", "description": "…", "price": "9.90", "facings": 3,
                      "is_on_promotion": true, "is_removed": false}],
     "category_asks": [{"id": …, "changed_at": …, "category": 2, "monthly_value": "1200", "monthly_units": 300,
                        "all_facings": 40, "said_by": "…"}],
     "observations": [{"id": …, "changed_at": …, "topic": "display", "is_as_agreed": true, "does_not_apply": false, "note": "…"}]}

Only ``visit`` is required. ``header`` makes a visit that the server does not know yet (give ``account`` instead of ``store`` for
one at headquarters) and changes nothing of one it knows. A fact is always sent whole: what it leaves out is empty. Of two
statements with one id, or about one product, category or topic of the visit, the later ``changed_at`` (the phone's clock)
holds, in whatever order they come. Prices are decimal text in the account's currency. Any other key is refused by name.
"""

import datetime as dt
import re
import unicodedata
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError
from ka_crm.text import clean_text, has_forbidden

from .models import Observation, Visit

MOST_FACTS = 500
MOST_FACINGS = 9_999
MOST_UNITS = 9_999_999
MOST_MONEY = Decimal("999999999")
MOST_ID = 2**63 - 1
LONGEST_NOTE = 10_000
# Clocks of phones are off by days, and a statement's time stays ahead for a while after the clock was set right.
AHEAD = dt.timedelta(days=7)
FURTHEST_CLOCK = dt.timedelta(days=366)
FURTHEST_PLAN = dt.timedelta(days=730)
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)", re.ASCII)
_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}", re.ASCII)


class DocumentRefused(DomainError):
    """The document breaks a rule: nothing of it was applied. ``errors`` maps a field's path (``shelf.0.price``) to the message."""

    def __init__(self, errors):
        self.errors = errors
        path, message = next(iter(errors.items()))
        super().__init__(f"{path}: {message}" if path else str(message))


@dataclass
class Document:
    """A checked document; facts are dicts of model values except ``price``/``monthly_value`` (Decimal) and row ids."""

    visit: uuid.UUID
    sent_at: dt.datetime | None = None
    header: dict | None = None
    check_in: dict | None = None
    check_out: dict | None = None
    note: dict | None = None
    shelf: list = field(default_factory=list)
    competitors: list = field(default_factory=list)
    category_asks: list = field(default_factory=list)
    observations: list = field(default_factory=list)


class Part:
    """One object of a document being read: every reader notes a message under the field's path and gives None where it is wrong."""

    def __init__(self, raw, path, errors, known):
        self.path, self.errors = path, errors
        self.raw = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            self.refuse("", _("Expected an object."))
        for name in [name for name in self.raw if name not in known][:20]:
            self.refuse(str(name)[:60], _("This key is not known."))

    def refuse(self, name, message):
        self.errors.setdefault(".".join(filter(None, (self.path, name))), message)

    def given(self, name, *, required=False):
        value = self.raw.get(name)
        if required and value in (None, ""):
            self.refuse(name, _("This is missing."))
        return value

    def text(self, name, longest, *, required=False):
        value = self.given(name, required=required)
        if value is None or value == "":
            return ""
        if not isinstance(value, str):
            return self.refuse(name, _("Expected text.")) or ""
        value = clean_text(value)
        if len(value) > longest:
            self.refuse(name, _("Use at most %(longest)d characters; these are %(count)d.") % {"longest": longest, "count": len(value)})
        elif required and not value:
            self.refuse(name, _("This is missing."))
        return value

    def integer(self, name, most, *, least=0, required=False):
        value = self.given(name, required=required)
        if value is None or value == "":
            return None
        if isinstance(value, str) and len(value) < 40 and _WHOLE.fullmatch(_plain_digits(value)):
            value = int(_plain_digits(value))
        if isinstance(value, bool) or not isinstance(value, int):
            return self.refuse(name, _("Expected a whole number."))
        if not least <= value <= most:
            return self.refuse(name, _("Expected a number from %(least)d to %(most)d.") % {"least": least, "most": most})
        return value

    def row_id(self, name, *, required=False):
        return self.integer(name, MOST_ID, least=1, required=required)

    def boolean(self, name, *, default=None):
        value = self.given(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        return self.refuse(name, _("Expected yes, no or nothing."))

    def decimal(self, name, least, most):
        value = self.given(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal) or len(str(value)) > 40:
            return self.refuse(name, _("Expected a number such as 12.90."))
        number = _number_of(value)
        if not number.is_finite():
            return self.refuse(name, _("“%(value)s” is not a number. Write 12.90.") % {"value": str(value)[:40]})
        if not least <= number <= most:
            return self.refuse(name, _("Expected a number from %(least)s to %(most)s.") % {"least": least, "most": most})
        return number

    def instant(self, name, *, required=False):
        value = self.given(name, required=required)
        if value in (None, ""):
            return None
        try:
            moment = parse_datetime(value) if isinstance(value, str) and not has_forbidden(value) else None
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment):
            return self.refuse(name, _("Expected a time with its zone, such as 2026-03-02T09:41:00+01:00."))
        if not 1970 < moment.year < 9999:  # any clock a phone can have; its neighbours in other zones stay inside the calendar
            return self.refuse(name, _("Expected a time between the years 1971 and 9998."))
        return moment.astimezone(dt.UTC)

    def day(self, name):
        value = self.given(name)
        if value in (None, ""):
            return None
        try:
            day = dt.date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or not 2000 <= day.year <= 2100:
            return self.refuse(name, _("Expected a day such as 2026-03-02."))
        return day

    def choice(self, name, choices, *, default=None, required=False):
        value = self.given(name, required=required)
        if value in (None, ""):
            return default
        if not isinstance(value, str) or value not in choices.values:
            return self.refuse(name, _("Expected one of %(choices)s.") % {"choices": ", ".join(choices.values)})
        return value

    def uuid(self, name):
        value = self.given(name, required=True)
        try:
            return uuid.UUID(value) if isinstance(value, str) else self.refuse(name, _("Expected an id (UUID) made by the phone."))
        except ValueError:
            return self.refuse(name, _("Expected an id (UUID) made by the phone."))


def _plain_digits(text):
    """Full-width digits, as Chinese keyboards give them, are digits."""
    return unicodedata.normalize("NFKC", text).strip()


def _number_of(value):
    """The Decimal that a person typed or a phone sent; not a number for anything else."""
    if isinstance(value, str):
        value = _plain_digits(value)
        if _COMMA.fullmatch(value):  # phones of half the world have no other key for decimals
            value = value.replace(",", ".")
        if not _NUMBER.fullmatch(value):
            return Decimal("NaN")
    return Decimal(value)


def _header(part):
    header = {
        "store": part.row_id("store"),
        "account": part.row_id("account"),
        "purpose": part.choice("purpose", Visit.Purpose, default=Visit.Purpose.ROUTINE),
        "objective": part.text("objective", 250),
        "planned_on": part.day("planned_on"),
    }
    if (header["store"] is None) == (header["account"] is None):
        part.refuse("store", _("Name the store, or the account for a visit at its headquarters."))
    return header


def _check_in(part):
    where = {
        "at": part.instant("at", required=True),
        "latitude": part.decimal("latitude", -90, 90),
        "longitude": part.decimal("longitude", -180, 180),
        "accuracy_m": part.integer("accuracy_m", 10_000_000),
    }
    if (where["latitude"] is None) != (where["longitude"] is None):
        part.refuse("latitude", _("A position has a latitude and a longitude."))
    return where


def _check_out(part):
    return {"at": part.instant("at", required=True)}


def _note(part):
    return {"text": part.text("text", LONGEST_NOTE), "changed_at": part.instant("changed_at", required=True)}


def _fact(part):
    return {"client_id": part.uuid("id"), "changed_at": part.instant("changed_at", required=True)}


def _shelf(part):
    fact = _fact(part) | {
        "product": part.row_id("product", required=True),
        "is_present": part.boolean("is_present"),
        "is_out_of_stock": part.boolean("is_out_of_stock", default=False),
        "facings": part.integer("facings", MOST_FACINGS),
        "price": part.decimal("price", 0, MOST_MONEY),
        "stock_units": part.integer("stock_units", MOST_UNITS),
        "note": part.text("note", 250),
    }
    if fact["is_present"] and fact["is_out_of_stock"]:
        part.refuse("is_out_of_stock", _("A product on the shelf is not out of stock."))
    if fact["is_present"] is False and fact["facings"]:
        part.refuse("facings", _("A product that is not on the shelf has no facings."))
    return fact


def _competitor(part):
    return _fact(part) | {
        "category": part.row_id("category"),
        "brand": part.text("brand", 100, required=True),
        "description": part.text("description", 250),
        "price": part.decimal("price", 0, MOST_MONEY),
        "facings": part.integer("facings", MOST_FACINGS),
        "is_on_promotion": part.boolean("is_on_promotion", default=False),
        "is_removed": part.boolean("is_removed", default=False),
    }


def _category_ask(part):
    return _fact(part) | {
        "category": part.row_id("category", required=True),
        "monthly_value": part.decimal("monthly_value", 0, MOST_MONEY),
        "monthly_units": part.integer("monthly_units", MOST_UNITS),
        "all_facings": part.integer("all_facings", MOST_FACINGS),
        "said_by": part.text("said_by", 120),
    }


def _observation(part):
    fact = _fact(part) | {
        "topic": part.choice("topic", Observation.Topic, required=True),
        "is_as_agreed": part.boolean("is_as_agreed"),
        "does_not_apply": part.boolean("does_not_apply", default=False),
        "note": part.text("note", 500),
    }
    if fact["does_not_apply"] and fact["is_as_agreed"] is not None:
        part.refuse("does_not_apply", _("What does not apply is neither as agreed nor not as agreed."))
    return fact


_FACT_KEYS = ("id", "changed_at")
_OBJECTS = {
    "header": (_header, ("store", "account", "purpose", "objective", "planned_on")),
    "check_in": (_check_in, ("at", "latitude", "longitude", "accuracy_m")),
    "check_out": (_check_out, ("at",)),
    "note": (_note, ("text", "changed_at")),
}
_LISTS = {
    "shelf": (_shelf, (*_FACT_KEYS, "product", "is_present", "is_out_of_stock", "facings", "price", "stock_units", "note")),
    "competitors": (
        _competitor,
        (*_FACT_KEYS, "category", "brand", "description", "price", "facings", "is_on_promotion", "is_removed"),
    ),
    "category_asks": (_category_ask, (*_FACT_KEYS, "category", "monthly_value", "monthly_units", "all_facings", "said_by")),
    "observations": (_observation, (*_FACT_KEYS, "topic", "is_as_agreed", "does_not_apply", "note")),
}


def read_document(raw, *, now):
    """The checked Document of decoded JSON (numbers with a point as Decimal). Raises DocumentRefused with every fault at once.

    ``now`` is the server's clock: what lies in the future by the phone's own clock as well was not seen yet.
    """
    errors = {}
    whole = Part(raw, "", errors, ("visit", "sent_at", *_OBJECTS, *_LISTS))
    parts = {"visit": whole.uuid("visit"), "sent_at": whole.instant("sent_at")}
    for name, (read, known) in _OBJECTS.items():
        if whole.raw.get(name) is not None:
            parts[name] = read(Part(whole.raw[name], name, errors, known))
    for name, (read, known) in _LISTS.items():
        rows = whole.raw.get(name)
        if rows is None or rows == {}:
            continue
        if not isinstance(rows, list):
            whole.refuse(name, _("Expected a list."))
        elif len(rows) > MOST_FACTS:
            whole.refuse(name, _("At most %(most)d at a time; these are %(count)d.") % {"most": MOST_FACTS, "count": len(rows)})
        else:
            parts[name] = [read(Part(row, f"{name}.{position}", errors, known)) for position, row in enumerate(rows)]
    if not errors:
        errors = _faults_of_time(parts, now)
    if errors:
        raise DocumentRefused(errors)
    return Document(**parts)


def _faults_of_time(parts, now):
    """Times that cannot be, by field: later than the phone itself says it is, and days that no plan reaches."""
    errors = {}
    sent_at = parts.get("sent_at") or now
    if sent_at > now + FURTHEST_CLOCK:
        errors["sent_at"] = _("The phone's clock is more than a year ahead. Set its date and time, then send again.")
    latest = max(sent_at, now) + AHEAD
    told = {f"{name}.at": parts[name]["at"] for name in ("check_in", "check_out") if parts.get(name)}
    if parts.get("note"):
        told["note.changed_at"] = parts["note"]["changed_at"]
    for name in _LISTS:
        told |= {f"{name}.{position}.changed_at": fact["changed_at"] for position, fact in enumerate(parts.get(name, ()))}
    for path, moment in told.items():
        if moment > latest:
            errors[path] = _("This time is still to come: %(time)s.") % {"time": moment.isoformat()}
    planned_on = (parts.get("header") or {}).get("planned_on")
    if planned_on is not None and not now.date() - FURTHEST_CLOCK <= planned_on <= now.date() + FURTHEST_PLAN:
        errors["header.planned_on"] = _("Expected a day from one year back to two years ahead.")
    return errors
