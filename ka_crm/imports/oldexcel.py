"""Old workbooks (.xls), walked before calamine reads them: it believes what the file says about itself.

A count of strings, a declared dimension or one stray cell makes calamine ask for gigabytes at once, which ends the process, and
a chain of sectors that meets itself is followed for ever. Nothing is interpreted here but places, counts and lengths.
"""

import struct

from django.utils.translation import gettext as _

from .errors import refuse_file

MOST_CELLS = 65_536 * 256  # of a sheet in this format
MAX_EMPTY_CELLS = 8_000_000
MAX_MACRO_DIRECTORY = 100_000  # bytes; packed up to 700 times, and unpacked although no macro is run
NO_SECTOR = 0xFFFFFFFA  # from here on a number marks an end
BEGIN, DIMENSIONS, STRINGS, SEVERAL_NUMBERS, SEVERAL_BLANKS = 0x0809, 0x0200, 0x00FC, 0x00BD, 0x00BE
# Records that begin with the row and the column of one cell: formula, blank, number, text, truth, formatted text, string, packed number.
ONE_CELL = {0x0006, 0x0201, 0x0203, 0x0204, 0x0205, 0x0206, 0x00D6, 0x00FD, 0x027E, 0x0406, 0x0001, 0x0002, 0x0003, 0x0004, 0x0005}


def check_old_workbook(content):
    """Refuse a workbook whose numbers about itself cannot be true. ``content`` is the whole file. Raises FileRefused."""
    try:
        for stream in _books(_Compound(content)):
            _check_records(stream)
    except (struct.error, IndexError, ValueError, KeyError):
        raise refuse_file(
            "excel", _("This Excel file is damaged or incomplete. Open it in Excel, save it as XLSX and send that.")
        ) from None


def _books(compound):
    """The streams that hold sheets; others are only measured."""
    for name, start, size in compound.entries():
        if name.casefold() == "dir" and size > MAX_MACRO_DIRECTORY:
            raise ValueError("a directory of macros larger than any")
        if name.casefold() in ("workbook", "book"):
            yield compound.stream(start, size)


class _Compound:
    """The file system inside of the file: sectors, chains of them, and a directory."""

    def __init__(self, content):
        self.content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise ValueError("sectors of an unknown size")
        self.sector = 1 << shift
        self.count = len(content) // self.sector + 1
        fats, self.directory_at = struct.unpack_from("<LL", content, 44)
        self.small, mini_at, minis, more_at, more = struct.unpack_from("<LLLLL", content, 56)
        if max(fats, minis, more) > self.count:
            raise ValueError("more tables than the file has sectors")
        self.fat = self._fat(list(struct.unpack_from("<109L", content, 76)), more_at, more)
        _refuse_circles(self.fat)
        self.mini_fat = _numbers(b"".join(self._sectors(mini_at))) if minis else ()
        _refuse_circles(self.mini_fat)

    def _fat(self, places, more_at, more):
        for _number in range(more):
            if more_at >= NO_SECTOR:
                break
            numbers = _numbers(self._at(more_at))
            places += numbers[:-1]
            more_at = numbers[-1]
        return _numbers(b"".join(self._at(place) for place in places if place < NO_SECTOR))

    def _at(self, number):
        if number >= self.count:
            raise ValueError("a sector beyond the file")
        return self.content[(number + 1) * self.sector : (number + 2) * self.sector]

    def _sectors(self, number):
        while number < NO_SECTOR:
            yield self._at(number)
            number = self.fat[number]

    def entries(self):
        """(name, first sector, size) of each entry of the directory; the first is the root, which holds the small ones."""
        directory = b"".join(self._sectors(self.directory_at))
        self.root_at = struct.unpack_from("<L", directory, 116)[0]
        for place in range(0, len(directory) - 127, 128):
            letters, start, size, high = struct.unpack_from("<H50xLLL", directory[place : place + 128] + bytes(4), 64)
            if self.sector == 4096:
                size |= high << 32
            if size > len(self.content):
                raise ValueError("a stream larger than the file")
            yield directory[place : place + max(min(letters, 64) - 2, 0)].decode("utf-16-le", errors="replace"), start, size

    def stream(self, start, size):
        if size >= self.small:
            return b"".join(self._sectors(start))[:size]
        inside, parts = b"".join(self._sectors(self.root_at)), []
        while start < NO_SECTOR:
            parts.append(inside[start * 64 : start * 64 + 64])
            start = self.mini_fat[start]
        return b"".join(parts)[:size]


def _numbers(content):
    return struct.unpack(f"<{len(content) // 4}L", content[: len(content) // 4 * 4])


def _refuse_circles(links):
    """Refuse chains of sectors that come back to where they were."""
    seen_in = [0] * len(links)
    for start in range(len(links)):
        number = start
        while number < len(links) and not seen_in[number]:
            seen_in[number] = start + 1
            number = links[number]
        if number < len(links) and seen_in[number] == start + 1:
            raise ValueError("a chain of sectors that meets itself")


class _Sheet:
    """How far the cells of one sheet reach, and how many there are."""

    def __init__(self):
        self.cells = 0
        self.first_row = self.first_column = 1 << 16
        self.last_row = self.last_column = -1

    def see(self, row, first, last):
        self.cells += last - first + 1
        self.first_row, self.last_row = min(self.first_row, row), max(self.last_row, row)
        self.first_column, self.last_column = min(self.first_column, first), max(self.last_column, last)

    @property
    def area(self):
        return (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1) if self.cells else 0


def _check_records(stream):
    sheets, place = [_Sheet()], 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        place += 4
        if kind in ONE_CELL and size >= 4:
            row, column = struct.unpack_from("<HH", stream, place)
            sheets[-1].see(row, column, column)
        elif kind in (SEVERAL_NUMBERS, SEVERAL_BLANKS):
            row, first = struct.unpack_from("<HH", stream, place)
            (last,) = struct.unpack_from("<H", stream, place + size - 2)
            each = 6 if kind == SEVERAL_NUMBERS else 2
            if last - first + 1 != (size - 6) // each:
                raise ValueError("a record of several cells of another length")
            sheets[-1].see(row, first, last)
        elif kind == DIMENSIONS and _declared(stream, place, size) > MOST_CELLS:
            raise ValueError("more cells declared than a sheet can have")
        elif kind == STRINGS and struct.unpack_from("<L", stream, place + 4)[0] > len(stream) // 3:
            raise ValueError("more strings declared than the file has room for")
        elif kind & 0xF0FF == 0x0009 or kind == BEGIN:
            sheets.append(_Sheet())
        place += size
    cells = sum(sheet.cells for sheet in sheets)
    if sum(sheet.area for sheet in sheets) - cells > MAX_EMPTY_CELLS + 3 * cells:
        furthest = max(sheets, key=lambda sheet: sheet.area)
        raise refuse_file(
            "size",
            _("The sheet reaches to row %(row)d, column %(column)d, but is nearly empty. Delete what stands far out and save it anew.")
            % {"row": furthest.last_row + 1, "column": furthest.last_column + 1},
        )


def _declared(stream, place, size):
    """Cells of the rectangle that a sheet says it fills; the bounds are 4 bytes long in the newer of the two old formats."""
    first, last, left, right = struct.unpack_from("<LLHH" if size >= 14 else "<HHHH", stream, place)
    return max(last - first, 0) * max(right - left, 0)
