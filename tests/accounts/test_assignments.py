"""Who looks after an account when, and what they see because of it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import Contact, KeyAccount, Store
from ka_crm.errors import DomainError, NotAllowed
from tests.factories import AccountAssignmentFactory, DelegationFactory, KeyAccountFactory, StoreFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def assign(account, user, starts_on=date(2026, 1, 1), ends_on=None):
    return services.assign(
        account=account,
        user=user,
        duty="ka_manager",
        style="farmer",
        starts_on=starts_on,
        ends_on=ends_on,
        actor=UserFactory(administrator=True),
    )


def test_the_same_duty_twice_at_once_is_refused():
    account, manager = KeyAccountFactory(), UserFactory(ka_manager=True)
    assign(account, manager, ends_on=date(2026, 6, 30))

    with pytest.raises(DomainError, match="already has this duty"):
        assign(account, manager, starts_on=date(2026, 6, 30))

    assert assign(account, manager, starts_on=date(2026, 7, 1)).pk


def test_an_assignment_ends_once_and_not_before_it_began():
    assignment = assign(KeyAccountFactory(), UserFactory(ka_manager=True), starts_on=date(2026, 3, 1))
    actor = UserFactory(administrator=True)

    with pytest.raises(DomainError, match="cannot be before the first, 2026-03-01"):
        services.end_assignment(assignment=assignment, ends_on=date(2026, 2, 28), actor=actor)
    services.end_assignment(assignment=assignment, ends_on=date(2026, 3, 31), actor=actor)
    with pytest.raises(NotAllowed, match="has ended on 2026-03-31 already"):
        services.end_assignment(assignment=assignment, ends_on=date(2026, 4, 30), actor=actor)

    assignment.refresh_from_db()
    assert assignment.ends_on == date(2026, 3, 31)


def test_a_manager_sees_the_account_and_everything_below_it_but_no_neighbour():
    manager = UserFactory(ka_manager=True)
    chain, neighbour = KeyAccountFactory(), KeyAccountFactory()
    banner = KeyAccountFactory(parent=chain)
    store, foreign = StoreFactory(account=banner), StoreFactory(account=neighbour)
    AccountAssignmentFactory(account=chain, user=manager)

    assert set(KeyAccount.objects.visible_to(manager)) == {chain, banner}
    assert list(Store.objects.visible_to(manager)) == [store]
    assert foreign not in Store.objects.visible_to(manager)
    assert list(Contact.objects.visible_to(manager)) == []


@pytest.mark.parametrize(("starts", "ends", "seen"), [(0, 0, True), (-9, -1, False), (1, 9, False), (-9, None, True)])
def test_an_assignment_counts_from_its_first_to_its_last_day(starts, ends, seen):
    today = timezone.localdate()
    manager, account = UserFactory(ka_manager=True), KeyAccountFactory()
    AccountAssignmentFactory(
        account=account,
        user=manager,
        starts_on=today + timedelta(days=starts),
        ends_on=None if ends is None else today + timedelta(days=ends),
    )

    assert KeyAccount.objects.visible_to(manager).exists() is seen


def test_path_ten_is_not_below_path_one():
    manager = UserFactory(ka_manager=True)
    first, tenth = KeyAccountFactory(), KeyAccountFactory()
    KeyAccount.objects.filter(pk=first.pk).update(path="/1/")
    KeyAccount.objects.filter(pk=tenth.pk).update(path="/10/")
    AccountAssignmentFactory(account=first, user=manager)

    assert list(KeyAccount.objects.visible_to(manager)) == [first]


def test_a_supervisor_sees_what_the_team_below_looks_after():
    region = TeamFactory()
    city = TeamFactory(parent=region)
    supervisor, manager = UserFactory(supervisor=True, team=region), UserFactory(ka_manager=True, team=city)
    other = UserFactory(supervisor=True, team=TeamFactory())
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=manager)

    assert list(KeyAccount.objects.visible_to(supervisor)) == [account]
    assert list(KeyAccount.objects.visible_to(other)) == []


def test_a_deputy_sees_the_absent_persons_accounts_for_the_days_agreed():
    today = timezone.localdate()
    absent, deputy, late = UserFactory(ka_manager=True), UserFactory(ka_manager=True), UserFactory(ka_manager=True)
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=absent)
    DelegationFactory(absent=absent, deputy=deputy, starts_on=today, ends_on=today)
    DelegationFactory(absent=absent, deputy=late, starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1))

    assert list(KeyAccount.objects.visible_to(deputy)) == [account]
    assert list(KeyAccount.objects.visible_to(late)) == []


@pytest.mark.parametrize("role", ["finance", "administrator", "viewer"])
def test_roles_of_the_whole_company_see_every_account(role):
    account = KeyAccountFactory()

    assert list(KeyAccount.objects.visible_to(UserFactory(**{role: True}))) == [account]
