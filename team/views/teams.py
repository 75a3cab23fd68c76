"""The team tree."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page

from .. import services
from ..forms import NewTeamForm, TeamForm
from ..models import Team, User


@policy.requires("people.view")
def team_tree(request):
    """All teams, each with the members that the person may see."""
    active = Q(members__is_active=True)
    teams = {
        team.pk: team for team in Team.objects.visible_to(request.user).annotate(size=Count("members", filter=active)).order_by("path")
    }
    members = {}
    for person in User.objects.visible_to(request.user).active().filter(team__in=teams).order_by("sort_key", "pk"):
        members.setdefault(person.team_id, []).append(person)
    may_manage = request.user.has_capability("people.manage")
    teamless = User.objects.visible_to(request.user).active().filter(team=None).order_by("sort_key", "pk")
    context = {"branches": _branches(teams.values(), members), "teamless": teamless, "may_manage": may_manage}
    return render(request, "team/team_tree.html", context)


def _branches(teams, members):
    """The tree as nested dicts, siblings by name."""
    children = {}
    for team in sorted(teams, key=lambda team: team.name.casefold()):
        children.setdefault(team.parent_id, []).append(team)

    def below(parent_id):
        return [{"team": team, "members": members.get(team.pk, []), "branches": below(team.pk)} for team in children.get(parent_id, [])]

    return below(None)


@policy.requires("people.manage")
def team_create(request):
    return form_page(
        request,
        form=NewTeamForm(request.POST or None, user=request.user),
        save=lambda form: services.create_team(**form.values, actor=request.user),
        title=_("New team"),
        back_url=reverse("team:team_tree"),
        success=_("The team “%(record)s” is created."),
    )


@policy.requires("people.manage")
def team_edit(request, pk):
    team = get_object_or_404(Team.objects.visible_to(request.user), pk=pk)

    @transaction.atomic
    def save(form):
        expected, parent = form.expected_version, form.values["parent"]
        renamed = services.rename_team(team_id=pk, name=form.values["name"], actor=request.user, expected_version=expected)
        return services.move_team(team_id=pk, parent_id=parent.pk if parent else None, actor=request.user, expected_version=renamed.version)

    return form_page(
        request,
        form=TeamForm(request.POST or None, instance=team, user=request.user),
        save=save,
        title=_("Edit the team %(record)s") % {"record": team},
        back_url=reverse("team:team_tree"),
        success=_("The team “%(record)s” is saved."),
        context={"intro": _("Moving a team takes the teams below it along; supervisors above see its people from now on.")},
    )


@policy.requires("people.manage")
@require_POST
def team_delete(request, pk):
    team = get_object_or_404(Team.objects.visible_to(request.user), pk=pk)
    try:
        services.delete_team(team_id=pk, actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The team “%(record)s” is gone.") % {"record": team})
    return redirect("team:team_tree")
