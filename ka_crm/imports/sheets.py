"""Workbooks and HTML tables as rows of cells. Formulas, macros, scripts and links are never run or followed: only values are read."""

from datetime import date, datetime, time
from html.parser import HTMLParser
from itertools import islice

from django.utils.translation import gettext as _
from python_calamine import CalamineWorkbook

from .encodings import decoded
from .errors import FileRefused, refuse_file
from .headers import find_header
from .numbers import DateCell
from .tables import batches
from .values import number_cell

MAX_SHEET_ROWS = 1_048_576
MAX_CELL = 32_767
MAX_HTML = 64 << 20
MAX_HTML_TAG = 1 << 18


class SheetTable:
    """The first sheet that carries the header, as a table."""

    def __init__(self, opened, profile, schema):
        self._stream = opened.open()
        workbook = open_workbook(self._stream)
        refusal = None
        for name in workbook.sheet_names:
            rows = sheet_rows(workbook, name)
            first = list(islice(rows, profile.header_search + profile.header_rows))
            try:
                self.header = find_header(first, profile, schema)
            except FileRefused as error:
                refusal = refusal or error
                continue
            self._first, self._rows = first[self.header.row + 1 :], rows
            return
        self.close()
        raise refusal or refuse_file("no_rows", _("The workbook has no sheet with cells: there are no rows to read."))

    def close(self):
        self._stream.close()

    def batches(self, used):
        return batches(self._cells(), used)

    def place(self, index):
        """Titles and subtotals are no data rows: the spreadsheet's own number of the line is where one looks."""
        return _("line %(line)d of the sheet") % {"line": self.header.row + 2 + index}

    def _cells(self):
        for row in self._first:
            yield row, None
        for row in self._rows:
            yield row, None


class HtmlTable:
    """The table of an HTML page, as portals send it under the name .xls."""

    def __init__(self, opened, profile, schema):
        self._stream = opened.open()
        rows = html_rows(decoded(self._stream, opened.encoding))
        first = list(islice(rows, profile.header_search + profile.header_rows))
        self.header = find_header(first, profile, schema)
        self._first, self._rows = first[self.header.row + 1 :], rows

    close = SheetTable.close
    batches = SheetTable.batches
    _cells = SheetTable._cells


def open_workbook(stream):
    """The workbook in ``stream``; a file that calamine cannot read, whatever it throws, is refused in our words."""
    return _guarded(lambda: CalamineWorkbook.from_filelike(stream))


def sheet_rows(workbook, name):
    """The rows of one sheet as lists of cells, from its first row on, empty rows too."""
    sheet = _guarded(lambda: workbook.get_sheet_by_name(name))
    if sheet.start is None:
        return
    rows = iter(sheet.iter_rows())
    for _count in range(MAX_SHEET_ROWS):
        row = _guarded(lambda: next(rows, None))
        if row is None:
            return
        yield [cell_text(cell) for cell in row]


def _guarded(call):
    try:
        return call()
    except BaseException as error:  # the Rust reader's panics are no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise refuse_file(
            "excel", _("This Excel file cannot be read: it is damaged or protected by a password. Open it in Excel and save it anew.")
        ) from None


def cell_text(cell):
    """One cell as text that remembers whether the workbook held a number or a date."""
    if isinstance(cell, str):
        return cell[: MAX_CELL + 1]
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_cell(cell)
    if isinstance(cell, datetime):
        return DateCell(cell.date().isoformat())
    if isinstance(cell, date):
        return DateCell(cell.isoformat())
    if isinstance(cell, time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


class _TableParser(HTMLParser):
    """Collects the cells of table rows; text of scripts and styles is left out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.rows, self._row, self._cell, self._span, self._silent = [], None, None, 1, 0

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "tr":
            self._end_row()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
            span = dict(attrs).get("colspan") or "1"
            self._cell, self._span = [], min(int(span), 100) if span.isdecimal() and len(span) < 5 else 1
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self._silent = max(self._silent - 1, 0)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data):
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def _end_cell(self):
        if self._cell is not None:
            if self._row is None:
                self._row = []
            self._row.append(" ".join("".join(self._cell).split()))
            self._row.extend([""] * (self._span - 1))
        self._cell = None

    def _end_row(self):
        self._end_cell()
        if self._row is not None:
            self.rows.append(self._row)
        self._row = None


def html_rows(texts):
    """The rows of all tables of a page, as they are parsed. Raises FileRefused for a page beyond any table."""
    parser, size = _TableParser(), 0
    for text in texts:
        size += len(text)
        if size > MAX_HTML:
            raise refuse_file("size", _("The HTML table's size is beyond the limit. Send it as CSV or XLSX."))
        for start in range(0, len(text), 65536):
            parser.feed(text[start : start + 65536])
            if len(parser.rawdata) > MAX_HTML_TAG:
                raise refuse_file("html", _("The HTML is damaged: a tag has no end. Send the table as CSV or XLSX."))
            yield from parser.rows
            parser.rows.clear()
    parser.close()
    parser.handle_endtag("table")
    yield from parser.rows
