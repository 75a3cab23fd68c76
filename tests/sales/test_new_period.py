"""A file of a new period says the same, whether its rows wait on disk or are staged."""

from datetime import date, timedelta

import pytest

from ka_crm.integrity import invariants
from sales.importing import spool
from sales.importing.staging import is_postgres
from sales.models import AccountProductMonth, AccountProductWeek
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import KeyAccountFactory, StoreFactory
from tests.factories.sales import ProductFactory
from tests.sales.importing import import_bytes, sellout_csv

pytestmark = pytest.mark.django_db
FIRST = date(2017, 2, 25)


@pytest.fixture(autouse=True)
def master_data():
    load_shipped_profiles()
    account = KeyAccountFactory(code="A1")
    for code in ("S1", "S2"):
        StoreFactory(code=code, account=account)
    for sku in ("P1", "P2"):
        ProductFactory(sku=sku)


def rows(days=10, *, units=2, gross=500):
    """Daily rows over the end of a month and of a week; every other one states a coupon."""
    found = []
    for day in range(days):
        for store in ("S1", "S2"):
            for number, sku in enumerate(("P1", "P2")):
                found.append(("A1", store, FIRST + timedelta(days=day), sku, units, gross, 10, number * 5 if day % 2 else None))
    return found


def broken_invariants():
    return [line for rule in invariants() if rule.name.startswith("sales.") for line in rule.find()]


@pytest.fixture
def ways(monkeypatch):
    """Which way files went: "disk" or "staged"."""
    taken = []
    real = spool.Spool.copy_into_facts
    monkeypatch.setattr(spool.Spool, "copy_into_facts", lambda self, batch: (taken.append("disk"), real(self, batch))[1])
    return taken


@pytest.mark.parametrize("most_waiting", [1, 150_000])
def test_rollups_are_the_sums_of_the_facts_however_often_they_are_handed_over(monkeypatch, ways, most_waiting):
    monkeypatch.setattr(spool, "MOST_WAITING", most_waiting)

    _batch, outcome = import_bytes(sellout_csv(rows()), profile="CANONICAL")

    assert (outcome.new, outcome.rows_rejected) == (40, 0)
    assert ways == (["disk"] if is_postgres() else [])
    assert sum(AccountProductMonth.objects.values_list("net_minor", flat=True)) == 40 * 490
    assert sum(AccountProductWeek.objects.values_list("coupon_minor", flat=True)) == 50
    assert broken_invariants() == []


def test_amounts_that_could_leave_64_bits_are_staged(monkeypatch, ways):
    monkeypatch.setattr(spool, "MOST_AMOUNT", 400)

    _batch, outcome = import_bytes(sellout_csv(rows()), profile="CANONICAL")

    assert (outcome.new, ways) == (40, [])
    assert broken_invariants() == []


def test_a_key_that_stands_twice_is_refused_as_ever(ways):
    doubled = [*rows(), rows()[-1]]

    _batch, outcome = import_bytes(sellout_csv(doubled), profile="CANONICAL", skip_invalid=True)

    assert (outcome.new, outcome.rows_rejected, ways) == (40, 1, [])
    assert broken_invariants() == []


def test_a_period_that_becomes_known_while_the_file_is_read_is_staged(monkeypatch, ways):
    """The answer at the first rows may be out of date at the commit, where it is asked again."""
    import_bytes(sellout_csv(rows(3)), profile="CANONICAL")
    ways.clear()
    asked = iter([False])
    monkeypatch.setattr(spool, "any_known", lambda facts, near: next(asked))

    _batch, outcome = import_bytes(sellout_csv(rows(5)), profile="CANONICAL")

    assert (outcome.new, outcome.rows_unchanged, ways) == (8, 12, [])
    assert broken_invariants() == []
