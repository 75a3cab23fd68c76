"""Settings that an administrator changes on pages: what each means, what it may be, and what it is now.

    # in an app's AppConfig.ready()
    company.declare("visits.day_starts_at", kind="time", default="08:30", group="visits", label=_("Day starts at"), help_text=_("…"))
    # where it is needed
    company.value("visits.day_starts_at")  # datetime.time(8, 30)

Only what differs from the default is a row of ``Setting``. Writing is team.services.settings, because it leaves a trail.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import structlog
from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import formats
from .errors import DomainError
from .prepared import Prepared
from .remembered import remembered

log = structlog.get_logger(__name__)
KINDS = ("int", "rate", "time", "text", "bool", "choice", "int_list", "weights")
LONGEST_TEXT = 500
MOST_NUMBERS = 50

# Key → label, in the order of the page; a group that is not here is shown by its key.
GROUPS = {
    "company": gettext_lazy("Company"),
    "visits": gettext_lazy("Visits"),
    "reports": gettext_lazy("Reports"),
    "dashboards": gettext_lazy("Dashboards and alerts"),
    "work": gettext_lazy("Tasks, approvals and notices"),
    "sales": gettext_lazy("Sales"),
    "security": gettext_lazy("Sign-in and files"),
}


class WrongValue(DomainError):
    """The value does not fit the setting; the message says what does."""


@dataclass(frozen=True)
class Declared:
    """One setting. ``minimum`` and ``maximum`` bound numbers, times, each number of a list and each weight; both are allowed values.

    ``choices`` are (value, label) pairs of a choice, or the labels of the weights. ``default`` is typed.
    """

    key: str
    kind: str
    default: Any
    group: str
    label: str
    help_text: str
    minimum: Any
    maximum: Any
    choices: tuple | Callable | None
    unit: str

    @property
    def options(self):
        """(value, label) pairs, asked anew each time where a function gives them."""
        return tuple(self.choices() if callable(self.choices) else self.choices or ())


_DECLARED = {}
_PLACES = {}


@dataclass(frozen=True)
class Place:
    """A page where something else is set up, listed on the page “Settings”."""

    url_name: str
    label: str
    text: str
    icon: str
    capability: str
    order: int


def place(url_name, *, label, text, icon="settings", capability="settings.manage", order=50):
    """List another page on the page “Settings”; an installation without that page does not show it."""
    _PLACES[url_name] = Place(url_name, label, text, icon, capability, order)


def places():
    """Every listed page, whoever may open it, in order."""
    return sorted(_PLACES.values(), key=lambda one: (one.order, one.url_name))


def declare(key, *, kind, default, group, label, help_text, minimum=None, maximum=None, choices=None, unit=""):
    """Add a setting; declaring a key again replaces it. Raises ValueError for a kind or a default that cannot be."""
    if kind not in KINDS:
        raise ValueError(f"Setting {key} is of kind “{kind}”; there are {', '.join(KINDS)}.")
    if not re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", key) or len(key) > 80:
        raise ValueError(f"“{key}” is no name for a setting; write app.what_it_is.")
    bounds = {"minimum": minimum, "maximum": maximum}
    if kind in ("rate", "time"):
        bounds = {name: None if bound is None else _READERS[kind](bound) for name, bound in bounds.items()}
    bare = Declared(key, kind, None, group, label, help_text, **bounds, choices=choices, unit=unit)
    if kind == "weights":
        typed = {str(name): int(weight) for name, weight in default.items()}
    else:
        # Choices that come from rows can only be asked once there is a database.
        typed = default if kind == "choice" else _checked(bare, default)
    _DECLARED[key] = Declared(key, kind, typed, group, label, help_text, **bounds, choices=choices, unit=unit)


def declared():
    """Every setting, by group and key."""
    order = {group: place for place, group in enumerate(GROUPS)}
    return sorted(_DECLARED.values(), key=lambda one: (order.get(one.group, len(order)), one.group, one.key))


def find(key):
    """The setting called ``key``. Raises KeyError with a message that names it."""
    try:
        return _DECLARED[key]
    except KeyError:
        raise KeyError(f"No setting is called “{key}”: company.declare(…) it in the app's ready().") from None


def is_declared(key):
    return key in _DECLARED


# Apps import this file before models are there.
_changed = Prepared(lambda: apps.get_model("ka_crm", "Setting").objects.exclude(value=None).order_by().values_list("key", "value"))


@remembered
def _stored():
    """Key → stored JSON value of all settings that were changed: one statement."""
    return dict(_changed())


@remembered
def _typed():
    """Typed values that were asked for already."""
    return {}


def value(key):
    """What the setting is now: time, int, Decimal, bool, text, list of int or dict of weights."""
    typed = _typed()
    if key not in typed:
        typed[key] = _value_of(find(key))
    found = typed[key]
    return found.copy() if isinstance(found, list | dict) else found


def _value_of(setting):
    stored = _stored()
    if setting.key not in stored:
        return setting.default
    try:
        return checked(setting.key, stored[setting.key])
    except WrongValue as error:  # a release narrowed the bounds: the program goes on with what it knows to be sound
        log.warning("stored setting does not fit", setting=setting.key, error=str(error))
        return setting.default


def stored_value(key):
    """The JSON value of the row ``key``, None where there is none; for settings that have a page of their own."""
    return _stored().get(key)


def checked(key, raw):
    """``raw`` (typed, or as a form or a file has it) as the setting's typed value. Raises WrongValue."""
    return _checked(find(key), raw)


