"""What stands around the rows of a list – count, filters in force, menus, filter bar – put together without templates.

A list of fifty rows has some forty small places here, and Django's templates take longer for them than for the rows. All that
goes into the HTML is escaped where it is put in; ``templatetags/ka.py`` hands it to the templates.
"""

from html import escape as escape_text

from django.urls import reverse
from django.utils.translation import gettext, ngettext, pgettext

from . import formats, listfilters

_CHECK = 'type="checkbox" class="form-check-input"'


def escape(value):
    return escape_text(str(value))


def _current(one):
    return ' aria-current="true"' if one["current"] else ""


def _menu(icon, word, inner, *, kind="menu-end", marked=False):
    """A small menu of the bar; ``icon`` and ``inner`` are HTML, ``word`` too."""
    chosen = " is-set" if marked else ""
    return (
        f'<details class="menu {kind}"><summary class="btn btn-quiet btn-sm{chosen}">{icon}<span class="menu-word">{word}</span></summary>'
        f"{inner}</details>"
    )


def _token(context):
    return f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(context["csrf_token"])}">'


# --- above the rows -------------------------------------------------------------------------------------------------------------
def tools(context, icon):
    """Count, filters in force and menus; ``context`` is that of the list page (ListPage.page_context), ``icon`` name → HTML."""
    kept = "".join(
        f'<input type="hidden" form="list-filter" name="{escape(name)}" value="{escape(value)}">' for name, value in context["kept"]
    )
    menus = _view_menu(context, context["view_menu"], icon) if context["view_menu"] else ""
    menus += _menu(icon("columns"), escape(gettext("Columns")), _columns(context, icon))
    if context["exports"] and context["count"]:
        files = "".join(f'<a href="{escape(one["url"])}" download>{icon("file")}{escape(one["label"])}</a>' for one in context["exports"])
        menus += _menu(icon("download"), escape(gettext("Export")), f'<div class="menu-list">{files}</div>')
    chips = _chips(context, icon) if context["active_filters"] else ""
    return f'{kept}<div class="list-tools">{_count(context)}{chips}<div class="list-menus">{menus}</div></div>'


def _count(context):
    count, shown = context["count"], formats.number(context["count"])
    if context["is_exact"]:
        words = ngettext("%(shown)s row", "%(shown)s rows", count) % {"shown": shown}
    else:
        words = gettext("more than %(shown)s rows") % {"shown": shown}
    link = ""
    if context["count_url"]:
        word = gettext("Add up") if context["is_exact"] else gettext("Count them all")
        link = f' <a href="{escape(context["count_url"])}">{escape(word)}</a>'
    return f'<p class="list-count" role="status">{escape(words)}{link}</p>'


def _chips(context, icon):
    colon = escape(pgettext("after a label", ":"))
    chips = ""
    for one in context["active_filters"]:
        told = gettext("Take away the filter %(label)s: %(value)s") % {"label": one["label"], "value": one["value"]}
        chips += (
            f'<li><a class="chip" href="{escape(one["url"])}" aria-label="{escape(told)}"><span>{escape(one["label"])}{colon}</span> '
            f"{escape(one['value'])}{icon('x')}</a></li>"
        )
    clear = f'<li><a class="chip chip-clear" href="{escape(context["clear_url"])}">{escape(gettext("Clear all"))}</a></li>'
    return f'<ul class="chips">{chips}{clear}</ul>'


def _columns(context, icon):
    columns, arrow, move = context["columns"], icon("arrow-up"), gettext("Move “%(column)s” to the front")
    hidden = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in columns["hidden"])
    lines = ""
    for one in columns["choices"]:
        earlier = ""
        if one["earlier"]:
            told = escape(move % {"column": one["label"]})
            earlier = f'<a class="menu-side" href="{escape(one["earlier"])}" aria-label="{told}">{arrow}</a>'
        box = f'<input {_CHECK} name="cols" value="{escape(one["name"])}"{" checked" if one["shown"] else ""}>'
        lines += f'<div class="menu-line"><label class="menu-check">{box}{escape(one["label"])}</label>{earlier}</div>'
    heights = "".join(f'<a href="{escape(one["url"])}"{_current(one)}>{escape(one["label"])}</a>' for one in context["densities"])
    foot = f'<button type="submit" class="btn btn-primary btn-sm">{escape(gettext("Show"))}</button>'
    if columns["reset_url"]:
        foot += f'<a class="btn btn-quiet btn-sm" href="{escape(columns["reset_url"])}">{escape(gettext("As it was"))}</a>'
    return (
        f'<form class="menu-list menu-form" method="get" action="{escape(context["clear_url"])}">{hidden}'
        f'<fieldset><legend class="visually-hidden">{escape(gettext("Columns"))}</legend>{lines}</fieldset>'
        f'<div class="menu-pair" role="group" aria-label="{escape(gettext("Height of rows"))}">{heights}</div>'
        f'<div class="menu-foot">{foot}</div></form>'
    )


# --- saved views ----------------------------------------------------------------------------------------------------------------
def _view_menu(context, menu, icon):
    """The menu of saved views (ListPage.view_menu)."""
    opened = menu["open"]
    word = escape(opened.name if opened else gettext("Views"))
    if opened and menu["changed"]:
        word += f" <em>{escape(pgettext('a saved view', 'changed'))}</em>"
    plain = "" if opened else ' aria-current="true"'
    links = f'<a href="{escape(menu["all_url"])}"{plain}>{icon("list")}{escape(gettext("The plain list"))}</a>'
    links += "".join(_view_link(one, icon) for one in menu["links"])
    rest = _changes_of_view(context, menu, icon) if menu["changeable"] else ""
    inner = f'<div class="menu-list menu-views">{links}{rest}{_keep_view(context, menu)}</div>'
    return _menu(icon("star"), word, inner, marked=bool(opened))


def _view_link(one, icon):
    if one["owner"]:
        note = gettext("shared by %(owner)s") % {"owner": one["owner"]}
    elif one["view"].is_default:
        note = gettext("opens by itself")
    else:
        note = gettext("shared with everybody") if one["view"].is_shared else ""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<a href="{escape(one["url"])}"{_current(one)}>{icon("star")}<span>{escape(one["name"])}{small}</span></a>'


def _changes_of_view(context, menu, icon):
    """Update, rename, share and delete the view that is open."""
    update, public_id = "", menu["open"].public_id
    if menu["changed"]:
        word = escape(gettext("Update “%(view)s”") % {"view": menu["open"].name})
        update = (
            f'<form method="post" action="{reverse("view_update", args=[public_id])}">{_token(context)}'
            f'<input type="hidden" name="query" value="{escape(menu["query"])}">'
            f'<button type="submit">{icon("refresh")}{word}</button></form>'
        )
    edit = f'<a href="{reverse("view_edit", args=[public_id])}">{icon("edit")}{escape(gettext("Rename, share, delete…"))}</a>'
    return f'<div class="menu-rest">{update}{edit}</div>'


def _keep_view(context, menu):
    def box(name, label):
        return f'<label class="menu-check"><input {_CHECK} name="{name}" value="1">{escape(label)}</label>'

    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(menu[name])}">' for name in ("list", "query"))
    return (
        f'<form class="menu-save" method="post" action="{reverse("view_save")}">{_token(context)}{hidden}'
        f'<label for="view-name">{escape(gettext("Keep the list as it is now"))}</label>'
        '<input type="text" class="form-control" id="view-name" name="name" maxlength="60" required autocomplete="off"'
        f' placeholder="{escape(gettext("Name of the view"))}">'
        f"{box('is_default', gettext('Open the list with it'))}{box('is_shared', gettext('Share with everybody'))}"
        f'<button type="submit" class="btn btn-primary btn-sm">{escape(pgettext("a view", "Keep"))}</button></form>'
    )


# --- filter bar -----------------------------------------------------------------------------------------------------------------
def filter_bar(form, *, active, clear_url, target, icon):
    """Search and filters of a list, sent by GET; with scripts the part ``target`` changes while one types."""
    fields = form.visible_fields()
    narrowing = [field for field in fields if field.name != "q"]
    search = "".join(_search_box(field, icon) for field in fields if field.name == "q")
    on_change = "change from:find .filter-fields delay:50ms, " if len(fields) > 1 else ""
    more = ""
    if len(fields) > 1:
        opened, word = " open" if active or form.errors else "", escape(gettext("Filter"))
        inner = "".join(_filter_field(field, icon) for field in narrowing)
        more = (
            f'<details class="filter-more" data-wide-open{opened}><summary class="btn btn-quiet">{icon("filter")}{word}</summary>'
            f'<div class="filter-fields">{inner}</div></details>'
        )
    return (
        f'<form class="filter-bar" id="list-filter" method="get" role="search" aria-label="{escape(gettext("Filter the list"))}"'
        f' hx-get="{escape(clear_url)}" hx-target="{escape(target)}" hx-swap="outerHTML" hx-push-url="true" hx-trigger="{on_change}'
        f'input changed delay:300ms from:find input[type=search], submit" hx-sync="{escape(target)}:replace" data-skip-empty>{search}{more}'
        f'<button type="submit" class="btn btn-quiet no-script">{escape(gettext("Apply"))}</button></form>'
    )


def _search_box(field, icon):
    name, value = escape(field.id_for_label), field.value()
    return (
        f'<div class="filter-search">{icon("search")}<label class="visually-hidden" for="{name}">{escape(field.label)}</label>'
        f'<input type="search" class="form-control" name="q" id="{name}" value="{"" if value is None else escape(value)}" maxlength="200"'
        f' placeholder="{escape(gettext("Search this list"))}" autocomplete="off" data-slash-list></div>'
    )


def _filter_field(field, icon):
    label = f'<label for="{escape(field.id_for_label)}">{escape(field.label)}</label>'
    errors = "".join(f'<p class="field-error">{icon("alert-triangle")}{escape(error)}</p>' for error in field.errors)
    return f'<div class="filter-field">{label}{listfilters.draw_field(field)}{errors}</div>'
