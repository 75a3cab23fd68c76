"""Which fields a kind of file has and what each holds: the importer's side of the bargain, where the profile is the file's."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """How a cell is checked and what it becomes."""

    TEXT = "text"  # cleaned str
    CODE = "code"  # str without blanks at the ends; refused when a spreadsheet mangled it
    STORE_NO = "store_no"  # str by the profile's store pattern: 343店 → 343, 000330 → 330
    GTIN = "gtin"  # str, check digit verified
    GLN = "gln"  # str, check digit verified
    DATE = "date"  # datetime.date
    INTEGER = "integer"  # int: pieces
    MONEY = "money"  # int in minor units of the currency
    DECIMAL = "decimal"  # Decimal, for unit prices and rates


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field. ``required``: the cell may not be empty, nor the column absent, save for alternatives.

    ``may_lack``: a profile may leave a required field out altogether; a file whose profile names it has to have it.
    """

    name: str
    kind: Kind
    required: bool = True
    max_length: int = 200
    may_be_future: bool = False
    may_lack: bool = False


@dataclass(frozen=True)
class Schema:
    """Fields of one kind of file. ``one_of``: groups of fields of which the file has to carry at least one.

    ``same_sign``: fields that must not contradict each other's sign in a row, such as pieces and what was paid for them.
    ``summed``: fields that control totals are compared for. ``period_field``: the date that a declared period is held against.
    """

    name: str
    fields: tuple[Field, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    same_sign: tuple[str, ...] = ()
    summed: tuple[str, ...] = ()
    period_field: str = ""

    def __getitem__(self, name):
        return self.by_name[name]

    def __contains__(self, name):
        return name in self.by_name

    @cached_property
    def by_name(self):
        return {field.name: field for field in self.fields}

    def missing(self, present, promised):
        """The fields that a file with the fields ``present`` lacks, an alternative group as "a / b"; ``promised`` by its profile."""
        alternatives = {name for group in self.one_of for name in group}
        lacking = [
            f.name
            for f in self.fields
            if f.required and f.name not in alternatives | set(present) and (f.name in promised or not f.may_lack)
        ]
        return lacking + [" / ".join(group) for group in self.one_of if not set(group) & set(present)]
