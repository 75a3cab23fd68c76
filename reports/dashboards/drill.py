"""From a number to its rows: an account's stores, a store's products and visits; sell-out from the rollups of stores and months."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max

from accounts.models import KeyAccount, Store
from ka_crm import formats
from ka_crm.periods import span
from sales import figures
from sales.models import StoreProductMonth
from visits.figures import ShelfScores, scores_by_store
from visits.models import ShelfTicket, Visit

from .figures import Compared

MOST_STORES = 100
MOST_VISITS = 30


@dataclass
class StoreFigures:
    """One store of an account; ``sales`` stays empty for readers who may not see sell-out."""

    store: Store
    sales: Compared
    score: Decimal | None = None
    gaps: int = 0
    last_visit: date | None = None

    @property
    def weight(self):
        return self.sales.gained, self.score if self.score is not None else Decimal(101), self.store.sort_key, self.store.pk


@dataclass
class AccountFigures:
    """The stores of an account and of what lies below it, the worst first, and their scores together."""

    stores: list = field(default_factory=list)
    more: int = 0
    scores: ShelfScores = field(default_factory=ShelfScores)
    gaps: int = 0

    @property
    def visited(self):
        return sum(row.last_visit is not None for row in self.stores)


def seen_period(selection):
    """The days whose visits belong to a selection: its period, until today where it holds the newest month."""
    period = selection.period
    runs_on = selection.newest is None or selection.newest in selection.months
    return span(period.starts_on, max(period.ends_on, selection.today)) if runs_on else period


def account_figures(selection, *, with_sales, is_incomplete=False):
    """AccountFigures of a Selection; six statements, four without sell-out. ``is_incomplete`` as on figures.Compared, of the account."""
    accounts = KeyAccount.objects.filter(pk__in=selection.ids)
    stores = Store.objects.active().in_force_on(selection.today).filter(account__in=selection.ids).select_related("account")
    rows = {store.pk: StoreFigures(store, Compared(store.pk, store.name, is_incomplete=is_incomplete)) for store in stores}
    if with_sales:
        for period, now in ((selection.period, True), (selection.then, False)):
            for store_id, sums in figures.sellout_by_store(accounts, period).items():
                if store_id in rows:
                    rows[store_id].sales.take(sums, now=now)
    found = AccountFigures()
    for store_id, scores in scores_by_store(list(selection.ids), seen_period(selection)).items():
        found.scores += scores
        if store_id in rows:
            rows[store_id].score = scores.score
    gaps = ShelfTicket.objects.filter(closed_on=None, store__account__in=selection.ids)
    for store_id, count in gaps.order_by().values_list("store_id").annotate(Count("pk")):
        if store_id in rows:
            rows[store_id].gaps = count
    done = Visit.objects.took_place().filter(account__in=selection.ids, store__isnull=False, planned_on__lte=selection.today)
    for store_id, last in done.order_by().values_list("store_id").annotate(Max("planned_on")):
        if store_id in rows:
            rows[store_id].last_visit = last
    found.stores = sorted(rows.values(), key=lambda row: row.weight)
    found.gaps = sum(row.gaps for row in found.stores)
    return found


@dataclass
class OneStore:
    """One store: its sell-out by month and product, its visits with their scores, the gaps on its shelf."""

    total: Compared
    months: list = field(default_factory=list)
    products: list = field(default_factory=list)
    visits: list = field(default_factory=list)
    tickets: list = field(default_factory=list)


def store_figures(store, selection, *, with_sales):
    """OneStore of a store in the period of a Selection of its account; three statements, two without sell-out."""
    found = OneStore(Compared(store.pk, store.name))
    if with_sales:
        _store_sales(found, store, selection)
    visits = Visit.objects.visible_to(selection.user).filter(store=store).select_related("visitor", "score")
    found.visits = list(visits.order_by("-planned_on", "-pk")[:MOST_VISITS])
    for visit in found.visits:
        score = getattr(visit, "score", None)  # only finished visits at stores have one
        visit.score_shown = formats.number(Decimal(score.score_e2) / 100, 1) if score and score.score_e2 is not None else ""
    tickets = ShelfTicket.objects.filter(store=store, closed_on=None).select_related("product")
    found.tickets = list(tickets.order_by("opened_on", "pk")[:MOST_VISITS])
    return found


def _store_sales(found, store, selection):
    months, months_then = selection.months, selection.then.months()
    rows = StoreProductMonth.objects.filter(store=store, month__in=[*months, *months_then]).order_by()
    by_month, by_product = defaultdict(lambda: [0, 0]), {}
    columns = ("month", "product_id", "product__name", "product__sku", "units", "net_minor")
    for month, product_id, name, sku, units, net in rows.values_list(*columns):
        sums = figures.Sums(units=units, net_minor=net)
        row = by_product.setdefault(product_id, Compared(product_id, f"{name} ({sku})"))
        row.take(sums, now=month in months)
        found.total.take(sums, now=month in months)
        by_month[month][0] += net
        by_month[month][1] += units
    found.total.is_incomplete = sum(first in by_month for first in months_then) < sum(first in by_month for first in months)
    for row in by_product.values():
        row.is_incomplete = found.total.is_incomplete
    found.products = sorted(by_product.values(), key=lambda row: (row.gained, row.label))
    for month, then in zip(months, months_then, strict=True):
        row = Compared(month, f"{month:%Y-%m}")
        for first, now in ((month, True), (then, False)):
            if first in by_month:
                row.take(figures.Sums(net_minor=by_month[first][0], units=by_month[first][1]), now=now)
        found.months.append(row)
