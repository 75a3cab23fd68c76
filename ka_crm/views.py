"""The home page and the pages of refusal; a foreign row and a missing one get the same 404."""

from django.http import HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from . import homepage, policy
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
    request_id = getattr(request, "id", "")
    try:
        return HttpResponseServerError(loader.get_template("500.html").render({"request_id": request_id}))
    except Exception:  # the page about a failure never fails
        text = _("Something went wrong here. Tell your administrator this number: %(id)s") % {"id": request_id}
        return HttpResponseServerError(text, content_type="text/plain; charset=utf-8")


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
    """Everything in one's scope that holds all the words of ``?q=``."""
    text = clean_text(request.GET.get("q", ""))[:200]
    return render(request, "search.html", {"text": text, "groups": find(request.user, text)})
