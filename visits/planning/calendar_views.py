"""The month as a calendar, for everybody who may look at visits."""

import datetime as dt

import django_filters
from django.shortcuts import render
from django.utils import timezone

from ka_crm import policy
from visits.filters import VisitFilter, visible_accounts
from visits.models import Visit

from .days import FIRST_YEAR, LAST_YEAR, end_of_month, month_of
from .itinerary import people_seen_by
from .month import month_grid


class CalendarFilter(VisitFilter):
    """Narrows the visits of a month; a day's own page is the list of visits."""

    visitor = django_filters.ModelChoiceFilter(label=VisitFilter.base_filters["visitor"].label, queryset=lambda r: people_seen_by(r.user))
    account = django_filters.ModelChoiceFilter(
        label=VisitFilter.base_filters["account"].label, queryset=visible_accounts, method="filter_account"
    )
    q = status = from_day = to_day = None


@policy.requires("visits.view")
def calendar(request):
    month = month_of(request.GET.get("month", ""), timezone.localdate())
    filterset = CalendarFilter(data=request.GET, queryset=Visit.objects.visible_to(request.user), request=request)
    people = people_seen_by(request.user)
    chosen = filterset.form.cleaned_data.get("visitor") if filterset.form.is_valid() else None
    kept = {name: request.GET[name] for name in ("visitor", "account", "purpose") if request.GET.get(name)}
    before, after = month - dt.timedelta(days=1), end_of_month(month) + dt.timedelta(days=1)
    context = {
        "month": month,
        "before": before if before.year >= FIRST_YEAR else None,
        "after": after if after.year <= LAST_YEAR else None,
        "days": month_grid(
            visits=filterset.qs, people=[chosen.pk] if chosen else people.values("pk"), month=month, today=timezone.localdate()
        ),
        "filter_form": filterset.form,
        "kept": kept,
        "chosen": chosen,
        "as_list": request.GET.get("view") == "list",
        "may_plan": request.user.has_capability("visits.record"),
    }
    context["total"] = sum(day.count for day in context["days"] if day.inside)
    return render(request, "visits/planning/calendar.html", context)