def _checked(setting, raw):
    typed = _READERS[setting.kind](raw)
    if setting.kind == "choice":
        allowed = [str(option) for option, _label in setting.options]
        if typed not in allowed:
            raise WrongValue(_("“%(value)s” is not one of %(allowed)s.") % {"value": typed[:60], "allowed": ", ".join(allowed)})
    elif setting.kind == "weights":
        _check_weights(setting, typed)
    elif setting.kind == "int_list":
        for number in typed:
            _check_bounds(setting, number)
    elif setting.kind != "text":
        _check_bounds(setting, typed)
    return typed


def _check_bounds(setting, number):
    if (setting.minimum is not None and number < setting.minimum) or (setting.maximum is not None and number > setting.maximum):
        words = {"value": shown(number), "minimum": shown(setting.minimum), "maximum": shown(setting.maximum)}
        if setting.minimum is None:
            raise WrongValue(_("%(value)s is too much: it can be %(maximum)s at most.") % words)
        if setting.maximum is None:
            raise WrongValue(_("%(value)s is too little: it has to be %(minimum)s at least.") % words)
        raise WrongValue(_("%(value)s is out of bounds: it can be %(minimum)s to %(maximum)s.") % words)


def _check_weights(setting, weights):
    names = set(setting.default or weights)
    if set(weights) != names:
        raise WrongValue(_("The weights have to be for exactly %(names)s.") % {"names": ", ".join(sorted(names))})
    for weight in weights.values():
        if weight < 0:
            raise WrongValue(_("%(value)s is too little: it has to be %(minimum)s at least.") % {"value": weight, "minimum": 0})
        _check_bounds(setting, weight)
    wanted = sum((setting.default or weights).values())
    if sum(weights.values()) != wanted:
        raise WrongValue(
            _("The weights come to %(sum)d; they have to come to %(wanted)d.") % {"sum": sum(weights.values()), "wanted": wanted}
        )


def as_json(typed):
    """A typed value as it is stored and exported: text for times and rates, so that no digit is lost."""
    if isinstance(typed, dt.time):
        return f"{typed:%H:%M}"
    if isinstance(typed, Decimal):
        return f"{typed.normalize():f}"
    return typed


def shown(typed):
    """A typed value in words for messages and the trail."""
    if isinstance(typed, dict):
        return ", ".join(f"{name} {weight}" for name, weight in typed.items())
    if isinstance(typed, list):
        return ", ".join(map(str, typed)) or "–"
    return str(as_json(typed))


