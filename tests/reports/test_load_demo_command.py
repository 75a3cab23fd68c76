"""``load_demo``: deterministic, once, and never into a company's own data."""

from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import KeyAccount, Store
from ka_crm.demo import PASSWORD
from ka_crm.integrity import invariants
from reports.demo import SIZES, Size, load_company
from sales.models import Product, SellOut
from team.models import AuditEvent, User
from tests.factories import UserFactory
from visits.models import Visit

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel("2026-03-18 12:00Z"):
        yield


def test_the_same_seed_and_day_give_the_same_company():
    figures = []
    for seed in (7, 7, 8):
        with transaction.atomic():
            load_company(Size(months=1, stores=6, visits=2, photo_every=2), seed=seed, today=TODAY)
            sums = SellOut.objects.aggregate(Sum("units"), Sum("net_minor"), rows=Count("units"))
            figures.append((sums, list(Visit.objects.order_by("client_id").values_list("client_id", flat=True))))
            transaction.set_rollback(True)
    assert figures[0] == figures[1]
    assert figures[0] != figures[2]


def run(**options):
    out = StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(SIZES, "small", Size(months=1, stores=6, visits=2, photo_every=2))


def test_a_second_run_says_that_it_is_there(tiny):
    first = run()
    counts = (User.objects.count(), SellOut.objects.count(), AuditEvent.objects.count())
    second = run()
    assert "Loaded in" in first
    assert second.startswith("The demo company is already loaded.\n")
    assert f"ka_manager     mei.chen@demo.example      {PASSWORD}" in second
    assert (User.objects.count(), SellOut.objects.count(), AuditEvent.objects.count()) == counts


def test_a_company_with_people_is_not_mixed_with(tiny):
    UserFactory()
    with pytest.raises(CommandError, match="has people or accounts already"):
        run()
    assert (User.objects.count(), KeyAccount.objects.count()) == (1, 0)
    assert "Loaded in" in run(force=True)


def test_a_load_that_stopped_halfway_is_told(tiny):
    UserFactory(email="mei.chen@demo.example")
    with pytest.raises(CommandError, match="stopped halfway"):
        run(force=True)


def test_the_whole_company_has_the_chains_products_and_people_that_it_promises():
    size = SIZES["medium"]
    assert (size.chains, size.stores, size.products, size.months) == (12, 150, 60, 24)
    load_company(Size(months=1, stores=24, visits=8, photo_every=4, chains=12, products=60), seed=1, today=TODAY)
    chains = KeyAccount.objects.filter(parent=None)
    assert (chains.count(), set(chains.values_list("country", flat=True))) == (12, {"US", "CN"})
    assert (Product.objects.count(), Product.objects.values("category").distinct().count()) == (60, 10)
    assert Store.objects.count() == 24
    assert Visit.objects.filter(visitor__email="maya.ortiz@demo.example").exists()


# The large company, made small enough for a test.
BULK = Size(months=2, stores=30, visits=60, photo_every=0, chains=3, products=40, sell_out_rows=2_000, accounts=10)


def test_the_same_seed_gives_the_same_large_company():
    sums = []
    for _round in range(2):
        with transaction.atomic():
            load_company(BULK, seed=3, today=TODAY)
            sums.append(SellOut.objects.aggregate(Sum("units"), Sum("net_minor")))
            transaction.set_rollback(True)
    assert sums[0] == sums[1]


@pytest.fixture(scope="class")
def large_company(made_once):
    with made_once(), time_machine.travel("2026-03-18 12:00Z"):
        load_company(BULK, seed=3, today=TODAY)
        yield


@pytest.mark.usefixtures("large_company")
class TestLarge:
    """What the large company holds; made once for the class."""

    def test_it_is_as_large_as_it_says(self):
        assert (KeyAccount.objects.count(), Store.objects.count(), Product.objects.count()) == (10, 30, 40)
        assert Visit.objects.filter(status="completed", score__score_e2__gt=0).count() == 60
        assert 1_800 <= SellOut.objects.count() <= 2_200
        large = SIZES["large"]
        assert (large.accounts, large.stores, large.products, large.sell_out_rows, large.visits) == (200, 10_000, 500, 10_000_000, 100_000)

    def test_its_figures_hold(self):
        assert [(rule.name, row) for rule in invariants() for row in rule.find()] == []

    def test_the_people_with_a_name_have_accounts(self):
        for address in ("mei.chen", "lei.wang"):
            person = User.objects.get(email=f"{address}@demo.example")
            assert 0 < KeyAccount.objects.visible_to(person).count() < 10
