"""The start of the day: one tap, and the team's list of starts."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ka_crm import formats, policy
from ka_crm.errors import DomainError
from ka_crm.listpage import ListPage
from visits.models import Attendance

from . import attendance
from .board import day_board
from .days import day_of
from .filters import AttendanceFilter
from .forms import StartOfDayForm
from .itinerary import people_seen_by
from .tables import AttendanceTable


@policy.requires("visits.record")
@require_POST
def day_start(request):
    """“I have begun”: with the phone's clock and place where it sends them."""
    form = StartOfDayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The start of your day was not understood. Reload the page and tap again."))
        return redirect("visits:today")
    sent = form.cleaned_data
    place = {name: None if sent[name] is None else round(sent[name], 5) for name in ("latitude", "longitude")}
    try:
        begun, is_new = attendance.start_day(
            person=request.user, client_id=sent["client_id"], now=timezone.now(), started_at=sent["at"], note=sent["note"], **place
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("visits:today")
    words = {"at": formats.instant(begun.counted_at)[-5:], "minutes": begun.minutes_late}
    if begun.is_late:
        messages.warning(request, _("Your day has begun at %(at)s, %(minutes)d minutes late.") % words)
    elif is_new:
        messages.success(request, _("Your day has begun at %(at)s. Have a good one.") % words)
    else:
        messages.info(request, _("Your day had begun at %(at)s already.") % words)
    return redirect("visits:today")


class AttendanceList(ListPage):
    title = gettext_lazy("Start of day")
    lead = gettext_lazy("When everybody began to work. Days of leave and days that nobody works are not asked for.")
    table_class = AttendanceTable
    filterset_class = AttendanceFilter
    empty = gettext_lazy("Nobody has started a day yet. People tap “Start the day” on their page “Today”.")
    template_name = "visits/planning/attendance_list.html"

    def get_queryset(self, request):
        return Attendance.objects.visible_to(request.user).for_list()

    def extra_context(self, request):
        """The board of one day (``?day=``), and how often each was late in the thirty days up to it."""
        if request.headers.get("HX-Request"):
            return {}
        day = day_of(request.GET.get("day", "")) or timezone.localdate()
        return {"board": day_board(people_seen_by(request.user), day, timezone.now()), "day": day}
