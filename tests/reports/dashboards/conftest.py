"""Two years of small figures: Northgate and Lakeside sell in dollars, Hualian in yuan; Mei looks after all, Sam leads the team."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from reports.dashboards.scope import select
from sales.models import AccountProductWeek, ImportBatch
from tests.factories import (
    AccountAssignmentFactory,
    CategoryFactory,
    ImportBatchFactory,
    KeyAccountFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
)
from tests.reports.conftest import market, sell

TODAY = date(2026, 4, 20)
NOW = datetime(2026, 4, 20, 8, 0, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, number, 1) for number in (1, 2, 3, 4))
MARCH_25 = date(2025, 3, 1)


@pytest.fixture(autouse=True)
def _on_a_fixed_day(time_machine):
    time_machine.move_to(NOW, tick=False)


def sell_week(account, product, monday, net_minor, units=1):
    """Sums of one product in one account in one week, as an import leaves them."""
    AccountProductWeek.objects.create(
        week_start=monday,
        account=account,
        product=product,
        units=units,
        gross_minor=net_minor,
        discount_minor=0,
        net_minor=net_minor,
        fact_rows=7,
    )


def told_until(account, day):
    """The account's newest sell-out file ends on ``day``."""
    newest = ImportBatch.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    return ImportBatchFactory(
        account=account, status="imported", sequence=newest + 1, period_starts_on=day.replace(day=1), period_ends_on=day
    )


@pytest.fixture
def shop(db):
    """Net in cents. Northgate: March 2025 400.00; 2026: January 300.00, February 250.00 + 150.00, March 480.00 + 20.00, April 90.00 (runs).
    Lakeside: March 2025 100.00; 2026: March 50.00. Hualian (CNY): March 2026 700.00. Far (nobody's here): March 2026 999.00."""
    team, elsewhere = TeamFactory(name="East"), TeamFactory(name="West")
    mei = UserFactory(ka_manager=True, name="Mei Lin", email="mei@example.com", team=team)
    rep = UserFactory(field_rep=True, name="Ravi", team=team)
    cheese, juice = CategoryFactory(name="Cheese"), CategoryFactory(name="Juice")
    northgate = KeyAccountFactory(code="N1", name="Northgate")
    north_east = KeyAccountFactory(code="N1E", name="Northgate East", kind="region", parent=northgate)
    lakeside, hualian = (
        KeyAccountFactory(code="L1", name="Lakeside"),
        KeyAccountFactory(code="H1", name="Hualian", currency="CNY", country="CN"),
    )
    first, second = StoreFactory(account=northgate, name="North 1", code="S1"), StoreFactory(account=north_east, name="North 2", code="S2")
    lake, hua = (StoreFactory(account=one, name=f"{one.name} 1") for one in (lakeside, hualian))
    away = StoreFactory(account=KeyAccountFactory(code="F1", name="Farland"), name="Farland 1")
    gouda = ProductFactory(sku="P1", name="Gouda", category=cheese, unit_cost_e4=50_000)
    apple = ProductFactory(sku="P2", name="Apple juice", category=juice, unit_cost_e4=None)
    sell(first, gouda, MARCH_25, 40, 40_000)
    sell(lake, gouda, MARCH_25, 10, 10_000)
    sell(first, gouda, JANUARY, 30, 30_000)
    sell(first, gouda, FEBRUARY, 20, 25_000)
    sell(second, apple, FEBRUARY, 10, 15_000)
    sell(first, gouda, MARCH, 40, 48_000)
    sell(second, gouda, MARCH, 2, 2_000)
    sell(lake, gouda, MARCH, 5, 5_000)
    sell(hua, gouda, MARCH, 70, 70_000)
    sell(away, gouda, MARCH, 99, 99_900)
    sell(first, gouda, APRIL, 9, 9_000)
    for store, now, then in ((first, 100_000, 100_000), (second, 60_000, 0), (lake, 40_000, 50_000)):
        market(store, cheese, MARCH, now)
        if then:
            market(store, cheese, MARCH_25, then)
    for account in (northgate, lakeside, hualian):
        AccountAssignmentFactory(account=account, user=mei, starts_on=date(2025, 1, 1))
        AccountAssignmentFactory(account=account, user=rep, duty="field_rep", starts_on=date(2025, 1, 1))
    return SimpleNamespace(
        team=team,
        elsewhere=elsewhere,
        mei=mei,
        rep=rep,
        cheese=cheese,
        northgate=northgate,
        north_east=north_east,
        lakeside=lakeside,
        hualian=hualian,
        first=first,
        second=second,
        lake=lake,
        hua=hua,
        away=away,
        gouda=gouda,
        apple=apple,
        sam=UserFactory(supervisor=True, name="Sam Ortega", team=team),
        omar=UserFactory(supervisor=True, name="Omar", team=elsewhere),
        stranger=UserFactory(ka_manager=True, name="Stella", team=elsewhere),
        ada=UserFactory(administrator=True, name="Ada"),
        fin=UserFactory(finance=True, name="Fin"),
        vic=UserFactory(viewer=True, name="Vic"),
    )


@pytest.fixture
def chosen(shop):
    """``chosen(user, period=…, currency=…)`` is the Selection of that address."""
    return lambda user, **query: select(user, query, today=TODAY)


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in
