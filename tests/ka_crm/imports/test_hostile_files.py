"""Forty hostile spreadsheets (reliability I3): each is answered within seconds, in little memory, with words, and without a traceback."""

import base64
import gzip
import io
import os
import struct
import time
import zipfile
import zlib

import pytest

from .conftest import GOOD, HEADER, lines
from .test_containers import BOOK, CSV, ROW, SHEET, changed, linked, workbook, zipped

MOST_SECONDS, MOST_MEGABYTES = 60, 500
HEAD = HEADER.split(",")
BILLION_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'


def row(**changes):
    """The good line with cells replaced by name."""
    cells = dict(zip(HEAD, GOOD.split(","), strict=True)) | changes
    return ",".join(f'"{cells[name]}"' for name in HEAD)


def sheet(change):
    return changed(BOOK, SHEET, change)


def deep_zip(levels):
    content = CSV.encode()
    for level in range(levels):
        content = zipped((f"level{level}.zip", content))
    return content


def overlapping_zip():
    """Two entries of the directory that point at one member: a bomb without a ratio."""
    content = bytearray(zipped(("a.csv", "x" * 1000), ("b.csv", "y" * 1000)))
    at = content.rfind(b"PK\x01\x02")
    content[at + 42 : at + 46] = struct.pack("<L", 0)
    return bytes(content)


def png():
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))


