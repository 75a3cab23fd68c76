"""The one list page: scope, search, filter, sort, columns, pages, totals and files, the same for every noun.

    class AccountFilter(ListFilter):
        class Meta:
            model = KeyAccount
            fields = ["kind", "parent"]

    class AccountList(ListPage):
        title = _("Key accounts")
        table_class = AccountTable
        filterset_class = AccountFilter
        action = Action(_("New key account"), "accounts:account_create", capability="accounts.create")
        empty = _("No key account yet. Import your chains or enter the first one.")

        def get_queryset(self, request):
            return KeyAccount.objects.visible_to(request.user).for_list()

    path("", policy.requires("accounts.view")(AccountList.as_view()), name="account_list")

The address holds everything: ``?q=`` search, the filter's own names, ``?sort=-name``, ``?cols=name,code``, ``?page=``, ``?size=``,
``?density=compact``, ``?view=`` (a saved view, ka_crm.savedviews), ``?count=exact``, ``?_export=csv|xlsx``. ``bulk_actions`` are verbs
for many rows (ka_crm.bulk). What an address asks for and the page does not have is left aside, never an error. A request by htmx gets
the part with the rows only. The number of statements is the same for three rows and three thousand.
"""

from dataclasses import dataclass
from urllib.parse import quote_plus

from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Max, Min
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views import View

from . import bulk, exports, kept, listdrawing, listfilters, savedviews
from .bulk import BulkAction
from .listfilters import ListFilter, RowFilter, search_words
from .navigation import address_of
from .pages import page_of

__all__ = ["Action", "BulkAction", "ListFilter", "ListPage", "RowFilter", "search_words"]

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
NO_VIEW = "none"  # ?view=none: the plain list, for whoever has a view that opens by itself
KEPT_BY_FILTER = ("sort", "cols", "size", "density", "view")


@dataclass(frozen=True)
class Action:
    """A button of the page head; shown to whoever holds ``capability``. ``args`` are those of the url."""

    label: str
    url_name: str
    capability: str | None = None
    icon: str = "plus"
    args: tuple = ()

    def link_for(self, user):
        """What the template draws, or None where ``user`` may not or the page does not exist."""
        if self.capability and not user.has_capability(self.capability):
            return None
        url = reverse(self.url_name, args=self.args) if self.args else address_of(self.url_name)
        return {"label": self.label, "icon": self.icon, "url": url} if url else None


