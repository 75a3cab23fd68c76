"""The team tree. ``path`` of a team and of all below it changes in the transaction of a move."""

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, StaleRecord
from ka_crm.text import clean_text

from ..audit import record
from ..models import Team, User


@transaction.atomic
def create_team(*, name, actor, parent=None):
    """A new team at the root or below ``parent``. Raises ValidationError("name") for a name that is taken."""
    team = Team(name=clean_text(name), parent=parent)
    team.full_clean(exclude={"path"})
    team.save()
    team.path = _path_below(parent, team)
    team.save(update_fields=["path"])
    record(team, "team.created", actor=actor, changes={"parent": [None, str(parent) if parent else None]})
    return team


@transaction.atomic
def rename_team(*, team_id, name, actor, expected_version=None):
    team = _locked(team_id, expected_version)
    old, team.name = team.name, clean_text(name)
    if old == team.name:
        return team
    team.version += 1
    team.full_clean(exclude={"path"})
    team.save(update_fields=["name", "version"])
    record(team, "team.renamed", actor=actor, changes={"name": [old, team.name]})
    return team


@transaction.atomic
def move_team(*, team_id, parent_id, actor, expected_version=None):
    """Put a team with all below it under another (None: at the root). Raises DomainError for its own subtree.

    What the team's supervisors see changes at once.
    """
    list(Team.objects.select_for_update().order_by("pk").values_list("pk"))  # two crossing moves would make a circle
    team = _locked(team_id, expected_version)
    parent = Team.objects.get(pk=parent_id) if parent_id else None
    if parent == team.parent:
        return team
    if parent and parent.path.startswith(team.path):
        raise DomainError(_("“%(team)s” cannot be part of “%(parent)s”, which is itself a part of it.") % {"team": team, "parent": parent})
    old_parent, old_path, new_path = team.parent, team.path, _path_below(parent, team)
    Team.objects.filter(path__startswith=old_path).update(path=Concat(Value(new_path), Substr("path", len(old_path) + 1)))
    Team.objects.filter(pk=team.pk).update(parent=parent, version=team.version + 1)
    team.refresh_from_db()
    changes = {"parent": [str(old_parent) if old_parent else None, str(parent) if parent else None]}
    record(team, "team.moved", actor=actor, changes=changes)
    return team


@transaction.atomic
def delete_team(*, team_id, actor):
    """Take away an empty team. Raises DomainError while people or teams are in it."""
    team = _locked(team_id)
    people, teams = User.objects.filter(team=team).count(), team.children.count()
    if people or teams:
        raise DomainError(
            _("“%(team)s” still has people (%(people)d) or teams (%(teams)d). Move them first.")
            % {"team": team, "people": people, "teams": teams}
        )
    record(team, "team.deleted", actor=actor)
    team.delete()


def _locked(team_id, expected_version=None):
    team = Team.objects.select_for_update(of=("self",)).get(pk=team_id)
    if expected_version is not None and team.version != expected_version:
        raise StaleRecord(_("Somebody else has changed the team “%(team)s” in the meantime.") % {"team": team})
    return team


def _path_below(parent, team):
    path = f"{parent.path if parent else '/'}{team.pk}/"
    if len(path) > Team._meta.get_field("path").max_length:
        raise DomainError(_("The team tree is too deep there. Choose a team nearer to the root."))
    return path
