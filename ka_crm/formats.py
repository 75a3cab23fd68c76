"""How figures look on screens and in cells, one function each; English and Chinese group and point alike, only great units differ.

None is “–” everywhere: a missing figure is not a zero. A negative carries a real minus sign.
"""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.translation import get_language, pgettext

from .money import digits_of, from_minor

MISSING = "–"
MINUS = "\u2212"
# Unit and its size, the greatest first: Chinese counts in ten thousands.
GREAT_UNITS = (("bn", 10**9), ("M", 10**6), ("k", 10**3))
CHINESE_GREAT_UNITS = (("亿", 10**8), ("万", 10**4))


def _signed(number, text):
    return f"{MINUS}{text[1:]}" if number < 0 else text


def number(value, places=0):
    """``1,234.5`` with ``places`` decimals, rounded half up; ints and Decimals."""
    if value is None or value == "":
        return MISSING
    if type(value) is int and not places:
        return _signed(value, f"{value:,}")
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)
    rounded = rounded or abs(rounded)  # no “−0”
    return _signed(rounded, f"{rounded:,}")


def amount(minor, currency):
    """Integer minor units as ``1,234.50`` without the currency."""
    if minor is None or minor == "":
        return MISSING
    return _signed(minor, f"{from_minor(int(minor), currency):,}")


def money(minor, currency):
    """Integer minor units with the currency's code behind a no-break space: ``1,234.50 USD``."""
    return MISSING if minor is None or minor == "" else f"{amount(minor, currency)}\u00a0{currency}"


def great_units():
    """(unit, size) as the reader counts, the greatest first."""
    return CHINESE_GREAT_UNITS if (get_language() or "").startswith("zh") else GREAT_UNITS


def short_money(minor, currency):
    """``1.2 M USD``, ``120.0 万 USD`` for figures that are read at a glance; exact below 10,000."""
    if minor is None or minor == "":
        return MISSING
    value = from_minor(int(minor), currency)
    for unit, divisor in great_units():
        if abs(value) >= max(divisor, 10_000):
            return f"{number(value / divisor, 1)}\u00a0{unit}\u00a0{currency}"
    return f"{number(value, min(digits_of(currency), 2))}\u00a0{currency}"


def percent(fraction, places=1):
    """A fraction as a percentage: 0.035 → ``3.5 %``."""
    return MISSING if fraction is None or fraction == "" else f"{number(Decimal(fraction) * 100, places)}\u00a0%"


def day(value):
    """A date, or the local date of an instant, as ``2026-03-31``: sortable, the same in both languages."""
    if not value:
        return MISSING
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat()


def instant(value):
    """An instant in the person's time zone as ``2026-03-31 08:30``."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else MISSING


def listed(names):
    """Names in a row, as the reader's language sets them apart."""
    return pgettext("between the names of a list", ", ").join(names)
