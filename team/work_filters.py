"""How the lists of tasks and approvals narrow."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.listpage import ListFilter, RowFilter

from . import approvals as registry
from .filters import visible_people
from .models import Approval, Task
from .states import ApprovalStatus, TaskStatus


class TaskFilter(ListFilter):
    """Without a choice: one's own open tasks."""

    whose = django_filters.ChoiceFilter(
        label=_("Whose"),
        choices=[("given", _("Given by me")), ("team", _("My team's")), ("all", _("Everybody's"))],
        empty_label=_("Mine"),
        method="filter_nothing",
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("late", _("Overdue")), *[choice for choice in TaskStatus.choices if choice[0] != "open"], ("all", _("All"))],
        empty_label=_("Open"),
        method="filter_nothing",
    )
    assignee = RowFilter(label=pgettext_lazy("whose task", "For"), queryset=visible_people)
    due_on = django_filters.DateFromToRangeFilter(label=_("Due"))

    class Meta:
        model = Task
        fields = []

    def filter_nothing(self, queryset, name, value):
        return queryset

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        chosen, user = self.form.cleaned_data, self.request.user
        whose, state = chosen.get("whose"), chosen.get("state")
        if not whose and not chosen.get("assignee"):
            queryset = queryset.assigned_to(user)
        elif whose == "given":
            queryset = queryset.filter(created_by=user)
        elif whose == "team":
            queryset = queryset.filter(assignee__in=user.people_in_scope)
        if state == "late":
            return queryset.overdue_on(timezone.localdate())
        return queryset if state == "all" else queryset.filter(status=state or TaskStatus.OPEN)


def _kinds():
    return [(kind.key, kind.label) for kind in registry.kinds()]


class ApprovalFilter(ListFilter):
    show = django_filters.ChoiceFilter(
        label=_("Which"),
        choices=[("waiting", _("Waiting for me")), ("asked", _("Asked by me"))],
        empty_label=_("All"),
        method="filter_show",
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=ApprovalStatus.choices)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=_kinds)
    requested_at = django_filters.DateFromToRangeFilter(label=_("Asked"))

    class Meta:
        model = Approval
        fields = []

    def filter_search(self, queryset, name, value):
        for word in value.split()[:8]:
            queryset = queryset.filter(
                Q(title__icontains=word) | Q(object_label__icontains=word) | Q(requested_by__search__contains=word.casefold())
            )
        return queryset

    def filter_show(self, queryset, name, value):
        return queryset.waiting_for(self.request.user) if value == "waiting" else queryset.filter(requested_by=self.request.user)
