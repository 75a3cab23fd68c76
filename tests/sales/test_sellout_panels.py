"""The sell-out panels: figures of the newest month, growth to the month before and to last year, own rows only."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from sales.models import AccountProductMonth, StoreProductMonth
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ProductFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


def sold(account, month, net_minor, units=1, product=None):
    return AccountProductMonth.objects.create(
        month=month,
        account=account,
        product=product or ProductFactory(),
        units=units,
        gross_minor=net_minor,
        discount_minor=0,
        net_minor=net_minor,
        fact_rows=1,
    )


@pytest.fixture
def manager(client):
    manager = UserFactory(ka_manager=True)
    client.force_login(manager)
    return manager


def test_the_account_panel_adds_up_the_account_and_what_lies_below(client, manager):
    chain = KeyAccountFactory()
    banner = KeyAccountFactory(parent=chain)
    AccountAssignmentFactory(account=chain, user=manager)
    sold(chain, date(2026, 3, 1), 10_000, units=4)
    sold(banner, date(2026, 3, 1), 2_000, units=1)
    sold(banner, date(2026, 2, 1), 10_000)
    sold(banner, date(2025, 3, 1), 6_000)
    sold(KeyAccountFactory(), date(2026, 3, 1), 77_777)

    context = client.get(reverse("sales:account_panel", args=[chain.pk])).context

    assert (context["period"].label, context["net_minor"], context["units"]) == ("2026-03", 12_000, 5)
    assert (str(context["to_previous"]), str(context["to_year_ago"])) == ("0.200000", "1.000000")
    assert context["chart"].series[0].values[1:-2] == [None] * 10


def test_a_month_that_still_runs_is_told_apart_and_not_compared(client, manager, time_machine):
    time_machine.move_to(datetime(2026, 4, 10, 12, tzinfo=UTC))
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=manager)
    sold(account, date(2026, 2, 1), 10_000)
    sold(account, date(2026, 3, 1), 12_000)
    sold(account, date(2026, 4, 1), 3_000)

    context = client.get(reverse("sales:account_panel", args=[account.pk])).context

    assert (context["period"].label, context["net_minor"], context["so_far"]) == ("2026-03", 12_000, 3_000)
    assert str(context["to_previous"]) == "0.200000"


def test_an_account_of_another_currency_is_not_added(client, manager):
    chain = KeyAccountFactory()
    AccountAssignmentFactory(account=chain, user=manager)
    sold(chain, date(2026, 3, 1), 10_000)
    sold(KeyAccountFactory(parent=chain, currency="CNY"), date(2026, 3, 1), 5_000)

    assert client.get(reverse("sales:account_panel", args=[chain.pk])).context["net_minor"] == 10_000


def test_without_sellout_the_panel_says_what_to_do(client, manager):
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=manager)

    assert "as soon as a retailer file is imported" in client.get(reverse("sales:account_panel", args=[account.pk])).content.decode()


def test_the_home_panel_counts_ones_own_accounts_only(client, manager):
    own = KeyAccountFactory()
    AccountAssignmentFactory(account=own, user=manager)
    sold(own, date(2026, 3, 1), 10_000)
    sold(KeyAccountFactory(), date(2026, 3, 1), 77_777)

    assert client.get(reverse("sales:home_panel")).context["net_minor"] == 10_000


def test_the_product_panel_leaves_out_foreign_accounts(client, manager):
    own, product = KeyAccountFactory(), ProductFactory()
    AccountAssignmentFactory(account=own, user=manager)
    sold(own, date(2026, 3, 1), 10_000, product=product)
    sold(KeyAccountFactory(), date(2026, 3, 1), 77_777, product=product)

    assert client.get(reverse("sales:product_panel", args=[product.pk])).context["net_minor"] == 10_000


def test_the_store_panel_is_the_stores_own(client, manager):
    store = StoreFactory()
    AccountAssignmentFactory(account=store.account, user=manager)
    for shop, net_minor in ((store, 10_000), (StoreFactory(account=store.account), 5_000)):
        StoreProductMonth.objects.create(
            month=date(2026, 3, 1),
            store=shop,
            product=ProductFactory(),
            account=shop.account,
            units=1,
            gross_minor=net_minor,
            discount_minor=0,
            net_minor=net_minor,
            fact_rows=1,
        )

    assert client.get(reverse("sales:store_panel", args=[store.pk])).context["net_minor"] == 10_000
