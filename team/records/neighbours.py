"""The record before and the one after, in the list that one came from: with its search, filters and order, in two statements.

The list is named by ``?list=`` in the record's own address, or by the page that one came from. It is built anew as its own page
builds it, so that its scope is that page's scope; an address that is no list of this record's model has no neighbours.
"""

from copy import copy
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import F, OrderBy, Q, Subquery
from django.http import QueryDict
from django.urls import Resolver404, resolve

from ka_crm import policy
from ka_crm.listpage import ListPage

LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class Neighbours:
    """Addresses, None at either end of the list; ``list_url`` leads back to it as it was."""

    previous: str | None
    next: str | None
    list_url: str


def neighbours_of(request, record):
    """The Neighbours of ``record`` for this request, or None where it came from no list that holds it."""
    address = request.GET.get("list") or _came_from(request)
    page = _list_page(request, address) if address and len(address) <= LONGEST_ADDRESS else None
    if page is None:
        return None
    rows = page.get_queryset(page.request)
    if rows.model is not type(record):
        return None
    ordered = _ordered(page)
    before, after = _around(ordered, record.pk)
    if before is None and after is None:
        return None
    path = urlsplit(address)
    list_url = f"{path.path}?{path.query}" if path.query else path.path
    return Neighbours(_address(before, list_url), _address(after, list_url), list_url)


def _address(row, list_url):
    return f"{row.get_absolute_url()}?{urlencode({'list': list_url})}" if row is not None else None


def _came_from(request):
    """The path and query of the page that led here, where it is one of this site."""
    parts = urlsplit(request.headers.get("Referer", "")[:LONGEST_ADDRESS])
    if parts.netloc != request.get_host():
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _list_page(request, address):
    """The list page at ``address`` as this person would see it, not drawn; None if there is none, or it is not theirs."""
    path, _mark, query = address.partition("?")
    try:
        match = resolve(path)
    except Resolver404:
        return None
    view_class = getattr(match.func, "view_class", None)
    if view_class is None or not issubclass(view_class, ListPage) or not _may_open(request.user, match.func):
        return None
    asked = copy(request)
    asked.GET, asked.path, asked.path_info, asked.method = QueryDict(query), path, path, "GET"
    asked.resolver_match = match
    page = view_class()
    page.setup(asked, *match.args, **match.kwargs)
    return page


def _may_open(user, view):
    declared = getattr(view, "policy", "")
    return declared == policy.SIGNED_IN or any(user.has_capability(one) for one in declared.split(" | ") if one)


def _ordered(page):
    table = page.make_table()
    return table.sorted_queryset(page.rows, page.request.GET.get("sort", ""))[0]


def _around(rows, pk):
    """(row before, row after) of ``pk`` in the order of ``rows``; (None, None) if ``rows`` do not hold it or sort by what has no name.

    Two statements: the values by which this row is sorted, then the nearest rows on either side of them, in the list's own order.
    """
    order = [_step(step, rows) for step in rows.query.order_by or rows.model._meta.ordering]
    if None in order:
        return None, None
    order.append(Step("pk", down=False, nulls_first=False, nullable=False))
    values = rows.filter(pk=pk).values_list(*(step.name for step in order)).first()
    if values is None:
        return None, None
    turned = [replace(step, down=not step.down, nulls_first=not step.nulls_first) for step in order]
    after = rows.filter(_beyond(order, values)).order_by(*(step.expression for step in order)).values("pk")[:1]
    before = rows.filter(_beyond(turned, values)).order_by(*(step.expression for step in turned)).values("pk")[:1]
    near = list(rows.filter(Q(pk=Subquery(before)) | Q(pk=Subquery(after)) | Q(pk=pk)).order_by(*(step.expression for step in order)))
    place = next((place for place, row in enumerate(near) if row.pk == pk), None)
    if place is None:
        return None, None
    return (near[place - 1] if place else None), (near[place + 1] if place + 1 < len(near) else None)


@dataclass(frozen=True)
class Step:
    """One step of an order: a path of the rows, its direction, and where rows without a value stand."""

    name: str
    down: bool
    nulls_first: bool
    nullable: bool

    @property
    def expression(self):
        column = F(self.name)
        nulls = {("nulls_first" if self.nulls_first else "nulls_last"): True} if self.nullable else {}
        return column.desc(**nulls) if self.down else column.asc(**nulls)


def _step(step, rows):
    """A step of a queryset's order as data; None for one that is no path of the rows."""
    if isinstance(step, OrderBy):
        if not isinstance(step.expression, F):
            return None
        name, down = step.expression.name, step.descending
        nulls_first = bool(step.nulls_first) or (not step.nulls_last and _nulls_come_first(down))
    else:
        name, down = str(step).removeprefix("-"), str(step).startswith("-")
        nulls_first = _nulls_come_first(down)
    if name in rows.query.annotations:
        return Step(name, down, nulls_first, nullable=True)
    model, nullable, field = rows.model, False, None
    for part in name.split("__"):
        if model is None:
            return None
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        nullable = nullable or field.null
        model = field.related_model if field.is_relation else None
    return None if field.is_relation else Step(name, down, nulls_first, nullable)


def _nulls_come_first(down):
    """Where a database puts rows without a value if nobody says: SQLite takes them for the smallest, PostgreSQL for the greatest."""
    return connection.features.order_by_nulls_first != down


def _beyond(order, values):
    """Rows that come after the one with ``values``. The first step stands alone too, so that an index leads there at once."""
    found, tied, start = Q(pk__in=[]), Q(), None
    for step, value in zip(order, values, strict=True):
        same = Q(**{f"{step.name}__isnull": True}) if value is None else Q(**{step.name: value})
        past = _past(step, value)
        start = start or (same | past if past is not None else same)
        if past is not None:
            found |= tied & past
        tied &= same
    return start & found


def _past(step, value):
    """Rows that this step alone puts after ``value``; None where nothing can come after it."""
    if value is None:
        return Q(**{f"{step.name}__isnull": False}) if step.nulls_first else None
    past = Q(**{f"{step.name}__{'lt' if step.down else 'gt'}": value})
    return past | Q(**{f"{step.name}__isnull": True}) if step.nullable and not step.nulls_first else past
