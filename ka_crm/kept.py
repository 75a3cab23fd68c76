"""Parts of a page that are drawn once and kept for as long as the process runs, because most requests draw the very same.

Each is kept under a key that names all it depends on – language, what the person may open, the page, its words –, so that a
change of any of them is another part and nothing has to be forgotten. What belongs to one request alone (the rows, the token of
its forms, its address) leaves a hole, which is filled anew each time.
"""

import re
from html import escape

from django.conf import settings
from django.contrib.messages import get_messages
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from .navigation import navigation_for, navigation_key
from .preferences import appearance_of

MOST_PARTS = 1_000  # some 5 kB each; more than that and all begin anew

_kept = {}
_TOPBAR = "components/shell/topbar.html"


def hole(name):
    """The place of something that each request brings, in a part that is kept."""
    return mark_safe(f"\x02{name}\x03")  # noqa: S308 – a name of ours between two signs


def _pieces(html, holes):
    """A part as its text and, at each second place, the names of its ``holes``; other words between the same signs are text."""
    return re.split(f"\x02({'|'.join(holes)})\x03", html) if holes else [html]


def _filled(pieces, holes):
    html = "".join(holes[piece] if place % 2 else piece for place, piece in enumerate(pieces))
    return mark_safe(html)  # noqa: S308 – a template's own output and holes that are HTML


def _drawn_once(key, draw, **holes):
    """What ``draw()`` gives, with ``holes`` (name → HTML) filled in; ``key`` names everything that it depends on."""
    pieces = _kept.get(key)
    if pieces is None:
        pieces = _pieces(draw(), holes)
        if len(_kept) >= MOST_PARTS:
            _kept.clear()
        _kept[key] = pieces
    return _filled(pieces, holes)


def constant_part(template_name):
    """A part of the shell that is the same for everybody who speaks the language."""
    return _drawn_once((template_name, get_language()), lambda: get_template(template_name).render({}))


def _navigation_key(request):
    if not hasattr(request, "ka_navigation_key"):  # several parts of each page ask for it
        request.ka_navigation_key = navigation_key(request.user, request.path)
    return request.ka_navigation_key


def shell_part(request, template_name):
    """A part of the shell that depends only on what the person may open, the language and the current page."""
    key = (template_name, _navigation_key(request), get_language(), settings.KA_COMPANY_NAME)

    def draw():
        inputs = {"nav": navigation_for(request.user, request.path), "company_name": settings.KA_COMPANY_NAME}
        return get_template(template_name).render(inputs)

    return _drawn_once(key, draw)


def topbar(request):
    """The bar above a page, which depends on the person, the language and the appearance; token and address are holes."""
    user, preference = request.user, appearance_of(request)
    key = (_TOPBAR, user.pk, user.name, user.email, user.role, get_language(), preference["theme"], settings.KA_COMPANY_NAME)
    inputs = {
        "user": user,
        "preference": preference,
        "company_name": settings.KA_COMPANY_NAME,
        "csrf_token": hole("token"),
        "request": {"get_full_path": hole("address")},
    }
    holes = {"token": get_token(request), "address": escape(request.get_full_path())}
    return _drawn_once(key, lambda: get_template(_TOPBAR).render(inputs), **holes)


def _said(value):
    """An input of a frame as part of its key: what lazy words say now."""
    if isinstance(value, dict):
        return tuple((name, _said(part)) for name, part in value.items())
    return tuple(map(_said, value)) if isinstance(value, list | tuple) else str(value)


def frame(request, template_name, inputs, **holes):
    """A page of which only the ``holes`` (name → HTML) and the bar with the person differ from request to request.

    ``inputs`` (name → text, dict of texts, or a list of such) are all that the template shows besides; it puts ``{{ name }}`` where
    the hole is. A page with messages to tell is drawn for this request alone.
    """
    key = (
        template_name, _navigation_key(request), get_language(), appearance_of(request)["theme"], settings.KA_COMPANY_NAME,
        tuple((name, _said(value)) for name, value in inputs.items()), tuple(holes),
    )  # fmt: skip

    def draw():
        marks = {name: hole(name) for name in (*holes, "topbar")}
        return get_template(template_name).render({**inputs, **marks}, request)

    filled = {**holes, "topbar": topbar(request)}
    if not request.user.is_authenticated or len(get_messages(request)):
        return _filled(_pieces(draw(), filled), filled)
    return _drawn_once(key, draw, **filled)
