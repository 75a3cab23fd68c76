"""From cells to values: one parser per field, by the schema's kind and the profile's habits. Every refusal is a BadValue."""

import re
import unicodedata
from decimal import Decimal

from django.utils.translation import gettext as _
from stdnum import ean

from ka_crm.identifiers import GTIN_LENGTHS, check_digit_holds
from ka_crm.text import clean_text

from .dates import EARLIEST, example_of, fits_form, parse_date
from .numbers import BadValue, DateCell, NumberCell, parse_number, to_minor, to_whole
from .schema import Kind

MANGLED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{1,3}", re.IGNORECASE)
EMPTY_CODE = {Kind.DATE: "date", Kind.INTEGER: "number", Kind.MONEY: "number", Kind.DECIMAL: "number"}


class Context:
    """What the parsers of one file share: its profile, marks, the day it is read, the digits of its currency."""

    def __init__(self, profile, marks, *, today, currency_digits):
        self.profile, self.marks, self.today, self.currency_digits = profile, marks, today, currency_digits
        self.sparse = profile.container == "edifact"  # an EDI line carries what it has, there are no columns to fill
        self.store_pattern = re.compile(profile.store_pattern)


def parse_cell(cell, field, context):
    """What ``cell`` means for ``field``; None if it is empty and may be. Raises BadValue."""
    if not cell.strip():
        if field.required and not (field.may_lack and context.sparse):
            raise BadValue(EMPTY_CODE.get(field.kind, "empty"), _empty_reason(field.kind))
        return None
    if "\0" in cell:
        raise BadValue("nul", _("holds a NUL character, which no text can have. Ask for the file again."))
    return PARSERS[field.kind](cell, field, context)


def parse_text(cell, field, _context):
    text = clean_text(cell)
    if len(text) > field.max_length:
        raise BadValue(
            "length",
            _("has a length of %(length)d characters; %(most)d fit. Shorten it.") % {"length": len(text), "most": field.max_length},
        )
    return text


def parse_code(cell, field, context):
    _refuse_mangled(cell)
    return parse_text(unicodedata.normalize("NFKC", cell), field, context)


def parse_store_no(cell, _field, context):
    _refuse_mangled(cell)
    match = context.store_pattern.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if not match or not match["code"]:
        raise BadValue("unknown_store", _("is not a store number in this retailer's form."))
    return match["code"]


def parse_gtin(cell, _field, _context):
    """The digits of a GTIN-8, -12, -13 or -14. A number of a spreadsheet lost its zeros: they are put back, then checked."""
    _refuse_mangled(cell)
    digits = _digits(cell)
    if isinstance(cell, NumberCell):
        longer = (digits.zfill(length) for length in GTIN_LENGTHS if length >= len(digits))
        digits = next((code for code in longer if check_digit_holds(code)), digits)
    if len(digits) not in GTIN_LENGTHS or not digits.isascii() or not digits.isdigit():
        raise BadValue("check_digit", _("is not a GTIN: it takes 8, 12, 13 or 14 digits, the last one a check digit."))
    if not check_digit_holds(digits):
        raise BadValue(
            "check_digit", _("has a wrong check digit: %(right)s would be right.") % {"right": ean.calc_check_digit(digits[:-1])}
        )
    return digits


def parse_gln(cell, _field, _context):
    _refuse_mangled(cell)
    digits = _digits(cell)
    if len(digits) != 13 or not digits.isascii() or not digits.isdigit():
        raise BadValue("check_digit", _("is not a GLN: it takes 13 digits, the last one a check digit."))
    if not check_digit_holds(digits):
        raise BadValue(
            "check_digit", _("has a wrong check digit: %(right)s would be right.") % {"right": ean.calc_check_digit(digits[:-1])}
        )
    return digits


def parse_day(cell, field, context):
    formats = context.profile.date_formats
    text = unicodedata.normalize("NFKC", cell).strip()
    formats = ("YYYY-MM-DD",) if isinstance(cell, DateCell) else formats
    day = parse_date(text, formats)
    if day is None and fits_form(text, formats):
        raise BadValue("date", _("is a date that the calendar does not have. Write the day of the sale."))
    if day is None:
        reason = _("is not a date in the form %(form)s. Write it as %(example)s.")
        raise BadValue("date", reason % {"form": formats[0], "example": example_of(formats[0])})
    if day < EARLIEST:
        raise BadValue("date", _("is a date before %(earliest)s.") % {"earliest": EARLIEST.isoformat()})
    if day > context.today and not field.may_be_future:
        raise BadValue("date", _("is a date in the future; today is %(today)s.") % {"today": context.today.isoformat()})
    return day


def parse_pieces(cell, field, context):
    return _turned(to_whole(parse_number(cell, context.marks)), field, context)


def parse_money(cell, field, context):
    may_round = isinstance(cell, NumberCell) or context.profile.round_amounts
    return _turned(to_minor(parse_number(cell, context.marks), context.currency_digits, may_round=may_round), field, context)


def parse_decimal(cell, field, context):
    return _turned(parse_number(cell, context.marks), field, context)


PARSERS = {
    Kind.TEXT: parse_text,
    Kind.CODE: parse_code,
    Kind.STORE_NO: parse_store_no,
    Kind.GTIN: parse_gtin,
    Kind.GLN: parse_gln,
    Kind.DATE: parse_day,
    Kind.INTEGER: parse_pieces,
    Kind.MONEY: parse_money,
    Kind.DECIMAL: parse_decimal,
}
NUMERIC = frozenset({Kind.INTEGER, Kind.MONEY, Kind.DECIMAL})


def number_cell(number):
    """A spreadsheet's float or int as text: 15 significant digits, as the spreadsheet shows it, without exponent."""
    if isinstance(number, float):
        short = repr(number)
        if len(short) < 16 and "e" not in short:
            return NumberCell(short[:-2] if short.endswith(".0") else short)
        number = Decimal(format(number, ".15g"))
    text = format(Decimal(number), "f")
    return NumberCell(text.rstrip("0").rstrip(".") if "." in text else text)


def _turned(number, field, context):
    return -number if field.name in context.profile.negative_fields else number


def _digits(cell):
    return re.sub(r"\.0+$", "", unicodedata.normalize("NFKC", cell).strip())


def _refuse_mangled(cell):
    if MANGLED.fullmatch(cell.strip()):
        raise BadValue(
            "mangled_code", _("was cut by a spreadsheet, its digits are lost. Ask for the file as exported, or format the column as text.")
        )


def _empty_reason(kind):
    if kind is Kind.DATE:
        return _("is empty; a date is needed.")
    if kind in NUMERIC:
        return _("is empty; a number is needed.")
    return _("is empty.")
