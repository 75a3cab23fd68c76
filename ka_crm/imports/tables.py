"""Rows of cells between a container and the checks: batches in columns, each distinct cell once."""

from dataclasses import dataclass, field

import numpy as np

BATCH_ROWS = 20_000


@dataclass(slots=True)
class Flaw:
    """Why a whole row cannot be read; its cells are empty."""

    code: str
    reason: str
    value: str = ""
    column: str = ""


@dataclass(slots=True)
class Batch:
    """Rows of a table before they are counted. ``cells``: column → (codes, distinct texts); column 0 is always among them.

    ``flaws``: index of a row → Flaw. A table whose rows are not found by counting has ``place(index)``: where its row with
    this index, counted over all batches from 0, stands in the file.
    """

    size: int
    cells: dict[int, tuple[np.ndarray, list[str]]]
    flaws: dict[int, Flaw] = field(default_factory=dict)


def factorized(cells):
    """(codes, distinct cells) of a list of cells; a number of a spreadsheet is not the same as its text."""
    index, distinct = {}, []
    codes = np.empty(len(cells), dtype=np.int32)
    for position, cell in enumerate(cells):
        key = cell if type(cell) is str else (type(cell), cell)
        code = index.get(key)
        if code is None:
            code = index[key] = len(distinct)
            distinct.append(cell)
        codes[position] = code
    return codes, distinct


def batch_of(rows, used, flaws):
    """A Batch of ``rows`` (lists of cells, short ones are filled up) with the columns ``used``."""
    columns = {}
    for position in used:
        columns[position] = factorized([row[position] if position < len(row) else "" for row in rows])
    return Batch(len(rows), columns, flaws)


def batches(rows, used):
    """Batches of an iterator of (cells, Flaw or None)."""
    held, flaws = [], {}
    for cells, flaw in rows:
        if flaw is not None:
            flaws[len(held)] = flaw
        held.append(cells)
        if len(held) >= BATCH_ROWS:
            yield batch_of(held, used, flaws)
            held, flaws = [], {}
    if held:
        yield batch_of(held, used, flaws)
