"""The accounts on a person's page."""

import pytest
from django.urls import reverse

from tests.factories import AccountAssignmentFactory, KeyAccountFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_supervisor_sees_the_accounts_of_the_own_people(client):
    team = TeamFactory()
    manager, supervisor = UserFactory(ka_manager=True, team=team), UserFactory(supervisor=True, team=team)
    AccountAssignmentFactory(user=manager, account=KeyAccountFactory(name="Harvest Market"))
    client.force_login(supervisor)
    assert "Harvest Market" in client.get(reverse("accounts:person_panel", args=[manager.pk])).content.decode()
    assert reverse("accounts:person_panel", args=[manager.pk]) in client.get(manager.get_absolute_url()).content.decode()


def test_a_person_of_another_team_is_not_found(client):
    stranger = AccountAssignmentFactory().user
    client.force_login(UserFactory(supervisor=True, team=TeamFactory()))
    assert client.get(reverse("accounts:person_panel", args=[stranger.pk])).status_code == 404
