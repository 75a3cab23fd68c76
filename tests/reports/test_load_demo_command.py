"""``load_demo``: deterministic, once, and never into a company's own data."""

from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import KeyAccount
from ka_crm.demo import PASSWORD
from reports.demo import SIZES, Size, load_company
from sales.models import SellOut
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
            figures.append((sums, list(Visit.objects.order_by("client_id").values_list("client_id", flat=True)[:5])))
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


@pytest.mark.parametrize("size", ["medium", "large"])
def test_larger_ones_are_refused_clearly(size):
    with pytest.raises(CommandError, match=f"The {size} demo company is not made yet: use --size small."):
        run(size=size)
