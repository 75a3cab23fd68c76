"""Who leads whom: the supervisors of a person's team, or of the nearest team above that has one."""

from .models import Team, User
from .roles import Role


def leaders_of(person, *, besides=()):
    """The nearest active supervisors above ``person`` who are neither the person nor in ``besides`` (ids), in order of their ids.

    Empty where the whole way to the root has none; callers then ask the administrators (``deciders_for``).
    """
    barred = {person.pk, *besides}
    team = person.team
    while team is not None:
        found = User.objects.active().filter(team=team, role=Role.SUPERVISOR).exclude(pk__in=barred).order_by("pk")
        if found := list(found.select_related("team")):
            return found
        team = Team.objects.filter(pk=team.parent_id).first()
    return []


def deciders_for(person, *, besides=()):
    """Who decides about what ``person`` asks: the leaders, else the administrators, never the person; empty only in a company of one."""
    barred = {person.pk, *besides}
    return leaders_of(person, besides=besides) or list(User.objects.administrators().exclude(pk__in=barred).order_by("pk"))
