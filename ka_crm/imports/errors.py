"""What is wrong with a file or a row, as data: row, column, value, a stable code and words for a key account manager."""

import re
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from ka_crm.errors import DomainError

CODES = frozenset(
    (
        # the file
        *("archive", "columns", "duplicate_column", "empty", "encoding", "entity", "excel", "html", "incomplete", "missing_column"),
        *("no_rows", "size", "test", "total", "unreadable"),
        # a row or cell
        *("check_digit", "date", "decimal", "fields", "length", "mangled_code", "nul", "number", "period", "quote", "sign"),
        # what only the importer knows
        *("duplicate", "foreign_store", "unknown_sku", "unknown_store"),
    )
)
SHOWN_LENGTH = 60
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")  # control and direction marks


@dataclass(frozen=True, slots=True)
class RowError:
    """One finding. ``row`` counts data rows from 1; 0 is the header or the file as a whole. ``value`` is what the file holds."""

    row: int
    column: str
    value: str
    code: str
    message: str

    def as_dict(self):
        return asdict(self)


class FileRefused(DomainError):
    """The file as a whole cannot be read; ``errors`` lists why, each with row 0. May also be raised while rows are read."""

    def __init__(self, *errors):
        super().__init__(" ".join(error.message for error in errors))
        self.errors = list(errors)
        self.header = None  # the best guess at the header where that is what failed

    @property
    def code(self):
        return self.errors[0].code


def refuse_file(code, message, *, column="", value=""):
    """A FileRefused with one finding, to be raised."""
    return FileRefused(RowError(0, column, shown(value), code, str(message)))


def row_error(row, column, value, code, reason):
    """A finding on one cell: the place, the value as found, the reason with the way out."""
    value = shown(value)
    if column and value:
        message = _("Row %(row)d, “%(column)s”: “%(value)s” %(reason)s")
    elif column:
        message = _("Row %(row)d, “%(column)s” %(reason)s")
    else:
        message = _("Row %(row)d: %(reason)s")
    return RowError(row, column, value, code, message % {"row": row, "column": column, "value": value, "reason": reason})


def shown(value):
    """``value`` as it may appear in a message: control characters made visible, not longer than a line."""
    text = UNSEEN.sub(lambda match: "␀" if match[0] == "\0" else "�", str(value))
    return text if len(text) <= SHOWN_LENGTH else text[:SHOWN_LENGTH] + "…"
