"""Whether a profile's settings make sense, each problem in words that an administrator can act on."""

import codecs
import re

from django.utils.translation import gettext as _

from . import profile_choices as choices
from .dates import DateFormatError, compile_format

DAYS_NEED = ("units",)


def problems_of(profile):
    """Setting → what is wrong with it."""
    problems = {}
    for check in (_choices, _columns, _marks, _patterns, _dates, _numbers, _container):
        for name, problem in check(profile):
            problems.setdefault(name, problem)
    return problems


def _choices(profile):
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", profile.code or ""):
        yield "code", _("may have up to 40 letters, digits, _ and -.")
    for name, allowed in (("container", choices.CONTAINERS), ("grain", choices.GRAINS)):
        if getattr(profile, name) not in allowed:
            yield name, _("is “%(value)s”. Choose one of %(allowed)s.") % {"value": getattr(profile, name), "allowed": ", ".join(allowed)}
    if profile.delimiter is not None and profile.delimiter not in choices.DELIMITERS.values():
        yield "delimiter", _("is “%(value)s”. Choose comma, semicolon, tab or pipe.") % {"value": profile.delimiter}
    if profile.encoding is not None:
        try:
            codecs.lookup(profile.encoding)
        except (LookupError, ValueError, TypeError):
            yield (
                "encoding",
                _("“%(value)s” is not known. Usual ones: %(usual)s.") % {"value": profile.encoding, "usual": ", ".join(choices.ENCODINGS)},
            )


def _columns(profile):
    if profile.container != "edifact" and not profile.columns:
        yield "columns", _("is empty. Name the header of each field, such as units: “Qty”.")
    seen = {}
    for field, headers in profile.columns.items():
        if isinstance(headers, str) or not headers or not all(isinstance(h, str) and h.strip() for h in headers):
            yield "columns", _("%(field)s needs a list of headers.") % {"field": field}
            continue
        for header in headers:
            other = seen.setdefault(" ".join(header.split()).casefold(), field)
            if other != field:
                yield "columns", _("“%(header)s” stands for both %(one)s and %(other)s.") % {"header": header, "one": other, "other": field}
    for field in profile.fill_down:
        if field not in profile.columns:
            yield "fill_down", _("%(field)s is not among the columns.") % {"field": field}


def _marks(profile):
    if profile.decimal_mark not in (None, *choices.DECIMAL_MARKS):
        yield "decimal_mark", _("is “%(value)s”. Choose a point or a comma.") % {"value": profile.decimal_mark}
    if profile.thousands_mark not in (None, *choices.THOUSANDS_MARKS):
        yield "thousands_mark", _("is “%(value)s”. Choose a comma, point, blank or apostrophe.") % {"value": profile.thousands_mark}
    if profile.decimal_mark and profile.decimal_mark == profile.thousands_mark:
        yield "thousands_mark", _("is the same as the decimal mark.")


def _patterns(profile):
    patterns = [("store_pattern", profile.store_pattern)]
    patterns += [("totals_rows", row.get("pattern")) for row in profile.totals_rows] + [("footers", f) for f in profile.footers]
    for name, pattern in patterns:
        if not isinstance(pattern, str) or not pattern:
            yield name, _("has an empty pattern.")
            continue
        if len(pattern) > 200 or re.search(r"[+*}][^)|]*\)[+*{]", pattern):
            yield name, _("“%(pattern)s” repeats a repetition, which can take for ever. Write it without.") % {"pattern": pattern}
            continue
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            yield name, _("“%(pattern)s” is not a pattern: %(error)s.") % {"pattern": pattern, "error": error}
            continue
        if name == "store_pattern" and "code" not in compiled.groupindex:
            yield name, _("needs a part named code, such as (?P<code>[0-9]+).")
    for row in profile.totals_rows:
        if row.get("scope", "grand") not in ("subtotal", "grand"):
            yield "totals_rows", _("a totals line is either subtotal or grand.")


def _dates(profile):
    if not profile.date_formats:
        yield "date_formats", _("is empty. Write the form of a date, such as DD.MM.YYYY.")
    for form in profile.date_formats:
        try:
            compile_format(form)
        except DateFormatError as error:
            yield "date_formats", str(error)


def _numbers(profile):
    for name, lowest, highest in (("header_rows", 1, 5), ("header_search", 1, 200)):
        value = getattr(profile, name)
        if not isinstance(value, int) or not lowest <= value <= highest:
            yield name, _("is %(value)s. It can be %(lowest)d to %(highest)d.") % {"value": value, "lowest": lowest, "highest": highest}


def _container(profile):
    if profile.container == "matrix_xlsx" and not set(DAYS_NEED) <= set(profile.sheets):
        yield "sheets", _("is missing. Name the sheet that holds the units of each day.")
    if profile.container == "edifact" and "units" not in profile.edifact:
        yield "edifact", _("is missing. Say which QTY qualifier are units sold, such as QTY 153.")
    for field, parts in profile.derived.items():
        if len(parts) != 2:
            yield "derived", _("%(field)s needs two fields: what it is taken from and what is taken off.") % {"field": field}
