"""What phones call: one document about a visit, one photo. Answers are JSON; nothing here decides anything.

``POST /visits/api/record/`` (JSON, documents.py) and ``POST /visits/api/photos/`` (multipart: visit, photo, file, subject,
captured_at, caption, latitude, longitude). Status: 200 applied (again); 400 ``errors`` by field, do not repeat unchanged; 403
not this person's to write; 404 ``visit_unknown`` and ``retry`` true: the visit has to arrive first, keep this and send it
again; 409 the visit was cancelled; 413 too large.
"""

import json
import uuid
from decimal import Decimal

from django.core.exceptions import RequestDataTooBig
from django.http import JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ka_crm import policy
from ka_crm.errors import DomainError, IllegalMove, NotAllowed

from . import services
from .documents import FURTHEST_CLOCK, DocumentRefused, Part
from .models import Photo
from .pictures import PhotoRefused


def _refusal(error):
    """The answer to a refused document or photo."""
    if isinstance(error, services.VisitUnknown):
        return JsonResponse({"code": "visit_unknown", "retry": True, "message": str(error)}, status=404)
    if isinstance(error, DocumentRefused):
        return JsonResponse({"code": "refused", "retry": False, "message": str(error), "errors": error.errors}, status=400)
    if isinstance(error, NotAllowed):
        return JsonResponse({"code": "not_allowed", "retry": False, "message": str(error)}, status=403)
    if isinstance(error, IllegalMove):
        return JsonResponse({"code": "cancelled", "retry": False, "message": str(error)}, status=409)
    field = error.field if isinstance(error, PhotoRefused) else ""
    return JsonResponse({"code": "refused", "retry": False, "message": str(error), "errors": {field: str(error)}}, status=400)


def _decoded(body):
    """JSON of a request with decimals as Decimal. Raises DocumentRefused where it is none; deep nesting is none."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=str)
    except (ValueError, ArithmeticError, RecursionError):  # an exponent that Decimal cannot hold is arithmetic
        raise DocumentRefused({"": _("This is not JSON.")}) from None


@policy.requires("visits.record")
@require_POST
def record(request):
    try:
        visit, outcome = services.record_visit(document=_decoded(request.body), actor=request.user, now=timezone.now())
    except RequestDataTooBig:
        message = _("This is more than a visit can hold. Send it in parts.")
        return JsonResponse({"code": "refused", "retry": False, "message": message, "errors": {"": message}}, status=413)
    except DomainError as error:
        return _refusal(error)
    return JsonResponse(
        {
            "visit": str(visit.client_id),
            "url": visit.get_absolute_url(),
            "status": visit.status,
            "version": visit.version,
            "applied": outcome.applied,
            "unchanged": outcome.unchanged,
            "superseded": outcome.superseded,
            "conflicts": outcome.conflicts,
        }
    )


@policy.requires("visits.record")
@require_POST
def photo_add(request):
    try:
        photo, is_new = services.add_photo(actor=request.user, now=timezone.now(), **photo_input(request))
    except DomainError as error:
        return _refusal(error)
    return JsonResponse(
        {
            "photo": str(photo.client_id),
            "is_new": is_new,
            "is_reused": photo.reused_from_id is not None,
            "url": photo.get_absolute_url(),
            "thumbnail_url": reverse("visits:photo_small", args=[photo.client_id]),
        }
    )


def photo_input(request, *, visit_client_id=None):
    """Checked arguments of ``services.add_photo`` from a multipart form. Raises DocumentRefused with the fields at fault."""
    errors = {}
    part = Part({name: request.POST.get(name) for name in request.POST if name != "csrfmiddlewaretoken"}, "", errors, _PHOTO_KEYS)
    checked = {
        "visit_client_id": visit_client_id or part.uuid("visit"),
        "photo_client_id": part.uuid("photo") if "photo" in request.POST else uuid.uuid4(),
        "subject": part.choice("subject", Photo.Subject, default=Photo.Subject.SHELF),
        "captured_at": part.instant("captured_at"),
        "caption": part.text("caption", 200),
        "place": _place(part),
        "file": request.FILES.get("file"),
    }
    if (taken_at := checked["captured_at"]) is not None and taken_at > timezone.now() + FURTHEST_CLOCK:
        part.refuse("captured_at", _("This time is still to come: %(time)s.") % {"time": taken_at.isoformat()})
    if checked["file"] is None:
        part.refuse("file", _("Choose or take a photo."))
    if errors:
        raise DocumentRefused(errors)
    return checked


_PHOTO_KEYS = ("visit", "photo", "subject", "captured_at", "caption", "part", "latitude", "longitude")


def _place(part):
    """(latitude, longitude) of the phone, or None; half a position is a fault."""
    place = part.decimal("latitude", -90, 90), part.decimal("longitude", -180, 180)
    if (place[0] is None) != (place[1] is None):
        part.refuse("latitude", _("A position has a latitude and a longitude."))
    return None if None in place else place
