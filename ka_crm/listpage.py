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
``?_export=csv|xlsx``. What an address asks for and the page does not have is left aside, never an error. A request by htmx gets
``components/_table.html`` only. The number of statements is the same for three rows and three thousand.
"""

from dataclasses import dataclass
from datetime import date

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import CharField, Max, Min, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views import View
from django_filters.fields import DateRangeField, RangeField

from . import exports
from .formats import day
from .navigation import address_of
from .text import fold

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
MOST_WORDS = 8


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


def search_words(queryset, text, columns=("search",)):
    """Rows in which every word of ``text`` stands in one of the folded ``columns``: any case, width and accent."""
    for word in fold(text[:200]).split()[:MOST_WORDS]:
        condition = Q()
        for column in columns:
            condition |= Q(**{f"{column}__contains": word})
        queryset = queryset.filter(condition)
    return queryset


def _dress(field):
    """An open choice is called “All”; days, also both ends of a span of days, are chosen with the device's own picker."""
    if getattr(field, "empty_label", None) == "---------":
        field.empty_label = _("All")
    if isinstance(field, forms.DateField):
        field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    if isinstance(field, RangeField):
        for end, label in zip(field.widget.widgets, (_("from"), _("to")), strict=True):
            end.input_type = "date" if isinstance(field, DateRangeField) else end.input_type
            end.attrs = {**end.attrs, "aria-label": f"{field.label or ''} {label}".strip()}


class ListFilter(django_filters.FilterSet):
    """A FilterSet with the search box ``q`` over ``search_columns``, folded text columns such as ``SearchedModel.search``.

    Give choice lists of rows their scope: ``ModelChoiceFilter(queryset=lambda request: Team.objects.visible_to(request.user))``.
    """

    search_columns = ("search",)

    q = django_filters.CharFilter(label=_("Search"), method="filter_search", max_length=200)

    def filter_search(self, queryset, name, value):
        return search_words(queryset, value, self.search_columns)

    @property
    def form(self):
        """The form as the filter bar wants it: “All” for an open choice, the device's own picker for days."""
        if not hasattr(self, "_form"):
            for field in super().form.fields.values():
                _dress(field)
        return self._form


