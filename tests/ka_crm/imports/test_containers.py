"""What a file really is, by its content; nothing hostile in it is followed, run or unpacked beyond the limits."""

import gzip
import io
import stat
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from ka_crm.imports import containers

from .conftest import GOOD, HEADER, lines

CSV = lines(GOOD, GOOD.replace("2017-03-01", "2017-03-02"))
SHEET = "xl/worksheets/sheet1.xml"


def zipped(*members):
    """A zip of (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def workbook(rows, *, options=None):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"} | (options or {})) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def changed(content, name, change):
    """The archive ``content`` with one member changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zipped(
            *((info.filename, change(archive.read(info)) if info.filename == name else archive.read(info)) for info in archive.infolist())
        )


ROW = ["A01", "S00298", datetime(2017, 3, 1), "00965766", "9520009657667", 1, 2.19, 0, 2.19, 0]
BOOK = workbook([HEADER.split(","), ROW])


def test_gzip_is_read(read):
    assert len(read(gzip.compress(CSV.encode())).rows) == 2


@pytest.mark.parametrize("cut", [20, 60, -9])
def test_a_truncated_gzip_is_incomplete(read, cut):
    assert read(gzip.compress(CSV.encode())[:cut]).code == "incomplete"


def test_a_gzip_with_a_wrong_checksum_is_refused(read):
    content = bytearray(gzip.compress(CSV.encode()))
    content[-6] ^= 0xFF
    assert read(bytes(content)).code == "incomplete"


def test_a_gzip_bomb_is_refused_by_its_ratio(read):
    assert read(gzip.compress(CSV.encode() + b"\n" * (60 << 20))).code == "size"


def test_the_one_member_of_a_zip_is_read(read):
    assert len(read(zipped(("march/sellout.csv", CSV), ("__MACOSX/._sellout.csv", "x"))).rows) == 2


def linked(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize("name", ["../evil.csv", "/abs/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:evil.csv"])
def test_members_that_climb_are_never_read(read, name):
    assert len(read(zipped((name, "not a table"), ("good.csv", CSV))).rows) == 2
    assert read(zipped((name, CSV))).code == "archive"


def test_a_link_in_a_zip_is_never_followed(read):
    assert read(zipped((linked("link.csv"), "/etc/passwd"))).code == "archive"


def test_a_zip_of_several_files_or_of_archives_is_refused(read):
    assert read(zipped(("a.csv", CSV), ("b.csv", CSV))).code == "archive"
    assert read(zipped(("a.zip", zipped(("a.csv", CSV))))).code == "archive"
    assert read(gzip.compress(gzip.compress(CSV.encode()))).code == "archive"


def test_a_workbook_in_a_zip_is_read(read):
    assert read(zipped(("book.xlsx", BOOK))).values("net_value") == [219]


def test_a_workbook_under_another_name_is_read_and_told(read):
    result = read(BOOK, name="sellout.csv")
    assert result.values("date") == [date(2017, 3, 1)]
    assert [note.code for note in result.reading.warnings] == ["excel"]


def test_workbooks_that_count_from_1904(read):
    assert read(workbook([HEADER.split(","), ROW], options={"date_1904": True})).values("date") == [date(2017, 3, 1)]


def test_a_workbook_bomb_is_refused_before_it_is_parsed(read, monkeypatch):
    monkeypatch.setattr(containers, "RATIO_FREE", 1 << 20)
    bomb = changed(BOOK, SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * (40 << 20) + b"</sheetData>"))
    assert read(bomb).code == "size"


def test_a_workbook_that_lies_about_its_size_is_refused(read):
    bomb = bytearray(changed(BOOK, SHEET, lambda xml: xml + b" " * 100_000))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        size = archive.getinfo(SHEET).file_size.to_bytes(4, "little")
    assert read(bytes(bomb).replace(size, (500).to_bytes(4, "little"))).refusal is not None


@pytest.mark.parametrize("declaration", [b'<!DOCTYPE x SYSTEM "file:///etc/passwd">', b'<!DOCTYPE x [<!ENTITY a "b">]>'])
def test_a_workbook_with_a_doctype_is_refused(read, declaration):
    hostile = changed(BOOK, "xl/sharedStrings.xml", lambda xml: xml.replace(b"<sst", declaration + b"<sst", 1))
    assert read(hostile).code == "entity"


@pytest.mark.parametrize("keep", [200, 1000, -30])
def test_a_truncated_workbook_is_refused(read, keep):
    assert read(BOOK[:keep]).code == "incomplete"


def test_a_workbook_with_a_broken_sheet_is_refused_in_our_words(read):
    result = read(changed(BOOK, SHEET, lambda xml: xml[: len(xml) // 2]))
    assert result.refusal is not None


def test_an_old_or_protected_workbook_that_cannot_be_read_is_refused(read):
    assert read(containers.OLE + b"\0" * 2000).code == "excel"


def html(*rows):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split(",")) + "</tr>" for row in rows)
    return f"<html><head><script>document.write('<td>no</td>')</script></head><body><table>{cells}</table></body></html>"


def test_an_html_table_named_xls_is_read_and_told(read):
    result = read(html(HEADER, GOOD, GOOD.replace("2.19", "2.29")), name="export.xls")
    assert result.values("net_value") == [219, 229]
    assert [note.code for note in result.reading.warnings] == ["html"]


def test_cells_of_html_are_text_and_nothing_is_run(read):
    result = read(html(HEADER, GOOD.replace("S00298", "<b>S00298</b><script>alert(1)</script>&amp;")))
    assert result.values("store_code") == ["S00298&"]


@pytest.mark.parametrize("junk", ["<td a", "<!-- ", "<td " + "x='" * 10])
def test_html_that_never_ends_is_refused_quickly(read, junk):
    assert read("<table>" + junk * (3_000_000 // len(junk))).refusal is not None


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n1234", b"MZ\x90\0\3", b"<?xml version='1.0'?><a><b/></a>"])
def test_what_is_no_table_is_refused(read, content):
    assert read(content).code == "unreadable"


@pytest.mark.parametrize("place", ["XFD1048576", "zzz9999999", "A99999999999", "&#88;FD1048576"])
def test_a_cell_far_from_all_others_is_refused_before_room_is_made_for_it(read, place):
    """Without the check the reader asks for room for every cell between, and the process ends."""
    assert read(changed(BOOK, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="%s"' % place.encode(), 1))).code in ("size", "entity")


def test_a_sheet_under_another_name_is_looked_at_too(read):
    content = changed(BOOK, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="XFD1048576"', 1))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        moved = zipped(
            *(
                (info.filename.replace("sheet1.xml", "sheet1.dat"), archive.read(info).replace(b"sheet1.xml", b"sheet1.dat"))
                for info in archive.infolist()
            )
        )
    assert read(moved).code == "size"


def test_control_an_ordinary_wide_sheet_is_read(read):
    wide = workbook([[*HEADER.split(","), *(f"x{number}" for number in range(400))], *([[*ROW, *range(400)]] * 50)])
    assert len(read(wide).rows) == 50
