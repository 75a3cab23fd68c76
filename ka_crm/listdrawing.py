"""A list page without its frame – filter bar, count, menus, table, pages – put together without templates.

A list of fifty rows has some forty small places around them, and Django's templates take longer for those than for the rows.
All that goes into the HTML is escaped where it is put in. ``context`` is that of the list page (ListPage.page_context).
"""

from html import escape as escape_text

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.translation import gettext, ngettext, pgettext

from . import formats, listfilters
from .icons import icon

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


TARGET = "#list-part"  # what htmx swaps


def _link(url, inner, *, target, swap="outerHTML", words=""):
    """A link of a list; with ``target`` htmx swaps that part and keeps the address. ``inner`` and ``words`` (attributes) are HTML."""
    url = escape(url)
    swapped = f' hx-get="{url}" hx-target="{target}" hx-swap="{swap}" hx-push-url="true" hx-sync="{target}:replace"' if target else ""
    return f'<a href="{url}"{words}{swapped}>{inner}</a>'


# --- the part that htmx swaps -----------------------------------------------------------------------------------------------------
def part(context):
    """Filters in force, count, menus, table and pages; or what an empty list says."""
    actions = context["bulk_actions"]
    if context["count"]:
        bar = _bulk_bar(context, actions) if actions else ""
        inner = f"{whole_table(context['table'], TARGET)}{bar}{_pager(context['pager'], context['sizes'])}"
    else:
        inner = _nothing(context)
    kind, label = " can-choose" if actions else "", escape(context["page_title"])
    return f'<section class="list-part{kind}" id="list-part" aria-label="{label}">{_tools(context)}{inner}</section>'


def _nothing(context):
    """What to do where no row is shown."""
    said = {"title": context["empty"]}
    if context["active_filters"]:
        said = {
            "title": gettext("Nothing matches these filters"),
            "text": gettext("Take one of them away, or search for less."),
            "icon": "search",
            "url": context["clear_url"],
            "label": gettext("Show everything"),
        }
    elif action := context["action"]:
        said |= {"url": action["url"], "label": action["label"]}
    return render_to_string("components/empty_state.html", {"text": "", "icon": "", "url": "", "label": "", **said})


# --- above the rows -------------------------------------------------------------------------------------------------------------
def _tools(context):
    """Count, filters in force and menus."""
    kept = "".join(
        f'<input type="hidden" form="list-filter" name="{escape(name)}" value="{escape(value)}">' for name, value in context["kept"]
    )
    menus = _view_menu(context, context["view_menu"]) if context["view_menu"] else ""
    menus += _menu(icon("columns"), escape(gettext("Columns")), _columns(context))
    if context["exports"] and context["count"]:
        files = "".join(f'<a href="{escape(one["url"])}" download>{icon("file")}{escape(one["label"])}</a>' for one in context["exports"])
        menus += _menu(icon("download"), escape(gettext("Export")), f'<div class="menu-list">{files}</div>')
    chips = _chips(context) if context["active_filters"] else ""
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


def _chips(context):
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


def _columns(context):
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
def _view_menu(context, menu):
    """The menu of saved views (ListPage.view_menu)."""
    opened = menu["open"]
    word = escape(opened.name if opened else gettext("Views"))
    if opened and menu["changed"]:
        word += f" <em>{escape(pgettext('a saved view', 'changed'))}</em>"
    plain = "" if opened else ' aria-current="true"'
    links = f'<a href="{escape(menu["all_url"])}"{plain}>{icon("list")}{escape(gettext("The plain list"))}</a>'
    links += "".join(_view_link(one) for one in menu["links"])
    rest = _changes_of_view(context, menu) if menu["changeable"] else ""
    inner = f'<div class="menu-list menu-views">{links}{rest}{_keep_view(context, menu)}</div>'
    return _menu(icon("star"), word, inner, marked=bool(opened))


def _view_link(one):
    if one["owner"]:
        note = gettext("shared by %(owner)s") % {"owner": one["owner"]}
    elif one["view"].is_default:
        note = gettext("opens by itself")
    else:
        note = gettext("shared with everybody") if one["view"].is_shared else ""
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<a href="{escape(one["url"])}"{_current(one)}>{icon("star")}<span>{escape(one["name"])}{small}</span></a>'


def _changes_of_view(context, menu):
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


# --- rows -----------------------------------------------------------------------------------------------------------------------
_ARROWS = {"ascending": "arrow-up", "descending": "arrow-down", "": "selector"}


def whole_table(table, target=""):
    """A table (ka_crm.tables.Table) as HTML; with ``target`` the links of its head swap that part."""
    pick = '<td class="pick"></td>' if table.selectable else ""
    foot = "".join(
        f'<td{_class(cell["classes"])} data-label="{escape(cell["label"])}">{conditional_escape(cell["html"])}</td>'
        for cell in table.footer()
    )
    return (
        f'<div class="table-wrap"><table class="table-data{" is-compact" if table.is_compact else ""}" data-rows>'
        f"<thead><tr>{pick}{''.join(_head(head, target) for head in table.heads())}</tr></thead><tbody>{table.body()}</tbody>"
        f"{f'<tfoot><tr>{pick}{foot}</tr></tfoot>' if foot else ''}</table></div>"
    )


