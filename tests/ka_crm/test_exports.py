"""Files for spreadsheets: exact, streaming, and never a formula out of somebody's text."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from python_calamine import CalamineWorkbook

from ka_crm.exports import csv_lines, runs_as_formula, safe_text, write_csv, write_xlsx

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\x00x",
    " =1+1",
    "\u00a0=1+1",
    "\n=1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    " " * 100 + "=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "\u3000＝1+1",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_that_could_run_gets_an_apostrophe(text):
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Bellmart", "a=b", "3-pack", "华联超市", " x", "'=1", "5 % off"])
def test_other_text_stays_as_it_is(text):
    assert not runs_as_formula(text)
    assert safe_text(text) == text


def lines(header, rows, **options):
    return b"".join(csv_lines(header, rows, **options)).decode("utf-8")


def test_numbers_stay_numbers_also_below_zero():
    assert lines(["n"], [[-5], [Decimal("-1.50")], [Decimal("1E+3")]], bom=False) == "n\r\n-5\r\n-1.50\r\n1000\r\n"


def test_each_kind_of_cell():
    row = [None, True, dt.date(2026, 3, 31), dt.datetime(2026, 3, 31, 8, 30, tzinfo=dt.UTC), 'say "hi", twice', "=1"]
    assert lines(list("abcdef"), [row], bom=False) == 'a,b,c,d,e,f\r\n,true,2026-03-31,2026-03-31 08:30:00,"say ""hi"", twice",\'=1\r\n'


def test_a_header_may_not_run_either():
    assert lines(["=1+1"], [], bom=False) == "'=1+1\r\n"


def test_excel_is_told_the_encoding():
    assert lines(["名"], []) == "\ufeff名\r\n"


def test_rows_leave_before_the_last_is_read():
    read = []

    def rows():
        for number in range(1000):
            read.append(number)
            yield [number]

    stream = csv_lines(["n"], rows(), bom=False)
    next(stream), next(stream)
    assert len(read) == 200


def test_a_half_character_does_not_stop_a_file():
    assert lines(["a"], [["x\ud800y"]], bom=False) == "a\r\nx?y\r\n"


def test_write_csv_counts_rows():
    file = io.BytesIO()
    assert write_csv(file, ["a"], [["x"], ["y"]], bom=False) == 2
    assert file.getvalue() == b"a\r\nx\r\ny\r\n"


def sheet(header, rows, **options):
    file = io.BytesIO()
    count = write_xlsx(file, header, rows, **options)
    file.seek(0)
    book = CalamineWorkbook.from_filelike(file)
    return count, book.sheet_names, book.get_sheet_by_index(0).to_python()


def test_a_workbook_keeps_text_numbers_and_days():
    count, names, rows = sheet(["text", "number", "day"], [["=1+1", Decimal("-12.50"), dt.date(2026, 3, 31)]], title="Net/Sales: [x]")
    assert count == 1
    assert names == ["Net_Sales_ _x_"]
    assert rows == [["text", "number", "day"], ["=1+1", -12.5, dt.date(2026, 3, 31)]]


def test_a_workbook_runs_no_formula_and_opens_no_address():
    import zipfile

    file = io.BytesIO()
    write_xlsx(file, ["a"], [["=HYPERLINK(1)"], ["http://example.com"], ["{=1}"]])
    xml = zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in xml
    assert b"hyperlink" not in xml


def test_a_workbook_without_rows_has_its_head():
    assert sheet(["a", "b"], [])[::2] == (0, [["a", "b"]])


def test_what_does_not_fit_a_sheet_goes_on_to_the_next(monkeypatch):
    monkeypatch.setattr("ka_crm.exports.XLSX_MOST_ROWS", 3)
    file = io.BytesIO()
    assert write_xlsx(file, ["n"], ([number] for number in range(4)), title="Rows") == 4
    file.seek(0)
    book = CalamineWorkbook.from_filelike(file)
    assert [book.get_sheet_by_name(name).to_python() for name in book.sheet_names] == [[["n"], [0], [1]], [["n"], [2], [3]]]


def test_rows_that_leave_later_keep_the_language_and_zone_of_the_request():
    moment = dt.datetime(2026, 3, 31, 20, 0, tzinfo=dt.UTC)
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        stream = csv_lines(["a"], ([translation.get_language(), moment] for _ in range(1)), bom=False)
    with translation.override("en"):
        assert b"".join(stream) == b"a\r\nzh-hans,2026-04-01 04:00:00\r\n"
        assert translation.get_language() == "en"
