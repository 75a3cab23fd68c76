"""Questions about visits."""

from functools import cache

from django.db import models
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import KeyAccount

from .states import LeaveStatus, VisitStatus


class VisitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own visits, one's people's, and all visits to the accounts in scope."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(visitor__in=user.people_in_scope) | Q(account__in=accounts))

    def recorded_by(self, user):
        """Visits that ``user`` records: their own, and those of the people they stand in for today."""
        return self.filter(visitor__in=[user.pk, *(person.pk for person in user.acts_for)])

    def took_place(self):
        return self.filter(status__in=(VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED))

    def overdue_on(self, day):
        """Planned for a day before ``day`` and neither begun nor called off."""
        return self.filter(status=VisitStatus.PLANNED, planned_on__lt=day)

    def in_day_order(self):
        """By day, then in the order of the day's route, then by the hour planned; visits without an hour come after those with one."""
        return self.order_by(
            "planned_on", F("route_order").asc(nulls_last=True), F("planned_at").asc(nulls_last=True), "store__sort_key", "pk"
        )

    def standing(self):
        """Visits that count for their day: all but those that were called off."""
        return self.exclude(status=VisitStatus.CANCELLED)

    def with_places(self):
        return self.select_related("store", "account", "visitor")

    def for_list(self):
        """All that a row of the visit list shows, in one statement; of the places and the person no more than their names."""
        names = ("store__name", "account__name", "visitor__name", "visitor__email")
        return (
            self.with_places()
            .only(*(field.name for field in self.model._meta.concrete_fields), *names)
            .annotate(
                out_of_stock_count=_count_of("shelffacts", is_out_of_stock=True),
                gap_count=_count_of("shelffacts", is_must_stock=True, is_present=False),
                photo_count=_count_of("photos", removed_at=None),
            )
            .order_by("-planned_on", "-pk")
        )


@cache
def _count_of(relation, **narrowed):
    """Number of facts per visit as a subquery: joins of several would multiply each other. Put together once, it never differs."""
    from .models import Photo, ShelfFact  # the models name these querysets as their managers'

    model = {"shelffacts": ShelfFact, "photos": Photo}[relation]
    counted = model.objects.filter(visit=OuterRef("pk"), **narrowed).order_by().values("visit").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class VisitFactQuerySet(models.QuerySet):
    """Facts that were recorded in a visit, seen with it."""

    def visible_to(self, user):
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(visit__visitor__in=user.people_in_scope) | Q(visit__account__in=accounts))


class PhotoQuerySet(VisitFactQuerySet):
    def kept(self):
        """Photos that nobody took back."""
        return self.filter(removed_at=None)

    def used_twice(self):
        """Photos whose very bytes came before in another visit, taken back or not: taking it back does not undo the sending."""
        return self.filter(reused_from__isnull=False).exclude(reused_from__visit=F("visit"))


class ShelfTicketQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Tickets of the stores in scope."""
        if user.sees_all:
            return self.all()
        return self.filter(store__account__in=KeyAccount.objects.visible_to(user).values("pk"))

    def still_open(self):
        return self.filter(closed_on=None)

    def for_list(self):
        return self.select_related("product", "store__account", "opened_in", "closed_in", "task__assignee").order_by("opened_on", "pk")


class VisitScoreQuerySet(models.QuerySet):
    """Scores, seen with their visit."""

    def visible_to(self, user):
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(visit__visitor__in=user.people_in_scope) | Q(visit__account__in=accounts))


class CadenceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rules for everybody, and those of the accounts in scope."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        everybody = Q(account=None, store=None)
        return self.filter(everybody | Q(account__in=accounts) | Q(store__account__in=accounts))

    def in_force_on(self, day):
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))

    def for_list(self, user):
        """All that a row of the list shows, and whether ``user`` may change it (planning.rules.may_manage, for many rows)."""
        capable = user.has_capability("cadence.manage")
        may_manage = Case(When(account=None, store=None, then=Value(capable and user.sees_all)), default=Value(capable))
        rows = self.select_related("account", "store").annotate(may_manage=may_manage)
        return rows.order_by(F("account__sort_key").asc(nulls_first=True), "store__sort_key", "store_format", "starts_on", "pk")


class PersonalQuerySet(models.QuerySet):
    """Rows about one person's work: seen by that person, their deputies and supervisors, and those who see all."""

    def visible_to(self, user):
        return self.all() if user.sees_all else self.filter(person__in=user.people_in_scope)


class VisitPlanQuerySet(PersonalQuerySet):
    pass


class AttendanceQuerySet(PersonalQuerySet):
    def for_list(self):
        return self.select_related("person").order_by("-day", "person__sort_key", "pk")


class LeaveQuerySet(PersonalQuerySet):
    def on(self, day):
        """Leaves that cover ``day``, decided or not."""
        return self.filter(starts_on__lte=day, ends_on__gte=day)

    def approved(self):
        return self.filter(status=LeaveStatus.APPROVED)

    def not_called_off(self):
        """Asked for or approved."""
        return self.filter(status__in=(LeaveStatus.REQUESTED, LeaveStatus.APPROVED))

    def overlapping(self, first, last):
        """Leaves of which at least one day lies between the two, both included."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)

    def for_list(self):
        return self.select_related("person", "decided_by").order_by("-starts_on", "pk")
