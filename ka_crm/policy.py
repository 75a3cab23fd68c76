"""Who may call a route, declared on the route itself: ``manage.py url_map`` lists it, a route without one fails the build.

    @policy.requires("reports.approve")     signed in and holding the capability, else 403
    @policy.signed_in                       any active person
    @policy.public                          nobody needs to sign in

Rows are a second question, answered by ``visible_to(user)`` on the queryset: out of scope is a 404.
"""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

PUBLIC = "public"
SIGNED_IN = "signed_in"


def _guard(view, declared, *, capabilities=(), require_login=True):
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if require_login and not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                answer = HttpResponse(status=401)
                answer["HX-Refresh"] = "true"  # the reload meets the sign-in page
                return answer
            return redirect_to_login(request.get_full_path())
        if capabilities and not any(request.user.has_capability(capability) for capability in capabilities):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded.policy = declared
    return guarded


def requires(*capabilities):
    """Signed in and holding at least one of ``capabilities``."""
    return lambda view: _guard(view, " | ".join(capabilities), capabilities=capabilities)


def signed_in(view):
    return _guard(view, SIGNED_IN)


def public(view):
    return _guard(view, PUBLIC, require_login=False)
