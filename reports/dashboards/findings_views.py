"""Alerts and opportunities: the page, its part on the day, and what one can do with each."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ka_crm import formats, policy
from ka_crm.errors import DomainError
from ka_crm.text import clean_text

from . import services
from .ground import Ground
from .rules import found_for
from .views import tabs_for

SHOWN_ON_THE_DAY = 4
PER_PAGE = 50  # a company of two hundred accounts has some five hundred


@require_safe
@policy.requires("accounts.view")
def findings(request):
    """Everything found for this person, ``?alerts=2&opportunities=3`` by the page; with ``?part=1`` the gravest, for the day to fetch."""
    found = found_for(Ground(request.user, today=timezone.localdate(), fresh="fresh" in request.GET))
    context = {"found": found, "choices": services.CHOICES, "back": reverse("dashboards:findings")}
    if request.GET.get("part"):
        context |= {
            "alerts": found.alerts[:SHOWN_ON_THE_DAY],
            "opportunities": found.opportunities[:SHOWN_ON_THE_DAY],
            "back": reverse("dashboards:day"),
        }
        return render(request, "reports/dashboards/_findings_part.html", context)
    numbers = {kind: request.GET.get(kind) for kind in ("alerts", "opportunities")}
    context |= {kind: Paginator(getattr(found, kind), PER_PAGE).get_page(number) for kind, number in numbers.items()}
    context["tabs"] = tabs_for(request.user, "findings")
    return render(request, "reports/dashboards/findings.html", context)


def _back(request):
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if safe and wanted.startswith("/") else "dashboards:findings")


def _key(request):
    return clean_text(request.POST.get("key", ""))[:120]


@require_POST
@policy.requires("accounts.view")
def set_aside(request):
    """Hide one finding for some days; for htmx the card becomes a line with the way back."""
    days = request.POST.get("days", "")
    ground = Ground(request.user, today=timezone.localdate())
    try:
        row = services.set_aside(ground=ground, key=_key(request), days=int(days) if days in map(str, services.CHOICES) else 0)
    except DomainError as error:
        return _refused(request, error)
    if request.headers.get("HX-Request"):
        return render(request, "reports/dashboards/_aside.html", {"row": row, "back": request.POST.get("next", "")})
    messages.success(request, _("Set aside until %(day)s: %(label)s") % {"day": formats.day(row.until_on), "label": row.label})
    return _back(request)


@require_POST
@policy.requires("accounts.view")
def bring_back(request):
    """Undo: the finding shows again."""
    services.bring_back(user=request.user, key=_key(request))
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    messages.success(request, _("It shows again."))
    return _back(request)


@require_POST
@policy.requires("accounts.view")
def make_task(request):
    """Make a task of one finding and go on where one was."""
    try:
        task = services.make_task(ground=Ground(request.user, today=timezone.localdate()), key=_key(request))
    except DomainError as error:
        return _refused(request, error)
    words = {"task": task.title, "day": formats.day(task.due_on)}
    if request.headers.get("HX-Request"):
        return render(request, "reports/dashboards/_task_made.html", {"task": task, **words})
    messages.success(request, _("Task “%(task)s”, due on %(day)s.") % words)
    return _back(request)


def _refused(request, error):
    if request.headers.get("HX-Request"):
        return render(request, "components/alert.html", {"tone": "warn", "text": str(error)}, status=422)
    messages.error(request, str(error))
    return _back(request)
