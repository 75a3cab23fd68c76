"""The demo company: whole and believable."""

from datetime import date

import pytest
import time_machine
from django.db.models import Sum
from django.test import Client

from accounts.models import AccountAssignment, Contact, KeyAccount, Store
from ka_crm.demo import PASSWORD, demo_people
from ka_crm.files import open_stored
from reports.demo import Size, load_company
from reports.models import Deadline, Report
from sales.models import AccountProductMonth, CategoryTotal, ImportBatch, Product, SellOut, StoreProductMonth
from sales.states import BatchStatus
from team.models import Approval, Comment, Delegation, Task, User
from team.roles import Role
from visits.models import Attendance, Cadence, Leave, Photo, ShelfFact, Visit
from visits.states import VisitStatus

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 18)
TINY = Size(months=2, stores=12, visits=24, photo_every=6)


@pytest.fixture(scope="module")
def company(made_once):
    """A small edition, made once for the tests that only look at it."""
    with made_once() as storages, time_machine.travel("2026-03-18 12:00Z"):
        load_company(TINY, seed=1, today=TODAY)
        yield storages


@pytest.fixture(autouse=True)
def _on_that_day():
    with time_machine.travel("2026-03-18 12:00Z"):
        yield


def test_somebody_works_in_every_role_and_can_sign_in(company):
    people = demo_people()
    assert list(people) == [str(role) for role in Role]
    for person in people.values():
        assert Client().login(email=person["email"], password=PASSWORD)


def test_the_customers_are_whole(company):
    chains = KeyAccount.objects.filter(parent=None)
    assert (chains.count(), set(chains.values_list("currency", flat=True))) == (6, {"USD", "CNY"})
    assert Store.objects.filter(latitude__isnull=False).exclude(gln="").count() == TINY.stores
    for account in KeyAccount.objects.all():
        account.full_clean()
    for store in Store.objects.all():
        store.full_clean()
    assert Contact.objects.values("account").distinct().count() == 6
    assert AccountAssignment.objects.values("account", "duty").distinct().count() == 12


def test_products_have_valid_numbers(company):
    assert (Product.objects.count(), Product.objects.values("category").distinct().count()) == (30, 5)
    for product in Product.objects.all():
        product.full_clean()


def test_sell_out_came_in_through_the_import(company):
    assert ImportBatch.objects.filter(kind="sellout", status=BatchStatus.IMPORTED).count() == 6 * TINY.months
    assert ImportBatch.objects.filter(status=BatchStatus.REFUSED).count() == 2
    days = SellOut.objects.order_by("sold_on").values_list("sold_on", flat=True)
    assert (days.first(), days.last()) == (date(2026, 2, 1), date(2026, 3, 17))
    facts, months, stores = (
        model.objects.aggregate(Sum("net_minor"), Sum("units")) for model in (SellOut, AccountProductMonth, StoreProductMonth)
    )
    assert facts == months == stores
    assert facts["units__sum"] > 0
    assert not SellOut.objects.filter(net_minor__lte=0).exists()


def test_the_market_is_larger_than_we_are(company):
    ours = {}
    rows = StoreProductMonth.objects.values("month", "store", "product__category").annotate(net=Sum("net_minor"))
    for row in rows:
        ours[row["month"], row["store"], row["product__category"]] = row["net"]
    totals = {(row.month, row.store_id, row.category_id): row.market_net_minor for row in CategoryTotal.objects.all()}
    assert set(totals) == set(ours)
    assert all(totals[key] >= ours[key] for key in ours)


def test_visits_have_facts_and_photos_that_open(company, settings):
    settings.STORAGES = company
    assert Visit.objects.filter(status=VisitStatus.COMPLETED).count() == TINY.visits
    assert Visit.objects.filter(status=VisitStatus.PLANNED, planned_on__gte=TODAY).exists()
    assert ShelfFact.objects.filter(is_present=False).exists()
    assert Photo.objects.count() == TINY.visits // TINY.photo_every
    with open_stored(Photo.objects.first().file) as file:
        assert file.read(3) == b"\xff\xd8\xff"


def test_a_deputy_stands_in_and_each_manager_has_accounts_that_are_foreign(company):
    delegation = Delegation.objects.in_force_on(TODAY).get()
    assert delegation.deputy.acts_for == [delegation.absent]
    for role in (Role.KA_MANAGER, Role.FIELD_REP, Role.SUPERVISOR):
        person = User.objects.get(email=demo_people()[role]["email"])
        seen = KeyAccount.objects.visible_to(person).count()
        assert 0 < seen < KeyAccount.objects.count()


def test_the_reports_of_the_month_before_last_are_in_every_state(company):
    states = Report.objects.filter(kind="monthly", subject_kind="account", starts_on=date(2026, 1, 1)).values_list("status", flat=True)
    assert sorted(states) == ["approved", "archived", "archived", "draft", "returned", "submitted"]
    handed_in = Deadline.objects.filter(kind="monthly", subject_kind="person", starts_on=date(2026, 1, 1))
    assert (handed_in.filter(filed_at__isnull=False).count(), handed_in.filter(filed_at=None).count()) == (2, 1)


def test_people_have_work_waiting(company):
    manager = User.objects.get(email=demo_people()[Role.KA_MANAGER]["email"])
    tasks = Task.objects.assigned_to(manager).filter(kind="manual")
    assert (tasks.open().count(), tasks.overdue_on(TODAY).count(), tasks.filter(status="done").count()) == (4, 1, 1)
    waiting = set(Approval.objects.pending().values_list("kind", flat=True))
    assert waiting == {"reports.report", "visits.leave", "visits.plan"}
    assert Comment.objects.count() == 6
    assert Attendance.objects.filter(is_late=True).exists()
    assert set(Leave.objects.values_list("status", flat=True)) == {"approved", "requested"}
    assert Cadence.objects.count() == 3
