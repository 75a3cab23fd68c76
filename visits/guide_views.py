"""Pages of doing a visit: starting one where one stands, and why it scored what it scored."""

import uuid
from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ka_crm import policy
from ka_crm.errors import DomainError

from . import explaining, photos, services
from .models import Photo, Visit
from .nearby import stores_to_start

_STARTED = ("latitude", "longitude", "accuracy_m")


def _degrees(text, most):
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) <= most else None


def place_of(query):
    """(latitude, longitude) of a request's parameters, or None where they are no position."""
    place = _degrees(query.get("latitude", "")[:20], 90), _degrees(query.get("longitude", "")[:20], 180)
    return None if None in place else place


@policy.requires("visits.record")
def visit_start(request):
    """The stores one most likely stands in, each a tap away from a visit; posted, that visit, checked in where the form says so."""
    if request.method != "POST":
        words = request.GET.get("q", "")[:200]
        context = {
            "stores": stores_to_start(request.user, timezone.localdate(), words=words, place=place_of(request.GET)),
            "words": words,
            "next_id": uuid.uuid4(),
            "purposes": Visit.Purpose.choices,
        }
        return render(request, "visits/visit_start.html", context)
    now = timezone.now()
    document = {
        "visit": request.POST.get("client_id", ""),
        "header": {"store": request.POST.get("store", ""), "purpose": request.POST.get("purpose")},
    }
    if request.POST.get("check_in"):
        document["check_in"] = {"at": now.isoformat(), **{name: request.POST.get(name) or None for name in _STARTED}}
    try:
        visit, _outcome = services.record_visit(document=document, actor=request.user, now=now)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("visits:visit_start")
    return redirect("visits:visit_record", pk=visit.pk)


@policy.requires("visits.record")
def store_search(request):
    """Stores by their words or the phone's place, as the part of a page: to start a visit there (``for=start``) or to choose in a form."""
    words = request.GET.get("q", "")[:200]
    place = place_of(request.GET)
    stores = stores_to_start(request.user, timezone.localdate(), words=words, place=place) if words.strip() or place else []
    template = "visits/_store_start.html" if request.GET.get("for") == "start" else "visits/_store_choices.html"
    return render(request, template, {"stores": stores, "words": words.strip()})


@policy.requires("visits.view")
@require_safe
def visit_score(request, pk):
    """Why this score: each part with its weight, its points and the facts behind it."""
    visits = Visit.objects.visible_to(request.user).select_related("account", "store__account", "visitor", "score")
    visit = get_object_or_404(visits, pk=pk)
    return render(request, "visits/visit_score.html", {"visit": visit, **explaining.page_of(visit)})


# -- photos taken back --------------------------------------------------------------------------------------------------------------
@policy.requires("visits.record")
@require_POST
def photo_remove(request, client_id):
    return _removal(request, client_id, lambda photo: photos.remove_photo(photo_id=photo.pk, actor=request.user, now=timezone.now()))


@policy.requires("visits.record")
@require_POST
def photo_restore(request, client_id):
    return _removal(request, client_id, lambda photo: photos.restore_photo(photo_id=photo.pk, actor=request.user))


def _removal(request, client_id, verb):
    photo = get_object_or_404(Photo.objects.visible_to(request.user), client_id=client_id)
    try:
        verb(photo)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("visits:visit_detail", pk=photo.visit_id)
    return redirect(f"/visits/{photo.visit_id}/record/#photos")
