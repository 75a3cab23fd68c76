"""Questions about people, teams and deputies."""

from django.db import models
from django.db.models import Q

from ..roles import Role


class TeamQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All teams: the tree itself is no secret inside the company."""
        return self.all()

    def within(self, team):
        """``team`` and everything below it."""
        return self.filter(path__startswith=team.path)


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself, one's team for a supervisor, everybody for those who see all."""
        return self.all() if user.sees_all else self.filter(pk__in=user.people_in_scope)

    def active(self):
        return self.filter(is_active=True)

    def in_team(self, team):
        """Members of ``team`` and of every team below it."""
        return self.filter(team__path__startswith=team.path)

    def colleagues(self):
        """Everybody who may sign in, for choosing a deputy: names are no secret inside the company, addresses and phones are."""
        return self.active().order_by("sort_key", "pk")

    def administrators(self):
        """Those who can still let others in."""
        return self.active().filter(role=Role.ADMINISTRATOR)

    def for_list(self):
        return self.select_related("team").order_by("sort_key", "pk")


class DelegationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Delegations that name oneself or a person in scope."""
        if user.sees_all:
            return self.all()
        return self.filter(Q(absent__in=user.people_in_scope) | Q(deputy__in=user.people_in_scope))

    def not_ended(self):
        return self.filter(ended_at=None)

    def in_force_on(self, day):
        """Delegations that give rights on ``day``; one that was ended early gives none at any time since."""
        return self.not_ended().filter(starts_on__lte=day, ends_on__gte=day)

    def overlapping(self, starts_on, ends_on):
        return self.not_ended().filter(starts_on__lte=ends_on, ends_on__gte=starts_on)

    def for_list(self):
        return self.select_related("absent", "deputy", "created_by").order_by("-starts_on", "pk")