EXTERNAL = b'<externalReferences><externalReference r:id="rId9"/></externalReferences></workbook>'
HOSTILE = {
    "a workbook that unpacks to gigabytes": lambda: sheet(lambda xml: xml.replace(b"</sheetData>", b" " * (300 << 20) + b"</sheetData>")),
    "a gzip that unpacks to gigabytes": lambda: gzip.compress(CSV.encode() + b"\n" * (300 << 20)),
    "a gzip in a gzip": lambda: gzip.compress(gzip.compress(b"\n" * (50 << 20))),
    "zips in zips": lambda: deep_zip(8),
    "a zip whose members overlap": overlapping_zip,
    "a zip of ten thousand members": lambda: zipped(*((f"{number}.csv", "") for number in range(10_000))),
    "a zip that climbs": lambda: zipped(("../../etc/cron.d/evil.csv", CSV)),
    "a zip with a link": lambda: zipped((linked("link.csv"), "/etc/passwd")),
    "a zip cut in half": lambda: zipped(("a.csv", CSV))[:60],
    "entities that multiply": lambda: changed(BOOK, "xl/sharedStrings.xml", lambda xml: xml.replace(b"<sst", BILLION_LAUGHS + b"<sst", 1)),
    "an entity that reads a file": lambda: sheet(
        lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet', 1)
    ),
    "an entity that asks a host": lambda: changed(
        BOOK, "xl/workbook.xml", lambda xml: xml.replace(b"<workbook", b'<!DOCTYPE x SYSTEM "http://example.invalid/x.dtd"><workbook', 1)
    ),
    "a workbook with macros": lambda: zipped(
        *((info, data) for info, data in members(BOOK)), ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 macro")
    ),
    "a workbook with links to others": lambda: changed(BOOK, "xl/workbook.xml", lambda xml: xml.replace(b"</workbook>", EXTERNAL)),
    "a workbook without its sheet": lambda: zipped(*((info, data) for info, data in members(BOOK) if info != SHEET)),
    "a workbook whose sheet is text": lambda: sheet(lambda xml: b"not xml at all"),
    "a workbook whose strings are missing": lambda: zipped(*((info, data) for info, data in members(BOOK) if "sharedStrings" not in info)),
    "a workbook with a string out of range": lambda: sheet(lambda xml: xml.replace(b"<v>0</v>", b"<v>99999999</v>", 1)),
    "a workbook with a cell far out": lambda: sheet(lambda xml: xml.replace(b'r="A2"', b'r="XFD1048576"', 1)),
    "a workbook with a cell nowhere": lambda: sheet(lambda xml: xml.replace(b'r="A2"', b'r="ZZZZZZ99999999999"', 1)),
    "a workbook with a sheet cut off": lambda: sheet(lambda xml: xml[: len(xml) // 2]),
    "a workbook with formulas": lambda: workbook([HEAD, ["=1+1", *ROW[1:]]]),
    "a workbook that counts from 1904": lambda: workbook([HEAD, ROW], options={"date_1904": True}),
    "a workbook with an error in a cell": lambda: sheet(lambda xml: xml.replace(b"<v>2.19</v>", b"<v>#DIV/0!</v>", 1)),
    "a workbook with a number beyond doubles": lambda: sheet(lambda xml: xml.replace(b"<v>2.19</v>", b"<v>1e999</v>", 1)),
    "an old workbook by its first bytes": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 5000,
    "a picture": png,
    "a program": lambda: b"\x7fELF" + os.urandom(4000),
    "random bytes": lambda: os.urandom(100_000),
    "nothing at all": lambda: b"",
    "only a byte-order mark": lambda: b"\xef\xbb\xbf",
    "UTF-16 without a mark": lambda: CSV.encode("utf-16-le"),
    "UTF-32": lambda: CSV.encode("utf-32"),
    "NUL bytes between": lambda: CSV.replace("A01", "A\x0001").encode(),
    "surrogates in UTF-8": lambda: CSV.replace("A01", "A01X").encode().replace(b"A01X", b"A\xed\xa0\x80"),
    "one line of ten megabytes": lambda: (HEADER + "\n" + "x" * (10 << 20)).encode(),
    "a quote that never ends": lambda: (HEADER + '\n"' + (GOOD + "\n") * 20_000).encode(),
    "ten thousand columns": lambda: lines(",".join(["x"] * 10_000)).encode(),
    "numbers that are none": lambda: lines(row(units="NaN"), row(units="Infinity"), row(net_value="1e400"), row(net_value="--5")).encode(),
    "ids of twenty digits and German numbers": lambda: lines(
        row(gtin="12345678901234567890"), row(net_value="1.234,56"), row(date="2017-02-30")
    ).encode(),
    "formulas in every cell": lambda: lines(",".join(["\"=cmd|' /C calc'!A0\""] * len(HEAD))).encode(),
    "years before and after time": lambda: lines(row(date="0000-01-01"), row(date="9999-12-31"), row(date="-1-1-1")).encode(),
    "base64 of a bomb": lambda: base64.b64encode(gzip.compress(b"\n" * (20 << 20))),
}
# Ordinary in disguise: read as the rows that they hold, macros and links left alone, a formula as the value that Excel saved with it.
READ_WHOLE = {
    "a workbook that counts from 1904": 1,
    "a workbook with links to others": 1,
    "a workbook with macros": 1,
    "a workbook with formulas": 1,
    "UTF-16 without a mark": 2,
}


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def resident_megabytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def test_there_are_forty():
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_answered_with_words(read, what):
    content = HOSTILE[what]()
    with open("/proc/self/clear_refs", "w") as marks:
        marks.write("5")  # the high-water mark of memory begins here
    memory, began = resident_megabytes(), time.monotonic()
    result = read(content)
    assert time.monotonic() - began < MOST_SECONDS
    assert resident_megabytes() - memory < MOST_MEGABYTES
    said = [str(result.refusal)] if result.refusal else [str(error.message) for error in result.errors]
    assert all(words and "Traceback" not in words and "Error(" not in words and len(words) < 1000 for words in said)
    if what in READ_WHOLE:
        assert (len(result.rows), said) == (READ_WHOLE[what], [])
    else:
        assert said, f"{len(result.rows)} rows read as if nothing was wrong"


def test_control_the_good_files_are_read(read):
    assert (len(read(CSV).rows), len(read(BOOK).rows)) == (2, 1)
