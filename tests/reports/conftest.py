"""Two accounts with three months of sell-out whose figures can be checked by head."""

from datetime import date
from types import SimpleNamespace

import pytest

from ka_crm.jobs.runner import run_due_jobs
from ka_crm.periods import month
from reports import services
from reports.models import Report
from sales.models import AccountProductMonth, CategoryTotal, StoreProductMonth
from tests.factories import (
    AccountAssignmentFactory,
    CategoryFactory,
    KeyAccountFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
)

TODAY = date(2026, 4, 2)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def sell(store, product, on, units, net_minor, *, discount_minor=0):
    """Sums of one product in one store in one month, in both rollups, as an import leaves them."""
    values = {
        "units": units,
        "gross_minor": net_minor + discount_minor,
        "discount_minor": discount_minor,
        "net_minor": net_minor,
        "fact_rows": 1,
    }
    StoreProductMonth.objects.create(month=on, store=store, product=product, account_id=store.account_id, **values)
    key = {"month": on, "account_id": store.account_id, "product_id": product.pk}
    if row := AccountProductMonth.objects.filter(**key).first():
        added = {name: getattr(row, name) + value for name, value in values.items()}
        AccountProductMonth.objects.filter(**key).update(**added)
    else:
        AccountProductMonth.objects.create(**key, **values)


def market(store, category, on, net_minor):
    CategoryTotal.objects.create(
        month=on, store=store, category=category, account_id=store.account_id, market_units=1, market_net_minor=net_minor, batch_id=1
    )


@pytest.fixture
def world(db):
    """Northgate (two stores) and Lakeside (one) sell cheese and juice; Mei looks after both, Sam leads the team, Omar is elsewhere.

    Net in cents – Northgate: January 300.00, February 400.00, March 500.00; Lakeside: February 100.00, March 50.00.
    """
    team, elsewhere = TeamFactory(name="East"), TeamFactory(name="West")
    mei = UserFactory(ka_manager=True, name="Mei Lin", email="mei@example.com", team=team)
    cheese, juice = CategoryFactory(name="Cheese"), CategoryFactory(name="Juice")
    northgate, lakeside = KeyAccountFactory(code="N1", name="Northgate"), KeyAccountFactory(code="L1", name="Lakeside")
    first, second = StoreFactory(account=northgate, name="North 1", code="S1"), StoreFactory(account=northgate, name="North 2", code="S2")
    lake = StoreFactory(account=lakeside, name="Lake 1", code="S3")
    gouda, apple = ProductFactory(sku="P1", name="Gouda", category=cheese), ProductFactory(sku="P2", name="Apple juice", category=juice)
    sell(first, gouda, JANUARY, 30, 30_000)
    sell(first, gouda, FEBRUARY, 20, 25_000)
    sell(second, apple, FEBRUARY, 10, 15_000)
    sell(lake, gouda, FEBRUARY, 10, 10_000)
    sell(first, gouda, MARCH, 40, 48_000, discount_minor=2_000)
    sell(second, gouda, MARCH, 2, 2_000)
    sell(lake, gouda, MARCH, 5, 5_000)
    for store, now, before in ((first, 100_000, 100_000), (second, 60_000, 50_000), (lake, 40_000, 50_000)):
        market(store, cheese, MARCH, now)
        market(store, cheese, FEBRUARY, before)
    for account in (northgate, lakeside):
        AccountAssignmentFactory(account=account, user=mei)
    return SimpleNamespace(
        team=team,
        mei=mei,
        sam=UserFactory(supervisor=True, name="Sam Ortega", team=team),
        northgate=northgate,
        lakeside=lakeside,
        omar=UserFactory(ka_manager=True, name="Omar", team=elsewhere),
        ada=UserFactory(administrator=True, name="Ada"),
        fin=UserFactory(finance=True, name="Fin"),
        first=first,
        second=second,
        lake=lake,
        gouda=gouda,
        apple=apple,
        cheese=cheese,
        juice=juice,
    )


@pytest.fixture
def build(world):
    """``build(accounts=[…], actor=…)`` orders March 2026 and lets this thread be the worker; answers the run."""

    def build(*, kind="monthly", period=None, actor=None, **order):
        order.setdefault("formats", ())
        run = services.order_reports(kind=kind, period=period or month(2026, 3), actor=actor, today=TODAY, **order)
        run_due_jobs()
        run.refresh_from_db()
        return run

    return build


@pytest.fixture
def northgate_report(world, build):
    """The draft about Northgate, with Mei as its owner."""
    build(accounts=[world.northgate])
    return Report.objects.get(account=world.northgate)


def data_of(report):
    return {section.key: section.data for section in report.sections.all()}
