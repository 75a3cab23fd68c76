"""Lines that are no sales: totals, whose figures are held against the rows before them, footers and blank rows."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from django.utils.translation import gettext as _

from .errors import RowError
from .numbers import BadValue
from .schema import Kind


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What a totals line states, and what the rows it sums come to, both in pieces or minor units. ``scope``: subtotal or grand."""

    label: str
    scope: str
    field: str
    stated: int
    found: int


@dataclass(slots=True)
class Lines:
    """What the rows of a batch are: ``data`` marks the data rows, ``totals`` lists (index, label, scope)."""

    data: np.ndarray
    totals: list


class TotalsLedger:
    """Running sums of the rows read, compared whenever a totals line comes by."""

    def __init__(self, profile, schema, header):
        self.schema, self.header, self.totals = schema, header, []
        self._patterns = [(pattern, scope) for pattern, scope in profile.totals_patterns()]
        self._patterns += [(pattern, "footer") for pattern in profile.footer_patterns()]
        self._fields = [name for name in schema.summed if name in header.columns or name in profile.derived]
        self._all = dict.fromkeys(self._fields, 0)
        self._since = dict.fromkeys(self._fields, 0)
        self._texts = {}

    def lines_of(self, batch, texts):
        """Which rows of ``batch`` are data. A totals line has its words in the first column and no date; a footer just its words."""
        codes, first = batch.cells[0]
        scopes = [self._scope(text) for text in first]
        data = ~self._blank(batch)
        totals = []
        if any(scopes):
            dateless = self._dateless(texts, batch.size)
            for code, scope in enumerate(scopes):
                if scope is None:
                    continue
                rows = (codes == code) & data & (dateless if scope != "footer" else True)
                data &= ~rows
                if scope != "footer":
                    totals += [(index, first[code].strip(), scope) for index in np.flatnonzero(rows).tolist()]
        self._texts = texts
        return Lines(data, sorted(totals))

    def _scope(self, text):
        text = text.strip()
        return next((scope for pattern, scope in self._patterns if pattern.fullmatch(text)), None) if text else None

    def _dateless(self, texts, size):
        dates = [name for name in texts if self.schema[name].kind is Kind.DATE and self.schema[name].required]
        dateless = np.ones(size, dtype=bool)
        for name in dates:
            codes, distinct = texts[name]
            dateless &= np.isin(codes, [code for code, text in enumerate(distinct) if not text.strip()])
        return dateless

    def _blank(self, batch):
        blank = np.ones(batch.size, dtype=bool)
        for codes, distinct in batch.cells.values():
            empty = [code for code, text in enumerate(distinct) if not text.strip()]
            if not empty:
                return np.zeros(batch.size, dtype=bool)
            blank &= np.isin(codes, empty)
        if batch.flaws:
            blank[list(batch.flaws)] = False
        return blank

    def add(self, columns, lines, whole, parse):
        """Add the rows of a batch and compare its totals lines; ``parse(field, text)`` reads a stated figure."""
        sums = {}
        for name in self._fields:
            if name in columns:
                figures = np.where(whole, columns[name].array(np.int64, missing=0), 0)
                sums[name] = np.concatenate([[0], np.cumsum(figures)])
        position = 0
        for index, label, scope in [*lines.totals, (len(whole), "", "end")]:
            for name, running in sums.items():
                step = int(running[index] - running[position])
                self._all[name] += step
                self._since[name] += step
                if scope != "end":
                    self._compare(name, index, label, scope, parse)
                if scope == "subtotal":
                    self._since[name] = 0
            position = index

    def _compare(self, name, index, label, scope, parse):
        if name not in self._texts:
            return
        codes, distinct = self._texts[name]
        text = distinct[codes[index]]
        stated = parse(name, text) if text.strip() else None
        if stated is not None and not isinstance(stated, BadValue):
            found = self._since[name] if scope == "subtotal" else self._all[name]
            self.totals.append(ControlTotal(label, scope, name, stated, found))

    def add_checks(self, checks, currency_digits):
        """Totals that the table itself compared, as (label, field, stated, found) in Decimals."""
        for label, name, stated, found in checks:
            digits = currency_digits if self.schema[name].kind is Kind.MONEY else 0
            figures = (int(figure.scaleb(digits).to_integral_value(ROUND_HALF_UP)) for figure in (stated, found))
            self.totals.append(ControlTotal(label, "subtotal", name, *figures))

    def warnings(self, currency_digits):
        """One per total that differs, with both figures."""
        return [self._warning(total, currency_digits) for total in self.totals if total.stated != total.found]

    def _warning(self, total, currency_digits):
        digits = currency_digits if self.schema[total.field].kind is Kind.MONEY else 0
        stated, found = (f"{Decimal(figure).scaleb(-digits):,}" for figure in (total.stated, total.found))
        message = _(
            "The control total “%(label)s” states %(stated)s for “%(column)s”; the rows come to %(found)s. Ask the sender which is right."
        )
        column = self.header.name_of(total.field)
        message = message % {"label": total.label, "stated": stated, "found": found, "column": column}
        return RowError(0, column, stated, "total", message)
