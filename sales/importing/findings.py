"""What an import found: refused rows, warnings, counts, and the words of its verdict."""

import json
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum

from ka_crm.exports import write_csv
from ka_crm.imports import RowError

MOST_SHOWN = 1_000
ERROR_COLUMNS = ("row", "column", "value", "code", "message")


class Verdict(StrEnum):
    """One word for what became of a file, as programs read it."""

    FILE_ERROR = "FILE_ERROR"  # the file as a whole is refused
    ROW_ERRORS = "ROW_ERRORS"  # some rows are refused, the others are good
    WARNING = "WARNING"  # all rows are good, and somebody should look at something
    # All rows are good, and this is how the file had to be understood:
    ENCODING_CHOSEN = "ENCODING_CHOSEN"
    TYPE_DETECTED = "TYPE_DETECTED"
    SAFE_MEMBER_ONLY = "SAFE_MEMBER_ONLY"
    ACCEPT_AS_TEXT = "ACCEPT_AS_TEXT"  # all rows are good; text that a spreadsheet would run is kept as text
    ACCEPT = "ACCEPT"


# Warnings that only say how a file was read, by code.
UNDERSTOOD = {
    "encoding": Verdict.ENCODING_CHOSEN,
    "excel": Verdict.TYPE_DETECTED,
    "html": Verdict.TYPE_DETECTED,
    "archive": Verdict.SAFE_MEMBER_ONLY,
}


class Findings:
    """Refused rows: the first 1,000 in memory, all of them on disk for the error file."""

    def __init__(self):
        self.shown = []
        self.count = 0
        self._spool = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 – closed with this object

    def add(self, errors, fields_of=None):
        """Note RowErrors; ``fields_of(row)`` gives the row's cells as written, for the error file."""
        for error in errors:
            self.count += 1
            if len(self.shown) < MOST_SHOWN:
                self.shown.append(error)
            fields = fields_of(error.row) if fields_of else {}
            self._spool.write(json.dumps([error.row, error.column, error.value, error.code, error.message, fields]) + "\n")

    def write_error_file(self, file, *, names=()):
        """All refused rows as CSV: where, what and why, then the row's cells ``names`` as the file has them. Nothing in it runs."""
        self._spool.seek(0)
        lines = (json.loads(line) for line in self._spool)
        rows = ([*line[:5], *(line[5].get(name, "") for name in names)] for line in lines)
        return write_csv(file, [*ERROR_COLUMNS, *names], rows)

    def close(self):
        self._spool.close()


@dataclass
class Outcome:
    """What a file holds and does. ``file_errors`` refuse it as a whole; ``preview`` is the page's first rows as understood."""

    rows_read: int = 0
    rows_imported: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    new: int = 0
    changed: int = 0
    superseded: int = 0
    file_errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    control_totals: list[dict] = field(default_factory=list)
    profile: str = ""
    profile_reason: str = ""
    candidates: list[dict] = field(default_factory=list)  # more than one: the question which profile it is
    columns: list[str] = field(default_factory=list)
    first_rows: list[list[str]] = field(default_factory=list)
    starts_on: object = None
    ends_on: object = None
    account_ids: set = field(default_factory=set)
    holds_formulas: bool = False
    fingerprint: str = ""  # of all rows as understood: spool.Intake

    @property
    def verdict(self):
        if self.file_errors:
            return Verdict.FILE_ERROR
        if self.rows_rejected:
            return Verdict.ROW_ERRORS
        if self.warnings:
            said = {UNDERSTOOD.get(warning.code, Verdict.WARNING) for warning in self.warnings}
            return said.pop() if len(said) == 1 else Verdict.WARNING
        return Verdict.ACCEPT_AS_TEXT if self.holds_formulas else Verdict.ACCEPT

    def warn(self, code, message, *, column="", value=""):
        self.warnings.append(RowError(0, column, str(value), code, str(message)))
