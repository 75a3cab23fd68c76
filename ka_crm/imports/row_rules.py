"""How one row of master data becomes the values of a record: the rules live with their nouns, the importer runs them."""

from dataclasses import dataclass, field

from .profile import Profile
from .schema import Schema


class RowProblem(Exception):
    """A row cannot be stored: field, value as read, a stable code, the reason with the way out."""

    def __init__(self, name, value, code, reason):
        super().__init__(reason)
        self.name, self.value, self.code, self.reason = name, value, code, str(reason)


@dataclass
class ParsedRow:
    """A good row: its number, natural key, the values that the file states, and texts that refer to other rows (``links``)."""

    number: int
    key: tuple
    values: dict
    links: dict = field(default_factory=dict)


class RowRules:
    """Rules of one kind of master data. Subclasses name the model and say what a row means.

    ``headers``: field → further names its column may have. ``key``: attribute names that identify a record. ``attributes``:
    field of the file → attribute of the model, where they differ. ``unique``: groups of attributes that no two records share.
    """

    name = ""
    schema: Schema = None
    model = None
    key: tuple[str, ...] = ()
    fixed: tuple[str, ...] | None = None  # attributes that an import never changes; the key, unless said otherwise
    headers: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, str] = {}
    unique: tuple[tuple[str, ...], ...] = ()
    compared: tuple[str, ...] = ()  # further attributes that ``links_differ`` looks at

    def profile(self):
        """How our own files of this kind look: the fields' names, a decimal point."""
        columns = {f.name: (f.name, *self.headers.get(f.name, ())) for f in self.schema.fields}
        return Profile(code="CANONICAL", kind=self.name, columns=columns, decimal_mark=".", totals_rows=())

    def begin(self, *, account=None):
        """Load what rows refer to. ``account``: whose file it is, where that was said."""

    def values_of(self, row):
        """Attribute → value of a row's ``values`` (field → value, only columns of the file). Raises RowProblem."""
        return {self.attributes.get(name, name): self.stored(name, value) for name, value in row.items()}

    def stored(self, name, value):
        """An empty cell is empty text unless the attribute takes None."""
        if value is None and not self.model._meta.get_field(self.attributes.get(name, name)).null:
            return ""
        return value

    def links_of(self, row):
        """Texts that refer to records which the same file may make; see ``link``."""
        return {}

    def key_of(self, values):
        return tuple(values[name] for name in self.key)

    def as_compared(self, name, value):
        """A value of a ``unique`` group in the one spelling in which equal ones are equal."""
        return value

    def links_differ(self, row, record, known):
        """Whether ``row`` links elsewhere than ``record`` does, a dict of the model's values; ``known``: key → such a dict."""
        return False

    def resolved(self, values):
        """``values`` with ids in place of names that exist by now."""
        return values

    def check_links(self, rows, known):
        """Yields (ParsedRow, RowProblem) for links that lead nowhere; ``known`` holds every key of the file and the database."""
        return ()

    def before_write(self, rows):
        """Make what rows refer to and may bring along, such as a brand; called in the transaction."""

    def place(self, rows, records, known):
        """Attributes of the new records of ``rows`` that follow from the keys of all, such as the parent: a dict per row, or ().

        ``records``: key → primary key of every record, the new ones included; ``known``: key → values of those that were there.
        """
        return ()

    def after_write(self, rows, records):
        """Set links of records that ``rows`` change; ``records`` as in ``place``. Returns {pk: (before, after)}."""
        return {}

    def label(self, key):
        return " / ".join(str(part) for part in key)
