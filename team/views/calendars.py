"""Working-day calendars: list, one year of a calendar, and its verbs."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage

from .. import workdays
from ..models import WorkCalendar
from ..services import calendars as services
from ..settings_forms import CalendarDayForm, CalendarForm, FillHolidaysForm
from ..tables import CalendarTable
from ..trail import trail_of


class CalendarList(ListPage):
    title = gettext_lazy("Working-day calendars")
    lead = gettext_lazy(
        "Which days count when something is due “by the fifth working day”. Without a calendar Monday to Friday are worked."
    )
    table_class = CalendarTable
    action = Action(gettext_lazy("New calendar"), "company:calendar_create", capability="settings.manage")
    empty = gettext_lazy("No calendar yet: Monday to Friday are worked. Make one for your country and fill in its holidays.")
    export_capability = "settings.manage"

    def get_queryset(self, request):
        return WorkCalendar.objects.visible_to(request.user).for_list()


def _calendar(request, pk):
    return get_object_or_404(WorkCalendar.objects.visible_to(request.user), pk=pk)


def _year(request, today):
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else today.year
    return min(max(year, services.FIRST_YEAR), services.LAST_YEAR)


@policy.requires("settings.manage")
def calendar_detail(request, pk):
    """One year of a calendar, with the forms that add to it."""
    calendar = _calendar(request, pk)
    today = timezone.localdate()
    year = _year(request, today)
    worked = [
        len(workdays.working_days(today.replace(year=year, month=month, day=1), _last_day(year, month), calendar)) for month in range(1, 13)
    ]
    context = {
        "calendar": calendar,
        "week": [(WEEKDAYS_ABBR[number], worked == "1") for number, worked in enumerate(calendar.working_weekdays)],
        "year": year,
        "days": calendar.days.filter(day__year=year),
        "months": [(f"{year:04d}-{number:02d}", count) for number, count in enumerate(worked, start=1)],
        "total": sum(worked),
        "day_form": CalendarDayForm(initial={"day": today if today.year == year else None}),
        "fill_form": FillHolidaysForm(initial={"country": calendar.country, "year": year}),
        "trail": trail_of(calendar),
    }
    return render(request, "team/settings/calendar_detail.html", context)


def _last_day(year, month):
    import calendar  # the name is taken by rows here

    return timezone.localdate().replace(year=year, month=month, day=1).replace(day=calendar.monthrange(year, month)[1])


@policy.requires("settings.manage")
def calendar_create(request):
    return form_page(
        request,
        form=CalendarForm(request.POST or None),
        save=lambda form: services.create_calendar(actor=request.user, **form.values),
        title=_("New calendar"),
        back_url=reverse("company:calendar_list"),
        success=_("“%(record)s” is made. Fill in the public holidays next."),
    )


@policy.requires("settings.manage")
def calendar_edit(request, pk):
    calendar = _calendar(request, pk)

    def save(form):
        values = {name: value for name, value in form.values.items() if name != "code"}
        return services.change_calendar(calendar_id=pk, actor=request.user, expected_version=form.expected_version, **values)

    return form_page(
        request,
        form=CalendarForm(request.POST or None, instance=calendar),
        save=save,
        title=_("Edit %(record)s") % {"record": calendar},
        back_url=calendar.get_absolute_url(),
        success=_("“%(record)s” is saved. What is due from now on is counted with it."),
    )


def _back(calendar, year):
    return redirect(f"{calendar.get_absolute_url()}?year={year}")


def _do(request, calendar, verb, done, year):
    """Run ``verb()`` of a form on the calendar's page and go back there."""
    try:
        answer = verb()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done(answer))
    return _back(calendar, year)


def _first_error(form):
    return next(f"{form.fields[name].label}: {problems[0]}" for name, problems in form.errors.items())


@policy.requires("settings.manage")
@require_POST
def calendar_set_day(request, pk):
    calendar = _calendar(request, pk)
    form = CalendarDayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return _back(calendar, timezone.localdate().year)
    entered = form.cleaned_data
    return _do(
        request,
        calendar,
        lambda: services.set_day(
            calendar_id=pk, day=entered["day"], is_working=bool(entered["is_working"]), name=entered["name"], actor=request.user
        ),
        lambda row: _("%(day)s is in the calendar.") % {"day": row.day},
        entered["day"].year,
    )


@policy.requires("settings.manage")
@require_POST
def calendar_remove_day(request, pk):
    calendar = _calendar(request, pk)
    try:
        day = services.parse_day(request.POST.get("day", ""))
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(calendar)
    return _do(
        request,
        calendar,
        lambda: services.remove_day(calendar_id=pk, day=day, actor=request.user),
        lambda _row: _("%(day)s is as its weekday says again.") % {"day": day},
        day.year,
    )


@policy.requires("settings.manage")
@require_POST
def calendar_fill(request, pk):
    """Add a country's public holidays of a year."""
    calendar = _calendar(request, pk)
    form = FillHolidaysForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return redirect(calendar)
    year = form.cleaned_data["year"]
    return _do(
        request,
        calendar,
        lambda: services.fill_holidays(calendar_id=pk, country=form.cleaned_data["country"], year=year, actor=request.user),
        lambda count: _("Days added for %(year)d: %(count)d. Days that were there stayed as they are.") % {"year": year, "count": count},
        year,
    )


@policy.requires("settings.manage")
def calendar_delete(request, pk):
    """Ask, then take the calendar away."""
    calendar = _calendar(request, pk)
    if request.method == "POST":
        try:
            services.delete_calendar(calendar_id=pk, actor=request.user)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect(calendar)
        messages.success(request, _("“%(record)s” is gone.") % {"record": calendar})
        return redirect("company:calendar_list")
    context = {
        "question": _("Delete “%(record)s”?") % {"record": calendar},
        "text": _("Its holidays go with it. What is due already stays due; what comes is counted with the company's calendar."),
        "label": _("Delete the calendar"),
        "back_url": calendar.get_absolute_url(),
        "hidden": [],
    }
    return render(request, "components/confirm_page.html", context)
