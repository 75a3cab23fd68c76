"""Notifications: the page, one on the way to its record, all read, the settings, and the calendar feed."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ka_crm import policy
from ka_crm.forms import form_page

from ..agenda import feed_of
from ..models import Notification, NotificationPreference
from ..notices import kinds_by_key, wording
from ..reach import reachable
from ..services.notifications import mark_read
from ..services.preferences import change_preferences, close_calendar, owner_of_calendar, renew_calendar
from ..work_forms import PreferenceForm

PAGE_LENGTH = 40


@policy.signed_in
@require_safe
def notification_list(request):
    """One's own, newest first; ``?show=unread`` only those."""
    only_unread = request.GET.get("show") == "unread"
    rows = Notification.objects.visible_to(request.user).for_list()
    page = Paginator(rows.unread() if only_unread else rows, PAGE_LENGTH).get_page(request.GET.get("page"))
    notes = list(page.object_list)
    seen = reachable(request.user, notes)
    context = {
        "page": page,
        "only_unread": only_unread,
        "unread_count": Notification.objects.visible_to(request.user).unread().count(),
        "notes": [
            {"row": row, "text": wording(row) if row.pk in seen else "", "is_open": row.pk in seen, "may_mute": _mutable(row) is not None}
            for row in notes
        ],
    }
    return render(request, "team/desk/notification_list.html", context)


def _mutable(notification):
    """Its Kind, or None where it cannot be muted or the app that told is gone."""
    kind = kinds_by_key().get(notification.kind)
    return kind if kind is not None and not kind.urgent else None


@policy.signed_in
@require_safe
def notification_open(request, pk):
    """To the record that it is about; it is read then."""
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    if request.method == "GET":
        mark_read(user=request.user, pks=[pk])
    here = notification.url and url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return HttpResponseRedirect(notification.url if here else reverse("team:notification_list"))


@policy.signed_in
@require_POST
def notification_toggle(request, pk):
    """Read, or unread again."""
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    mark_read(user=request.user, pks=[pk], is_read=notification.read_at is None)
    return redirect("team:notification_list")


@policy.signed_in
@require_POST
def notification_read_all(request):
    mark_read(user=request.user)
    messages.success(request, _("All notifications are read."))
    return redirect("team:notification_list")


@policy.signed_in
@require_POST
def notification_mute(request, pk):
    """No more of this kind; the settings page takes it back."""
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    kind = _mutable(notification)
    if kind is None:
        messages.error(request, _("You are always told of this: others wait for you."))
    else:
        known = _preference(request.user).muted_kinds
        change_preferences(actor=request.user, muted_kinds=sorted({*known, kind.mute_key}))
        messages.success(request, _("You are no longer told when “%(kind)s”. The settings take that back.") % {"kind": kind.label})
    return redirect("team:notification_list")


def _preference(user):
    return NotificationPreference.objects.filter(user=user).first() or NotificationPreference(user=user)


@policy.signed_in
def notification_settings(request):
    preference = _preference(request.user)

    def save(form):
        change_preferences(actor=request.user, expected_version=form.expected_version, **form.values)
        return reverse("team:notification_settings")

    return form_page(
        request,
        form=PreferenceForm(request.POST or None, instance=preference),
        save=save,
        title=_("How I am told"),
        back_url=reverse("team:notification_list"),
        success=_("Your notification settings are saved."),
        template="team/desk/notification_settings.html",
        context={
            "preference_row": preference,
            "zone": timezone.get_current_timezone_name(),
            "feed_url": request.session.pop("ka_feed_url", ""),
        },
    )


@policy.signed_in
@require_POST
def calendar_renew(request):
    """The address is shown once, on the next page."""
    secret = renew_calendar(actor=request.user)
    request.session["ka_feed_url"] = request.build_absolute_uri(reverse("team:calendar_feed", args=[secret]))
    return HttpResponseRedirect(reverse("team:notification_settings") + "#calendar")


@policy.signed_in
@require_POST
def calendar_close(request):
    close_calendar(actor=request.user)
    messages.success(request, _("The calendar feed is closed: its address leads nowhere now."))
    return HttpResponseRedirect(reverse("team:notification_settings") + "#calendar")


@policy.public
@require_safe
def calendar_feed(request, secret):
    """One's visits, tasks and deadlines for a calendar program; the secret in the address is the right."""
    person = owner_of_calendar(secret)
    if person is None:
        raise Http404
    with translation.override(person.language):
        answer = HttpResponse(feed_of(person, today=timezone.localdate(), now=timezone.now()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="calendar.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer
