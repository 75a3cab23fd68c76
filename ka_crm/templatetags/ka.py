"""The tags and filters of every template: figures, icons, states, panels, addresses.

{% load ka %}
{{ order.net_minor|money:order.currency }}   {{ row.share|percent }}   {{ row.growth|delta }}   {{ visit.planned_on|day }}
{% icon "check" %}   {% status report %}   {% badge "warn" label %}   {% panels "key_account" object %}   {% query_string page=2 %}
"""

from decimal import Decimal

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, ngettext

from .. import formats, kept, listdrawing
from .. import panels as panel_registry
from ..devices import device_name
from ..icons import icon
from ..listfilters import draw_field
from ..navigation import address_of, navigation_for
from ..preferences import appearance_of
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
register.simple_tag(icon)


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


@register.simple_tag
def constant_part(template_name):
    """A part of the shell that is the same for everybody who speaks the language (ka_crm.kept)."""
    return kept.constant_part(template_name)


@register.simple_tag(takes_context=True)
def shell_part(context, template_name):
    """A part of the shell that depends only on what the person may open, the language and the current page."""
    return kept.shell_part(context["request"], template_name)


@register.simple_tag(takes_context=True)
def topbar(context):
    """The bar above the page; in a frame that is kept, its hole."""
    return context.get("topbar") or kept.topbar(context["request"])


@register.simple_tag
def url_or_none(name):
    """A page's address, or None where an installation does not have it."""
    return address_of(name)


@register.simple_tag(takes_context=True)
def filter_bar(context):
    """Search and filters of a list; inputs as components/filter_bar.html."""
    inputs = {name: context[name] for name in ("active", "clear_url", "target")}
    return mark_safe(listdrawing.filter_bar(context["form"], **inputs))  # noqa: S308 – as above


@register.simple_tag
def quick_field(field):
    """A filter's widget, drawn without a template for each option."""
    return mark_safe(draw_field(field))  # noqa: S308 – escaped where it is put together


@register.simple_tag
def table_part(table):
    """A table with its head, without a list page around it."""
    return mark_safe(listdrawing.whole_table(table))  # noqa: S308 – as above


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
    """Language and theme of this request (ka_crm.preferences.appearance_of)."""
    return appearance_of(context.get("request"))
