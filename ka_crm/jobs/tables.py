"""The list of jobs: columns, and how it narrows."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ka_crm.listpage import ListFilter
from ka_crm.tables import Column, InstantColumn, NumberColumn, StatusColumn, Table

from .handlers import registered_jobs
from .models import Job
from .states import JobState


def kind_choices():
    """Kinds that an app handles now, by what people call them."""
    return sorted(((kind, str(handler.title or kind)) for kind, handler in registered_jobs().items()), key=lambda choice: choice[1])


class JobFilter(ListFilter):
    """Narrows by state and kind; the search looks at what people and administrators read."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=JobState)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=kind_choices)

    class Meta:
        model = Job
        fields = ("state", "kind")

    def filter_search(self, queryset, name, value):
        return queryset.filter(Q(subject__icontains=value) | Q(kind__icontains=value) | Q(last_error__icontains=value))


class JobTable(Table):
    title = Column(verbose_name=_("Job"), linkify=lambda job: job.get_absolute_url(), hint="kind", order_by=("subject", "pk"))
    state = StatusColumn(verbose_name=_("State"))
    requested_by = Column(order_by="requested_by__name")
    attempts = NumberColumn()
    created_at = InstantColumn()
    finished_at = InstantColumn()
    last_error = Column(wide=True, orderable=False)

    hidden_columns = ("finished_at",)

    class Meta(Table.Meta):
        model = Job
        fields = ("title", "state", "requested_by", "attempts", "created_at", "finished_at", "last_error")
