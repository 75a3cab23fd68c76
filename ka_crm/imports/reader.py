"""A file and a profile in, checked rows out: in columns for set-wise work, or one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from django.utils.translation import gettext as _

from .checks import RowChecks
from .columns import Column
from .containers import open_file
from .delimited import DelimitedTable
from .edifact import EdifactTable
from .errors import FileRefused, RowError, refuse_file, row_error
from .headers import month_in
from .matrix import MatrixTable, month_period
from .numbers import BadValue, Marks
from .sheets import HtmlTable, SheetTable
from .totals import ControlTotal, TotalsLedger
from .values import NUMERIC, Context, parse_cell

MAX_HINTED_STORES = 20_000


@dataclass(slots=True)
class Chunk:
    """Some tens of thousands of data rows, in file order. ``bad[i]`` says that row ``numbers[i]`` has a finding and must not be stored.

    ``numbers`` count the data rows of the file from 1; titles, totals, footers and blank lines are not counted.
    """

    numbers: np.ndarray
    columns: dict[str, Column]
    bad: np.ndarray
    errors: list[RowError]

    def __len__(self):
        return len(self.numbers)


@dataclass(slots=True)
class RawRow:
    """One data row: cells as written, values as read, findings. A row with findings must not be stored."""

    number: int
    fields: dict[str, str]
    values: dict
    errors: list[RowError]


@dataclass
class AccountHints:
    """What the file itself says about whose it is."""

    account_codes: set[str] = field(default_factory=set)
    sender_gln: str = ""
    interchange: str = ""
    store_field: str = ""
    stores: set[str] = field(default_factory=set)


class Reading:
    """A file being read once. After iteration ``rows_read``, ``rows_bad``, ``warnings``, ``control_totals`` and ``hints`` are complete."""

    def __init__(self, table, profile, schema, *, context, period, notes):
        self.profile, self.schema, self.period = profile, schema, period
        self.header = table.header
        self.rows_read = self.rows_bad = 0
        self.hints = AccountHints(store_field=profile.store_field)
        self._table, self._context, self._notes = table, context, notes
        self._fields = {name: position for name, position in table.header.columns.items() if name in schema}
        self._cache = {name: {} for name in self._fields}
        self._totals = TotalsLedger(profile, schema, table.header)
        self._checks = RowChecks(profile, schema, table.header, period=period, currency_digits=context.currency_digits)
        self._held = {}
        self._passed = 0  # rows of the table, whatever they are, before the chunk at hand
        self._indexes = np.empty(0, dtype=np.int64)  # of the data rows of that chunk among the table's rows

    @property
    def titles(self):
        """The lines above the header, such as a report's name and period."""
        return self.header.titles

    @property
    def control_totals(self) -> list[ControlTotal]:
        """Every sum that the file states, beside what its rows come to."""
        return self._totals.totals

    @property
    def warnings(self) -> list[RowError]:
        """Findings that do not stop an import: control totals that differ, EDI messages of another kind."""
        notes = [RowError(0, "", "", "unreadable", note) for note in getattr(self._table, "notes", [])]
        return self._notes + notes + self._totals.warnings(self._context.currency_digits)

    def chunks(self) -> Iterator[Chunk]:
        """Chunks in file order, memory flat. Raises FileRefused, also midway: then nothing of the file may be kept."""
        used = sorted({0, *self._fields.values()})
        try:
            for batch in self._table.batches(used):
                chunk = self._chunk(batch)
                if len(chunk):
                    yield chunk
            self._finish()
        finally:
            self._table.close()
        if not self.rows_read:
            raise refuse_file("no_rows", _("The file has a header and no rows. Nothing is imported and nothing is replaced."))

    def rows(self) -> Iterator[RawRow]:
        """The same, row by row."""
        for chunk in self.chunks():
            findings = {}
            for error in chunk.errors:
                findings.setdefault(error.row, []).append(error)
            names, columns = list(chunk.columns), [(column, column.codes.tolist()) for column in chunk.columns.values()]
            texts = zip(*([column.texts[code] for code in codes] for column, codes in columns), strict=True)
            values = zip(*([column.values[code] for code in codes] for column, codes in columns), strict=True)
            for number, written, read in zip(chunk.numbers.tolist(), texts, values, strict=True):
                fields, found = dict(zip(names, written, strict=True)), dict(zip(names, read, strict=True))
                yield RawRow(number, fields, found, findings.get(number, []))

    def _chunk(self, batch):
        texts = {name: batch.cells[position] for name, position in self._fields.items()}
        lines = self._totals.lines_of(batch, texts)
        data = lines.data
        for name in self.profile.fill_down:
            if name in texts:
                texts[name] = self._filled(name, *texts[name], data)
        self._indexes = np.flatnonzero(data) + self._passed
        self._passed += batch.size
        count = int(data.sum())
        numbers = np.cumsum(data) + self.rows_read
        bad, errors = np.zeros(batch.size, dtype=bool), []
        for index, flaw in batch.flaws.items():
            if data[index]:
                bad[index] = True
                errors.append(row_error(int(numbers[index]), flaw.column, flaw.value, flaw.code, flaw.reason))
        whole = data & ~bad
        columns = self._columns(texts, numbers, whole, bad, errors)
        columns |= self._checks.derived(columns)
        self._checks.run(columns, numbers, whole, bad, errors)
        self._totals.add(columns, lines, whole, lambda name, text: self._parsed(name, text))
        self.rows_read += count
        self.rows_bad += int(bad.sum())
        if not data.all():
            columns = {name: Column(column.codes[data], column.texts, column.values) for name, column in columns.items()}
            numbers, bad = numbers[data], bad[data]
        self._note_hints(columns)
        errors = [self.placed(error) for error in sorted(errors, key=lambda error: error.row)]
        return Chunk(numbers.astype(np.int64), columns, bad, errors)

    def placed(self, error):
        """``error`` on a row of the chunk at hand; its message ends with where the row stands in files where counting does not find it."""
        place = getattr(self._table, "place", None)
        position = error.row - 1 - (self.rows_read - len(self._indexes))
        if place is None or not 0 <= position < len(self._indexes):
            return error
        return replace(error, message=f"{error.message} ({place(int(self._indexes[position]))})")

    def _columns(self, texts, numbers, whole, bad, errors):
        """Each field's Column; findings go to ``errors`` and ``bad``."""
        for name, (_codes, distinct) in texts.items():
            if self.schema[name].kind in NUMERIC:
                known = self._cache[name]  # what was read before has been observed before
                self._context.marks.observe(self.header.name_of(name), [text for text in distinct if text not in known])
        columns = {}
        for name, (codes, distinct) in texts.items():
            found = [self._parsed(name, text) for text in distinct]
            wrong = [code for code, value in enumerate(found) if type(value) is BadValue]
            if wrong:
                rows = np.flatnonzero(np.isin(codes, wrong) & whole)
                bad[rows] = True
                for index in rows.tolist():
                    code = codes[index]
                    errors.append(
                        row_error(int(numbers[index]), self.header.name_of(name), distinct[code], found[code].code, found[code].reason)
                    )
                found = [None if type(value) is BadValue else value for value in found]
            columns[name] = Column(codes, distinct, found)
        return columns

    def _parsed(self, name, text):
        """The value of a cell or the BadValue it raised; each distinct cell of the file is parsed once, within reason."""
        cache = self._cache[name]
        key = text if type(text) is str else (type(text), text)
        if key in cache:
            return cache[key]
        try:
            value = parse_cell(text, self.schema[name], self._context)
        except BadValue as refusal:
            value = refusal
        if len(cache) > 200_000:
            cache.clear()
        cache[key] = value
        return value

    def _filled(self, name, codes, distinct, data):
        """Empty cells of data rows take the cell of the data row above, across chunks too."""
        empty = [code for code, text in enumerate(distinct) if not text.strip()]
        distinct = [*distinct, self._held.get(name, "")]
        codes = codes.astype(np.int32)
        sources = np.where(data & ~np.isin(codes, empty), np.arange(len(codes)), -1)
        sources = np.maximum.accumulate(sources)
        filled = np.where(sources >= 0, codes[sources], len(distinct) - 1)
        if len(filled):
            self._held[name] = distinct[filled[-1]]
        return np.where(data, filled, codes).astype(np.int32), distinct

    def _finish(self):
        self._totals.add_checks(getattr(self._table, "checks", []), self._context.currency_digits)
        envelope = getattr(self._table, "envelope", None)
        if envelope is not None:
            self.hints.sender_gln, self.hints.interchange = envelope.sender, envelope.reference

    def _note_hints(self, columns):
        if "account_code" in columns:
            self.hints.account_codes.update(value for value in columns["account_code"].values if value)
        store = columns.get(self.profile.store_field)
        if store is not None and len(self.hints.stores) < MAX_HINTED_STORES:
            self.hints.stores.update(value for value in store.values if value)


