"""Numbers as people and spreadsheets write them; the decimal mark belongs to the file."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ka_crm.imports import FileRefused
from ka_crm.imports.numbers import BadValue, Marks, NumberCell, parse_number, to_minor, to_whole


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "number"),
    [
        (",", ".", "1.234,50", "1234.50"),
        (".", ",", "$1,234.50", "1234.50"),
        (".", None, "1,234.50", "1234.50"),
        (".", ",", ".50", "0.50"),
        (".", ",", "12.50-", "-12.50"),
        (".", ",", "($12.50)", "-12.50"),
        (".", ",", "-$5.00", "-5.00"),
        (".", ",", "$-5.00", "-5.00"),
        (".", ",", "−5", "-5"),
        (".", ",", "+7", "7"),
        (".", ",", "５．２５", "5.25"),
        (".", ",", "１２", "12"),
        (".", ",", "USD 1,000", "1000"),
        (",", ".", "2,49 €", "2.49"),
        (",", " ", "1 234 567,8", "1234567.8"),
        (",", " ", "1\u202f234,5", "1234.5"),
        (".", "'", "1’234.5", "1234.5"),
        (".", ",", "1,234,567", "1234567"),
        (None, None, "1.234,50", "1234.50"),
        (None, None, "2.49", "2.49"),
    ],
)
def test_what_a_cell_means(decimal, thousands, text, number):
    marks = Marks(decimal, thousands)
    marks.observe("net_value", [text])
    assert parse_number(text, marks) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1e400", "9e99", "NaN", "Infinity", "-inf", "0x1F", "1_000.00", "--5", "(-5)", "5-6", "", "-", ".", "abc", "٣", "1 2"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BadValue) as refusal:
        parse_number(text, Marks(".", ","))
    assert refusal.value.code == "number"


def test_a_scaled_number_is_refused_with_the_number_to_write():
    with pytest.raises(BadValue, match=r"^is not a number\. Write 123000\.$"):
        parse_number("12.3万", Marks("."))


@pytest.mark.parametrize("text", ["12345678901234567890", "9" * 16, "0." + "1" * 30])
def test_more_digits_than_any_sale_has_are_refused(text):
    with pytest.raises(BadValue) as refusal:
        parse_number(text, Marks("."))
    assert refusal.value.code == "number"


@pytest.mark.parametrize(("decimal", "text"), [(".", "2,49"), (".", "1.234,50"), (",", "2.49"), (".", "1,23")])
def test_a_cell_against_the_files_decimal_mark_is_refused_and_never_shifted(decimal, text):
    with pytest.raises(BadValue) as refusal:
        parse_number(text, Marks(decimal))
    assert refusal.value.code == "decimal"


def test_a_lone_group_of_three_is_not_guessed():
    with pytest.raises(BadValue) as refusal:
        parse_number("1.234", Marks())
    assert refusal.value.code == "decimal"


def test_a_lone_group_of_three_follows_what_other_cells_show():
    marks = Marks()
    marks.observe("units", ["2,49", "1.234"])
    assert parse_number("1.234", marks) == 1234


def test_two_decimal_marks_in_a_file_refuse_the_file():
    marks = Marks()
    marks.observe("gross_value", ["2.19"])
    with pytest.raises(FileRefused, match="decimal") as refusal:
        marks.observe("net_value", ["1.234,50"])
    assert refusal.value.code == "decimal"


def test_a_spreadsheet_number_does_not_care_for_the_files_marks():
    assert parse_number(NumberCell("1234.5"), Marks(",", ".")) == Decimal("1234.5")


def test_a_fraction_of_a_piece_is_refused_and_a_whole_with_decimals_is_not():
    assert to_whole(Decimal("1.0")) == 1
    with pytest.raises(BadValue):
        to_whole(Decimal("1.5"))


def test_amounts_finer_than_the_currency_are_rounded_half_up_only_where_allowed():
    assert to_minor(Decimal("1.005"), 2, may_round=True) == 101
    assert to_minor(Decimal("1.00500"), 3, may_round=False) == 1005
    assert to_minor(Decimal("1.50"), 2, may_round=False) == 150
    with pytest.raises(BadValue):
        to_minor(Decimal("1.005"), 2, may_round=False)


@given(cents=st.integers(min_value=-(10**14), max_value=10**14), decimal=st.sampled_from(".,"), grouped=st.booleans())
def test_what_is_written_is_read(cents, decimal, grouped):
    number = Decimal(cents).scaleb(-2)
    text = f"{number:,.2f}" if grouped else f"{number:.2f}"
    if decimal == ",":
        text = text.translate(str.maketrans(".,", ",."))
    marks = Marks(decimal, {".": ",", ",": "."}[decimal])
    assert to_minor(parse_number(text, marks), 2, may_round=False) == cents


@given(st.text(max_size=30))
def test_any_text_is_read_exactly_or_refused(text):
    try:
        number = parse_number(text, Marks(".", ","))
    except BadValue:
        return
    assert number.is_finite() and abs(number) < 10**15
