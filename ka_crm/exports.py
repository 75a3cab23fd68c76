"""Files that people open in a spreadsheet: written row by row, exact numbers, and no text that runs as a formula.

Rows are any iterable of lists; a cell is None, text, int, Decimal, bool, date or datetime. A float never comes from us.
"""

import csv
import datetime as dt
import itertools
import tempfile
import unicodedata
from decimal import Decimal

import xlsxwriter
from django.dispatch import Signal
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.encoding import force_str
from django.utils.http import content_disposition_header

# Sent after the filter is fixed and before the first row leaves: request, name, file_format, row_count. The audit trail listens.
exported = Signal()

_FORMULA_STARTS = frozenset("=+-@\t\r\x00")
# What a spreadsheet skips before it looks for a formula: every blank but TAB and CR, which are a start of their own, and zero widths.
_SKIPPED = "".join(char for char in map(chr, range(0x3001)) if char.isspace() and char not in "\t\r") + "\u200b\u200c\u200d\u2060\ufeff"
BATCH = 200
XLSX_MOST_ROWS = 1_048_576
XLSX_MOST_CHARACTERS = 32_767
NUMBERS = (Decimal, int, float)


def runs_as_formula(text):
    """Whether a spreadsheet may take ``text`` for a formula: it starts so, also behind blanks, line ends, no-break or full-width forms."""
    first = text[:1]
    if first.isascii() and first.isalnum():  # what nearly every text starts with
        return False
    if first in _FORMULA_STARTS:
        return True
    return unicodedata.normalize("NFKC", text.lstrip(_SKIPPED)[:1]) in _FORMULA_STARTS


def safe_text(text):
    """``text`` as a CSV cell may carry it: what could run as a formula gets a leading apostrophe."""
    return f"'{text}" if text and runs_as_formula(text) else text


def _csv_cell(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dt.datetime):
        return f"{timezone.make_naive(value) if timezone.is_aware(value) else value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return safe_text(force_str(value))


class _Echo:
    """Gives back what the csv writer writes, so that each row can leave at once."""

    def write(self, text):
        return text


def csv_lines(header, rows, *, bom=True):
    """Lines of a CSV file as bytes, UTF-8. ``bom`` lets Excel see the encoding; leave it off for programs.

    Rows are read in the language and time zone of the caller, also when they leave after the request's own have ended.
    """
    language, zone = translation.get_language(), timezone.get_current_timezone()
    first = [_csv_cell(force_str(cell)) for cell in header]
    return _csv_batches(first, iter(rows), language, zone, bom)


def _csv_batches(first, rows, language, zone, bom):
    writer = csv.writer(_Echo())
    yield (b"\xef\xbb\xbf" if bom else b"") + writer.writerow(first).encode("utf-8", "replace")
    while True:
        # not around the yield: what is overridden here must not reach whatever else this thread does meanwhile
        with translation.override(language), timezone.override(zone):
            batch = [writer.writerow([_csv_cell(cell) for cell in row]) for row in itertools.islice(rows, BATCH)]
        if not batch:
            return
        yield "".join(batch).encode("utf-8", "replace")


def write_csv(file, header, rows, *, bom=True):
    """Write a CSV file into the binary ``file``; returns the number of data rows."""
    counter = itertools.count()
    for line in csv_lines(header, (row for row in rows if next(counter) >= 0), bom=bom):
        file.write(line)
    return next(counter)


def _write_row(sheet, number, row, formats):
    for column, value in enumerate(row):
        if type(value) is str:  # most cells are
            if value:
                sheet.write_string(number, column, value[:XLSX_MOST_CHARACTERS])
        elif value is None or value == "":
            continue
        elif isinstance(value, bool):
            sheet.write_boolean(number, column, value)
        elif isinstance(value, NUMBERS):
            sheet.write_number(number, column, value, formats["decimal"] if isinstance(value, Decimal) else None)
        elif isinstance(value, dt.datetime):
            naive = timezone.make_naive(value) if timezone.is_aware(value) else value
            sheet.write_datetime(number, column, naive, formats["instant"])
        elif isinstance(value, dt.date):
            sheet.write_datetime(number, column, value, formats["day"])
        else:
            sheet.write_string(number, column, force_str(value)[:XLSX_MOST_CHARACTERS])


def write_xlsx(file, header, rows, *, title="Export"):
    """Write a workbook into ``file`` with flat memory; returns the number of data rows.

    Rows past a sheet's limit go on to a further sheet under the same head. Text is always text: ``=1+1`` is shown, never run.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(file, options)
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "decimal": book.add_format({"num_format": "#,##0.00####"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    base = "".join("_" if char in "[]:*?/\\'" else char for char in force_str(title))[:26].strip() or "Export"
    header = [force_str(cell) for cell in header]
    written = 0
    rows = iter(rows)
    for part in itertools.count(1):
        chunk = itertools.islice(rows, XLSX_MOST_ROWS - 1)
        first = next(chunk, None)
        if first is None and part > 1:
            break
        sheet = book.add_worksheet(base if part == 1 else f"{base} {part}")
        sheet.freeze_panes(1, 0)
        for column, cell in enumerate(header):
            sheet.set_column(column, column, max(10, min(40, len(cell) + 4)))
        for column, cell in enumerate(header):
            sheet.write_string(0, column, cell, formats["head"])
        if first is None:
            break
        for number, row in enumerate(itertools.chain([first], chunk), start=1):
            _write_row(sheet, number, row, formats)
            written += 1
        if number < XLSX_MOST_ROWS - 1:
            break
    book.close()
    return written


def csv_response(name, header, rows, *, bom=True):
    """A download that streams ``rows`` as they come; ``name`` is without the ending."""
    response = StreamingHttpResponse(csv_lines(header, rows, bom=bom), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.csv")
    return response


def xlsx_response(name, header, rows, *, title=None):
    """A workbook written to a temporary file that goes with the answer."""
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 – the response closes it, and with that it is gone
    write_xlsx(file, header, rows, title=title or name)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.xlsx", content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
