"""How the list of reports narrows."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ka_crm.errors import DomainError
from ka_crm.listpage import ListFilter
from ka_crm.periods import parse_period

from .models import Report


class PeriodField(forms.CharField):
    """A month, quarter, year or span as people write it; cleaned to a Period or None."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_period(text)
        except DomainError as error:
            raise ValidationError(str(error)) from None


class PeriodFilter(django_filters.Filter):
    """Reports that lie within the period: a year shows its months and quarters too."""

    field_class = PeriodField

    def filter(self, queryset, value):
        return queryset.filter(starts_on__gte=value.starts_on, ends_on__lte=value.ends_on) if value else queryset


class ReportFilter(ListFilter):
    period = PeriodFilter(label=_("Period, such as 2026-03"), max_length=30)

    class Meta:
        model = Report
        fields = ["kind", "period", "subject_kind", "status"]