def read_rows(path, profile, schema, *, file_name, today, declared_period: tuple[date, date] | None = None, currency_digits=2):
    """Open ``path`` by ``profile`` for the fields of ``schema``; gives a Reading.

    ``file_name`` is the sender's; a month in it (201703, 2017-03) counts as the declared period if none is given.
    ``today`` (a date) is the last day that a sale can have. Raises FileRefused when the file as a whole cannot be read.
    """
    period = declared_period
    if period is None and schema.period_field:
        month = month_in(file_name)
        period = month_period(month) if month else None
    opened = open_file(path, encoding=profile.encoding)
    table = open_table(opened, profile, schema, file_name=file_name, period=declared_period)
    marks = Marks(getattr(table, "decimal_mark", None) or profile.decimal_mark, profile.thousands_mark)
    context = Context(profile, marks, today=today, currency_digits=currency_digits)
    return Reading(table, profile, schema, context=context, period=period, notes=_notes(opened, file_name))


def _notes(opened, file_name):
    """What the user should know of how the file was opened: a guessed encoding, a name that promises something else."""
    suffix = file_name.lower().removesuffix(".gz").removesuffix(".zip").rpartition(".")[2]
    notes = []
    if opened.guessed:
        message = _("The file does not say its encoding. It was read as %(encoding)s: check letters with accents in the preview.")
        notes.append(RowError(0, "", "", "encoding", message % {"encoding": opened.encoding}))
    if opened.kind in ("xlsx", "xls") and suffix not in ("xlsx", "xlsm", "xls"):
        notes.append(RowError(0, "", file_name, "excel", _("The file is an Excel workbook under another name. It was read as one.")))
    if opened.kind == "html" and suffix not in ("html", "htm"):
        notes.append(
            RowError(
                0, "", file_name, "html", _("The file is an HTML table under another name. It was read as a table; nothing in it was run.")
            )
        )
    if opened.left_out:
        message = _("Of the archive only the one plainly named table was read; %(count)d other members were left alone.")
        notes.append(RowError(0, "", file_name, "archive", message % {"count": opened.left_out}))
    return notes


