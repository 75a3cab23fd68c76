"""Files of market totals: what all manufacturers sold of a category in a store and month, ours included."""

import re
from contextlib import contextmanager
from datetime import date

import numpy as np
from django.utils.translation import gettext as _

from ka_crm.imports import Field, Kind, Schema
from ka_crm.imports.dates import EARLIEST, parse_date
from ka_crm.imports.profile import Profile
from ka_crm.periods import month_of

from ..models import Category, CategoryTotal, CategoryTotalHistory
from . import facts as store
from .facts import FactTable
from .registry import register
from .sellout import UNKNOWN, SellOutLoad, _Refusals

FACTS = FactTable(
    table=CategoryTotal._meta.db_table,
    history=CategoryTotalHistory._meta.db_table,
    key=("month", "store_id", "category_id"),
    measures=("market_units", "market_net_minor"),
    day="month",
    columns={
        "row_no": "int",
        "month": "day",
        "store_id": "big",
        "category_id": "big",
        "account_id": "big",
        "market_units": "big",
        "market_net_minor": "big",
    },
)
SCHEMA = Schema(
    name="category_totals",
    fields=(
        Field("account_code", Kind.CODE, required=False, max_length=30),
        Field("store_code", Kind.CODE, required=False, max_length=30),
        Field("retailer_store_no", Kind.STORE_NO, required=False, max_length=30),
        Field("store_gln", Kind.GLN, required=False),
        Field("category", Kind.TEXT, max_length=100),
        Field("month", Kind.CODE, max_length=10),
        Field("market_units", Kind.INTEGER),
        Field("market_net_value", Kind.MONEY),
    ),
    one_of=(("store_code", "retailer_store_no", "store_gln"),),
    same_sign=("market_units", "market_net_value"),
    summed=("market_units", "market_net_value"),
)


class CategoryTotalImport:
    """The kind ``category_totals``."""

    name = "category_totals"
    schema = SCHEMA
    dialects = True

    def plain_profile(self):
        return Profile(
            code="CANONICAL", kind=self.name, columns={f.name: (f.name,) for f in SCHEMA.fields}, decimal_mark=".", totals_rows=()
        )

    @contextmanager
    def loading(self, batch, outcome, findings):
        with FACTS.room():
            store.create_staging(FACTS)
            yield CategoryTotalLoad(batch, outcome, findings)

    def undo(self, batch):
        store.lock_facts()
        return store.undo_batch(FACTS, batch)


class CategoryTotalLoad(SellOutLoad):
    """One file of market totals on its way in; stores and accounts are read as in sell-out files."""

    facts = FACTS
    duplicate_reason = "store, category and month"

    def __init__(self, batch, outcome, findings):
        super().__init__(batch, outcome, findings)
        self.categories = dict(Category.objects.values_list("name", "pk"))
        self.folded = {" ".join(name.split()).casefold(): pk for name, pk in self.categories.items()}

    def _take(self, chunk, reading, digits, today):
        columns = chunk.columns
        errors, bad = list(chunk.errors), chunk.bad.copy()
        refuse = _Refusals(chunk, reading, errors, bad)
        stores = self._stores(columns, reading.profile, refuse)
        accounts = self._accounts(columns, stores, refuse)
        named = columns["category"]
        ids = [UNKNOWN if value is None else self.folded.get(" ".join(value.split()).casefold(), UNKNOWN) for value in named.values]
        refuse.unknown("category", ids, "unknown_category", _("is not a category of our products. Correct the name, or add the category."))
        months = self._months(columns["month"], refuse, today)
        units, value = (columns[name].array(np.int64, missing=0) for name in ("market_units", "market_net_value"))
        good = ~bad
        self._check_currencies(accounts[good], digits)
        staged = {
            "row_no": chunk.numbers,
            "month": months,
            "store_id": stores,
            "category_id": np.array(ids, dtype=np.int64)[named.codes],
            "account_id": accounts,
            "market_units": units,
            "market_net_minor": value,
        }
        self.order.may_repeat, self.order.by_day = True, False
        self.intake({name: values[good] for name, values in staged.items()})
        self._note(chunk, reading, errors, bad, digits)
        self._note_good(good, accounts, months, None)
        if self.outcome.ends_on is not None:
            self.outcome.ends_on = month_of(self.outcome.ends_on).ends_on  # a row of a month is about all of its days

    def _months(self, column, refuse, today):
        """First days of the months, written 2017-03, 201703 or as any day of it."""
        found = [_month(value, today) for value in column.values]
        wrong = [value is not None and month is None for value, month in zip(column.values, found, strict=True)]
        refuse.where("month", np.array(wrong, dtype=bool)[column.codes], "date", _("is not a past month such as 2017-03."))
        return np.array([month or date(2000, 1, 1) for month in found], dtype="datetime64[D]")[column.codes]


def _month(text, today):
    if text is None:
        return None
    match = re.fullmatch(r"(\d{4})-?(\d{2})", text, re.ASCII)
    if match:
        year, number = int(match[1]), int(match[2])
        first = date(year, number, 1) if 1 <= number <= 12 and year >= EARLIEST.year else None
    else:
        day = parse_date(text, ("YYYY-MM-DD", "YYYYMMDD"))
        first = day.replace(day=1) if day and day >= EARLIEST else None
    return first if first and first <= today else None


register(CategoryTotalImport())