class ListPage(View):
    """One noun's list; see the module. ``totals`` maps a column to an aggregate, such as ``{"net_minor": Sum("net_minor")}``."""

    http_method_names = ["get", "head", "options"]

    title = ""
    lead = ""  # one sentence under the title, or nothing
    table_class = None
    filterset_class = None
    action = None  # the main button
    more_actions = ()
    empty = _("Nothing here yet.")
    totals = {}
    size = DEFAULT_SIZE
    export_capability = "data.export"
    export_name = ""
    template_name = "components/list_page.html"
    part_template_name = "components/_table.html"

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

    def address(self, **changes):
        """This page's address with ``changes``; None takes a name out. A changed filter or order begins at page 1 again."""
        query = self.request.GET.copy()
        for gone in ("page", "_export"):
            query.pop(gone, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        for name in [name for name, values in query.lists() if not any(values)]:
            del query[name]
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    def active_filters(self):
        """What narrows the list now: label, value as people read it, and the address without it."""
        if self.filterset is None or not self.filterset.is_bound:
            return []
        active = []
        for name, value in self.filterset.form.cleaned_data.items() if not self.filterset.form.errors else ():
            if value in (None, "", []) or name not in self.filterset.form.fields or not _is_given(value):
                continue
            field = self.filterset.form[name]
            names = {given: None for given in self.request.GET if given == name or given.startswith(f"{name}_")}
            active.append({"label": field.label, "value": _words_of(field.field, value), "url": self.address(**names)})
        return active

    # -- the table -------------------------------------------------------------------------------------------------------------
    def make_table(self, **kwargs):
        left_out = [name for name in self.table_class.base_columns if name not in self.asked_columns]
        return self.table_class(data=self.rows, exclude=left_out, sequence=[*self.asked_columns, "..."], **kwargs)

    def sum_up(self, table):
        """The totals of the filter in one statement; a column whose rows have several currencies has no total."""
        wanted = {name: total for name, total in self.totals.items() if name in self.asked_columns}
        if not wanted:
            return {}
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
        table = self.make_table()
        ordered, sort = table.sorted_queryset(self.rows, request.GET.get("sort", ""))
        page = Paginator(ordered, self.page_size).get_page(request.GET.get("page"))
        table.shown, table.sort = list(page.object_list), tuple(sort)
        table.address = lambda sort: self.address(sort=sort)
        table.totals = self.sum_up(table) if table.shown else {}
        context = {
            "page_title": self.title,
            "lead": self.lead,
            "table": table,
            "page": page,
            "count": page.paginator.count,
            "pager": self.pager(page),
            "filter_form": self.filterset.form if self.filterset is not None else None,
            "active_filters": self.active_filters(),
            "kept": [(name, value) for name in ("sort", "cols", "size") for value in request.GET.getlist(name) if value],
            "columns": self.column_choices(table),
            "sizes": [{"size": size, "url": self.address(size=size), "current": size == self.page_size} for size in SIZES],
            "action": self.action.link_for(request.user) if self.action else None,
            "more_actions": [link for action in self.more_actions if (link := action.link_for(request.user))],
            "empty": self.empty,
            "clear_url": request.path,
            "exports": self.export_links(request),
            **self.extra_context(request),
        }
        answer = render(request, self.part_template_name if _wants_part(request) else self.template_name, context)
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def pager(self, page):
        """Numbers around the current page, with None where some are left out; previous and next."""
        numbers = []
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
            known = isinstance(number, int)
            numbers.append({"number": number, "url": self.address(page=number) if known else None, "current": number == page.number})
        return {
            "first": page.start_index(),
            "last": page.end_index(),
            "count": page.paginator.count,
            "numbers": numbers if page.paginator.num_pages > 1 else [],
            "previous": self.address(page=page.number - 1) if page.has_previous() else None,
            "next": self.address(page=page.number + 1) if page.has_next() else None,
        }

    def column_choices(self, table):
        """Every column of the table, whether shown, for the column menu; the kept query goes along as hidden fields."""
        order = [*self.asked_columns, *(name for name in table.base_columns if name not in self.asked_columns)]
        choices = [{"name": name, "label": table.label_of(name), "shown": name in self.asked_columns} for name in order]
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
        cells = [cell for _header, cell in pairs]
        lines = ([cell(record) for cell in cells] for record in ordered.iterator(chunk_size=2000))
        header = [header for header, _cell in pairs]
        if file_format == "csv":
            return exports.csv_response(name, header, lines)
        return exports.xlsx_response(name, header, lines, title=str(self.title))


def _wants_part(request):
    """Whether htmx swaps a part; when it goes back in history it wants the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _is_given(value):
    """Whether a cleaned filter value narrows anything; a range is a slice of which one end may be open."""
    if isinstance(value, slice):
        return value.start is not None or value.stop is not None
    return not hasattr(value, "exists") or bool(value)


def _words_of(field, value):
    """A cleaned filter value as people read it."""
    if isinstance(value, slice):
        return " – ".join("…" if end is None else day(end) if isinstance(end, date) else str(end) for end in (value.start, value.stop))
    if isinstance(value, date):
        return day(value)
    choices = dict(getattr(field, "choices", ()) or ()) if not hasattr(field, "queryset") else {}
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    values = value if isinstance(value, list | tuple) or hasattr(value, "exists") else [value]
    return ", ".join(str(choices.get(one, choices.get(str(one), one))) for one in values)


def _nested(path, value):
    """``account__currency`` → {"currency": value}: the shape in which a column's getter finds it."""
    for step in reversed(path.split("__")[1:]):
        value = {step: value}
    return value
