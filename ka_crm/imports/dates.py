"""Dates as retailers write them, by forms such as DD.MM.YYYY or YYYY年M月D日; nothing depends on the machine's language."""

import re
from datetime import date
from functools import lru_cache

from django.utils.translation import gettext as _

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier",
            "feb february februar fév février fevrier",
            "mar march mär märz mrz maerz mars",
            "apr april avr avril",
            "may mai",
            "jun june juni juin",
            "jul july juli juil juillet",
            "aug august août aout",
            "sep sept september septembre",
            "oct october okt oktober octobre",
            "nov november novembre",
            "dec december dez dezember déc décembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}
TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "Mon": r"(?P<month_name>[^\W\d_]{3,10})\.?",
    "MM": None,
    "M": None,
    "DD": None,
    "D": None,
}
EARLIEST = date(1990, 1, 1)
TOKEN = re.compile("YYYY|YY|Mon|MM|M|DD|D")


class DateFormatError(ValueError):
    """The form is not made of YYYY or YY, MM or Mon, DD and signs between them."""


@lru_cache(maxsize=256)
def compile_format(form):
    """The pattern for ``form``. Without signs between the parts every part has its full width."""
    parts = TOKEN.findall(form)
    kinds = sorted(part[0] for part in parts)
    if kinds != ["D", "M", "Y"]:
        raise DateFormatError(_("“%(form)s” needs a year YYYY, a month MM or Mon, and a day DD, each once.") % {"form": form})
    tight = re.search("(YYYY|MM|DD)(YYYY|MM|DD)", form)
    width = r"\d{2}" if tight else r"\d{1,2}"
    pattern, position = "", 0
    for match in TOKEN.finditer(form):
        pattern += re.escape(form[position : match.start()])
        position = match.end()
        named = {"M": f"(?P<month>{width})", "D": f"(?P<day>{width})"}
        pattern += TOKENS[match[0]] or named[match[0][0]]
    return re.compile(pattern + re.escape(form[position:]), re.ASCII if "Mon" not in form else 0)


def parse_date(text, formats):
    """The date that ``text`` means by one of ``formats``, or None. A midnight behind an ISO date is tolerated."""
    text = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", text.strip())
    for form in formats:
        match = compile_format(form).fullmatch(text)
        if match:
            groups = match.groupdict()
            month = int(groups["month"]) if groups.get("month") else MONTHS.get((groups.get("month_name") or "").casefold(), 0)
            try:
                return date(_full_year(groups["year"]), month, int(groups["day"]))
            except ValueError:
                continue
    return None


def fits_form(text, formats):
    """Whether ``text`` is written in one of ``formats``, be it a day of the calendar or not."""
    return any(compile_format(form).fullmatch(text) for form in formats)


def example_of(form):
    """How the last day of 2025 is written in ``form``; months by name as in English files."""
    parts = {"YYYY": "2025", "YY": "25", "Mon": "Dec", "MM": "12", "M": "12", "DD": "31", "D": "31"}
    return TOKEN.sub(lambda match: parts[match[0]], form)


def _full_year(digits):
    """Two-digit years are of this century: files here are sales, not birthdays."""
    return int(digits) + (2000 if len(digits) == 2 else 0)
