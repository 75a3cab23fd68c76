"""What must hold within a row, set-wise: alternatives, signs, the declared period; and fields that follow from others."""

from decimal import Decimal

import numpy as np
from django.utils.translation import gettext as _

from .columns import Column
from .errors import row_error
from .schema import Kind


class RowChecks:
    """The checks of one file; each adds to ``errors`` and ``bad`` for the rows in ``whole``."""

    def __init__(self, profile, schema, header, *, period, currency_digits):
        self.profile, self.schema, self.header = profile, schema, header
        self.period, self.currency_digits = period, currency_digits

    def run(self, columns, numbers, whole, bad, errors):
        for check in (self._alternatives, self._signs, self._period):
            for index, field, text, code, reason in check(columns, whole & ~bad):
                bad[index] = True
                errors.append(row_error(int(numbers[index]), self.header.name_of(field), text, code, reason))

    def derived(self, columns):
        """The profile's derived columns, such as discount = gross − net; None where a part is missing."""
        made = {}
        for field, (minuend, subtrahend) in self.profile.derived.items():
            if field not in self.schema or field in columns or minuend not in columns or subtrahend not in columns:
                continue
            parts = columns[minuend], columns[subtrahend]
            missing = np.logical_or(*(_missing(part) for part in parts))
            difference = parts[0].array(np.int64, missing=0) - parts[1].array(np.int64, missing=0)
            distinct, codes = np.unique(difference, return_inverse=True)
            values = [*distinct.tolist(), None]
            codes = np.where(missing, len(values) - 1, codes).astype(np.int32)
            made[field] = Column(codes, ["" if value is None else self.written(field, value) for value in values], values)
        return made

    def written(self, field, value):
        """``value`` of ``field`` as a person writes it: minor units become 12.50."""
        if self.schema[field].kind is Kind.MONEY:
            return str(Decimal(value).scaleb(-self.currency_digits))
        return str(value)

    def _alternatives(self, columns, whole):
        for group in self.schema.one_of:
            present = [name for name in group if name in columns]
            if not present:
                continue
            empty = whole.copy()
            for name in present:
                empty &= _missing(columns[name])
            for index in np.flatnonzero(empty).tolist():
                yield index, present[0], "", "empty", _("is empty.")

    def _signs(self, columns, whole):
        names = [name for name in self.schema.same_sign if name in columns]
        if len(names) < 2:
            return
        signs = {name: np.sign(columns[name].array(np.int64, missing=0)) for name in names}
        first = names[0]
        for other in names[1:]:
            for index in np.flatnonzero((signs[first] * signs[other] < 0) & whole).tolist():
                reason = _("and “%(other)s” “%(value)s” have opposite signs. In a return both are negative, in a sale neither is.") % {
                    "other": self.header.name_of(other),
                    "value": columns[other].text_at(index),
                }
                whole = whole.copy()
                whole[index] = False
                yield index, first, columns[first].text_at(index), "sign", reason

    def _period(self, columns, whole):
        column = columns.get(self.schema.period_field)
        if self.period is None or column is None:
            return
        starts, ends = self.period
        outside = [code for code, day in enumerate(column.values) if day is not None and not starts <= day <= ends]
        if not outside:
            return
        for index in np.flatnonzero(np.isin(column.codes, outside) & whole).tolist():
            reason = _(
                "is a date in %(month)s, outside the file's period %(starts)s to %(ends)s."
                " Correct the date, or state the right month with the file."
            ) % {
                "month": column.value_at(index).strftime("%Y-%m"),
                "starts": starts.isoformat(),
                "ends": ends.isoformat(),
            }
            yield index, self.schema.period_field, column.text_at(index), "period", reason


def _missing(column):
    missing = [code for code, value in enumerate(column.values) if value is None]
    return np.isin(column.codes, missing) if missing else np.zeros(len(column.codes), dtype=bool)
