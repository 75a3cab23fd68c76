"""Questions about visits."""

from django.db import models
from django.db.models import Q

from accounts.models import KeyAccount


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own visits, one's people's, and all visits to the accounts in scope."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(visitor__in=user.people_in_scope) | Q(account__in=accounts))

    def for_list(self):
        return self.select_related("store", "account", "visitor").order_by("-planned_on", "-pk")


class VisitFactQuerySet(models.QuerySet):
    """Facts that were recorded in a visit, seen with it."""

    def visible_to(self, user):
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(visit__visitor__in=user.people_in_scope) | Q(visit__account__in=accounts))
