"""One page for all that waits for somebody, and the two counts in the bar above every page."""

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ka_crm import policy

from ..inbox import PARTS, approval_cards, count_waiting, mentions_of, tasks_due
from ..models import Approval, Notification


@policy.signed_in
@require_safe
def inbox(request):
    """Approvals that wait for a decision, tasks that are due or late, and where one was mentioned; ``?show=`` takes one of them."""
    today = timezone.localdate()
    show = request.GET.get("show", "")
    show = show if show in PARTS else ""
    waiting = Approval.objects.waiting_for(request.user)
    tasks = tasks_due(request.user, today)
    mentions = mentions_of(request.user)
    counts = {"approvals": waiting.count(), "tasks": tasks.count(), "mentions": len(mentions)}
    context = {
        "page_title": _("Waiting for you"),
        "show": show,
        "tabs": [{"label": _("All"), "url": request.path, "current": not show, "count": sum(counts.values())}]
        + [
            {"label": label, "url": f"{request.path}?show={name}", "current": show == name, "count": counts[name]}
            for name, label in PARTS.items()
        ],
        "cards": approval_cards(request.user, waiting) if show in ("", "approvals") else None,
        "tasks": list(tasks.select_related("assignee", "created_by").order_by(F("due_on").asc(nulls_last=True), "-priority", "pk")[:50])
        if show in ("", "tasks")
        else None,
        "mentions": mentions if show in ("", "mentions") else None,
        "today": today,
        "is_empty": not sum(counts.values()),
        "deputising": request.user.acts_for,
    }
    return render(request, "team/desk/inbox.html", context)


@policy.public
@require_safe
def work_counts(request):
    """The counts in the bar, asked with each page and every minute by htmx. Nobody signed in gets nothing, so that an idle page stays."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    context = {
        "waiting_count": count_waiting(request.user, timezone.localdate()),
        "unread_count": Notification.objects.visible_to(request.user).unread().count(),
    }
    return render(request, "team/desk/_counts.html", context)