def open_table(opened, profile, schema, *, file_name, period):
    """The table in an opened file: the content says what it is, the profile how its rows are laid out."""
    if opened.kind == "edifact" and profile.container == "edifact":
        return EdifactTable(opened, profile, schema)
    if opened.kind in ("xlsx", "xls") and profile.container == "matrix_xlsx":
        return MatrixTable(opened, profile, schema, file_name=file_name, period=period)
    if profile.container in ("edifact", "matrix_xlsx") or opened.kind == "edifact":
        raise FileRefused(RowError(0, "", "", *_unexpected(opened.kind, profile)))
    if opened.kind in ("xlsx", "xls"):
        return SheetTable(opened, profile, schema)
    return (HtmlTable if opened.kind == "html" else DelimitedTable)(opened, profile, schema)


def _unexpected(kind, profile):
    """(code, message) for a container that the profile cannot be about."""
    names = {"text": "CSV", "html": "HTML", "edifact": "EDI", "xlsx": "Excel", "xls": "Excel"}
    wanted = {"delimited": "CSV", "xlsx": "Excel", "matrix_xlsx": "Excel", "edifact": "EDI"}
    code = {"html": "html", "xlsx": "excel", "xls": "excel"}.get(kind, "unreadable")
    message = _("This is a file of kind %(kind)s, but the profile %(profile)s reads %(wanted)s. Choose another profile.")
    return code, message % {"kind": names[kind], "profile": profile.code, "wanted": wanted[profile.container]}
