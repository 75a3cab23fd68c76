"""Columns and the table of every list: django-tables2 declares them, this module draws and exports them quickly.

    class AccountTable(Table):
        name = Column(_("Name"), linkify=True, hint="code")
        status = StatusColumn(_("Status"))
        net_minor = MoneyColumn(_("Net sales"), currency="currency")

        class Meta(Table.Meta):
            fields = ("name", "status", "net_minor")

``render_<column>(self, value, record)`` gives other HTML for a cell, ``export_<column>(self, value, record)`` another value for
files. A cell of 50 × 10 is drawn in microseconds, so ``render_`` methods use ``format_html`` and not templates.
"""

from copy import copy
from decimal import Decimal
from functools import cache, lru_cache, partial, partialmethod
from html import escape as escape_text
from inspect import getattr_static, signature

import django_tables2 as tables
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import CharField, F, TextField
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from . import formats
from .money import from_e4, from_minor
from .statuses import tone_of

_SOME_PK = 918_273_645_546_372_819
_MISSING = object()  # what a cell's drawer gives where there is no value: a phone leaves such a cell out


def getter(path):
    """A function record → value along ``account__name``; a missing link gives None, methods are called, dicts are read by key."""
    steps = str(path).split("__")

    def get_own(record):
        """The short way of a path without “__”, which most cells take."""
        try:
            value = record[path] if isinstance(record, dict) else getattr(record, path)
        except (ObjectDoesNotExist, KeyError):
            return None
        return value() if callable(value) and not isinstance(value, type) and not hasattr(value, "all") else value

    def get(record):
        value = record
        for step in steps:
            if value is None:
                return None
            try:
                value = value[step] if isinstance(value, dict) else getattr(value, step)
            except (ObjectDoesNotExist, KeyError):
                return None
            if callable(value) and not isinstance(value, type) and not hasattr(value, "all"):
                value = value()
        return value

    return get_own if len(steps) == 1 else get


@cache
def _address_pattern(url_name, language):
    """The address of ``url_name`` in two parts, before and after the pk: a list asks for fifty that differ only there."""
    before, _pk, after = reverse(url_name, args=[_SOME_PK]).partition(str(_SOME_PK))
    return before, after


@cache
def _page_pattern(model, language):
    """The address of a row's own page in two parts, as ``_address_pattern``; None where it depends on more than the pk."""
    try:
        address = model(pk=_SOME_PK).get_absolute_url()
    except Exception:  # a row without its other fields may have no address: then each row is asked for its own
        return None
    before, pk, after = address.partition(str(_SOME_PK))
    return (before, after) if pk and str(_SOME_PK) not in after else None


def _page_of(row):
    """The address of a row's own page; ``get_absolute_url`` is asked once per model, since fifty differ only in the pk."""
    pattern = _page_pattern(type(row), get_language())
    return row.get_absolute_url() if pattern is None else f"{pattern[0]}{row.pk}{pattern[1]}"


def _field_of(model, path):
    """The model field at the end of ``path``, or None where it is not a field."""
    field = None
    for step in str(path).split("__"):
        if model is None:
            return None
        try:
            field = model._meta.pk if step == "pk" else model._meta.get_field(step)
        except FieldDoesNotExist:
            return None
        model = field.related_model if field.is_relation and not field.one_to_many and not field.many_to_many else None
    return field


@lru_cache(maxsize=512)
def _badge(tone, words):
    """A state as it is drawn; a list has fifty of a handful."""
    return format_html('<span class="badge-status tone-{}">{}</span>', tone, words)


@cache
def _wanted_by(method):
    return frozenset(signature(method).parameters)


