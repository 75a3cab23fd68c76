"""How one retailer writes its files, as data that an administrator edits; a new retailer needs no code."""

import re
from dataclasses import asdict, dataclass, field, fields

from django.utils.translation import gettext as _

from ka_crm.errors import DomainError

from .profile_checks import problems_of

USUAL_DATES = ("YYYY-MM-DD",)
USUAL_TOTALS = (
    {"pattern": r"(grand |sub)?totals?", "scope": "grand"},
    {"pattern": r"(gesamt)?summe|gesamt|合计|总计|總計", "scope": "grand"},
    {"pattern": r"小计|zwischensumme", "scope": "subtotal"},
)


class ProfileError(DomainError):
    """A profile's data do not hold together; ``problems`` maps each field to what is wrong with it."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__(" ".join(f"{name}: {problem}" for name, problem in problems.items()))


@dataclass(frozen=True)
class Profile:
    """One dialect. Everything optional is None or empty: then the file itself decides (encoding, delimiter, decimal mark).

    ``columns``: canonical field → the headers it may have in the file; a two-line header is joined with a blank ("Sales Qty").
    ``totals_rows``: {"pattern", "scope": subtotal | grand}, matched against the whole first filled cell, case ignored.
    ``footers``: patterns of lines that say nothing about sales. ``fill_down``: fields whose empty cells repeat the cell above.
    ``sheets``: for a matrix workbook, canonical field → sheet name; columns that are day numbers carry the values.
    ``derived``: field → [minuend, subtrahend], such as discount_value from gross and net.
    ``edifact``: field → [segment, qualifier], and "returned": the QTY qualifiers that count as returns.
    ``negative_fields``: fields the retailer writes with the opposite sign, such as discounts as negative amounts.
    """

    code: str
    name: str = ""
    kind: str = "sellout"
    container: str = "delimited"
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: int = 1
    header_search: int = 30
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    decimal_mark: str | None = None
    thousands_mark: str | None = None
    date_formats: tuple[str, ...] = USUAL_DATES
    store_pattern: str = r"0*(?P<code>\d+)(\.0+)?"
    fill_down: tuple[str, ...] = ()
    totals_rows: tuple[dict, ...] = USUAL_TOTALS
    footers: tuple[str, ...] = ()
    grain: str = "day"
    sheets: dict[str, str] = field(default_factory=dict)
    derived: dict[str, tuple[str, str]] = field(default_factory=dict)
    edifact: dict = field(default_factory=dict)
    negative_fields: tuple[str, ...] = ()
    round_amounts: bool = False

    @classmethod
    def from_dict(cls, values):
        """The profile that ``values`` (JSON) describe. Raises ProfileError naming every field that is wrong."""
        known = {f.name for f in fields(cls)}
        problems = {name: _("is not a setting of a profile.") for name in values if name not in known}
        if not values.get("code"):
            problems["code"] = _("is missing. Give the profile a short code such as D01.")
        if problems:
            raise ProfileError(problems)
        profile = cls(**{name: _frozen(value) for name, value in values.items()})
        problems = profile.problems()
        if problems:
            raise ProfileError(problems)
        return profile

    def to_dict(self):
        """The JSON form; ``from_dict`` of it gives an equal profile."""
        return _thawed(asdict(self))

    def problems(self):
        """What is wrong, by field; empty when the profile can be used."""
        return problems_of(self)

    @property
    def store_field(self):
        """Which code of ours or theirs names the store in this dialect."""
        return next((f for f in ("store_code", "retailer_store_no", "store_gln") if f in self.columns), self.edifact_store)

    @property
    def edifact_store(self):
        """What LOC holds in this partner's messages: GLN, unless the profile says its own store numbers."""
        return self.edifact.get("store", "store_gln") if self.container == "edifact" else ""

    @property
    def edifact_item(self):
        """What LIN holds in this partner's messages: GTIN, unless the profile says article numbers."""
        return self.edifact.get("item", "gtin") if self.container == "edifact" else ""

    def totals_patterns(self):
        """(compiled pattern, scope) of the lines that state sums."""
        return [(re.compile(row["pattern"], re.IGNORECASE), row.get("scope", "grand")) for row in self.totals_rows]

    def footer_patterns(self):
        """Compiled patterns of the lines that are not data."""
        return [re.compile(footer, re.IGNORECASE) for footer in self.footers]

    @classmethod
    def of_schema(cls, schema, code="CANONICAL", **settings):
        """The plain form of our own files: every field under its own name."""
        return cls(code=code, kind=schema.name, columns={f.name: (f.name,) for f in schema.fields}, **settings)


def _frozen(value):
    """Lists as tuples, so that a profile cannot change under a reader; dicts stay, one level of them is copied."""
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _thawed(value):
    if isinstance(value, list | tuple):
        return [_thawed(item) for item in value]
    if isinstance(value, dict):
        return {key: _thawed(item) for key, item in value.items()}
    return value
