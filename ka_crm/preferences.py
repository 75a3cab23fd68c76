"""Language and appearance, chosen on any page: kept with the person, and in a cookie for the sign-in page."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from . import policy

A_YEAR = 365 * 24 * 3600
# Value, name and icon of each appearance.
APPEARANCES = (("auto", _("As the device"), "sun-moon"), ("light", _("Light"), "sun"), ("dark", _("Dark"), "moon"))
THEMES = tuple(value for value, _label, _icon in APPEARANCES)


def appearance_of(request):
    """What a page is drawn with: ``theme`` (auto, light, dark), ``themes`` (value, label, icon) to choose from."""
    person = getattr(request, "user", None)
    chosen = getattr(person, "theme", None) or (request.COOKIES.get("ka_theme") if request else None)
    return {"theme": chosen if chosen in ("light", "dark") else "auto", "themes": APPEARANCES}


def _back(request):
    """To the page the choice was made on; anywhere else than this site is the first page."""
    address = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(address if here else reverse("home"))


def _keep(request, field, value, cookie):
    """Remember ``value`` with the person, if one is signed in, and in this browser."""
    if request.user.is_authenticated and getattr(request.user, field) != value:
        setattr(request.user, field, value)
        request.user.save(update_fields=[field])
    response = _back(request)
    response.set_cookie(cookie, value, max_age=A_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax")
    return response


@policy.public
@require_POST
def set_language(request):
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return _back(request)
    return _keep(request, "language", language, settings.LANGUAGE_COOKIE_NAME)


@policy.public
@require_POST
def set_theme(request):
    theme = request.POST.get("theme", "")
    return _keep(request, "theme", theme, "ka_theme") if theme in THEMES else _back(request)