def _renderer(own, table, bound):
    """(value, record) → what the table's own ``render_`` method gives, which takes no more than it names."""
    wanted = _wanted_by(own.__func__)
    given = {"table": table, "column": bound.column, "bound_column": bound}
    fixed = {name: part for name, part in given.items() if name in wanted}
    if "record" not in wanted:
        return lambda value, record: own(value=value, **fixed)
    if "value" not in wanted:
        return lambda value, record: own(record=record, **fixed)
    return lambda value, record: own(value=value, record=record, **fixed)


def _may_be_missing(queryset, path):
    """Whether the order by ``path`` has to say where NULL goes. An index is of no use to one that says so without need."""
    if path.split("__", 1)[0] in queryset.query.annotations:
        return True
    steps = path.split("__")
    fields = [_field_of(queryset.model, "__".join(steps[: place + 1])) for place in range(len(steps))]
    return any(field is None or field.null for field in fields)


class Column(tables.Column):
    """Text. ``linkify``: True (the value's or the record's page), a url name (takes the pk) or a function of the record.

    ``hint`` is the path of a second, quieter line; ``wide`` lets long text wrap; ``phone=False`` leaves it out of phone cards.
    ``said_by`` is the path of the field that a joined record prints as, such as ``account__name``: files then need no records.
    """

    classes = ""

    def __init__(self, *args, linkify=False, hint=None, said_by=None, wide=False, phone=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.said_by = said_by
        self.address_of, self.hint = linkify, getter(hint) if hint else None
        self.classes = " ".join(filter(None, (self.classes, wide and "cell-wide", not phone and "desk-only")))

    def __deepcopy__(self, memo):
        """Tables copy their columns for each request; nothing in a column is changed after that but its own attributes."""
        return copy(self)

    def html(self, value, record):
        """What stands in the cell for ``value``, which is not None; text is escaped by the table."""
        return str(value)

    def exported(self, value, record):
        """What goes into a file for ``value``, which is not None: text, int, Decimal or date."""
        return value if isinstance(value, int | Decimal) else str(value)

    def link_of(self, value, record):
        if not self.address_of:
            return None
        if callable(self.address_of):
            return self.address_of(record)
        if isinstance(self.address_of, str):
            before, after = _address_pattern(self.address_of, get_language())
            return f"{before}{record.pk}{after}"
        return _page_of(value if hasattr(value, "get_absolute_url") else record)


class NumberColumn(Column):
    """An int or Decimal, grouped and aligned right."""

    classes = "num"

    def __init__(self, *args, places=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = places

    def html(self, value, record):
        return formats.number(value, self.places)

    def exported(self, value, record):
        return value


class MoneyColumn(Column):
    """Integer minor units. ``currency`` is a path on the record; ``currency_code`` fixes one for the whole column."""

    classes = "num"

    def __init__(self, *args, currency=None, currency_code=None, **kwargs):
        if (currency is None) == (currency_code is None):
            raise TypeError("A money column needs either currency (a path) or currency_code.")
        super().__init__(*args, **kwargs)
        self.currency_path, self.currency_code = currency, currency_code
        self._currency = getter(currency) if currency else lambda record: currency_code

    def currency_of(self, record):
        return self._currency(record)

    def html(self, value, record):
        code = self._currency(record)
        return format_html('{} <span class="unit">{}</span>', formats.amount(value, code), code)

    def exported(self, value, record):
        return from_minor(value, self._currency(record))


class PriceColumn(MoneyColumn):
    """A unit price kept as integer of 10⁻⁴."""

    def html(self, value, record):
        return format_html('{} <span class="unit">{}</span>', formats.number(from_e4(value), 4), self._currency(record))

    def exported(self, value, record):
        return from_e4(value)


class PercentColumn(Column):
    """A fraction (0.035) shown as a percentage; ``delta`` adds sign, arrow and colour."""

    classes = "num"

    def __init__(self, *args, places=1, delta=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.places, self.delta = places, delta

    def html(self, value, record):
        from .templatetags.ka import delta  # the tags draw with this module's neighbours; at import time they would be a circle

        return delta(value, self.places) if self.delta else formats.percent(value, self.places)

    def exported(self, value, record):
        return value


class DayColumn(Column):
    """A date."""

    classes = "day"

    def html(self, value, record):
        return formats.day(value)

    def exported(self, value, record):
        return value


class InstantColumn(DayColumn):
    """A moment, in the person's time zone."""

    def html(self, value, record):
        return formats.instant(value)


class YesColumn(Column):
    """A claim: a tick where it is true, nothing where it is not."""

    def html(self, value, record):
        return format_html('<span class="yes">✓<span class="visually-hidden">{}</span></span>', gettext("yes")) if value else ""

    def exported(self, value, record):
        return bool(value)


class StatusColumn(Column):
    """A state with its colour (ka_crm/statuses.py); the label is the field's own choice label."""

    def html(self, value, record):
        state = getattr(record, self.state_field, value) if self.state_field else value
        return _badge(tone_of(state, self.noun), str(value))

    state_field = noun = None


class Table(tables.Table):
    """The base of every table; ``hidden_columns`` are offered in the column menu but not shown at first."""

    hidden_columns = ()
    row_class = None  # or a method (record) → CSS class of the row

    class Meta:
        order_by_field = "sort"

    def __init__(self, *args, totals=None, shown=None, sort=(), **kwargs):
        """``shown`` are the records of the page where ``data`` is more; ``totals`` column → sum; ``sort`` what the data is sorted by."""
        self.totals, self.shown, self.sort, self.address = totals or {}, shown, tuple(sort), None
        self._labels = {}  # head, cells and column menu all ask
        self.selectable = self.is_compact = False  # set by the list page: a box before each row, rows close together
        # here and not only in Meta: a table whose Meta does not inherit ours is still one of ours
        super().__init__(*args, **{"default": formats.MISSING, "template_name": "components/table.html", **kwargs})

    # -- head ----------------------------------------------------------------------------------------------------------------
    def heads(self):
        """Cells of the head: name, label, class, direction (“ascending”, “descending”, “”) and the address that sorts by it, or None.

        ``address`` (sort → url) is set by the list page; a table without it has no sorting links.
        """
        cells = []
        for bound in self.columns:
            direction = "descending" if f"-{bound.name}" in self.sort else "ascending" if bound.name in self.sort else ""
            following = bound.name if direction == "descending" or not direction else f"-{bound.name}"
            if not direction and isinstance(bound.column, NumberColumn | MoneyColumn | PercentColumn | DayColumn):
                following = f"-{bound.name}"  # figures and days are most often wanted from the top
            url = self.address(following) if self.address and self.sorts_by(bound.name, self.data.data) else None
            classes = getattr(bound.column, "classes", "")
            cells.append({"name": bound.name, "label": self.label_of(bound.name), "classes": classes, "direction": direction, "url": url})
        return cells

    def label_of(self, name):
        """The head of a column, also of one that is not shown now."""
        if name not in self._labels:
            self._labels[name] = self._find_label(name)
        return self._labels[name]

    def _find_label(self, name):
        column = self.base_columns[name]
        if column.verbose_name:
            return column.verbose_name
        head = str(column.accessor or name).split("__")[0]  # “Account” says more than “Name”
        field = _field_of(self.data.model, head) or _field_of(self.data.model, name)  # the second for get_kind_display
        return capfirst(field.verbose_name) if field is not None else capfirst(name.replace("_", " "))

    # -- cells ---------------------------------------------------------------------------------------------------------------
    def _value_getter(self, bound):
        """Record → value of the column; a field with choices gives its label."""
        path = str(bound.accessor)
        if isinstance(bound.column, StatusColumn):
            bound.column.state_field = path if "__" not in path else None
            bound.column.noun = self.data.model._meta.label_lower if self.data.model else None
        head, sep, last = path.rpartition("__")
        name = last.removeprefix("get_").removesuffix("_display") if last.startswith("get_") and last.endswith("_display") else last
        field = _field_of(self.data.model, f"{head}{sep}{name}")
        if field is None or not field.choices:
            return getter(path)
        shown = f"get_{name}_display"
        if not isinstance(getattr_static(field.model, shown, None), partialmethod):  # a model may word its choices in its own way
            return getter(f"{head}{sep}{shown}")
        # Once for the column: Django's own method goes through all choices at every call.
        labels, value_of = {value: str(label) for value, label in field.flatchoices}, getter(f"{head}{sep}{name}")
        return lambda record: labels.get(value := value_of(record), value)

    def _drawer(self, bound):
        """Record → the inner HTML of the column's cell, or _MISSING."""
        column = bound.column
        if not isinstance(column, Column):
            return lambda record: conditional_escape(tables.rows.BoundRow(record, self).get_cell(bound.name))
        value_of, own = self._value_getter(bound), getattr(self, f"render_{bound.name}", None)
        linked, hint_of, patterns = column.address_of, column.hint, {}
        render = _renderer(own, self, bound) if own else column.html

        def link(value, record):
            """A row's address; the pattern of its kind is looked up once for the column."""
            row = value if hasattr(value, "get_absolute_url") else record
            if linked is not True or not hasattr(row, "pk"):
                return column.link_of(value, record)
            if type(row) not in patterns:
                patterns[type(row)] = _page_pattern(type(row), get_language())
            pattern = patterns[type(row)]
            return row.get_absolute_url() if pattern is None else f"{pattern[0]}{row.pk}{pattern[1]}"

        def draw(record):
            value = value_of(record)
            if value is None or value == "":
                return _MISSING
            inner = render(value, record)
            if type(inner) is str:
                inner = escape_text(inner)
            elif not hasattr(inner, "__html__"):
                inner = escape_text(str(inner))
            if linked and (address := link(value, record)) is not None:
                inner = f'<a href="{escape_text(address)}">{inner}</a>'
            if hint_of and (hint := hint_of(record)) not in (None, ""):
                inner = f'{inner}<span class="cell-hint">{escape_text(str(hint))}</span>'
            return inner

        return draw

    @cached_property
    def _cells(self):
        cells = []
        for position, bound in enumerate(self.columns):
            classes = getattr(bound.column, "classes", "") or (bound.column.attrs.get("td", {}).get("class", ""))
            kind = f' class="{escape(classes)}"' if classes else ""
            tag = "th" if position == 0 else "td"
            scope = ' scope="row"' if position == 0 else ""
            label = f'data-label="{escape(self.label_of(bound.name))}"'
            missing = f'<{tag}{scope} class="{escape(classes)} is-missing" {label}>{escape(bound.default)}</{tag}>'
            cells.append((f"<{tag}{scope}{kind} {label}>", self._drawer(bound), f"</{tag}>", missing))
        return cells

    def body(self):
        """All rows of the page as HTML."""
        rows, cells, words = [], self._cells, escape_text(gettext("Choose this row"))
        for record in self.data if self.shown is None else self.shown:
            row = ""
            if self.selectable:  # named by the row's own head: “Choose this row, Harbor 7”
                pk = record.pk
                box = f'name="row" value="{pk}" form="bulk" id="p{pk}" aria-label="{words}" aria-labelledby="p{pk} h{pk}"'
                row = f'<td class="pick"><input type="checkbox" class="form-check-input" {box}></td>'
            for opening, draw, closing, missing in cells:
                inner = draw(record)
                row += missing if inner is _MISSING else f"{opening}{inner}{closing}"
            if self.selectable:
                row = row.replace('<th scope="row"', f'<th scope="row" id="h{record.pk}"', 1)
            kind = f' class="{escape(self.row_class(record))}"' if self.row_class else ""
            rows.append(f"<tr{kind}>{row}</tr>")
        return mark_safe("\n".join(rows))  # noqa: S308 – every part was escaped above

    def footer(self):
        """Cells of the totals row: label, class and HTML; empty without totals."""
        if not self.totals:
            return []
        cells = []
        for position, bound in enumerate(self.columns):
            value = self.totals.get(bound.name)
            html = bound.column.html(value, self.totals) if value is not None else gettext("Total") if position == 0 else ""
            cells.append({"label": self.label_of(bound.name), "classes": getattr(bound.column, "classes", ""), "html": html})
        return cells

    # -- files ---------------------------------------------------------------------------------------------------------------
    def export_columns(self):
        """Pairs (header, record → value) of the shown columns; a money column with a currency of its own brings a column for it."""
        pairs, currencies = [], set()
        for bound in self.columns:
            if bound.column.exclude_from_export:
                continue
            pairs.append((str(self.label_of(bound.name)), self._exporter(bound)))
            path = getattr(bound.column, "currency_path", None)
            if path and path not in currencies:
                currencies.add(path)
                pairs.append((gettext("Currency"), bound.column.currency_of))
        return pairs

    def plain_columns(self, queryset):
        """Pairs (path, value → cell) of the shown columns, if a file can have them all as plain values of ``queryset``; else None.

        A record per row costs a file more than its cells. ``export_columns`` gives the same cells of records.
        """
        if queryset.query.distinct or queryset.query.combinator:
            return None  # there the columns decide which rows come
        found = [self._plain(bound, queryset) for bound in self.columns if not bound.column.exclude_from_export]
        usable = None not in found and len({path for path, _cell in found}) == len(found)
        return found if usable else None

    def _plain(self, bound, queryset):
        """(path, value → cell) of a column, or None where only a record can give the cell."""
        column = bound.column
        if type(column) not in (Column, NumberColumn, DayColumn) or hasattr(self, f"export_{bound.name}"):
            return None
        path = column.said_by or str(bound.accessor)
        if path in queryset.query.annotations:
            return path, partial(column.exported, record=None)
        field = _field_of(queryset.model, path)
        if field is None or not field.concrete or field.is_relation or field.choices:
            return None
        says_itself = type(column) is Column and isinstance(field, CharField | TextField)
        return path, str if says_itself else partial(column.exported, record=None)

    def _exporter(self, bound):
        column = bound.column
        if not isinstance(column, Column):
            return lambda record: tables.rows.BoundRow(record, self).get_cell_value(bound.name)
        value_of, own = self._value_getter(bound), getattr(self, f"export_{bound.name}", None)

        def export(record):
            value = value_of(record)
            if own:
                return own(value=value, record=record)
            return None if value is None else column.exported(value, record)

        return export

    # -- order ---------------------------------------------------------------------------------------------------------------
    def sorts_by(self, name, queryset):
        """The paths the column sorts by, or () where the database cannot."""
        if name not in self.columns or self.columns[name].column.orderable is False:
            return ()
        bound = self.columns[name]
        paths = [str(path) for path in (bound.column.order_by or (bound.accessor,))]
        known = all(path.lstrip("-") in queryset.query.annotations or _field_of(queryset.model, path.lstrip("-")) for path in paths)
        return tuple(paths) if known else ()

    def sorted_queryset(self, queryset, sort):
        """``queryset`` in the order of ``sort`` (“-net_minor,name”), total and with missing values last; and what of it was understood."""
        understood, order = [], []
        for part in sort.split(",")[:3]:
            name = part.removeprefix("-")
            if paths := self.sorts_by(name, queryset):
                understood.append(part)
                for path in paths:
                    down = part.startswith("-") != path.startswith("-")
                    column, last = F(path.lstrip("-")), {"nulls_last": True} if _may_be_missing(queryset, path.lstrip("-")) else {}
                    order.append(column.desc(**last) if down else column.asc(**last))
        return (queryset.order_by(*order, "pk") if order else queryset), understood
