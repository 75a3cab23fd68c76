"""What the visits to one store, and to the stores of one account, tell over time. Each page in a fixed number of statements."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import Store
from ka_crm.charts import Chart, Series
from ka_crm.formats import day as day_text
from ka_crm.money import ratio
from ka_crm.periods import span

from .figures import ShelfScores, scores_by_store
from .models import CategoryAsk, Photo, ShelfFact, ShelfTicket, Visit
from .reading import STATE_WORDS
from .recording import state_of
from .scores import points, share_of_shelf

SHOWN_VISITS = 24
MATRIX_VISITS = 8
MOST_PRODUCTS = 200
MOST_PHOTOS = 12
MOST_STORES = 200


@dataclass(frozen=True)
class Cell:
    """One product at one visit: how it was found, facings and price (minor units); ``state`` empty where it was not checked."""

    state: str = ""
    words: str = ""
    tone: str = "neutral"
    facings: int | None = None
    price_minor: int | None = None


@dataclass
class ProductRow:
    """One product over the visits of the matrix, newest first."""

    product: object
    is_must_stock: bool = False
    cells: list = field(default_factory=list)


@dataclass(frozen=True)
class AskRow:
    """One category at one visit: what the store says it sells a month, facings, and our share of them (scores.Score)."""

    visit: object
    ask: object
    share: object


@dataclass(frozen=True)
class StoreLine:
    """One store of an account in a period; ``scores`` is figures.ShelfScores, ``open_tickets`` how many products are missing now."""

    store: object
    scores: object
    open_tickets: int


def store_page(store, user, today):
    """All that the history of a store shows: ten statements."""
    seen = Visit.objects.visible_to(user).took_place().filter(store=store).select_related("visitor", "account", "score")
    visits = list(seen.order_by("-planned_on", "-pk")[:SHOWN_VISITS])
    for visit in visits:
        visit.points = points(getattr(getattr(visit, "score", None), "score_e2", None))
    asks = _asks(visits)
    closed = ShelfTicket.objects.visible_to(user).filter(store=store, closed_on__isnull=False).for_list().order_by("-closed_on", "-pk")[:10]
    tickets = list(ShelfTicket.objects.visible_to(user).still_open().filter(store=store).for_list())
    for ticket in tickets:
        ticket.age = ticket.days_open(today)
    return {
        "visits": visits,
        "rows": _matrix(visits[:MATRIX_VISITS]),
        "matrix_visits": visits[:MATRIX_VISITS],
        "asks": asks,
        "charts": [chart for chart in (_score_chart(visits), _share_chart(asks)) if chart is not None],
        "tickets": tickets,
        "closed_tickets": list(closed),
        "photos": list(
            Photo.objects.visible_to(user).kept().filter(visit__store=store).select_related("visit").order_by("-pk")[:MOST_PHOTOS]
        ),
        "currency": store.account.currency,
    }


def _photos(store, user):
    return Photo.objects.visible_to(user).kept().filter(visit__store=store).select_related("visit").order_by("-pk")[:MOST_PHOTOS]


def _matrix(visits):
    """Products of these visits, must-stock first, with a cell per visit: one statement."""
    facts = ShelfFact.objects.filter(visit__in=visits).select_related("product").order_by("product__sort_key", "product_id", "pk")
    rows, cells = {}, {}
    for fact in facts[: MOST_PRODUCTS * MATRIX_VISITS]:
        row = rows.setdefault(fact.product_id, ProductRow(fact.product))
        row.is_must_stock = row.is_must_stock or fact.is_must_stock
        state = state_of(fact)
        words, tone = STATE_WORDS[state]
        cells[fact.product_id, fact.visit_id] = Cell(state, words, tone, fact.facings, fact.price_minor)
    for product_id, row in rows.items():
        row.cells = [cells.get((product_id, visit.pk), Cell()) for visit in visits]
    return sorted(rows.values(), key=lambda row: not row.is_must_stock)


def _asks(visits):
    """Category asks of these visits, newest first, each with our share of the shelf: two statements."""
    by_pk = {visit.pk: visit for visit in visits}
    own = {}
    facts = ShelfFact.objects.filter(visit__in=visits, facings__isnull=False, product__category__isnull=False)
    for visit_id, category_id, facings in facts.values_list("visit_id", "product__category_id", "facings"):
        own[visit_id, category_id] = own.get((visit_id, category_id), 0) + facings
    found = CategoryAsk.objects.filter(visit__in=visits).select_related("category").order_by("category__name", "pk")
    rows = [
        AskRow(by_pk[ask.visit_id], ask, share_of_shelf(own_facings=own.get((ask.visit_id, ask.category_id)), all_facings=ask.all_facings))
        for ask in found
    ]
    return sorted(rows, key=lambda row: (row.visit.planned_on, row.visit.pk), reverse=True)


def _score_chart(visits):
    """Score and availability from the oldest to the newest visit that was scored; None below two."""
    scored = [visit for visit in reversed(visits) if getattr(visit, "score", None) is not None]
    if len(scored) < 2:
        return None
    marks = [points(visit.score.score_e2) for visit in scored]
    shelf = [ratio(visit.score.available, visit.score.checked) for visit in scored]
    shelf = [None if value is None else (value * 100).quantize(Decimal("0.1")) for value in shelf]
    newest = next((mark for mark in reversed(marks) if mark is not None), None)
    return Chart(
        "line",
        _("Score by visit"),
        [day_text(visit.planned_on) for visit in scored],
        [Series(_("Perfect-store score"), marks), Series(_("On-shelf availability"), shelf, dashed=True)],
        places=1,
        description=_("The last score is %(score)s.") % {"score": newest if newest is not None else "–"},
        links=[visit.get_absolute_url() for visit in scored],
        most=100,
    )


def _share_chart(asks):
    """Share of shelf by category over the visits that counted it; None below two visits."""
    counted = [row for row in reversed(asks) if row.share.value is not None]
    visits = list(dict.fromkeys(row.visit for row in counted))
    if len(visits) < 2:
        return None
    by_category = {}
    for row in counted:
        by_category.setdefault(row.ask.category, {})[row.visit] = row.share.value
    series = [Series(str(category), [values.get(visit) for visit in visits]) for category, values in by_category.items()]
    return Chart("line", _("Share of shelf by category"), [day_text(visit.planned_on) for visit in visits], series[:8], unit="%", places=1)


def store_lines(accounts, user, *, today, days, most=MOST_STORES):
    """(the ``most`` stores of ``accounts`` with the lowest score first, how many there are, their ShelfScores together); four statements.

    Of completed visits in the last ``days`` days; stores without a score come last. The caller has scoped ``accounts``. Only the
    stores shown are read as rows, so that a chain of thousands costs one sum.
    """
    found = scores_by_store(accounts, span(today - timedelta(days=days - 1), today))
    in_order = sorted(found, key=lambda pk: (found[pk].score is None, found[pk].score or 0, pk))
    stores = Store.objects.visible_to(user).select_related("account").in_bulk(in_order[:most])
    waiting = ShelfTicket.objects.visible_to(user).still_open().filter(store__in=list(stores)).values_list("store_id", flat=True)
    missing = Counter(waiting)
    lines = [StoreLine(stores[pk], found[pk], missing[pk]) for pk in in_order[:most] if pk in stores]
    return lines, len(found), sum(found.values(), ShelfScores())
