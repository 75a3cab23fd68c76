"""The home page and the pages of refusal; a foreign row and a missing one get the same 404."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from . import policy


@policy.signed_in
def home(request):
    """The first page after signing in: the panels that the apps registered for "home" and this person may open."""
    return render(request, "home.html")


def bad_request(request, exception=None):
    return render(request, "400.html", status=400)


def forbidden(request, exception=None):
    return render(request, "403.html", status=403)


@requires_csrf_token
def not_found(request, exception=None):
    return render(request, "404.html", status=404)


def server_error(request):
    return render(request, "500.html", status=500)


def csrf_failure(request, reason=""):
    message = _("This form was open for too long or came from elsewhere. Go back, reload the page and send it again.")
    return render(request, "403.html", {"message": message}, status=403)
