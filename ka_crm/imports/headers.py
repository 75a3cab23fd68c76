"""Finding the header among titles and blank lines, and the fields' columns in it."""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..formats import listed
from .dates import MONTHS
from .errors import FileRefused, RowError

MAX_COLUMNS = 1000
NAMED_COLUMNS = 12
# A year and a month that no day follows: 201703, 2017-03, "Mar 2017", 2017年3月.
MONTHS_IN_DIGITS = (
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[-_./])(?P<month>0[1-9]|1[0-2])(?!\d)(?!(?P=mark)(?:0[1-9]|[12]\d|3[01])(?!\d))"),
)
MONTH_IN_WORDS = re.compile(r"(?<!\b\d[ .-])(?<!\b\d\d[ .-])(?<![^\W\d_])([^\W\d_]{3,9})\.?[ _-]+((?:19|20)\d\d)(?!\d)")
MONTH_IN_CHINESE = re.compile(r"((?:19|20)\d\d)年(1[0-2]|0?[1-9])月(?!\d{1,2}日)")


@dataclass(frozen=True)
class Header:
    """Where the data begin and which column holds which field. ``row`` is the index of the last header row among the lines read."""

    row: int
    names: tuple[str, ...]
    columns: dict[str, int]
    titles: tuple[str, ...] = ()

    def name_of(self, field):
        """The field's header as the file writes it."""
        return self.names[self.columns[field]] if field in self.columns else field


def plain(text):
    """How headers compare: full-width as half-width, case and runs of blanks ignored."""
    return " ".join(unicodedata.normalize("NFKC", str(text)).replace("\ufeff", "").split()).casefold()


def find_header(rows, profile, schema, *, need_all=True):
    """The header among the first ``rows`` (lists of cells). Raises FileRefused naming missing or doubled columns.

    With ``need_all`` off the best guess is returned whatever it lacks, for recognition.
    """
    wanted = {plain(name): field for field, names in profile.columns.items() if field in schema for name in names}
    best, best_score = None, -1
    for index in range(min(profile.header_search, max(len(rows) - profile.header_rows + 1, 0))):
        names = joined(rows[index : index + profile.header_rows])
        found = {wanted[key] for key in map(plain, names) if key in wanted}
        if len(found) > best_score:
            best, best_score = (index, names), len(found)
        if found and not schema.missing(found | set(profile.derived), profile.columns):
            break
    if best is None:
        best = (0, [])
    index, names = best
    titles = tuple(" ".join(str(cell) for cell in row if str(cell).strip()) for row in rows[:index])
    columns, doubled = _placed(names, wanted)
    header = Header(index + profile.header_rows - 1, tuple(names), columns, titles)
    problems = _missing(names, columns, profile, schema) + doubled + _too_many(names) if need_all else []
    if problems:
        refusal = FileRefused(*problems)
        refusal.header = header
        raise refusal
    return header


def joined(rows):
    """One name per column of a header of one or more lines; a merged upper cell stands over the columns it spans."""
    width = max(map(len, rows), default=0)
    upper = [""] * width
    for row in rows[:-1]:
        last = ""
        for position in range(width):
            cell = str(row[position]).strip() if position < len(row) else ""
            last = cell or last
            upper[position] = f"{upper[position]} {last}".strip()
    lowest = [str(cell).strip() for cell in rows[-1]] if rows else []
    lowest += [""] * (width - len(lowest))
    return [" ".join(f"{above} {below}".split()) for above, below in zip(upper, lowest, strict=True)]


def _placed(names, wanted):
    """(field → column, findings for fields that two columns claim)."""
    columns, doubled = {}, []
    for position, name in enumerate(names):
        field = wanted.get(plain(name))
        if field is None:
            continue
        if field in columns:
            message = _("The file has two columns for “%(column)s”: columns %(one)d and %(two)d. Keep the one that counts.") % {
                "column": field if plain(name) == plain(field) else f"{name} ({field})",
                "one": columns[field] + 1,
                "two": position + 1,
            }
            doubled.append(RowError(0, name, "", "duplicate_column", message))
        else:
            columns[field] = position
    return columns, doubled


def _missing(names, columns, profile, schema):
    missing = schema.missing(set(columns) | set(profile.derived), profile.columns)
    if not missing:
        return []
    present = [name for name in names if name]
    some = listed(name[:40] for name in present[:NAMED_COLUMNS])
    if len(present) > NAMED_COLUMNS:
        some = _("%(some)s and %(more)d more columns") % {"some": some, "more": len(present) - NAMED_COLUMNS}
    labels = [_label(field, profile) for field in missing]
    message = (
        _("The column %(missing)s is missing. The file has: %(present)s.")
        if len(labels) == 1
        else _("The columns %(missing)s are missing. The file has: %(present)s.")
    )
    message = message % {"missing": listed(labels), "present": some or "–"}
    if not columns:
        hint = _("None of its columns stands in the first %(lines)d lines: is it the right profile, or does the header stand further down?")
        message = f"{message} {hint % {'lines': profile.header_search}}"
    return [RowError(0, ", ".join(missing), "", "missing_column", message)]


def _label(field, profile):
    names = [name for part in field.split(" / ") for name in profile.columns.get(part, ())]
    if not names or [plain(name) for name in names] == [plain(part) for part in field.split(" / ")]:
        return f"“{field}”"
    return f"“{names[0]}” ({field})"


def _too_many(names):
    if len(names) <= MAX_COLUMNS:
        return []
    message = _("The file has %(count)d columns; %(most)d can be read. Remove the empty and unneeded ones.") % {
        "count": len(names),
        "most": MAX_COLUMNS,
    }
    return [RowError(0, "", "", "columns", message)]


def month_in(text):
    """(year, month) that a title or file name states, such as 201703, 2017-03 or "Mar 2017"; None if none or several.

    A whole day, such as 2017-03-02, is no month: it is mostly the day on which the file was made.
    """
    found = {(int(match["year"]), int(match["month"])) for pattern in MONTHS_IN_DIGITS for match in pattern.finditer(text)}
    if not found:
        named = MONTH_IN_WORDS.findall(text)
        found = {(int(year), MONTHS[name.casefold()]) for name, year in named if name.casefold() in MONTHS}
        found |= {(int(y), int(m)) for y, m in MONTH_IN_CHINESE.findall(text)}
    return found.pop() if len(found) == 1 else None
