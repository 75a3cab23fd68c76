"""Photos as they are served: only through the row, only to those who see its visit, never as anything but a picture."""

from django.http import FileResponse, Http404
from django.views.decorators.http import require_safe

from ka_crm import policy
from ka_crm.files import open_stored

from .models import Photo


def _served(request, client_id, which):
    """The picture, or the same 404 for a foreign id, a missing one and a lost file."""
    photo = Photo.objects.visible_to(request.user).filter(client_id=client_id).select_related(which).first()
    stored = getattr(photo, which, None)
    if stored is None:
        raise Http404
    try:
        content = open_stored(stored)
    except FileNotFoundError:
        raise Http404 from None
    # “attachment” lets <img> draw it, but an address opened by hand is saved and never rendered on this origin.
    answer = FileResponse(content, as_attachment=True, filename=f"{client_id}.jpg", content_type="image/jpeg")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


@policy.requires("visits.view")
@require_safe
def photo(request, client_id):
    return _served(request, client_id, "file")


@policy.requires("visits.view")
@require_safe
def photo_small(request, client_id):
    return _served(request, client_id, "thumbnail")