class ListPage(View):
    """One noun's list; see the module.

    ``totals`` maps a column to an aggregate, such as ``{"net_minor": Sum("net_minor")}``, or to a function of the rows where
    another question gives the same sum sooner.
    """

    http_method_names = ["get", "head", "post", "options"]

    title = ""
    lead = ""  # one sentence under the title, or nothing
    table_class = None
    filterset_class = None
    action = None  # the main button
    more_actions = ()
    empty = _("Nothing here yet.")
    totals = {}
    totals_on_request = False  # where adding up costs more than the page: a link in the foot asks for them
    bulk_actions = ()
    size = DEFAULT_SIZE
    export_capability = "data.export"
    export_name = ""
    template_name = "components/list_page.html"

    def get_queryset(self, request):
        """The rows in this person's scope, joined and annotated for the row (``visible_to(user).for_list()``), in a total order."""
        raise NotImplementedError(f"{type(self).__name__} has to say which rows it lists.")

    def extra_context(self, request):
        """Further values for a page with a template of its own."""
        return {}

    # -- what the address asks for ---------------------------------------------------------------------------------------------
    @cached_property
    def filterset(self):
        if self.filterset_class is None:
            return None
        return self.filterset_class(data=self.request.GET, queryset=self.get_queryset(self.request), request=self.request)

    @cached_property
    def rows(self):
        """The filtered rows; a filter value that makes no sense is told at its field and does not narrow."""
        if self.filterset is None:
            return self.get_queryset(self.request)
        return self.filterset.qs

    @cached_property
    def asked_columns(self):
        """Names in ``?cols=`` that the table has, in the order asked; the table's own choice without any."""
        known = list(self.table_class.base_columns)
        asked = [name for part in self.request.GET.getlist("cols")[:100] for name in part.split(",")[:100]]
        chosen = list(dict.fromkeys(name for name in asked if name in known))
        return chosen or [name for name in known if name not in self.table_class.hidden_columns]

    @cached_property
    def page_size(self):
        asked = self.request.GET.get("size", "")
        return int(asked) if asked in {str(size) for size in SIZES} else self.size

    @cached_property
    def is_compact(self):
        return self.request.GET.get("density") == "compact"

    @cached_property
    def is_exact(self):
        """Whether the address asks for counting and adding up to the end, however long that takes."""
        return self.request.GET.get("count") == "exact"

    @cached_property
    def _query(self):
        """What every address of this page keeps, as (name, encoded): all that was asked but the page and the kind of file."""
        asked = self.request.GET.lists()
        return [
            (name, f"{quote_plus(name)}={_encoded(value)}")
            for name, values in asked
            if name not in ("page", "_export") and any(values)
            for value in values
        ]

    def address(self, **changes):
        """This page's address with ``changes``; None takes a name out. A changed filter or order begins at page 1 again."""
        parts = [part for name, part in self._query if name not in changes]
        parts += [f"{name}={_encoded(str(value))}" for name, value in changes.items() if value not in (None, "")]
        return f"{self.request.path}?{'&'.join(parts)}" if parts else self.request.path

    @property
    def here(self):
        """This very page of the list, to come back to."""
        return self.address(page=self.request.GET.get("page"))

    @cached_property
    def clear_url(self):
        """The list without search and filters; a view that opens by itself stays away too."""
        has_default = any(view.is_own and view.is_default for view in self.views)
        return f"{self.request.path}?view={NO_VIEW}" if has_default else self.request.path

    def active_filters(self):
        """What narrows the list now: label, value as people read it, and the address without it."""
        if self.filterset is None or not self.filterset.is_bound:
            return []
        active = []
        for name, value in self.filterset.form.cleaned_data.items() if not self.filterset.form.errors else ():
            if not listfilters.is_given(value) or name not in self.filterset.form.fields:
                continue
            field = self.filterset.form[name]
            names = {given: None for given in self.request.GET if given == name or given.startswith(f"{name}_")}
            active.append({"label": field.label, "value": listfilters.words_of(field.field, value), "url": self.address(**names)})
        return active

    # -- saved views -----------------------------------------------------------------------------------------------------------
    @cached_property
    def list_name(self):
        """The list's url name, under which its views are kept; empty where it has no address of its own."""
        match = getattr(self.request, "resolver_match", None)
        return match.view_name if match and not match.kwargs else ""

    @cached_property
    def views(self):
        return savedviews.views_for(self.list_name, self.request.user) if self.list_name else []

    def view_to_open(self):
        """The address of the view that this request should lead to, or None: one that is named alone, or one's default."""
        asked = self.request.GET
        if self.request.headers.get("HX-Request") or len(asked) > 1 or (asked and "view" not in asked):
            return None
        named = asked.get("view")
        for view in self.views:
            if view.query and (str(view.public_id) == named if asked else view.is_own and view.is_default):
                return savedviews.address_of(view)
        return None

    def view_menu(self):
        """The views to choose from, the one that is open and whether the list has been changed since it was opened."""
        query, open_view = savedviews.normal_query(self.request.GET), None
        links = []
        for view in self.views:
            is_open = str(view.public_id) == self.request.GET.get("view")
            open_view = view if is_open else open_view
            owner = "" if view.is_own else view.owner_name
            links.append({"name": view.name, "url": savedviews.address_of(view), "current": is_open, "owner": owner, "view": view})
        changeable = open_view is not None and (open_view.is_own or self.request.user.has_capability("settings.manage"))
        return {
            "links": links,
            "open": open_view,
            "changeable": changeable,
            "changed": open_view is not None and open_view.query != query,
            "query": query,
            "list": self.list_name,
            "all_url": self.clear_url,
        }

    # -- the table -------------------------------------------------------------------------------------------------------------
    def make_table(self, **kwargs):
        left_out = [name for name in self.table_class.base_columns if name not in self.asked_columns]
        return self.table_class(data=self.rows, exclude=left_out, sequence=[*self.asked_columns, "..."], **kwargs)

    def sum_up(self, table):
        """The totals of the filter, aggregates in one statement; a column whose rows have several currencies has no total."""
        asked = {name: total for name, total in self.totals.items() if name in self.asked_columns}
        if not asked:
            return {}
        elsewhere = {name: total(self.rows) for name, total in asked.items() if not hasattr(total, "resolve_expression")}
        wanted = {name: total for name, total in asked.items() if name not in elsewhere}
        return elsewhere | (self._aggregated(table, wanted) if wanted else {})

    def _aggregated(self, table, wanted):
        """The totals that are aggregates of the rows themselves."""
        paths = {name: getattr(table.columns[name].column, "currency_path", None) for name in wanted}
        aggregates = {f"total_{name}": total for name, total in wanted.items()}
        for path in {path for path in paths.values() if path}:
            aggregates |= {f"first_{path}": Min(path, output_field=CharField()), f"last_{path}": Max(path, output_field=CharField())}
        found = self.rows.order_by().aggregate(**aggregates)
        single = {path for path in paths.values() if path and found[f"first_{path}"] == found[f"last_{path}"]}
        totals = {name: found[f"total_{name}"] for name in wanted if paths[name] is None or paths[name] in single}
        return totals | {path.split("__")[0]: _nested(path, found[f"first_{path}"]) for path in single}

    # -- the answers -----------------------------------------------------------------------------------------------------------
    def get(self, request, *args, **kwargs):
        if request.GET.get("_export") in ("csv", "xlsx"):
            return self.export(request.GET["_export"])
        if "_choices" in request.GET and self.filterset is not None:
            return listfilters.offers(self.filterset, request.GET["_choices"], request.GET.get("_q", ""))
        if (address := self.view_to_open()) is not None:
            return HttpResponseRedirect(address)
        answer = self.page()
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def page(self):
        """The whole page, or the part of it that htmx swaps; ``context_data`` is what it was drawn from, as Django's own views say it."""
        request, context = self.request, self.page_context()
        context["rows"] = mark_safe(listdrawing.part(context))  # noqa: S308 – escaped where it is put together
        context["filters"] = mark_safe(listdrawing.filters(context))  # noqa: S308 – as above
        if _wants_part(request):
            answer = HttpResponse(context["rows"])
        elif self.template_name != ListPage.template_name:
            answer = render(request, self.template_name, context)
        else:
            shown = {name: context[name] for name in ("page_title", "lead", "action", "more_actions")}
            frame = kept.frame(request, self.template_name, shown, filters=context["filters"], rows=context["rows"])
            answer = HttpResponse(frame)
        answer.context_data = context
        return answer

    def post(self, request, *args, **kwargs):
        """A verb for many rows: asked, confirmed, done (ka_crm.bulk)."""
        return bulk.answer(self) if self.bulk_actions else HttpResponseNotAllowed(["GET", "HEAD", "OPTIONS"])

    def page_context(self):
        """All that a list's page is drawn from."""
        request, table = self.request, self.make_table()
        ordered, sort = table.sorted_queryset(self.rows, request.GET.get("sort", ""))
        page = page_of(self.rows, ordered, size=self.page_size, asked=request.GET.get("page", ""), exact=self.is_exact)
        actions = bulk.offered_actions(self) if page.rows and self.bulk_actions else []
        table.shown, table.sort, table.is_compact, table.selectable = page.rows, tuple(sort), self.is_compact, bool(actions)
        table.address = lambda sort: self.address(sort=sort)
        adds_up = bool(page.rows) and page.is_exact and (self.is_exact or not self.totals_on_request)
        table.totals = self.sum_up(table) if adds_up else {}
        kept = [name for name in KEPT_BY_FILTER if name in request.GET]
        return {
            "page_title": self.title,
            "lead": self.lead,
            "table": table,
            "page": page,
            "count": page.count,
            "is_exact": page.is_exact,
            "count_url": self.address(count="exact") if self.offers_counting(page, table) else None,
            "pager": self.pager(page),
            "filter_form": self.filterset.form if self.filterset is not None else None,
            "active_filters": self.active_filters(),
            "kept": [(name, value) for name in kept for value in request.GET.getlist(name) if value],
            "columns": self.column_choices(table),
            "densities": [
                {"label": label, "url": self.address(density=value), "current": self.is_compact == (value == "compact")}
                for value, label in (("", _("Comfortable")), ("compact", _("Compact")))
            ],
            "sizes": [{"size": size, "url": self.address(size=size), "current": size == self.page_size} for size in SIZES],
            "action": self.action.link_for(request.user) if self.action else None,
            "more_actions": [link for action in self.more_actions if (link := action.link_for(request.user))],
            "empty": self.empty,
            "clear_url": self.clear_url,
            "exports": self.export_links(request),
            "view_menu": self.view_menu() if self.list_name else None,
            "bulk_actions": actions,
            "bulk_url": self.here,
            "bulk_most": bulk.MOST_ROWS,
            "csrf_token": get_token(request),
            **self.extra_context(request),
        }

    def offers_counting(self, page, table):
        """Whether a link to the exact count and the totals makes sense: what is not yet counted, or not yet added up."""
        summed = any(name in self.asked_columns for name in self.totals)
        return bool(page.rows) and (not page.is_exact or (self.totals_on_request and summed and not self.is_exact))

    def pager(self, page):
        """Numbers around the current page, with None where some are left out; previous and next."""
        return {
            "first": page.start_index,
            "last": page.end_index,
            "count": page.count,
            "is_exact": page.is_exact,
            "numbers": [
                {"number": number or "…", "url": self.address(page=number) if number else None, "current": number == page.number}
                for number in page.elided
            ],
            "previous": self.address(page=page.number - 1) if page.number > 1 else None,
            "next": self.address(page=page.number + 1) if page.has_next else None,
        }

    def column_choices(self, table):
        """Every column of the table, whether shown, for the column menu; the kept query goes along as hidden fields.

        ``earlier`` is the address in which a shown column stands one place further to the front.
        """
        shown = self.asked_columns
        choices = []
        for place, name in enumerate([*shown, *(name for name in table.base_columns if name not in shown)]):
            earlier = None
            if 0 < place < len(shown):
                moved = [*shown[: place - 1], name, shown[place - 1], *shown[place + 1 :]]
                earlier = self.address(cols=",".join(moved))
            choices.append({"name": name, "label": table.label_of(name), "shown": name in shown, "earlier": earlier})
        kept = [(name, values) for name, values in self.request.GET.lists() if name not in ("cols", "page", "_export")]
        hidden = [(name, value) for name, values in kept for value in values if value]
        return {"choices": choices, "hidden": hidden, "reset_url": self.address(cols=None) if "cols" in self.request.GET else None}

    def may_export(self, user):
        return self.export_capability is None or user.has_capability(self.export_capability)

    def export_links(self, request):
        if not self.may_export(request.user):
            return []
        kinds = (("xlsx", _("Excel file (XLSX)")), ("csv", _("CSV file")))
        return [{"label": label, "url": self.address(_export=kind)} for kind, label in kinds]

    def export(self, file_format):
        """All rows of the filter in the order and with the columns shown; the audit trail hears of it first."""
        if not self.may_export(self.request.user):
            raise PermissionDenied
        table = self.make_table()
        ordered, _sort = table.sorted_queryset(self.rows, self.request.GET.get("sort", ""))
        pairs = table.export_columns()
        name = f"{self.export_name or slugify(str(self.title)) or 'export'}-{timezone.localdate():%Y-%m-%d}"
        exports.exported.send(type(self), request=self.request, name=name, file_format=file_format, row_count=ordered.count())
        if plain := table.plain_columns(ordered):
            cells = [cell for _path, cell in plain]
            found = ordered.values_list(*(path for path, _cell in plain)).iterator(chunk_size=2000)
            lines = ([None if value is None else cell(value) for cell, value in zip(cells, row, strict=True)] for row in found)
        else:
            cells = [cell for _header, cell in pairs]
            lines = ([cell(record) for cell in cells] for record in ordered.iterator(chunk_size=2000))
        header = [header for header, _cell in pairs]
        if file_format == "csv":
            return exports.csv_response(name, header, lines)
        return exports.xlsx_response(name, header, lines, title=str(self.title))


def _wants_part(request):
    """Whether htmx swaps a part; when it goes back in history it wants the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _encoded(value):
    """A value of an address; lone surrogates, which no encoding has, are left out."""
    return quote_plus(value, errors="ignore", safe=",:")


def _nested(path, value):
    """``account__currency`` → {"currency": value}: the shape in which a column's getter finds it."""
    for step in reversed(path.split("__")[1:]):
        value = {step: value}
    return value
