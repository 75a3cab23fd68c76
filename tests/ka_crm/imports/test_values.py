"""Codes, dates and amounts in cells: what is read, what is refused, in which words."""

from datetime import date

import pytest

from ka_crm.imports.numbers import BadValue, DateCell, Marks, NumberCell
from ka_crm.imports.profile import Profile
from ka_crm.imports.schema import Field, Kind
from ka_crm.imports.values import Context, number_cell, parse_cell

TODAY = date(2026, 11, 21)


def parsed(cell, kind, **settings):
    required = settings.pop("required", True)
    context = Context(Profile(code="T", **settings), Marks("."), today=TODAY, currency_digits=2)
    return parse_cell(cell, Field("field", kind, required=required), context)


def refused(cell, kind, **settings):
    with pytest.raises(BadValue) as refusal:
        parsed(cell, kind, **settings)
    return refusal.value.code


@pytest.mark.parametrize(
    ("text", "pattern", "code"),
    [
        ("000330", Profile.store_pattern, "330"),
        ("00288", Profile.store_pattern, "288"),
        ("33923.0", Profile.store_pattern, "33923"),
        ("343店", r"0*(?P<code>\d+)店?", "343"),
        ("３４３店", r"0*(?P<code>\d+)店?", "343"),
    ],
)
def test_store_numbers_follow_the_profiles_pattern(text, pattern, code):
    assert parsed(text, Kind.STORE_NO, store_pattern=pattern) == code


def test_a_store_number_in_another_form_is_refused():
    assert refused("Store 12", Kind.STORE_NO) == "unknown_store"


@pytest.mark.parametrize("gtin", ["9520009657667", "012345678905", "96385074", "10012345678902"])
def test_gtins_of_all_lengths(gtin):
    assert parsed(gtin, Kind.GTIN) == gtin


@pytest.mark.parametrize("gtin", ["9520009657668", "952000965766", "O520000681685", "123", "95200096576679"])
def test_gtins_that_are_none(gtin):
    assert refused(gtin, Kind.GTIN) == "check_digit"


def test_a_gtin_that_a_spreadsheet_holds_as_a_number_gets_its_zero_back():
    assert parsed(NumberCell("12345678905"), Kind.GTIN) == "012345678905"
    assert refused("12345678905", Kind.GTIN) == "check_digit"


@pytest.mark.parametrize("kind", [Kind.GTIN, Kind.GLN, Kind.CODE, Kind.STORE_NO])
@pytest.mark.parametrize("text", ["9.52001E+12", "9,52E+12", "1e5"])
def test_codes_cut_by_a_spreadsheet_are_refused(kind, text):
    assert refused(text, kind) == "mangled_code"


def test_a_gln_has_thirteen_digits_and_a_right_one_at_the_end():
    assert parsed("9525000002867", Kind.GLN) == "9525000002867"
    assert refused("9525000002868", Kind.GLN) == "check_digit"
    assert refused("96385074", Kind.GLN) == "check_digit"


@pytest.mark.parametrize("text", ["2017-02-30", "0000-00-00", "1989-12-31", "2026-11-22", "tomorrow"])
def test_days_that_no_sale_can_have(text):
    assert refused(text, Kind.DATE) == "date"


def test_today_is_a_day_of_sale():
    assert parsed("2026-11-21", Kind.DATE) == TODAY


def test_a_date_cell_of_a_workbook_needs_no_form():
    assert parsed(DateCell("2017-03-05"), Kind.DATE, date_formats=("DD.MM.YYYY",)) == date(2017, 3, 5)


@pytest.mark.parametrize(("kind", "code"), [(Kind.DATE, "date"), (Kind.MONEY, "number"), (Kind.INTEGER, "number"), (Kind.CODE, "empty")])
def test_an_empty_cell_is_refused_where_something_is_needed(kind, code):
    assert refused(" ", kind) == code
    assert parsed(" ", kind, required=False) is None


def test_money_is_minor_units_and_never_rounded_from_text():
    assert parsed("1234.50", Kind.MONEY) == 123450
    assert refused("1.005", Kind.MONEY) == "number"
    assert parsed("1.005", Kind.MONEY, round_amounts=True) == 101


@pytest.mark.parametrize(
    ("value", "text"),
    [(313.0, "313"), (1.67, "1.67"), (0.1 + 0.2, "0.3"), (1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (12, "12"), (-0.5, "-0.5")],
)
def test_a_workbooks_number_becomes_the_text_that_excel_shows(value, text):
    assert number_cell(value) == text


def test_a_workbooks_noise_is_rounded_to_the_currency():
    assert parsed(number_cell(2.675 + 1e-15), Kind.MONEY) == 268


def test_text_is_kept_whole_or_refused():
    assert parsed("=1+1", Kind.TEXT) == "=1+1"
    assert parsed("x" * 200, Kind.TEXT) == "x" * 200
    assert refused("x" * 201, Kind.TEXT) == "length"
    assert refused("a\0b", Kind.TEXT) == "nul"
