"""The tags and filters of every template: figures, icons, states, panels, addresses.

{% load ka %}
{{ order.net_minor|money:order.currency }}   {{ row.share|percent }}   {{ row.growth|delta }}   {{ visit.planned_on|day }}
{% icon "check" %}   {% status report %}   {% badge "warn" label %}   {% panels "key_account" object %}   {% query_string page=2 %}
"""

import re
from decimal import Decimal
from functools import lru_cache
from html import escape
from pathlib import Path

from django import template
from django.conf import settings
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .. import formats, listdrawing
from .. import panels as panel_registry
from ..devices import device_name
from ..listfilters import draw_field
from ..navigation import address_of, navigation_for, navigation_key
from ..statuses import TONES, tone_of

register = template.Library()


# -- figures -----------------------------------------------------------------------------------------------------------------
@register.filter
def number(value, places=0):
    """``{{ units|number }}``, ``{{ ratio|number:2 }}``."""
    return formats.number(value, places)


@register.filter
def money(minor, currency):
    """Integer minor units: ``{{ net_minor|money:"USD" }}`` → 1,234.50 USD."""
    return formats.money(minor, currency)


@register.filter
def short_money(minor, currency):
    """Integer minor units at a glance: 1.2 M USD."""
    return formats.short_money(minor, currency)


@register.filter
def percent(fraction, places=1):
    """A fraction: 0.035 → 3.5 %."""
    return formats.percent(fraction, places)


@register.filter
def delta(fraction, places=1):
    """A change as a fraction, with sign, arrow and colour: 0.052 → ▲ +5.2 %. None is “–”."""
    if fraction is None or fraction == "":
        return formats.MISSING
    change = Decimal(fraction)
    shown = formats.percent(abs(change), places)
    if change == 0:
        return format_html('<span class="delta delta-same">{}</span>', shown)
    rises = change > 0
    return format_html(
        '<span class="delta delta-{}">{}<span class="visually-hidden">{}</span>{}{}</span>',
        "up" if rises else "down",
        icon("arrow-up-right" if rises else "arrow-down-right"),
        gettext("up") if rises else gettext("down"),
        "+" if rises else formats.MINUS,
        shown,
    )


@register.filter
def day(value):
    """A date: 2026-03-31."""
    return formats.day(value)


@register.filter
def instant(value):
    """A moment in the person's time zone: 2026-03-31 08:30."""
    return formats.instant(value)


@register.filter
def device(user_agent):
    """A session's browser: Chrome on Android."""
    return device_name(user_agent)


@register.filter
def file_size(size_bytes):
    """Bytes as 12 kB, 3.4 MB."""
    if size_bytes is None or size_bytes == "":
        return formats.MISSING
    size = Decimal(size_bytes)
    for unit, divisor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= divisor:
            return f"{formats.number(size / divisor, 1 if size < 100 * divisor else 0)}\u00a0{unit}"
    return ngettext("%(count)d byte", "%(count)d bytes", int(size)) % {"count": int(size)}