def _class(classes):
    return f' class="{escape(classes)}"' if classes else ""


def _head(head, target):
    inner, sorted_by = escape(head["label"]), f' aria-sort="{head["direction"]}"' if head["direction"] else ""
    if head["url"]:
        inner = _link(head["url"], inner + icon(_ARROWS[head["direction"]]), target=target)
    return f'<th scope="col"{_class(head["classes"])}{sorted_by}>{inner}</th>'


# --- below the rows ---------------------------------------------------------------------------------------------------------------
def _bulk_bar(context, actions):
    """What can be done with the chosen rows; with scripts it appears with the first row chosen."""
    count, everything = context["count"], ""
    if context["is_exact"] and count <= context["bulk_most"]:
        words = ngettext("The one row that matches", "All %(shown)s rows that match", count) % {"shown": formats.number(count)}
        everything = f'<label class="bulk-all"><input {_CHECK} name="_all" value="1">{escape(words)}</label>'
    verbs = "".join(
        f'<button type="submit" class="btn btn-sm {"btn-outline-danger" if one.danger else "btn-outline-secondary"}" name="_bulk"'
        f' value="{escape(one.name)}">{icon(one.icon)}{escape(one.label)}…</button>'
        for one in actions
    )
    return (
        f'<form class="bulk-bar" id="bulk" method="post" action="{escape(context["bulk_url"])}"'
        f' aria-label="{escape(gettext("Chosen rows"))}" data-bulk>{_token(context)}'
        f'<label class="bulk-all desk-only"><input {_CHECK} data-pick-page>{escape(gettext("This page"))}</label>{everything}'
        f'<output class="bulk-count" data-words="{escape(gettext("{count} chosen"))}"></output>'
        f'<span class="bulk-verbs">{verbs}</span></form>'
    )


def _pager(pager, sizes):
    """Pages of a list and how long they are."""
    shown = {name: formats.number(pager[name]) for name in ("first", "last", "count")}
    words = gettext("%(first)s–%(last)s of %(count)s") if pager["is_exact"] else gettext("%(first)s–%(last)s of more than %(count)s")
    links = f"<ul>{_page_links(pager)}</ul>" if pager["numbers"] else ""
    lengths = "".join(f'<a href="{escape(one["url"])}"{_current(one)}>{one["size"]}</a>' for one in sizes)
    return (
        f'<nav class="pager" aria-label="{escape(gettext("Pages"))}"><span class="pager-words">{escape(words % shown)}</span>{links}'
        f'<details class="menu menu-up"><summary class="btn btn-quiet btn-sm">{escape(gettext("Rows per page"))}{icon("chevron-down")}'
        f'</summary><div class="menu-list">{lengths}</div></details></nav>'
    )


def _page_links(pager):
    """The numbers between “previous” and “next”."""

    def link(url, inner, words):
        return f"<li>{_link(url, inner, target=TARGET, swap='outerHTML show:body:top', words=words)}</li>"

    before, after = pager["previous"], pager["next"]
    items = [link(before, icon("chevron-left"), f' rel="prev" aria-label="{escape(gettext("Previous page"))}"') if before else "<li></li>"]
    for page in pager["numbers"]:
        current = ' aria-current="page"' if page["current"] else ""
        items.append(link(page["url"], page["number"], current) if page["url"] else '<li><span aria-hidden="true">…</span></li>')
    items.append(link(after, icon("chevron-right"), f' rel="next" aria-label="{escape(gettext("Next page"))}"') if after else "<li></li>")
    return "".join(items)


# --- filter bar -----------------------------------------------------------------------------------------------------------------
def filters(context):
    """The bar of a list page, or nothing where it does not narrow."""
    form = context["filter_form"]
    return filter_bar(form, active=context["active_filters"], clear_url=context["clear_url"], target=TARGET) if form is not None else ""


def filter_bar(form, *, active, clear_url, target):
    """Search and filters of a list, sent by GET; with scripts the part ``target`` changes while one types."""
    fields = form.visible_fields()
    narrowing = [field for field in fields if field.name != "q"]
    search = "".join(_search_box(field) for field in fields if field.name == "q")
    on_change = "change from:find .filter-fields delay:50ms, " if len(fields) > 1 else ""
    more = ""
    if len(fields) > 1:
        opened, word = " open" if active or form.errors else "", escape(gettext("Filter"))
        inner = "".join(_filter_field(field) for field in narrowing)
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


def _search_box(field):
    name, value = escape(field.id_for_label), field.value()
    return (
        f'<div class="filter-search">{icon("search")}<label class="visually-hidden" for="{name}">{escape(field.label)}</label>'
        f'<input type="search" class="form-control" name="q" id="{name}" value="{"" if value is None else escape(value)}" maxlength="200"'
        f' placeholder="{escape(gettext("Search this list"))}" autocomplete="off" data-slash-list></div>'
    )


def _filter_field(field):
    label = f'<label for="{escape(field.id_for_label)}">{escape(field.label)}</label>'
    errors = "".join(f'<p class="field-error">{icon("alert-triangle")}{escape(error)}</p>' for error in field.errors)
    return f'<div class="filter-field">{label}{listfilters.draw_field(field)}{errors}</div>'
