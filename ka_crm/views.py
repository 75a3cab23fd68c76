"""The home page and the pages of refusal; a foreign row and a missing one get the same 404."""

import sys

from django.http import HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from . import databases, homepage, policy
from .navigation import pages_called
from .search import find
from .text import clean_text


@policy.signed_in
def home(request):
    """The first page after signing in: the one that an app registered, else the panels registered for "home"."""
    page = homepage.registered()
    return page(request) if page is not None else render(request, "home.html")


def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


def forbidden(request, exception=None):
    return render(request, "403.html", {"message": ""}, status=403)


def not_found(request, exception=None):
    """No word of the address or the reason: a missing row and somebody else's row look alike."""
    return render(request, "404.html", status=404)


def server_error(request):
    """Without context processors or session: whatever broke the page may break those too. Only the request's id is told."""
    if answer := database_trouble(request, sys.exc_info()[1]):
        return answer
    text = _("Something went wrong here. Tell your administrator this number: %(id)s")
    return HttpResponseServerError(*_standing_alone(request, "500.html", text))


def _standing_alone(request, template, text):
    """(body, content type) of a page about a failure, which itself never fails."""
    request_id = getattr(request, "id", "")
    try:
        return loader.get_template(template).render({"request_id": request_id, "message": text}), None
    except Exception:  # the page may be what is broken; the plain sentence needs nothing
        return text % {"id": request_id}, "text/plain; charset=utf-8"


def database_trouble(request, error):
    """The 503 of a database that is away or of a statement that took too long; None if ``error`` is something else."""
    if databases.is_too_long(error):
        text = _("This took longer than anybody should wait and was stopped. Narrow the period or the filter, or try again later.")
    elif databases.is_away(error):
        text = _("The program is being restarted or its database does not answer. Nothing of this click was saved. Try again in a moment.")
    else:
        return None
    if _wants_json(request):
        answer = JsonResponse({"code": "unavailable", "retry": True, "message": text})
    else:
        answer = HttpResponse(*_standing_alone(request, "503.html", text))
    return _later(answer, status=503)


def busy(request):
    """409: somebody else held the same rows for longer than one waits; nothing of the request was saved."""
    text = _("Somebody else is saving the same at this moment, so nothing was changed. Try again.")
    if _wants_json(request):
        return _later(JsonResponse({"code": "busy", "retry": True, "message": text}), status=409)
    return _later(render(request, "409.html", {"message": text}), status=409)


def _later(answer, *, status):
    answer.status_code = status
    answer["Retry-After"] = str(databases.RETRY_AFTER_SECONDS)
    return answer


def _wants_json(request):
    """Whether a script asks, which reads no page: the phone's queue of entries does."""
    accepts = request.headers.get("Accept", "text/html")
    return request.content_type == "application/json" or not (request.headers.get("HX-Request") or "text/html" in accepts)


def csrf_failure(request, reason=""):
    """A form without its token: mostly a page left open over a sign-out. Going back and reloading is the way out."""
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=403)
        answer["HX-Refresh"] = "true"
        return answer
    message = _("This form was open for too long or came from elsewhere. Go back, reload the page and send it again.")
    return render(request, "403.html", {"message": message}, status=403)


@policy.signed_in
def search(request):
    """Everything in one's scope that holds all the words of ``?q=``, and the pages that are called so."""
    text = clean_text(request.GET.get("q", ""))[:200]
    pages = pages_called(request.user, text)
    return render(request, "search.html", {"text": text, "groups": find(request.user, text), "pages": pages})
