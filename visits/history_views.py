"""Pages that look back: a store over its visits, the stores of an account, photos, and pictures that were used twice."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import KeyAccount, Store
from ka_crm import policy
from ka_crm.errors import DomainError

from . import history, photos
from .filters import PhotoFilter
from .models import Photo

PAGE = 48
PANEL_STORES = 5
SPANS = (30, 90, 365)


@policy.requires("visits.view")
@require_safe
def store_history(request, pk):
    store = get_object_or_404(Store.objects.visible_to(request.user).select_related("account"), pk=pk)
    context = {"store": store, **history.store_page(store, request.user, timezone.localdate())}
    return render(request, "visits/store_history.html", context)


# -- stores of an account --------------------------------------------------------------------------------------------------------
def _account(request, pk):
    return get_object_or_404(KeyAccount.objects.visible_to(request.user), pk=pk)


def _lines(request, account, days, most=history.MOST_STORES):
    below = KeyAccount.objects.visible_to(request.user).within(account)
    return history.store_lines(below, request.user, today=timezone.localdate(), days=days, most=most)


@policy.requires("visits.view")
@require_safe
def account_scores(request, pk):
    """The stores of an account by their score, the worst first."""
    account = _account(request, pk)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in SPANS} else 90
    lines, count, total = _lines(request, account, days)
    context = {"account": account, "lines": lines, "count": count, "total": total, "days": days, "spans": SPANS}
    return render(request, "visits/account_scores.html", context)


@policy.requires("visits.view")
@require_safe
def account_scores_panel(request, pk):
    account = _account(request, pk)
    lines, count, total = _lines(request, account, 90, most=PANEL_STORES)
    context = {"account": account, "lines": lines, "count": count, "total": total}
    return render(request, "visits/_account_scores_panel.html", context)


# -- photos ------------------------------------------------------------------------------------------------------------------------
@policy.requires("visits.view")
@require_safe
def photo_list(request):
    """The gallery: photos within scope, newest first; ``before`` goes on from the last photo of the page before."""
    rows = Photo.objects.visible_to(request.user).kept().select_related("visit__store", "visit__account", "visit__visitor").order_by("-pk")
    chosen = PhotoFilter(request.GET, queryset=rows, request=request)
    found = chosen.qs if chosen.form.is_valid() else rows.none()
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=before)
    shown = list(found[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    older = ""
    if len(shown) > PAGE:
        shown.pop()
        query["before"] = str(shown[-1].pk)
        older = f"{reverse('visits:photo_list')}?{query.urlencode()}"
    context = {"photos": shown, "older": older, "filter_form": chosen.form, "clear_url": reverse("visits:photo_list")}
    return render(request, "visits/_gallery.html" if request.headers.get("HX-Request") else "visits/photo_list.html", context)


def _flagged(request):
    """Photos of the people that one leads; of everybody for who sees the whole company."""
    rows = Photo.objects.visible_to(request.user)
    return rows if request.user.sees_all else rows.filter(visit__visitor__in=request.user.people_in_scope)


@policy.requires("people.view")
@require_safe
def photo_reuse_list(request):
    """Pictures of one's people that were sent for a second visit; what nobody has looked at yet comes first."""
    twice = _flagged(request).used_twice().select_related("visit__store", "visit__account", "visit__visitor", "reused_from__visit")
    decided = request.GET.get("show") == "decided"
    rows = twice.exclude(verdict="").order_by("-verdict_at", "-pk") if decided else twice.filter(verdict="").order_by("-pk")
    hints = (
        _flagged(request)
        .kept()
        .filter(similar_to__isnull=False, verdict="")
        .select_related("visit__store", "visit__account", "visit__visitor")
    )
    context = {
        "photos": list(rows[:PAGE]),
        "hints": [] if decided else list(hints.order_by("-pk")[:PAGE]),
        "decided": decided,
        "waiting": twice.filter(verdict="").count(),
    }
    return render(request, "visits/photo_reuse_list.html", context)


@policy.requires("people.view")
@require_http_methods(["GET", "HEAD", "POST"])
def photo_reuse(request, client_id):
    """One flagged picture beside the one it repeats, both visits side by side; posted, the verdict on it."""
    flagged = _flagged(request).select_related(
        "visit__store", "visit__account", "visit__visitor", "verdict_by", "reused_from__visit__store", "reused_from__visit__visitor",
        "similar_to__visit__store", "similar_to__visit__visitor",
    )  # fmt: skip
    photo = get_object_or_404(flagged, client_id=client_id)
    if request.method == "POST":
        return _judge(request, photo)
    earlier = photo.reused_from or photo.similar_to
    seen = earlier and Photo.objects.visible_to(request.user).filter(pk=earlier.pk).exists()
    context = {
        "photo": photo,
        "earlier": earlier if seen else None,
        "is_same": photo.reused_from_id is not None,
        "may_judge": photo.visit.visitor_id != request.user.pk and earlier is not None,
        "verdicts": Photo.Verdict.choices,
    }
    return render(request, "visits/photo_reuse.html", context)


def _judge(request, photo):
    verdict = request.POST.get("verdict", "")
    if verdict not in Photo.Verdict.values:
        messages.error(request, _("Choose whether the picture is in order."))
        return redirect("visits:photo_reuse", client_id=photo.client_id)
    try:
        note = request.POST.get("note", "")[:1000]
        photos.judge_photo(photo_id=photo.pk, actor=request.user, verdict=verdict, note=note, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("visits:photo_reuse", client_id=photo.client_id)
    messages.success(request, _("Your verdict is noted."))
    return redirect("visits:photo_reuse_list")
