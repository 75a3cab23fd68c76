"""Who may arrange a deputy, for whom, and when the rights begin and end."""

from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from ka_crm.errors import DomainError, NotAllowed
from team import services
from team.models import AuditEvent, Delegation, User
from tests.factories import DelegationFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)


def arrange(absent, deputy, actor=None, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 13), **options):
    return services.delegate(
        absent_id=absent.pk, deputy_id=deputy.pk, starts_on=starts_on, ends_on=ends_on, actor=actor or absent, today=TODAY, **options
    )


@pytest.fixture
def people():
    """A supervisor's team with two managers, and a stranger in another team."""
    team = TeamFactory()
    return {
        "supervisor": UserFactory(supervisor=True, team=team),
        "absent": UserFactory(ka_manager=True, team=team),
        "deputy": UserFactory(ka_manager=True, team=team),
        "stranger": UserFactory(supervisor=True, team=TeamFactory()),
        "administrator": UserFactory(administrator=True),
        "finance": UserFactory(finance=True),
    }


@pytest.mark.parametrize("who", ["absent", "supervisor", "administrator"])
def test_oneself_the_supervisor_and_an_administrator_arrange(people, who):
    delegation = arrange(people["absent"], people["deputy"], actor=people[who], reason="Leave", handover="Call Walmart on Monday.")
    assert (delegation.created_by, delegation.handover) == (people[who], "Call Walmart on Monday.")
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.reason) == ("delegation.created", people[who], "Leave")


@pytest.mark.parametrize("who", ["deputy", "stranger", "finance"])
def test_nobody_else_arranges(people, who):
    with pytest.raises(NotAllowed):
        arrange(people["absent"], people["deputy"], actor=people[who])
    assert Delegation.objects.count() == 0


def test_a_deputy_appoints_no_further_deputies(people):
    """Standing in for the supervisor does not let one hand the team's rights on."""
    DelegationFactory(absent=people["supervisor"], deputy=people["deputy"])
    with time_machine.travel("2026-03-10 12:00Z"):
        actor = User.objects.get(pk=people["deputy"].pk)
        assert people["absent"].pk in actor.people_in_scope
        with pytest.raises(NotAllowed):
            arrange(people["absent"], people["stranger"], actor=actor)


def test_the_past_cannot_be_delegated(people):
    with pytest.raises(ValidationError) as refusal:
        arrange(people["absent"], people["deputy"], starts_on=date(2026, 2, 28))
    assert list(refusal.value.message_dict) == ["starts_on"]


def test_the_last_day_is_not_before_the_first(people):
    with pytest.raises(ValidationError) as refusal:
        arrange(people["absent"], people["deputy"], ends_on=date(2026, 3, 1))
    assert list(refusal.value.message_dict) == ["ends_on"]


def test_nobody_is_their_own_deputy(people):
    with pytest.raises(ValidationError) as refusal:
        arrange(people["absent"], people["absent"])
    assert list(refusal.value.message_dict) == ["deputy"]


@pytest.mark.parametrize("who", ["absent", "deputy"])
def test_both_people_may_sign_in(people, who):
    User.objects.filter(pk=people[who].pk).update(is_active=False)
    with pytest.raises(DomainError, match="may not sign in"):
        arrange(people["absent"], people["deputy"], actor=people["administrator"])


def test_the_same_pair_does_not_overlap_even_by_a_day(people):
    arrange(people["absent"], people["deputy"])
    with pytest.raises(DomainError, match="already stands in for"):
        arrange(people["absent"], people["deputy"], starts_on=date(2026, 3, 13), ends_on=date(2026, 3, 20))
    arrange(people["absent"], people["deputy"], starts_on=date(2026, 3, 14), ends_on=date(2026, 3, 20))
    arrange(people["absent"], people["stranger"])  # two deputies share a long absence


def test_ending_takes_the_rights_at_once(people):
    with time_machine.travel("2026-03-05 12:00Z"):
        delegation = arrange(people["absent"], people["deputy"])
        assert User.objects.get(pk=people["deputy"].pk).acts_for == [people["absent"]]
        services.end_delegation(delegation_id=delegation.pk, actor=people["absent"], today=date(2026, 3, 5))
        assert User.objects.get(pk=people["deputy"].pk).acts_for == []
        with pytest.raises(DomainError, match="over already"):
            services.end_delegation(delegation_id=delegation.pk, actor=people["absent"], today=date(2026, 3, 5))
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == ["delegation.ended", "delegation.created"]


def test_the_deputy_may_give_the_rights_back_but_a_stranger_may_not(people):
    delegation = arrange(people["absent"], people["deputy"])
    with pytest.raises(NotAllowed):
        services.end_delegation(delegation_id=delegation.pk, actor=people["stranger"], today=TODAY)
    services.end_delegation(delegation_id=delegation.pk, actor=people["deputy"], today=TODAY)


def test_the_days_freed_by_an_early_end_can_be_given_again(people):
    delegation = arrange(people["absent"], people["deputy"])
    services.end_delegation(delegation_id=delegation.pk, actor=people["absent"], today=TODAY)
    assert arrange(people["absent"], people["deputy"]).status_on(date(2026, 3, 2)) == "active"
