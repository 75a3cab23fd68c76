"""Questions about reports."""

from django.db import models
from django.db.models import Q

from accounts.models import KeyAccount
from team.models import Team


class ReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Reports on accounts and people in scope, on a supervisor's own teams; company reports for those who see all."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        teams = Q(pk__in=[])
        for person in [user, *user.acts_for]:
            if person.role == "supervisor" and person.team_id:
                teams |= Q(path__startswith=person.team.path)
        return self.filter(
            Q(subject_kind="account", account__in=accounts)
            | Q(subject_kind="person", person__in=user.people_in_scope)
            | Q(subject_kind="team", team__in=Team.objects.filter(teams).values("pk"))
        )

    def current(self):
        """The newest version of each report."""
        return self.filter(superseded_by=None)

    def for_list(self):
        return self.select_related("account", "person", "team", "owner", "submitted_by", "decided_by").order_by(
            "-starts_on", "subject_kind", "subject_label", "pk"
        )


class ReportSectionQuerySet(models.QuerySet):
    def visible_to(self, user):
        from .models import Report  # the model names this queryset as its manager's

        return self.filter(report__in=Report.objects.visible_to(user).values("pk"))


class ReportRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own orders and those of one's people; all for those who see all."""
        return self.all() if user.sees_all else self.filter(ordered_by__in=user.people_in_scope)


class DeadlineQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What is due from oneself and one's people, and on the accounts in scope; all of them for those who see all."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(owner__in=user.people_in_scope) | Q(subject_kind="account", account__in=accounts))

    def not_filed(self):
        return self.filter(filed_at=None)

    def late_on(self, day):
        """Due before ``day`` and not handed in."""
        return self.not_filed().filter(due_on__lt=day)
