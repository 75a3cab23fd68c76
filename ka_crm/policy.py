"""Who may call a route, declared on the route itself: ``manage.py url_map`` lists it, a route without one fails the build.

    @policy.requires("reports.approve")     signed in and holding the capability, else 403
    @policy.signed_in                       any active person
    @policy.public                          nobody needs to sign in

Rows are a second question, answered by ``visible_to(user)`` on the queryset: out of scope is a 404.
"""

from contextvars import ContextVar
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed

PUBLIC = "public"
SIGNED_IN = "signed_in"
PAGE_METHODS = ("GET", "HEAD", "POST")  # what a function answers; a view class knows its own

# The capabilities of which one opened the present route: the trail asks whose right that was.
opened_by = ContextVar("policy_opened_by", default=())

# Routes of installed packages, which cannot carry a decorator of ours: what they ask for by themselves, by url name.
# tests/ka_crm/test_url_map.py asks each of them without signing in and compares.
OF_PACKAGES = {
    "account_login": PUBLIC,
    "account_confirm_login_code": PUBLIC,  # sign-in by mailed code is off: it leads back to the sign-in page
    "account_logout": PUBLIC,  # nothing to leave for who is not in: it leads to the first page
    "account_inactive": PUBLIC,
    "account_email_verification_sent": PUBLIC,
    "account_confirm_email": PUBLIC,  # the key in the address is the right
    "account_reset_password": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "account_reset_password_from_key": PUBLIC,  # the key in the address is the right
    "account_reset_password_from_key_done": PUBLIC,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "mfa_authenticate": PUBLIC,  # between password and code nobody is signed in yet
    "mfa_index": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
}


def _guard(view, declared, *, capabilities=(), require_login=True):
    has_methods_of_its_own = hasattr(view, "view_class") or hasattr(view, "cls")

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method not in PAGE_METHODS and not has_methods_of_its_own:
            return HttpResponseNotAllowed(PAGE_METHODS)
        if require_login and not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                answer = HttpResponse(status=401)
                answer["HX-Refresh"] = "true"  # the reload meets the sign-in page
                return answer
            return redirect_to_login(request.get_full_path())
        if capabilities and not any(request.user.has_capability(capability) for capability in capabilities):
            raise PermissionDenied
        token = opened_by.set(tuple(capabilities))
        try:
            return view(request, *args, **kwargs)
        finally:
            opened_by.reset(token)

    guarded.policy = declared
    return guarded


def requires(*capabilities):
    """Signed in and holding at least one of ``capabilities``."""
    return lambda view: _guard(view, " | ".join(capabilities), capabilities=capabilities)


def signed_in(view):
    return _guard(view, SIGNED_IN)


def public(view):
    return _guard(view, PUBLIC, require_login=False)
