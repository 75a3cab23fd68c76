"""Delimited text: regular blocks at the speed of C, irregular ones line by line; no row is lost, joined or made up."""

import csv
import io

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .encodings import decoded
from .errors import refuse_file
from .headers import find_header
from .tables import Batch, Flaw, batch_of

BLOCK_CHARS = 3 << 20
MAX_LINE = 1 << 20
MAX_JOINED = 100
NEWLINE, QUOTE = 10, 34
GUARD = "\x01"  # one cell that is no number keeps pandas from turning codes such as 00965766 into numbers
CANDIDATES = (",", ";", "\t", "|")
csv.field_size_limit(MAX_LINE)


class DelimitedTable:
    """A text file as a table: ``header`` is found when it is made, ``batches()`` then reads the rows once."""

    def __init__(self, opened, profile, schema):
        self._stream = opened.open()
        self._blocks = line_blocks(decoded(self._stream, opened.encoding))
        first = next(self._blocks, "")
        self.delimiter, rows, ends = sniffed(first, profile, schema)
        self.header = find_header(rows, profile, schema)
        self._rest = first[ends[self.header.row] :] if self.header.row < len(ends) else ""
        self._width = len(rows[self.header.row]) if rows else 0
        self._broken, self._opened_by = False, None
        self._footers = profile.totals_patterns() + [(footer, "") for footer in profile.footer_patterns()]

    def close(self):
        self._stream.close()

    def batches(self, used):
        """Batches with the columns ``used`` (positions), in file order; blank lines are no rows."""
        carried = self._rest
        for block in self._blocks:
            if carried:
                batch, carried = self._batch(carried, used, last=False)
                if batch.size:
                    yield batch
            carried += block
        if carried:
            batch, carried = self._batch(carried, used, last=True)
            if batch.size:
                yield batch

    def _batch(self, text, used, *, last):
        """(Batch of the whole records in ``text``, the rest that belongs to a record not yet complete)."""
        if not self._broken:
            block = text.encode() if text.endswith("\n") else text.encode() + b"\n"
            if self._width > 1 and is_regular(block, ord(self.delimiter), self._width):
                return self._fast(block, used), ""
        rows, flaws, rest = self._slow(text.split("\n"), last)
        return batch_of(rows, used, flaws), rest

    def _fast(self, block, used):
        import pandas as pd  # takes a second to load, which every process would pay; only reading files needs it

        guard = self.delimiter.join([GUARD] * self._width).encode() + b"\n"
        frame = pd.read_csv(
            io.BytesIO(guard + block),
            sep=self.delimiter,
            header=None,
            names=range(self._width),
            usecols=used,
            dtype="category",
            na_filter=False,
            skip_blank_lines=False,
            index_col=False,
            lineterminator="\n",
            encoding="utf-8",
            engine="c",
            low_memory=False,
        )
        cells = {}
        for position in used:
            column = frame[position].cat
            cells[position] = np.asarray(column.codes)[1:], ["" if text == GUARD else text for text in column.categories]
        return Batch(len(frame) - 1, cells)

    def _slow(self, lines, last):
        """Line by line. A quote that opens and does not close makes this line and all after it unreadable, and counted."""
        rows, flaws, position = [], {}, 0
        if lines and not lines[-1]:
            lines.pop()
        while position < len(lines):
            line = lines[position]
            if not line.strip():
                position += 1
                continue
            if self._broken:
                flaws[len(rows)] = _behind_quote(line, first=self._opened_by is line)
                rows.append([])
                position += 1
                continue
            cells, taken = self._record(lines, position)
            if cells is None and not last and len(lines) - position < MAX_JOINED:
                return rows, flaws, "\n".join(lines[position:]) + "\n"
            if cells is None:
                self._broken, self._opened_by = True, line
                continue
            flaw = self._flaw(cells, line)
            if flaw is not None:
                flaws[len(rows)] = flaw
                cells = []
            rows.append(cells)
            position += taken
        return rows, flaws, ""

    def _record(self, lines, position):
        """(cells, number of lines) of the record that starts at ``position``; cells None if its quote does not close."""
        line = lines[position]
        if '"' not in line:
            return line.split(self.delimiter), 1
        text = line
        for taken in range(1, MAX_JOINED + 1):
            cells, state = _split(text, self.delimiter)
            if state != "open":  # lines are joined only where the quotes leave no doubt
                return (cells, taken) if taken == 1 or (state == "closed" and len(cells) == self._width) else (None, 0)
            if position + taken >= len(lines):
                return None, 0
            text += "\n" + lines[position + taken]
        return None, 0

    def _flaw(self, cells, line):
        for position, cell in enumerate(cells):
            if "\0" in cell:
                name = self.header.names[position] if position < len(self.header.names) else ""
                return Flaw("nul", _("holds a NUL character, which no text can have. Ask for the file again."), cell, name)
        width = len(cells)
        if width > self._width and not any(cell.strip() for cell in cells[self._width :]):
            return None
        if width == self._width or self._says_nothing(cells):
            return None
        reason = ngettext("has %(found)d field instead of %(wanted)d.", "has %(found)d fields instead of %(wanted)d.", width)
        return Flaw("fields", reason % {"found": width, "wanted": self._width}, line)

    def _says_nothing(self, cells):
        """Totals and footers may be shorter than a row."""
        first = next((cell.strip() for cell in cells if cell.strip()), "")
        return not first or any(pattern.fullmatch(first) for pattern, _scope in self._footers)


