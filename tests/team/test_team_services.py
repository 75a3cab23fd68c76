"""The tree keeps its paths, whatever is moved."""

import pytest
from django.core.exceptions import ValidationError

from ka_crm.errors import DomainError, StaleRecord
from team import services
from team.models import AuditEvent, Team, User
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(administrator=True)


@pytest.fixture
def tree(admin):
    """company > (north > shops, south)"""
    company = services.create_team(name="Company", actor=admin)
    north = services.create_team(name="North", parent=company, actor=admin)
    shops = services.create_team(name="Shops", parent=north, actor=admin)
    south = services.create_team(name="South", parent=company, actor=admin)
    return company, north, shops, south


def paths(*teams):
    return [Team.objects.get(pk=team.pk).path for team in teams]


def test_paths_lead_from_the_root(tree):
    company, north, shops, south = (team.pk for team in tree)
    assert paths(*tree) == [f"/{company}/", f"/{company}/{north}/", f"/{company}/{north}/{shops}/", f"/{company}/{south}/"]


def test_a_move_takes_the_subtree_along_and_what_supervisors_see(tree, admin):
    company, north, shops, south = tree
    supervisor, rep = UserFactory(supervisor=True, team=south), UserFactory(field_rep=True, team=shops)
    assert rep.pk not in supervisor.people_in_scope
    services.move_team(team_id=north.pk, parent_id=south.pk, actor=admin)
    assert paths(north, shops) == [f"/{company.pk}/{south.pk}/{north.pk}/", f"/{company.pk}/{south.pk}/{north.pk}/{shops.pk}/"]
    assert rep.pk in User.objects.get(pk=supervisor.pk).people_in_scope
    entry = AuditEvent.objects.first()
    assert (entry.verb, entry.changes) == ("team.moved", {"parent": ["Company", "South"]})


def test_to_the_root_and_back(tree, admin):
    company, north, shops, _south = tree
    services.move_team(team_id=north.pk, parent_id=None, actor=admin)
    assert paths(north, shops) == [f"/{north.pk}/", f"/{north.pk}/{shops.pk}/"]
    services.move_team(team_id=north.pk, parent_id=company.pk, actor=admin)
    assert paths(north, shops) == [f"/{company.pk}/{north.pk}/", f"/{company.pk}/{north.pk}/{shops.pk}/"]


@pytest.mark.parametrize("below", [0, 1, 2])
def test_no_circles(tree, admin, below):
    before = paths(*tree)
    with pytest.raises(DomainError, match="cannot be part of"):
        services.move_team(team_id=tree[0].pk, parent_id=tree[below].pk, actor=admin)
    assert paths(*tree) == before


def test_a_prefix_of_a_number_is_not_a_prefix_of_a_path(admin):
    """Team 1 is not above team 11: the path ends with a slash."""
    one = Team.objects.create(pk=1, name="One", path="/1/")
    eleven = Team.objects.create(pk=11, name="Eleven", path="/11/")
    two = TeamFactory()
    services.move_team(team_id=one.pk, parent_id=two.pk, actor=admin)
    assert paths(eleven) == ["/11/"]


def test_names_are_unique_and_renames_are_noted(tree, admin):
    with pytest.raises(ValidationError):
        services.create_team(name="North", actor=admin)
    services.rename_team(team_id=tree[1].pk, name="Far north", actor=admin, expected_version=1)
    with pytest.raises(StaleRecord):
        services.rename_team(team_id=tree[1].pk, name="Near north", actor=admin, expected_version=1)
    assert AuditEvent.objects.first().changes == {"name": ["North", "Far north"]}


def test_only_an_empty_team_goes(tree, admin):
    _company, north, shops, _south = tree
    UserFactory(team=shops)
    for team in (north, shops):
        with pytest.raises(DomainError, match="Move them first"):
            services.delete_team(team_id=team.pk, actor=admin)
    User.objects.filter(team=shops).update(team=None)
    services.delete_team(team_id=shops.pk, actor=admin)
    assert not Team.objects.filter(pk=shops.pk).exists()


def test_a_tree_too_deep_for_its_path_is_refused(admin):
    parent = Team.objects.create(name="Deep", path="/" + "1/" * 99)
    with pytest.raises(DomainError, match="too deep"):
        services.create_team(name="Deeper", parent=parent, actor=admin)
    assert not Team.objects.filter(name="Deeper").exists()