def words(setting, typed):
    """A typed value as people read it on pages: yes, 3.5 %, the label of a choice."""
    labels = dict(setting.options)
    if setting.kind == "bool":
        return _("yes") if typed else _("no")
    if setting.kind == "rate":
        return formats.percent(typed, 2).replace(".00", "")
    if setting.kind == "choice":
        return str(labels.get(typed, typed))
    if setting.kind == "weights":
        return " · ".join(f"{labels.get(name, name)} {weight}" for name, weight in typed.items())
    return f"{shown(typed)} {setting.unit}".strip() or "–"


# --- reading, one function per kind -----------------------------------------------------------------------------------------
def _int(raw):
    if isinstance(raw, int) and not isinstance(raw, bool):
        number = raw
    elif isinstance(raw, str) and re.fullmatch(r"\s*[+-]?\d{1,15}\s*", raw, re.ASCII):
        number = int(raw)
    else:
        raise WrongValue(_("“%(value)s” is not a whole number.") % {"value": str(raw)[:60]})
    if abs(number) > 10**15:
        raise WrongValue(_("“%(value)s” is not a whole number.") % {"value": str(raw)[:60]})
    return number


def _rate(raw):
    if not isinstance(raw, str | int | Decimal) or isinstance(raw, bool) or len(str(raw)) > 20:
        raise WrongValue(_("“%(value)s” is not a fraction; write 0.25 for 25 %%.") % {"value": str(raw)[:60]})
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 12:
        raise WrongValue(_("“%(value)s” is not a fraction; write 0.25 for 25 %%.") % {"value": str(raw)[:60]})
    return number


def _time(raw):
    if isinstance(raw, dt.time):
        return raw.replace(second=0, microsecond=0, tzinfo=None)
    match = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)(?::00)?\s*", str(raw), re.ASCII)
    if match is None:
        raise WrongValue(_("“%(value)s” is not a time of day; write 08:30.") % {"value": str(raw)[:60]})
    return dt.time(int(match[1]), int(match[2]))


def _text(raw):
    if not isinstance(raw, str):
        raise WrongValue(_("“%(value)s” is not text.") % {"value": str(raw)[:60]})
    if len(raw) > LONGEST_TEXT:
        raise WrongValue(_("The text has %(length)d characters; %(most)d are the most.") % {"length": len(raw), "most": LONGEST_TEXT})
    if "\x00" in raw:
        raise WrongValue(_("The text holds a character that cannot be stored."))
    return raw.strip()


def _bool(raw):
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
        return raw.strip().lower() == "true"
    raise WrongValue(_("“%(value)s” is neither true nor false.") % {"value": str(raw)[:60]})


def _choice(raw):
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise WrongValue(_("“%(value)s” is not text.") % {"value": str(raw)[:60]})
    return str(raw)


def _int_list(raw):
    parts = re.split(r"[\s,;，、；]+", raw.strip(" ,;，、；")) if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple):
        raise WrongValue(_("“%(value)s” is not a list of whole numbers; write 1, 3, 7.") % {"value": str(raw)[:60]})
    numbers = [_int(part) for part in parts if part != ""]
    if len(numbers) > MOST_NUMBERS:
        raise WrongValue(_("The list has %(length)d numbers; %(most)d are the most.") % {"length": len(numbers), "most": MOST_NUMBERS})
    if len(set(numbers)) < len(numbers):
        raise WrongValue(_("A number stands in the list twice."))
    return numbers


def _weights(raw):
    if not isinstance(raw, dict):
        raise WrongValue(_("“%(value)s” is not a set of weights.") % {"value": str(raw)[:60]})
    return {str(name): _int(weight) for name, weight in raw.items()}


_READERS = {
    "int": _int,
    "rate": _rate,
    "time": _time,
    "text": _text,
    "bool": _bool,
    "choice": _choice,
    "int_list": _int_list,
    "weights": _weights,
}
