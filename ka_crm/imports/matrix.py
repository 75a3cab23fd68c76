"""Workbooks with one sheet per measure and one column per day, turned into a row per store, product and day."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from ..formats import listed
from .errors import FileRefused, RowError, refuse_file
from .headers import Header, find_header, month_in, plain
from .numbers import DateCell, NumberCell
from .schema import Kind, Schema
from .sheets import open_workbook, sheet_rows
from .tables import batches

DAY_NUMBER = re.compile(r"0?[1-9]|[12][0-9]|3[01]")


class MatrixTable:
    """``header`` has the code columns, "date" and one column per measure; a row stands for one day with a figure on any sheet.

    Rows run in the order of the units sheet, then by day; they are counted as they come, so one sheet row gives many.
    """

    def __init__(self, opened, profile, schema, *, file_name, period):
        self._stream = opened.open()
        self._profile, self._workbook = profile, open_workbook(self._stream)
        self._codes = [field for field in profile.columns if field in schema]
        self._measures = [field for field in profile.sheets if field in schema]
        self.checks, self._places = [], []
        names = {plain(name): name for name in self._workbook.sheet_names}
        absent = [profile.sheets[field] for field in self._measures if plain(profile.sheets[field]) not in names]
        if absent:
            message = _("The column sheets %(absent)s are missing. The workbook has: %(present)s.") % {
                "absent": listed(absent),
                "present": listed(self._workbook.sheet_names),
            }
            raise FileRefused(RowError(0, absent[0], "", "missing_column", message))
        self._sheets = {field: self._read(names[plain(profile.sheets[field])], schema) for field in self._measures}
        self._month = self._month_of(file_name, period)
        columns = {field: position for position, field in enumerate([*self._codes, "date", *self._measures])}
        first = self._sheets[self._measures[0]][0]
        titles = {field: first.names[first.columns[field]] for field in self._codes if field in first.columns}
        self.header = Header(0, tuple(titles.get(name, profile.sheets.get(name, name)) for name in columns), columns, first.titles)

    def close(self):
        self._stream.close()

    def batches(self, used):
        return batches(((row, None) for row in self._rows()), used)

    def place(self, index):
        """One line of a sheet gives many rows: the line and its day are where one looks."""
        line, day = self._places[index]
        return _("line %(line)d of the sheet, day %(day)s") % {"line": line, "day": day[-2:]}

    def _read(self, name, schema):
        """(header, position → day of the month or a DateCell, code cells → row) of one sheet."""
        rows = list(sheet_rows(self._workbook, name))
        codes = tuple(replace(schema[field], required=schema[field].kind is not Kind.TEXT) for field in self._codes)
        header = find_header(rows[: self._profile.header_search], self._profile, Schema(schema.name, codes))
        days = {}
        for position, cell in enumerate(rows[header.row] if rows else []):
            if isinstance(cell, DateCell):
                days[position] = cell
            elif DAY_NUMBER.fullmatch(str(cell).strip()):
                days[position] = int(cell)
        if not days:
            raise FileRefused(
                RowError(0, name, "", "missing_column", _("The sheet “%(sheet)s” has no column for a day: 01 to 31.") % {"sheet": name})
            )
        lines = {}
        for number, row in enumerate(rows[header.row + 1 :], start=header.row + 2):
            key = tuple(str(row[header.columns[field]]) if field in header.columns else "" for field in self._codes)
            if any(key) and not self._is_total(key):
                lines.setdefault(key, []).append((number, row))
        self._totals = [position for position, cell in enumerate(header.names) if self._is_total((cell,))]
        return header, days, lines

    def _is_total(self, key):
        first = next((part.strip() for part in key if part.strip()), "")
        return any(pattern.fullmatch(first) for pattern, _scope in self._profile.totals_patterns())

    def _month_of(self, file_name, period):
        """The month of the day columns: the declared period's, or the one that the file's name or titles state."""
        if all(isinstance(day, DateCell) for _header, days, _lines in self._sheets.values() for day in days.values()):
            return None
        if period is not None and (period[0].year, period[0].month) == (period[1].year, period[1].month):
            return period[0].year, period[0].month
        titles = " ".join(title for header, _days, _lines in self._sheets.values() for title in header.titles)
        month = month_in(file_name) or month_in(titles) or month_in(" ".join(self._workbook.sheet_names))
        if month is None:
            raise refuse_file(
                "period",
                _(
                    "The columns are days 01 to 31, but neither the file nor its name says of which month. Give the month: --month 2026-03,"
                    " or the field “Month” on the page."
                ),
            )
        return month

    def _rows(self):
        keys = {}
        for _header, _days, lines in self._sheets.values():
            keys.update(dict.fromkeys(lines))
        for key in keys:
            yield from self._days_of(key)

    def _days_of(self, key):
        """The rows of one store and product; a key on two lines of a sheet gives each line's days."""
        found = {field: sheet[2].get(key, []) for field, sheet in self._sheets.items()}
        for index in range(max(map(len, found.values()))):
            by_day = {}
            for field, lines in found.items():
                if index < len(lines):
                    line = lines[index][1]
                    self._check_total(field, key, line)
                    for position, day in self._sheets[field][1].items():
                        cell = line[position] if position < len(line) else ""
                        if cell.strip():
                            by_day.setdefault(self._date(day), {})[field] = cell
            number, sample = next(lines[index] for lines in found.values() if index < len(lines))
            header = next(self._sheets[field][0] for field, lines in found.items() if index < len(lines))
            codes = [sample[header.columns[field]] if field in header.columns else "" for field in self._codes]
            for day in sorted(by_day):
                self._places.append((number, day))
                yield [*codes, day, *(by_day[day].get(field, "") for field in self._measures)]

    def _date(self, day):
        if isinstance(day, DateCell):
            return day
        year, month = self._month
        return DateCell(f"{year:04d}-{month:02d}-{day:02d}")

    def _check_total(self, field, key, line):
        """Note a line's stated total that its days do not come to, as (label, field, stated, found)."""
        for position in self._totals:
            stated = line[position] if position < len(line) else ""
            cells = [line[p] for p in self._sheets[field][1] if p < len(line) and isinstance(line[p], NumberCell)]
            if isinstance(stated, NumberCell):
                found = sum(map(Decimal, cells), Decimal(0))
                if found != Decimal(stated):
                    self.checks.append((f"{self._profile.sheets[field]}: {' / '.join(filter(None, key))}", field, Decimal(stated), found))


def month_period(month):
    """First and last day of (year, month)."""
    year, number = month
    following = date(year + number // 12, number % 12 + 1, 1)
    return date(year, number, 1), date.fromordinal(following.toordinal() - 1)