def _behind_quote(line, *, first):
    if first:
        return Flaw("quote", _("opens a quote that never closes. Close the quote, or remove it."), line)
    return Flaw("quote", _("cannot be told from the rows above, because a quote opened there never closes."), line)


def _split(text, delimiter):
    """(cells, "open", "closed" or "loose"). Loose: quotes inside a quoted cell are not doubled; they are taken as they stand."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True)), "closed"
    except csv.Error as error:
        if "unexpected end" in str(error):
            return None, "open"
    except StopIteration:
        return [""], "closed"
    rows = list(csv.reader([text], delimiter=delimiter))
    return (rows[0], "loose") if len(rows) == 1 else (None, "open")


def line_blocks(texts):
    """Blocks of whole lines of about BLOCK_CHARS. Raises FileRefused for a line beyond any table."""
    held, size = [], 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size < BLOCK_CHARS:
            continue
        whole = "".join(held)
        end = whole.rfind("\n") + 1
        if end:
            yield whole[:end]
        held, size = [whole[end:]], len(whole) - end
        if size > MAX_LINE:
            raise refuse_file(
                "length", _("A line has a length of more than %(most)d characters. This is not a table.") % {"most": MAX_LINE}
            )
    rest = "".join(held)
    if rest:
        yield rest


def is_regular(block, delimiter, width):
    """Whether every line of ``block`` is one record of ``width`` cells, all quotes enclosing whole cells; counted in C."""
    if b"\0" in block:
        return False
    signs = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(signs == NEWLINE)
    commas = np.flatnonzero(signs == delimiter)
    if b'"' in block:
        quotes = np.flatnonzero(signs == QUOTE)
        if len(quotes) % 2 or np.any(np.searchsorted(quotes, ends) % 2):
            return False
        edges = (NEWLINE, delimiter, QUOTE)
        before = signs[np.maximum(quotes[0::2] - 1, 0)]
        after = signs[quotes[1::2] + 1]  # a newline ends the block, so there is always one behind
        if not (np.isin(before, edges) | (quotes[0::2] == 0)).all() or not np.isin(after, edges).all():
            return False
        commas = commas[np.searchsorted(quotes, commas) % 2 == 0]
    per_line = np.diff(np.searchsorted(commas, ends), prepend=0)
    return bool((per_line == width - 1).all())


def sniffed(text, profile, schema):
    """(delimiter, the first rows, where each ends in ``text``): the profile's delimiter, or the one that shows most of its header."""
    if profile.delimiter:
        rows, ends = _first_rows(text, profile.delimiter, profile)
        return profile.delimiter, rows, ends
    best = None
    for delimiter in CANDIDATES:
        rows, ends = _first_rows(text, delimiter, profile)
        found = find_header(rows, profile, schema, need_all=False)
        score = (len(found.columns), max(map(len, rows), default=0))
        if best is None or score > best[0]:
            best = (score, delimiter, rows, ends)
    return best[1:]


def _first_rows(text, delimiter, profile):
    """The lines in which the header may stand, split; a quoted header cell may hold a line break."""
    rows, ends, position = [], [], 0
    while position < len(text) and len(rows) < profile.header_search + profile.header_rows:
        start, end = position, position
        while True:
            end = text.find("\n", end) + 1 or len(text)
            cells, state = _split(text[start:end].rstrip("\n"), delimiter)
            if state != "open" or end >= len(text) or end - start > 5000:
                break
        position = end
        rows.append(cells if cells is not None else text[start:end].split(delimiter))
        ends.append(end)
    return rows, ends
