"""Which rule decides, which stores are due, and coverage."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Store
from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.models import AuditEvent
from tests.factories import CadenceFactory, KeyAccountFactory, ShelfFactFactory, StoreFactory, UserFactory, VisitFactory
from visits.models import Cadence, ShelfTicket
from visits.planning import rules
from visits.planning.cadence import RuleBook, coverage, due_counts, due_states, need_of_store, proposed_stores, with_cadence, with_needs
from visits.settings_parts import write_cadence

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 30)


def row(store, day=TODAY):
    return with_cadence(Store.objects.filter(pk=store.pk), day).get()


def visited(store, day, **more):
    return VisitFactory(store=store, planned_on=day, **({"completed": True} | more))


# -- which rule ------------------------------------------------------------------------------------------------------------------
def test_the_store_goes_before_the_format_before_the_account_before_everybody(store):
    CadenceFactory(every_days=28)
    assert row(store).every_days == 28
    CadenceFactory(account=store.account, every_days=21)
    assert row(store).every_days == 21
    CadenceFactory(store_format="supermarket", every_days=14)
    assert row(store).every_days == 14
    CadenceFactory(account=store.account, store_format="supermarket", every_days=10)
    assert row(store).every_days == 10
    CadenceFactory(store=store, every_days=7)
    assert row(store).every_days == 7


def test_the_nearest_account_decides():
    chain = KeyAccountFactory()
    banner = KeyAccountFactory(parent=chain)
    CadenceFactory(account=chain, every_days=28)
    CadenceFactory(account=banner, every_days=7)
    assert [row(StoreFactory(account=account)).every_days for account in (chain, banner)] == [28, 7]


def test_an_account_rule_reaches_down_and_not_aside(store):
    CadenceFactory(account=store.account)
    assert row(StoreFactory(account=KeyAccountFactory(parent=store.account))).every_days == 14
    assert row(StoreFactory()).every_days is None


def test_only_rules_in_force_count(store):
    CadenceFactory(every_days=7, ends_on=date(2026, 2, 28))
    CadenceFactory(every_days=21, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
    assert [row(store, day).every_days for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 1))] == [7, 21, None]


def test_without_a_rule_nothing_is_due(store):
    found = row(store)
    assert (found.every_days, found.due_on, found.last_visit_on) == (None, None, None)
    assert RuleBook(TODAY).is_empty


# -- what is due -----------------------------------------------------------------------------------------------------------------
def test_due_so_many_days_after_the_last_visit_that_took_place(store):
    CadenceFactory(every_days=14)
    visited(store, date(2026, 3, 2))
    visited(store, date(2026, 3, 10), completed=False, missed=True)
    visited(store, date(2026, 3, 12), completed=False, cancelled=True)
    found = row(store)
    assert (found.last_visit_on, found.due_on) == (date(2026, 3, 2), date(2026, 3, 16))


@pytest.mark.parametrize(
    ("last", "states"),
    [
        (None, {"due", "never"}),
        (date(2026, 3, 1), {"due", "overdue"}),
        (date(2026, 3, 16), {"due"}),
        (date(2026, 3, 17), {"soon"}),
        (date(2026, 3, 30), set()),
    ],
)
def test_the_states_of_the_due_list(store, last, states):
    CadenceFactory(every_days=14)
    if last:
        visited(store, last)
    rows = with_cadence(Store.objects.all(), TODAY)
    assert {name for name, condition in due_states(TODAY).items() if rows.filter(condition).exists()} == states


def test_a_need_knows_tickets_gaps_missed_calls_and_what_is_planned(store, product):
    CadenceFactory(every_days=14)
    visit = visited(store, date(2026, 3, 16))
    ShelfFactFactory(visit=visit, product=product, is_must_stock=True, is_present=False)
    ShelfTicket.objects.create(store=store, product=product, kind="out_of_stock", opened_in=visit, opened_on=date(2026, 3, 16))
    visited(store, date(2026, 3, 20), completed=False, missed=True)
    visited(store, date(2026, 4, 3), completed=False)
    found = with_needs(Store.objects.filter(pk=store.pk), TODAY).get()
    assert (found.next_visit_on, found.missed_on, found.out_of_stock_count, found.gap_count) == (date(2026, 4, 3), date(2026, 3, 20), 1, 1)
    assert need_of_store(found, TODAY).reasons == ("1 out of stock", "call of 2026-03-20 missed", "due today", "1 must-stock gap")


def test_proposals_are_due_by_the_day_not_planned_and_the_most_urgent_first(store):
    CadenceFactory(every_days=14)
    account = store.account
    late, soon, planned, fresh = (StoreFactory(account=account) for _number in range(4))
    visited(late, date(2026, 3, 1))
    visited(soon, date(2026, 3, 20))
    visited(planned, date(2026, 3, 1))
    visited(planned, TODAY + timedelta(days=1), completed=False)
    visited(fresh, TODAY)
    stores = Store.objects.filter(account=account)
    found = proposed_stores(stores, TODAY, until=date(2026, 4, 5), book=RuleBook(TODAY), most=10)
    assert found == [store, late, soon]  # never visited, 15 days late, due on 3 April


def test_statements_do_not_grow_with_stores(store):
    CadenceFactory(every_days=14)
    CadenceFactory(store=store, every_days=7)

    def ask():
        with CaptureQueriesContext(connection) as captured:
            list(with_needs(Store.objects.all(), TODAY))
            due_counts(Store.objects.all(), TODAY)
            coverage(Store.objects.all(), date(2026, 3, 1), date(2026, 3, 31))
        return len(captured)

    before = ask()
    for number in range(3):
        visited(StoreFactory(), date(2026, 3, 1 + number))
    assert (ask(), before) == (9, 9)


# -- coverage --------------------------------------------------------------------------------------------------------------------
def test_coverage_is_visited_of_due_stores(store):
    CadenceFactory(every_days=14)
    due_and_seen, due_and_not, not_due, closed = StoreFactory(), StoreFactory(), StoreFactory(), StoreFactory(closed_on=date(2026, 3, 15))
    visited(due_and_seen, date(2026, 2, 20))
    visited(due_and_seen, date(2026, 3, 10))
    visited(due_and_seen, date(2026, 3, 24))
    visited(due_and_not, date(2026, 2, 20))
    visited(due_and_not, date(2026, 4, 1))
    CadenceFactory(store=not_due, every_days=90)
    visited(not_due, date(2026, 2, 20))
    visited(not_due, date(2026, 3, 20))
    visited(closed, date(2026, 3, 3))
    found = coverage(Store.objects.exclude(pk=store.pk), date(2026, 3, 1), date(2026, 3, 31))
    assert (found.visited, found.due, str(found.value)) == (1, 2, "0.500000")


def test_coverage_without_a_due_store_is_none_with_a_reason(store):
    found = coverage(Store.objects.all(), date(2026, 3, 1), date(2026, 3, 31))
    assert (found.value, str(found.reason)) == (None, "No store was due in this period.")


def test_figures_above_the_list(store):
    CadenceFactory(every_days=14)
    visited(StoreFactory(), date(2026, 3, 1))
    visited(StoreFactory(), TODAY)
    assert due_counts(Store.objects.all(), TODAY) == {"ruled": 3, "due": 2, "overdue": 1, "never": 1}


# -- rules -----------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def admin(db):
    return UserFactory(administrator=True)


def make(actor, **values):
    given = {"account": None, "store": None, "store_format": "", "every_days": 14, "starts_on": date(2026, 1, 1), **values}
    return rules.create_rule(actor=actor, **given)


def test_a_rule_is_written_with_its_trail(boss, store):
    rule = make(boss, account=store.account, every_days=7)
    event = AuditEvent.objects.about(rule).get()
    assert (event.verb, event.changes["every_days"], event.changes["account"]) == ("cadence.created", [None, 7], [None, str(store.account)])


def test_a_rule_for_everybody_is_made_by_who_sees_all(boss, admin):
    with pytest.raises(NotAllowed, match="Rules for all accounts are made by those who see all of them"):
        make(boss)
    assert make(admin).every_days == 14


def test_a_supervisor_does_not_turn_the_rule_of_all_into_an_own_one(boss, admin, store):
    rule = make(admin)
    with pytest.raises(NotAllowed):
        rules.change_rule(rule_id=rule.pk, actor=boss, version=1, account=store.account)


def test_a_rep_makes_no_rule(rep, store):
    with pytest.raises(NotAllowed):
        make(rep, account=store.account)


@pytest.mark.parametrize("every_days", [0, -1, 367, 10**9])
def test_no_cadence_outside_a_year(boss, store, every_days):
    with pytest.raises(DomainError, match=f"{every_days} days are no cadence: 1 to 366 are possible"):
        make(boss, account=store.account, every_days=every_days)


def test_a_rule_is_for_a_store_or_for_more(boss, store):
    with pytest.raises(DomainError, match="A rule is for one store, or for an account and a format"):
        make(boss, account=store.account, store=store)


def test_two_rules_for_the_same_stores_do_not_overlap(boss, store):
    make(boss, account=store.account, ends_on=date(2026, 3, 31))
    with pytest.raises(DomainError, match="every 14 days from 2026-01-01 until 2026-03-31. End it first."):
        make(boss, account=store.account, starts_on=date(2026, 3, 31))
    assert make(boss, account=store.account, starts_on=date(2026, 4, 1)).starts_on == date(2026, 4, 1)


def test_a_file_of_settings_makes_no_rules_that_overlap(boss, store):
    make(boss, account=store.account)
    code = store.account.code
    given = {"account": code, "store": "", "store_format": "", "starts_on": "2026-02-01", "ends_on": None, "every_days": 7}
    with pytest.raises(DomainError, match="every 14 days from 2026-01-01 until further notice"):
        write_cadence(f"{code} / * / * / 2026-02-01", given, None)
    assert Cadence.objects.count() == 1


def test_a_rule_ends_and_stays_readable(boss, store):
    rule = make(boss, account=store.account)
    rules.end_rule(rule_id=rule.pk, actor=boss, ends_on=date(2026, 3, 31))
    assert row(store, date(2026, 3, 31)).every_days == 14
    assert row(store, date(2026, 4, 1)).every_days is None


def test_ending_before_the_start_is_refused(boss, store):
    rule = make(boss, account=store.account)
    with pytest.raises(DomainError, match="The rule ends on 2025-12-31, before it starts on 2026-01-01"):
        rules.end_rule(rule_id=rule.pk, actor=boss, ends_on=date(2025, 12, 31))


def test_the_second_of_two_changes_sees_the_first(boss, store):
    rule = make(boss, account=store.account)
    rules.change_rule(rule_id=rule.pk, actor=boss, version=1, every_days=7)
    with pytest.raises(StaleRecord):
        rules.change_rule(rule_id=rule.pk, actor=boss, version=1, every_days=21)
