"""Lists of deadlines and of their rules: columns and how they narrow."""

import django_filters
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ka_crm.forms import DayInput
from ka_crm.listpage import ListFilter, RowFilter
from ka_crm.tables import Column, DayColumn, InstantColumn, NumberColumn, Table, YesColumn
from team.models import Team
from team.workdays import calendar_of

from ..models import Deadline, DeadlineRule, ReportKind, SubjectKind
from ..states import DeadlineState
from .rules import due_on, period_after, period_at
from .services import owners_in_scope

STATE_TONES = {
    DeadlineState.LATE: "danger",
    DeadlineState.INCOMPLETE: "warn",
    DeadlineState.DRAFT: "info",
    DeadlineState.OPEN: "neutral",
    DeadlineState.ON_TIME: "ok",
    DeadlineState.FILED_LATE: "warn",
}


class DeadlineTable(Table):
    subject_label = Column(
        verbose_name=_("Subject"), linkify=lambda deadline: deadline.report and deadline.report.get_absolute_url(), wide=True
    )
    kind = Column(accessor="get_kind_display", order_by="kind", verbose_name=_("Report"))
    period = Column(accessor="period__label", order_by="starts_on", verbose_name=_("Period"))
    due_on = DayColumn(verbose_name=_("Due on"))
    state = Column(verbose_name=_("State"))
    filed_at = InstantColumn(verbose_name=_("Handed in"))
    owner = Column(verbose_name=_("Responsible"), order_by="owner__sort_key")
    team = Column(accessor="owner__team", orderable=False, verbose_name=_("Team"), phone=False)

    class Meta(Table.Meta):
        model = Deadline
        fields = ("subject_label", "kind", "period", "due_on", "state", "filed_at", "owner", "team")

    def render_state(self, record):
        return format_html('<span class="badge-status tone-{}">{}</span>', STATE_TONES[record.state], DeadlineState(record.state).label)

    def export_state(self, value, record):
        return str(DeadlineState(record.state).label)


class DeadlineFilter(ListFilter):
    search_columns = ("owner__search", "account__search")

    state = django_filters.ChoiceFilter(label=_("State"), choices=DeadlineState.choices, method="filter_state")
    kind = django_filters.ChoiceFilter(label=_("Report"), choices=ReportKind.choices)
    subject_kind = django_filters.ChoiceFilter(label=_("About"), choices=SubjectKind.choices)
    owner = RowFilter(label=_("Person"), queryset=lambda request: owners_in_scope(request.user))
    team = django_filters.ModelChoiceFilter(label=_("Team"), queryset=lambda request: teams_in_scope(request.user), method="filter_team")
    from_day = django_filters.DateFilter(label=_("Due from"), field_name="due_on", lookup_expr="gte", widget=DayInput())
    to_day = django_filters.DateFilter(label=_("Due until"), field_name="due_on", lookup_expr="lte", widget=DayInput())

    class Meta:
        model = Deadline
        fields = []

    def filter_state(self, queryset, name, value):
        if value == DeadlineState.INCOMPLETE:  # a late draft may be incomplete too
            return queryset.filter(pk__in=Deadline.objects.incomplete().values("pk"))
        return queryset.filter(state=value)

    def filter_team(self, queryset, name, team):
        """A team with all below it."""
        return queryset.filter(owner__team__path__startswith=team.path)


def teams_in_scope(user):
    """The teams of the people whose deadlines ``user`` sees."""
    return Team.objects.filter(pk__in=owners_in_scope(user).values("team")).order_by("path")


class RuleTable(Table):
    kind = Column(accessor="get_kind_display", order_by="kind", linkify=lambda rule: rule.get_absolute_url(), verbose_name=_("Report"))
    subject_kind = Column(accessor="get_subject_kind_display", order_by="subject_kind", verbose_name=_("About"))
    anchor = Column(accessor="get_anchor_display", order_by="anchor", verbose_name=_("Due in"))
    day = NumberColumn(verbose_name=_("Day"))
    counting = Column(accessor="get_counting_display", order_by="counting", verbose_name=_("Counted in"))
    roll = Column(accessor="get_roll_display", order_by="roll", verbose_name=_("If not worked"), phone=False)
    next_due = DayColumn(accessor="pk", orderable=False, verbose_name=_("Next due day"))
    draft_days_before = NumberColumn(verbose_name=_("Draft, days before"), phone=False)
    remind_days_before = Column(verbose_name=_("Reminders, days before"), phone=False)
    is_active = YesColumn(verbose_name=_("In force"))

    class Meta(Table.Meta):
        model = DeadlineRule
        fields = (
            "kind",
            "subject_kind",
            "anchor",
            "day",
            "counting",
            "roll",
            "next_due",
            "draft_days_before",
            "remind_days_before",
            "is_active",
        )

    def render_next_due(self, record):
        return str(next_due(record, timezone.localdate()))

    def export_next_due(self, value, record):
        return next_due(record, timezone.localdate())


def next_due(rule, today):
    """The first due day of a rule from ``today`` on."""
    work_calendar = rule.calendar or calendar_of(None)
    period = period_at(rule.kind, today).previous().previous()
    while due_on(rule, period, work_calendar) < today:
        period = period_after(period, rule.kind)
    return due_on(rule, period, work_calendar)
