"""A file and a profile in, checked rows out: in columns for set-wise work, or one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from .errors import RowError


@dataclass(slots=True)
class Column:
    """One field of a chunk, each distinct cell once: row i holds ``texts[codes[i]]`` as written and ``values[codes[i]]`` as read.

    ``values`` are what schema.Kind says (money: int in minor units); None for an empty cell and for one with a finding.
    """

    codes: np.ndarray
    texts: list[str]
    values: list

    def array(self, dtype=object, missing=None):
        """The rows' values as one numpy array; ``missing`` stands for None."""
        values = self.values if missing is None else [missing if value is None else value for value in self.values]
        distinct = np.empty(len(values), dtype=dtype)
        distinct[:] = values
        return distinct[self.codes]

    def text_at(self, index):
        return self.texts[self.codes[index]]

    def value_at(self, index):
        return self.values[self.codes[index]]


@dataclass(slots=True)
class Chunk:
    """Some tens of thousands of data rows. ``bad[i]`` says that row ``numbers[i]`` has at least one of ``errors`` and must not be stored."""

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
class ControlTotal:
    """What a totals line states, and what the rows before it come to, both in the units of the field's kind."""

    label: str
    scope: str
    field: str
    stated: int
    found: int


@dataclass
class AccountHints:
    """What the file itself says about whose it is."""

    account_codes: set[str] = field(default_factory=set)
    sender_gln: str = ""
    store_field: str = ""
    stores: set[str] = field(default_factory=set)


class Reading:
    """A file being read once. After iteration: ``rows_read``, ``warnings``, ``control_totals``, ``hints`` are complete."""

    def __init__(self, path, profile, schema, *, file_name, period, today, currency_digits):
        raise NotImplementedError

    def chunks(self) -> Iterator[Chunk]:
        """Chunks in file order, memory flat. Raises FileRefused, also midway: then nothing of the file may be kept."""
        raise NotImplementedError

    def rows(self) -> Iterator[RawRow]:
        """The same, row by row."""
        raise NotImplementedError


def read_rows(path, profile, schema, *, file_name, declared_period: tuple[date, date] | None = None, today=None, currency_digits=2):
    """Open ``path`` by ``profile`` for the fields of ``schema``.

    ``file_name`` is the sender's; a month in it (201703, 2017-03) counts as the declared period if none is given.
    ``today`` (a date) bounds dates. Raises FileRefused when the file as a whole cannot be read.
    """
    raise NotImplementedError
