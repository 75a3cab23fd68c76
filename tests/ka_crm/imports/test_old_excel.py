"""Hostile workbooks of the old kind (.xls, reliability I3), and an honest one, written here byte by byte."""

import os
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ka_crm.imports.errors import FileRefused
from ka_crm.imports.oldexcel import check_old_workbook

from .conftest import GOOD, HEADER
from .test_hostile_files import MOST_MEGABYTES, MOST_SECONDS, resident_megabytes

pytestmark = pytest.mark.once("no database has a part in it")
ROOT = Path(__file__).resolve().parents[3]
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


# --- an honest workbook ---------------------------------------------------------------------------------------------------------
def record(kind, data=b""):
    return struct.pack("<HH", kind, len(data)) + data


def text(row, column, words):
    return record(0x0204, struct.pack("<HHHHB", row, column, 0, len(words), 0) + words.encode("latin-1"))


def begin(kind):
    return record(0x0809, struct.pack("<HHHHLL", 0x0600, kind, 0, 0, 0, 0))


def book(*cells, before=b"", sheet_before=b"", dimensions=(0, 2, 0, 10), sheets=1):
    """The stream of a workbook: globals, then its sheets, each with ``cells``."""
    names = [f"S{number}".encode() for number in range(sheets)]
    one = begin(0x0010) + sheet_before + record(0x0200, struct.pack("<LLHHH", *dimensions, 0)) + b"".join(cells) + record(0x000A)
    head_size = len(begin(5)) + len(before) + sum(12 + len(name) for name in names) + 4
    bounds = b"".join(
        record(0x0085, struct.pack("<LBBBB", head_size + number * len(one), 0, 0, len(name), 0) + name) for number, name in enumerate(names)
    )
    return begin(5) + before + bounds + record(0x000A) + one * sheets


