"""Market totals: a file of months is about whole months."""

from datetime import date

import pytest

from tests.factories import CategoryFactory, KeyAccountFactory, StoreFactory

from .importing import import_bytes

pytestmark = pytest.mark.django_db


def test_the_period_of_a_file_ends_with_its_last_month():
    store = StoreFactory(account=KeyAccountFactory(code="N1"), code="S1")
    CategoryFactory(name="Cheese")
    lines = ["account_code,store_code,month,category,market_units,market_net_value"]
    lines += [f"N1,{store.code},{month},Cheese,10,100.00" for month in ("2026-01", "2026-02")]

    batch, _outcome = import_bytes("\n".join(lines).encode() + b"\n", kind="category_totals", name="market.csv")

    assert (batch.period_starts_on, batch.period_ends_on) == (date(2026, 1, 1), date(2026, 2, 28))