@register.filter
def share_of(value, total):
    """``value`` of ``total`` as a whole percentage between 0 and 100, for a progress bar."""
    return 0 if not total or not value else max(0, min(100, int(value * 100 // total)))


@register.filter
def initials(name):
    """Up to two letters for a round picture: “Ana Lopez” → AL, “王小明” → 王."""
    words = str(name).split()
    if not words:
        return "?"
    return words[0][0].upper() if ord(words[0][0]) > 0x2E80 or len(words) == 1 else f"{words[0][0]}{words[-1][0]}".upper()


# -- small drawings ----------------------------------------------------------------------------------------------------------
@lru_cache
def icon_names():
    """The names in static/vendor/icons/icons.svg; frontend/icons.mjs decides what is in it."""
    sprite = Path(settings.BASE_DIR, "static/vendor/icons/icons.svg").read_text(encoding="utf-8")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite))


@lru_cache(maxsize=512)
def _icon(name, label):
    """Drawn once per process: a page has some sixty, and the sprite's address does not change under a running program."""
    if name not in icon_names():
        return ""
    words = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', words, static("vendor/icons/icons.svg"), name)


@register.simple_tag
def icon(name, label=""):
    """``{% icon "check" %}`` beside words, ``{% icon "check" _("done") %}`` where it stands alone. An unknown name draws nothing."""
    return _icon(name, str(label))


@register.simple_tag
def badge(tone, label):
    """A label in one of the tones neutral, info, ok, warn, danger."""
    return format_html('<span class="badge-status tone-{}">{}</span>', tone if tone in TONES else "neutral", label)


@register.simple_tag
def status(thing, field="status"):
    """The state of a model row as a coloured label: ``{% status report %}``, ``{% status visit "outcome" %}``."""
    state = getattr(thing, field)
    label = getattr(thing, f"get_{field}_display", lambda: state)()
    return badge(tone_of(state, thing._meta.label_lower), label)


@register.simple_tag
def tone(state, noun=None):
    """The tone of a bare state word, for a component that takes one."""
    return tone_of(state, noun)


# -- addresses and the shell -------------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def query_string(context, **changes):
    """This address's query with ``changes``: ``href="{% query_string page=2 %}"``; None or "" takes a name out. Always begins with “?”."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def page_title(context):
    """The page's ``title`` block once more, so that head and heading cannot differ."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block("title") if blocks else None
    return mark_safe(block.render(context).strip()) if block else ""  # noqa: S308 – a block's own output is escaped already


@register.simple_tag(takes_context=True)
def navigation(context):
    """What the shell draws for the person of this request: groups, phone, elsewhere."""
    return navigation_for(context["request"].user, context["request"].path)


_drawn_parts = {}


def _drawn_once(key, template_name, parts):
    """What ``template_name`` gives, kept for as long as the process runs; ``key`` names everything it depends on."""
    if key not in _drawn_parts:
        if len(_drawn_parts) > 2000:
            _drawn_parts.clear()
        _drawn_parts[key] = get_template(template_name).render(parts())
    return mark_safe(_drawn_parts[key])  # noqa: S308 – a template's own output


@register.simple_tag
def constant_part(template_name):
    """A part of the shell that is the same for everybody who speaks the language."""
    return _drawn_once((template_name, get_language()), template_name, dict)


@register.simple_tag(takes_context=True)
def shell_part(context, template_name):
    """A part of the shell that depends only on what the person may open, the language and the current page: drawn once for each."""
    request = context["request"]
    user, path = request.user, request.path
    if not hasattr(request, "ka_navigation_key"):  # two parts of each page ask for it
        request.ka_navigation_key = navigation_key(user, path)
    key = (template_name, request.ka_navigation_key, get_language(), settings.KA_COMPANY_NAME)
    return _drawn_once(key, template_name, lambda: {"nav": navigation_for(user, path), "company_name": settings.KA_COMPANY_NAME})


# What stands for the request's own token and address in a part that is kept; neither can come out of escaped text.
_TOKEN_HERE, _ADDRESS_HERE = "\x02token\x03", "\x02address\x03"


@register.simple_tag(takes_context=True)
def personal_part(context, template_name):
    """A part of the shell that depends on the person, the language and the appearance: drawn once for each.

    The token of its forms and the address of the page are put in anew for each request.
    """
    request = context["request"]
    user, preference = request.user, preferences(context)
    key = (template_name, user.pk, user.name, user.email, user.role, get_language(), preference["theme"], settings.KA_COMPANY_NAME)
    inputs = {
        "user": user,
        "preference": preference,
        "company_name": settings.KA_COMPANY_NAME,
        "csrf_token": _TOKEN_HERE,
        "request": {"get_full_path": _ADDRESS_HERE},
    }
    drawn = _drawn_once(key, template_name, lambda: inputs)
    html = drawn.replace(_TOKEN_HERE, get_token(request)).replace(_ADDRESS_HERE, escape(request.get_full_path()))
    return mark_safe(html)  # noqa: S308 – a template's own output, a token, an escaped address


@register.simple_tag
def url_or_none(name):
    """A page's address, or None where an installation does not have it."""
    return address_of(name)


@register.simple_tag(takes_context=True)
def list_tools(context):
    """The bar above the rows of a list page."""
    return mark_safe(listdrawing.tools(context, icon))  # noqa: S308 – escaped where it is put together


@register.simple_tag(takes_context=True)
def filter_bar(context):
    """Search and filters of a list; inputs as components/filter_bar.html."""
    inputs = {name: context[name] for name in ("active", "clear_url", "target")}
    return mark_safe(listdrawing.filter_bar(context["form"], icon=icon, **inputs))  # noqa: S308 – as above


@register.simple_tag
def quick_field(field):
    """A filter's widget, drawn without a template for each option."""
    return mark_safe(draw_field(field))  # noqa: S308 – escaped where it is put together


def _link(url, inner, *, target, swap="outerHTML", **attributes):
    """A link of a list; with ``target`` htmx swaps that part and keeps the address. ``inner`` is HTML, the rest is escaped here."""
    url = escape(url)
    words = "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items() if value)
    swapped = f' hx-get="{url}" hx-target="{target}" hx-swap="{swap}" hx-push-url="true" hx-sync="{target}:replace"' if target else ""
    return f'<a href="{url}"{words}{swapped}>{inner}</a>'


@register.simple_tag(takes_context=True)
def table_heads(context, table):
    """The cells of a table's head; their links swap ``target`` where there is one. A template takes as long for it as for fifty rows."""
    cells, target = [], context.get("target", "")
    for head in table.heads():
        kind = f' class="{escape(head["classes"])}"' if head["classes"] else ""
        sorted_by = f' aria-sort="{head["direction"]}"' if head["direction"] else ""
        inner = escape(str(head["label"]))
        if head["url"]:
            arrow = {"ascending": "arrow-up", "descending": "arrow-down"}.get(head["direction"], "selector")
            inner = _link(head["url"], inner + icon(arrow), target=target)
        cells.append(f'<th scope="col"{kind}{sorted_by}>{inner}</th>')
    return mark_safe("".join(cells))  # noqa: S308 – escaped one by one above


@register.simple_tag(takes_context=True)
def pager_links(context, pager):
    """The numbers of a pager between “previous” and “next”; they swap ``target`` where the template has one."""
    target = context.get("target", "")

    def link(url, inner, **attributes):
        return _link(url, inner, target=target, swap="outerHTML show:body:top", **attributes)

    before, after = pager["previous"], pager["next"]
    items = [link(before, icon("chevron-left"), rel="prev", aria_label=gettext("Previous page")) if before else ""]
    for page in pager["numbers"]:
        number = page["number"]
        items.append(link(page["url"], number, aria_current="page" if page["current"] else "") if page["url"] else _GAP)
    items.append(link(after, icon("chevron-right"), rel="next", aria_label=gettext("Next page")) if after else "")
    return mark_safe("".join(f"<li>{item}</li>" for item in items))  # noqa: S308 – escaped one by one above


_GAP = '<span aria-hidden="true">…</span>'


@register.simple_tag(takes_context=True)
def panels(context, noun, row=None):
    """Places that fetch the panels other apps registered for ``noun``; without ``row`` their addresses take no pk.

    What a panel's address answers replaces all inside the card, heading included: it begins with ``<h2 class="card-title">``.
    """
    user = context["request"].user
    places = []
    for panel in panel_registry.panels_for(noun, user):
        address = reverse(panel.url_name, args=[row.pk] if row is not None else [])
        places.append((address, panel.title, gettext("Loading…")))
    return format_html_join(
        "\n",
        '<section class="card-plain panel" hx-get="{}" hx-trigger="load" hx-target="this" hx-swap="innerHTML">'
        '<h2 class="card-title">{}</h2>'
        '<p class="panel-wait"><span class="skeleton"></span><span class="visually-hidden">{}</span></p></section>',
        places,
    )


@register.simple_tag(takes_context=True)
def preferences(context):
    """Language and theme of this request: ``theme`` (auto, light, dark), ``themes`` (value, label, icon) to choose from."""
    request = context.get("request")
    person = getattr(request, "user", None)
    chosen = getattr(person, "theme", None) or (request.COOKIES.get("ka_theme") if request else None)
    themes = (("auto", _("As the device"), "sun-moon"), ("light", _("Light"), "sun"), ("dark", _("Dark"), "moon"))
    return {"theme": chosen if chosen in ("light", "dark") else "auto", "themes": themes}
