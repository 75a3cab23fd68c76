"""Delimited text: no row is lost, joined or made up."""

import pytest

from ka_crm.imports import Field, Kind, Profile, Schema
from ka_crm.imports.delimited import is_regular

from .conftest import GOOD, HEADER, lines

NOTES = Schema("notes", (Field("code", Kind.CODE), Field("note", Kind.TEXT, max_length=400)))
PLAIN = Profile.of_schema(NOTES)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(read, delimiter):
    result = read(lines(GOOD).replace(",", delimiter))
    assert result.values("net_value") == [219]


def test_codes_keep_their_zeros_and_numbers_their_cents(read):
    row = read(lines(GOOD)).rows[0]
    assert row.number == 1
    assert row.fields["sku"] == "00965766"
    assert (row.values["units"], row.values["gross_value"], row.values["discount_value"]) == (1, 219, 0)


def test_too_few_and_too_many_fields_are_row_errors_and_the_others_stand(read):
    result = read(lines(GOOD, GOOD[:30], GOOD + ",x", GOOD))
    assert result.found == [(2, "", "fields"), (3, "", "fields")]
    assert result.errors[0].message == "Row 2: has 4 fields instead of 10."
    assert result.values("units") == [1, None, None, 1]


def test_empty_cells_behind_the_last_column_are_no_fields(read):
    assert read(lines(GOOD + ",,")).found == []


def test_blank_lines_are_no_rows(read):
    result = read(lines(GOOD, "", ",,,,,,,,,", GOOD, "   "))
    assert [row.number for row in result.rows] == [1, 2]


def test_a_quote_that_never_closes_makes_all_rows_behind_it_errors(read):
    result = read(lines(GOOD, GOOD.replace("S00298", '"S00298'), GOOD, GOOD))
    assert result.found == [(2, "", "quote"), (3, "", "quote"), (4, "", "quote")]
    assert len(result.rows) == 4


def test_a_quote_that_a_later_row_seems_to_close_still_joins_no_rows(read):
    opened = GOOD.replace("S00298", '"S00298')
    result = read(lines(GOOD, opened, GOOD, opened, GOOD))
    assert [row.errors != [] for row in result.rows] == [False, True, True, True, True]


def test_a_quoted_line_break_is_one_row(read):
    result = read('code,note\n1,"two\nlines"\n2,plain\n', PLAIN, NOTES)
    assert result.values("note") == ["two\nlines", "plain"]
    assert [row.number for row in result.rows] == [1, 2]


def test_quoted_delimiters_and_doubled_quotes(read):
    result = read('code,note\n1,"a, ""b"""\n2,5" pipe\n', PLAIN, NOTES)
    assert result.values("note") == ['a, "b"', '5" pipe']


def test_a_nul_is_a_row_error_at_its_column(read):
    result = read(lines(GOOD, GOOD.replace("S00298", "S0\x000298"), GOOD))
    assert result.found == [(2, "store_code", "nul")]
    assert "NUL" in result.errors[0].message


def test_a_missing_column_is_named_before_any_row_is_read(read):
    result = read(lines(GOOD).replace(",net_value", ",something"))
    assert result.code == "missing_column"
    assert str(result.refusal).startswith("The column “net_value” is missing. The file has: account_code, store_code,")


def test_a_column_that_is_there_twice_is_refused_by_name(read):
    result = read(f"{HEADER},units\n{GOOD},6\n")
    assert result.code == "duplicate_column"
    assert str(result.refusal) == "The file has two columns for “units”: columns 6 and 11. Keep the one that counts."


def test_two_columns_of_no_interest_may_share_a_name(read):
    assert read(f"{HEADER},x,x\n{GOOD},6,7\n").values("units") == [1]


def test_thousands_of_columns_are_refused_without_listing_them(read):
    result = read(",".join(f"col_{n}" for n in range(5000)) + "\n" + "," * 4999 + "\n")
    assert result.code == "missing_column"
    assert len(str(result.refusal)) < 700


def test_a_header_without_rows_is_said(read):
    assert read(HEADER + "\n").code == "no_rows"


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"\0" * 100])
def test_nothing_is_said_to_be_empty(read, content):
    assert read(content).code == "empty"


def test_one_endless_line_is_refused(read):
    assert read(b"a," * 4_000_000).refusal is not None


@pytest.mark.parametrize("bad", [0, 29_999, 69_999])
def test_one_bad_row_in_many_is_found_at_its_number(read, bad):
    rows = [GOOD] * 70_000
    rows[bad] = rows[bad].replace("2.19", "x", 1)
    result = read(lines(*rows))
    assert result.found == [(bad + 1, "gross_value", "number")]
    assert len(result.rows) == 70_000
    assert result.errors[0].message == f"Row {bad + 1}, “gross_value”: “x” is not a number. Write it with digits only, such as 1234.50."


@pytest.mark.parametrize(
    ("block", "regular"),
    [
        (b"a,b\nc,d\n", True),
        (b'"a","b"\n', True),
        (b'"a,x",b\n', True),
        (b'"a""x",b\n', True),
        (b"a,b\nc\n", False),
        (b"a,b,c\n", False),
        (b'"a,b\nc",d\n', False),
        (b'5" x 7",b\n', False),
        (b"a,\0\n", False),
        (b"\na,b\n", False),
    ],
)
def test_what_the_fast_path_may_read(block, regular):
    assert is_regular(block, ord(","), 2) is regular