def compound(stream, *, name="Workbook", links=None, size=None, header=None, name_two="", size_two=0):
    """The file around the stream: header, one or more tables of sectors, directory, stream; ``links`` and ``header`` falsify it."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // 512)
    tables = -(-(count + 2 + count // 127 + 1) // 128)
    first = tables + 1
    fat = [FAT] * tables + [END] + [number + 1 for number in range(first, first + count - 1)] + [END]
    fat += [FREE] * (tables * 128 - len(fat))
    for place, value in (links or {}).items():
        fat[first + place if isinstance(place, int) else tables] = first + value if isinstance(place, int) else value
    head = bytearray(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(10))
    head += struct.pack("<LLLLLLLL", tables, tables, 0, 4096, END, 0, END, 0)
    head += struct.pack("<109L", *range(tables), *[FREE] * (109 - tables))
    for place, value in (header or {}).items():
        struct.pack_into("<L", head, place, value)
    directory = entry("Root Entry", 5, END, 0) + entry(name, 2, first, len(stream) if size is None else size)
    directory += (entry(name_two, 2, first, size_two) if name_two else bytes(128)) + bytes(128)
    return bytes(head) + struct.pack(f"<{len(fat)}L", *fat) + directory + stream.ljust(count * 512, b"\0")


def entry(name, kind, start, size):
    letters = (name + "\0").encode("utf-16-le")
    links = struct.pack("<LLL", FREE, FREE, FREE)
    return letters.ljust(64, b"\0") + struct.pack("<HBB", len(letters), kind, 1) + links + bytes(36) + struct.pack("<LLL", start, size, 0)


ROWS = [text(row, column, words) for row, line in enumerate([HEADER, GOOD]) for column, words in enumerate(line.split(","))]
NUMBER = struct.pack("<d", 1.0)


def far(row, column):
    return record(0x0203, struct.pack("<HHH", row, column, 0) + NUMBER)


HONEST = compound(book(*ROWS))
HOSTILE = {
    "a cell at the far end": lambda: compound(book(*ROWS, far(65535, 255))),
    "a cell beyond the format": lambda: compound(book(*ROWS, far(65535, 65535))),
    "a packed number far out": lambda: compound(book(*ROWS, record(0x027E, struct.pack("<HHHL", 65535, 65535, 0, 0)))),
    "a formula far out": lambda: compound(book(*ROWS, record(0x0006, struct.pack("<HHH", 65535, 65535, 0) + NUMBER + bytes(8)))),
    "a run of blanks over everything": lambda: compound(book(*ROWS, record(0x00BE, struct.pack("<HHHH", 0, 0, 0, 65535)))),
    "a run of numbers that ends before it begins": lambda: compound(book(record(0x00BD, struct.pack("<HHHLH", 0, 9, 0, 0, 0)), *ROWS)),
    "many sheets that each reach far": lambda: compound(book(far(0, 0), far(30_000, 100), sheets=200)),
    "dimensions of four billion rows": lambda: compound(book(*ROWS, dimensions=(0, 0xFFFFFFFF, 0, 0xFFFF))),
    "dimensions of the largest area": lambda: compound(book(*ROWS, dimensions=(0, 0xFFFF, 0, 0xFFFF))),
    "a billion strings declared": lambda: compound(book(*ROWS, before=record(0x00FC, struct.pack("<LL", 1 << 30, 1 << 30)))),
    "a stream in a circle": lambda: compound(book(*ROWS), links={3: 0}),
    "a stream that is its own next": lambda: compound(book(*ROWS), links={0: 0}),
    "a directory in a circle": lambda: compound(book(*ROWS), links={"directory": 1}),
    "a stream of four gigabytes": lambda: compound(book(*ROWS), size=0xFFFFFFF0),
    "tables beyond the file": lambda: compound(book(*ROWS), header={44: 0x0FFFFFFF}),
    "more tables beyond the file": lambda: compound(book(*ROWS), header={72: 0x0FFFFFFF, 68: 0}),
    "small tables beyond the file": lambda: compound(book(*ROWS), header={64: 0x0FFFFFFF, 60: 1}),
    "sectors of another size": lambda: compound(book(*ROWS), header={30: 0x0006001F}),
    "a directory beyond the file": lambda: compound(book(*ROWS), header={48: 0x00FFFFFF}),
    "a directory of macros of megabytes": lambda: compound(book(*ROWS).ljust(1 << 20, b"\0"), name_two="dir", size_two=1 << 20),
    "a password": lambda: compound(book(*ROWS, before=record(0x002F, struct.pack("<H", 1) + bytes(52)))),
    "no workbook inside": lambda: compound(book(*ROWS), name="WordDocument"),
    "cut after the header": lambda: HONEST[:512],
    "cut in the directory": lambda: HONEST[:1100],
    "cut in the stream": lambda: HONEST[:1800],
    "a record longer than the stream": lambda: compound(begin(5) + struct.pack("<HH", 0x0085, 0xFFFF)),
    "a sheet that begins beyond the stream": lambda: compound(
        begin(5) + record(0x0085, struct.pack("<LBBBB", 0x7FFFFFFF, 0, 0, 1, 0) + b"S") + record(0x000A)
    ),
    "a text longer than its record": lambda: compound(book(record(0x0204, struct.pack("<HHHHB", 0, 0, 0, 0xFFFF, 0) + b"x"))),
    "nothing but end marks": lambda: compound(record(0x000A) * 500),
    "zeros after the head": lambda: HONEST[:8] + bytes(5000),
    "ones after the head": lambda: HONEST[:8] + b"\xff" * 5000,
}


def spoiled(seed):
    """The honest workbook with twelve bytes changed anywhere."""
    chance, content = random.Random(seed), bytearray(HONEST)
    for _change in range(12):
        content[chance.randrange(8, len(content))] = chance.randrange(256)
    return bytes(content)


def test_there_are_forty():
    assert len(HOSTILE) + 10 >= 40


@pytest.mark.parametrize("what", [*HOSTILE, *range(10)])
def test_a_hostile_old_workbook_is_answered_with_words(read, what):
    content = HOSTILE[what]() if isinstance(what, str) else spoiled(what)
    with open("/proc/self/clear_refs", "w") as marks:
        marks.write("5")  # the high-water mark of memory begins here
    memory, began = resident_megabytes(), time.monotonic()
    result = read(content, name="export.xls")
    assert time.monotonic() - began < MOST_SECONDS
    assert resident_megabytes() - memory < MOST_MEGABYTES
    said = [str(result.refusal)] if result.refusal else [str(error.message) for error in result.errors]
    assert all(words and "Traceback" not in words and len(words) < 1000 for words in said)
    if isinstance(what, str):
        assert said, f"{len(result.rows)} rows read as if nothing was wrong"


def test_the_honest_workbook_is_read(read):
    result = read(HONEST, name="export.xls")

    assert (len(result.rows), [str(error.message) for error in result.errors]) == (1, [])


def test_ordinary_areas_pass():
    check_old_workbook(compound(book(*ROWS, far(5_000, 200))))
    check_old_workbook(compound(book(*[far(row, 0) for row in range(65_536)], dimensions=(0, 65_536, 0, 256))))
    with pytest.raises(FileRefused, match="reaches to row 65536, column 256"):
        check_old_workbook(compound(book(*ROWS, far(65_535, 255))))


@pytest.mark.parametrize("what", ["a cell beyond the format", "dimensions of four billion rows", "a directory in a circle"])
def test_the_control_without_the_walk_the_reader_falls(what, tmp_path):
    """In a process of its own with a gigabyte and ten seconds: what calamine does with the file by itself."""
    path = tmp_path / "hostile.xls"
    path.write_bytes(HOSTILE[what]())
    words = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); "
        "resource.setrlimit(resource.RLIMIT_CPU, (10, 10)); resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
        "from python_calamine import CalamineWorkbook as Book; book = Book.from_path(sys.argv[1]); "
        "[list(book.get_sheet_by_name(name).iter_rows()) for name in book.sheet_names]"
    )
    done = subprocess.run([sys.executable, "-c", words, str(path)], cwd=ROOT, env=os.environ, capture_output=True, timeout=60)
    assert done.returncode < 0  # ended by a signal, not by an exception that could be caught


def test_calamine_itself_reads_what_this_file_writes(tmp_path):
    path = tmp_path / "honest.xls"
    path.write_bytes(HONEST)
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[0] == HEADER.split(",")
