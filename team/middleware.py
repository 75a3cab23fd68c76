"""What a signed-in person's request passes: whose address it came from, how long the sign-in lasts, the second factor."""

import time

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ka_crm import undo_offer

from .audit import ip_address
from .second_factor import has_second_factor, needs_second_factor

# What somebody without their second factor may still open: turning it on, proving the password, signing out.
WITHOUT_SECOND_FACTOR = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_reauthenticate",
        "mfa_authenticate",
        "account_reauthenticate",
        "account_login",
        "account_logout",
        "set_language",
        "set_theme",
        "healthz",
        "readyz",
    }
)
BEGAN, SEEN, FACTOR_SEEN = "ka_began", "ka_seen", "ka_second_factor"
NOTE_SEEN_EVERY = 60  # seconds: not every click writes the session


class AuditContextMiddleware:
    """Audit entries of this request carry the address it came from; what it did may offer to be undone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token, listening = ip_address.set(_address_of(request)), undo_offer.opened()
        try:
            return self.get_response(request)
        finally:
            undo_offer.closed(listening)
            ip_address.reset(token)


def _address_of(request):
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:  # a proxy over a socket that names nobody
        return None


def _asks_by_itself(request):
    """Whether the page asked, not the person: the counts in the bar, each minute. That is no click, and is no reason to leave a page."""
    return request.path == reverse("team:work_counts")


class SessionLimitMiddleware:
    """Ends a sign-in at the server after so long without a click, and after so long in all (KA_SESSION_…)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = time.time()
            began, seen = request.session.get(BEGAN), request.session.get(SEEN)
            if began is None or seen is None:
                request.session[BEGAN], request.session[SEEN] = now, now
            elif self._is_over(request.user, now - began, now - seen):
                return HttpResponse(status=204) if _asks_by_itself(request) else _signed_out(request)
            elif not _asks_by_itself(request) and now - seen > NOTE_SEEN_EVERY:
                request.session[SEEN] = now
        return self.get_response(request)

    @staticmethod
    def _is_over(user, age, idle):
        """Whether either limit is reached; both in seconds."""
        if user.role in settings.KA_FIELD_ROLES:
            return idle > settings.KA_FIELD_SESSION_IDLE_MINUTES * 60 or age > settings.KA_FIELD_SESSION_MAX_MINUTES * 60
        return idle > settings.KA_SESSION_IDLE_MINUTES * 60 or age > settings.KA_SESSION_MAX_MINUTES * 60


def _signed_out(request):
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=401)
        answer["HX-Refresh"] = "true"
        return answer
    messages.info(request, _("You were signed out because nothing happened for a while. Sign in to go on."))
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("home"))


class SecondFactorMiddleware:
    """Leads people whose role needs a second factor to turning it on, before anything else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        user = request.user
        if not user.is_authenticated or request.resolver_match.view_name in WITHOUT_SECOND_FACTOR:
            return None
        if request.session.get(FACTOR_SEEN) or not needs_second_factor(user):
            return None
        if has_second_factor(user):
            request.session[FACTOR_SEEN] = True
            return None
        if _asks_by_itself(request):
            return HttpResponse(status=204)  # else the page that turns it on would be led to itself, again and again
        address = reverse("mfa_activate_totp")
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = address
            return answer
        messages.warning(request, _("Your role needs a second factor. Turn it on first; it takes a minute and an authenticator app."))
        return HttpResponseRedirect(address)
