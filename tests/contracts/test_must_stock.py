"""Must-stock rules: which bind a store, their verbs and their pages."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from contracts import services
from contracts.models import MustStockRule
from contracts.settings_parts import write_rule
from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.models import AuditEvent
from tests.factories import (
    AccountAssignmentFactory,
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
)

DAY = date(2026, 3, 2)


@pytest.fixture
def boss(db):
    """A supervisor whose own account this is."""
    person = UserFactory(supervisor=True, team=TeamFactory())
    AccountAssignmentFactory(user=person)
    return person


@pytest.fixture
def account(boss):
    return boss.assignments.get().account


@pytest.fixture
def open_as(client, db):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def text_of(answer):
    return answer.content.decode()


# -- which rules bind a store ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_rules_of_the_chain_the_format_and_everybody_bind_a_store():
    chain = KeyAccountFactory()
    store = StoreFactory(account=KeyAccountFactory(parent=chain), store_format="hyper")
    binding = [
        MustStockRuleFactory(account=None),
        MustStockRuleFactory(account=chain),
        MustStockRuleFactory(account=store.account, store_format="hyper"),
        MustStockRuleFactory(account=chain, starts_on=DAY, ends_on=DAY),
    ]
    MustStockRuleFactory(account=chain, store_format="mini")
    MustStockRuleFactory(account=chain, ends_on=DAY - timedelta(days=1))
    MustStockRuleFactory(account=chain, starts_on=DAY + timedelta(days=1))
    MustStockRuleFactory()
    assert set(MustStockRule.objects.for_store(store, DAY)) == set(binding)


# -- verbs -------------------------------------------------------------------------------------------------------------------
def create(actor, account, **changes):
    values = {"account": account, "store_format": "", "product": ProductFactory(), "starts_on": DAY, "ends_on": None}
    return services.create_rule(actor=actor, **values | changes)


def test_a_rule_is_made_changed_and_ended_with_a_trail(boss, account):
    rule = create(boss, account)
    services.change_rule(rule_id=rule.pk, actor=boss, version=1, starts_on=DAY + timedelta(days=1))
    ended = services.end_rule(rule_id=rule.pk, actor=boss, ends_on=DAY + timedelta(days=9))
    assert (ended.starts_on, ended.ends_on, ended.version) == (date(2026, 3, 3), date(2026, 3, 11), 3)
    events = AuditEvent.objects.about(rule).order_by("pk")
    assert list(events.values_list("verb", flat=True)) == ["must_stock.created", "must_stock.changed", "must_stock.ended"]
    assert events[1].changes == {"starts_on": ["2026-03-02", "2026-03-03"]}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "refused"),
    [
        (DAY, None, True),
        (DAY + timedelta(days=10), None, True),
        (DAY + timedelta(days=11), None, False),
        (DAY - timedelta(days=9), DAY - timedelta(days=1), False),
        (DAY - timedelta(days=9), DAY, True),
    ],
)
def test_a_product_is_on_a_list_once_at_a_time(boss, account, starts_on, ends_on, refused):
    rule = create(boss, account, ends_on=DAY + timedelta(days=10))
    if refused:
        with pytest.raises(DomainError, match="is on this list already from 2026-03-02 until 2026-03-12"):
            create(boss, account, product=rule.product, starts_on=starts_on, ends_on=ends_on)
    else:
        create(boss, account, product=rule.product, starts_on=starts_on, ends_on=ends_on)
        assert MustStockRule.objects.count() == 2


def test_a_rule_that_ends_before_it_starts_is_refused(boss, account):
    with pytest.raises(DomainError, match="before it starts on 2026-03-02"):
        create(boss, account, ends_on=DAY - timedelta(days=1))


def test_rules_for_all_accounts_belong_to_those_who_see_all(boss):
    with pytest.raises(NotAllowed):
        create(boss, None)
    assert create(UserFactory(administrator=True), None).account is None


def test_a_change_of_an_older_version_is_refused(boss, account):
    rule = create(boss, account)
    services.end_rule(rule_id=rule.pk, actor=boss, ends_on=DAY)
    with pytest.raises(StaleRecord):
        services.change_rule(rule_id=rule.pk, actor=boss, version=1, starts_on=DAY)


def test_a_file_of_settings_makes_no_rules_that_overlap(account):
    rule = MustStockRuleFactory(account=account, starts_on=DAY)
    given = {"account": account.code, "store_format": "", "product": rule.product.sku, "starts_on": "2026-03-05", "ends_on": None}
    with pytest.raises(DomainError, match="is on this list already from 2026-03-02"):
        write_rule(f"{account.code} / * / {rule.product.sku} / 2026-03-05", given, None)
    assert MustStockRule.objects.count() == 1


# -- pages -------------------------------------------------------------------------------------------------------------------
def entered(account, product, changes=(), **values):
    form = {"account": account.pk if account else "", "product": product.pk, "store_format": "", "starts_on": "2026-03-02", "ends_on": ""}
    return form | values | dict(changes)


def test_a_supervisor_adds_changes_and_ends(open_as, boss, account):
    client, product = open_as(boss), ProductFactory(name="Lemon tea 1 l")
    assert client.post(reverse("contracts:must_stock_create"), entered(account, product)).url == reverse("contracts:must_stock_list")
    rule = MustStockRule.objects.get()
    client.post(rule.get_absolute_url(), entered(account, product, starts_on="2026-03-05", seen_version=1))
    assert "Lemon tea 1 l" in text_of(client.get(reverse("contracts:must_stock_list")))
    client.post(reverse("contracts:must_stock_end", args=[rule.pk]), {"ends_on": "2026-03-09"})
    rule.refresh_from_db()
    assert (rule.starts_on, rule.ends_on) == (date(2026, 3, 5), date(2026, 3, 9))
    assert "Lemon tea 1 l" not in text_of(client.get(reverse("contracts:must_stock_list")))
    assert "Lemon tea 1 l" in text_of(client.get(reverse("contracts:must_stock_list"), {"when": "ended"}))


def test_two_people_change_one_rule(open_as, boss, account):
    rule = create(boss, account)
    url, values = rule.get_absolute_url(), entered(account, rule.product, seen_version=1)
    assert open_as(boss).post(url, values | {"ends_on": "2026-04-01"}).status_code == 302
    answer = open_as(UserFactory(administrator=True)).post(url, values | {"ends_on": "2026-05-01"})
    assert (answer.status_code, "2026-04-01" in text_of(answer)) == (409, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": "soon"},
        {"starts_on": ""},
        {"ends_on": "2020-01-01"},
        {"product": 10**20},
        {"account": ""},
        {"account": 10**20},
        {"store_format": "x" * 50},
    ],
)
def test_a_rule_that_cannot_be_is_told_at_the_form(open_as, boss, account, changes):
    answer = open_as(boss).post(reverse("contracts:must_stock_create"), entered(account, ProductFactory(), changes))
    assert answer.status_code == 422
    assert not MustStockRule.objects.exists()


def test_a_foreign_account_cannot_be_named(open_as, boss, account):
    assert open_as(boss).post(reverse("contracts:must_stock_create"), entered(KeyAccountFactory(), ProductFactory())).status_code == 422


@pytest.mark.parametrize("name", ["must_stock_update", "must_stock_end"])
def test_a_foreign_rule_is_a_404(open_as, boss, name):
    rule = MustStockRuleFactory()
    client = open_as(boss)
    assert client.get(reverse(f"contracts:{name}", args=[rule.pk])).status_code == 404
    assert client.post(reverse(f"contracts:{name}", args=[rule.pk]), {"ends_on": "2026-03-09"}).status_code == 404
    assert client.get(reverse(f"contracts:{name}", args=[rule.pk + 1000])).status_code == 404


def test_a_rule_for_everybody_is_seen_but_not_changed_by_a_supervisor(open_as, boss):
    rule = MustStockRuleFactory(account=None)
    client = open_as(boss)
    page = text_of(client.get(reverse("contracts:must_stock_list")))
    assert (rule.product.name in page, rule.get_absolute_url() in page) == (True, False)
    assert client.get(rule.get_absolute_url()).status_code == 404


def test_a_field_rep_reads_the_list_but_changes_nothing(open_as, boss, account):
    rep = UserFactory(field_rep=True)
    AccountAssignmentFactory(account=account, user=rep)
    rule, hidden = create(boss, account), MustStockRuleFactory()
    client = open_as(rep)
    page = text_of(client.get(reverse("contracts:must_stock_list"), {"when": "all"}))
    assert (rule.product.name in page, hidden.product.name in page, rule.get_absolute_url() in page) == (True, False, False)
    assert client.get(reverse("contracts:must_stock_create")).status_code == 403
    assert client.get(rule.get_absolute_url()).status_code == 403


def test_the_list_asks_as_much_for_three_rows_as_for_one(open_as, boss, account, assert_same_statements):
    client = open_as(boss)
    create(boss, account, starts_on=timezone.localdate())
    assert_same_statements(
        lambda: client.get(reverse("contracts:must_stock_list")),
        lambda: [create(boss, account, starts_on=timezone.localdate()) for _number in range(2)],
    )
