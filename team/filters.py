"""How the lists of people, deputies and the audit trail narrow."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ka_crm.forms import DayInput
from ka_crm.listpage import ListFilter, RowFilter

from .models import AuditEvent, Delegation, Team, User
from .roles import Role


def visible_people(request):
    return User.objects.visible_to(request.user).order_by("sort_key", "pk")


def visible_teams(request):
    return Team.objects.visible_to(request.user).order_by("path")


class PersonFilter(ListFilter):
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices)
    team = django_filters.ModelChoiceFilter(label=_("Team and below"), queryset=visible_teams, method="filter_team")
    access = django_filters.ChoiceFilter(
        label=_("Access"), choices=[("none", _("No access")), ("all", _("All"))], empty_label=_("May sign in"), method="filter_nothing"
    )

    class Meta:
        model = User
        fields = []

    def filter_team(self, queryset, name, team):
        return queryset.in_team(team)

    def filter_nothing(self, queryset, name, value):
        return queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        access = self.form.cleaned_data.get("access")
        return queryset if access == "all" else queryset.filter(is_active=access != "none")


class DelegationFilter(ListFilter):
    search_columns = ("absent__search", "deputy__search")

    when = django_filters.ChoiceFilter(
        label=_("When"), choices=[("now", _("In force today")), ("over", _("Over"))], empty_label=_("Any time"), method="filter_when"
    )

    class Meta:
        model = Delegation
        fields = []

    def filter_when(self, queryset, name, value):
        today = timezone.localdate()
        return queryset.in_force_on(today) if value == "now" else queryset.filter(Q(ends_on__lt=today) | Q(ended_at__isnull=False))


class AuditFilter(ListFilter):
    actor = RowFilter(label=_("Who"), queryset=visible_people)
    verb = django_filters.CharFilter(label=_("What"), lookup_expr="icontains", max_length=60)
    object_type = django_filters.CharFilter(label=_("Kind of object"), lookup_expr="icontains", max_length=60)
    object_id = django_filters.CharFilter(label=_("Its number"), max_length=60)
    since = django_filters.DateFilter(field_name="at", lookup_expr="date__gte", label=_("From"), widget=DayInput())
    until = django_filters.DateFilter(field_name="at", lookup_expr="date__lte", label=_("Until"), widget=DayInput())

    class Meta:
        model = AuditEvent
        fields = []

    def filter_search(self, queryset, name, value):
        """Entries whose object, verb, reason or request holds each word."""
        for word in value.split()[:8]:
            queryset = queryset.filter(
                Q(object_label__icontains=word) | Q(verb__icontains=word) | Q(reason__icontains=word) | Q(request_id=word)
            )
        return queryset
