"""Sums over many visits for reports and dashboards: a fixed number of statements, whatever the number of accounts or people.

A visit counts in the period of ``planned_on``, its day in the company's time zone. Keys are the account the visit was made
to: whoever wants a whole chain adds the values up, every one of them adds (``sum(figures, VisitFigures())``).
"""

from dataclasses import dataclass, fields

from django.db.models import Count, F, Max, Q

from .models import CategoryAsk, CompetitorFact, Photo, ShelfFact, Visit
from .scores import must_stock_compliance, on_shelf_availability
from .states import VisitStatus

SEEN = (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)


@dataclass(frozen=True)
class VisitFigures:
    """Counts of visits and of what was seen in them; they add, and the scores follow from the sums.

    planned: visits planned for the period, cancelled ones left out; planned_done: those of them that took place; ad_hoc: done
    without a plan; done: planned_done + ad_hoc; missed; cancelled; open: planned and not yet begun. stores_seen: stores with a
    done visit (adds over accounts, since a store has one; not over people). out_of_stock: products found out of stock.
    """

    planned: int = 0
    planned_done: int = 0
    ad_hoc: int = 0
    missed: int = 0
    cancelled: int = 0
    open: int = 0
    stores_seen: int = 0
    products_checked: int = 0
    products_on_shelf: int = 0
    out_of_stock: int = 0
    must_stock_checked: int = 0
    must_stock_found: int = 0
    competitor_facts: int = 0
    category_asks: int = 0
    photos: int = 0

    @property
    def done(self):
        return self.planned_done + self.ad_hoc

    @property
    def compliance(self):
        """Must-stock compliance over all checks of the period (scores.must_stock_compliance)."""
        return must_stock_compliance(found=self.must_stock_found, checked=self.must_stock_checked, required=self.must_stock_checked)

    @property
    def availability(self):
        """On-shelf availability over all checks of the period (scores.on_shelf_availability)."""
        return on_shelf_availability(on_shelf=self.products_on_shelf, checked=self.products_checked)

    def __add__(self, other):
        return VisitFigures(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})

    __radd__ = __add__


def visits_by_account(accounts, period):
    """``{account id: VisitFigures}`` of visits to ``accounts`` (queryset, rows or ids) in ``period``, in five statements.

    An account without a visit in the period has no key. The caller has scoped ``accounts``.
    """
    return _figures("account_id", Q(account__in=accounts), period)


def visits_by_person(people, period):
    """``{user id: VisitFigures}`` of visits by ``people`` in ``period``, to whatever account, in five statements."""
    return _figures("visitor_id", Q(visitor__in=people), period)


def out_of_stock_lines(accounts, period, *, visitors=None, limit=200):
    """Products found out of stock: dicts account_id, store_id, store_name, product_id, sku, product_name, times, last_on; most often first.

    ``visitors`` narrows to visits of these people. One statement.
    """
    facts = ShelfFact.objects.filter(
        _of_visits(accounts, period, visitors), visit__status__in=SEEN, visit__store__isnull=False, is_out_of_stock=True
    )
    return list(
        facts.values("product_id", account_id=F("visit__account_id"), store_id=F("visit__store_id"), store_name=F("visit__store__name"),
                     sku=F("product__sku"), product_name=F("product__name"))
        .annotate(times=Count("pk"), last_on=Max("visit__planned_on"))
        .order_by("-times", "account_id", "store_id", "product_id")[:limit]
    )  # fmt: skip


def must_stock_gap_lines(accounts, period, *, visitors=None, limit=200):
    """Must-stock products looked for and not found: dicts as in ``out_of_stock_lines``; most often first. One statement."""
    facts = ShelfFact.objects.filter(
        _of_visits(accounts, period, visitors), visit__status__in=SEEN, visit__store__isnull=False, is_must_stock=True, is_present=False
    )
    return list(
        facts.values("product_id", account_id=F("visit__account_id"), store_id=F("visit__store_id"), store_name=F("visit__store__name"),
                     sku=F("product__sku"), product_name=F("product__name"))
        .annotate(times=Count("pk"), last_on=Max("visit__planned_on"))
        .order_by("-times", "account_id", "store_id", "product_id")[:limit]
    )  # fmt: skip


def competitor_lines(accounts, period, *, visitors=None, limit=200):
    """What competitors were seen doing: dicts account_id, store_name, seen_on, category, brand, description, price_minor, currency,
    facings, is_on_promotion; newest first. One statement."""
    facts = CompetitorFact.objects.filter(_of_visits(accounts, period, visitors), visit__status__in=SEEN, is_removed=False)
    return list(
        facts.values("brand", "description", "price_minor", "facings", "is_on_promotion", account_id=F("visit__account_id"),
                     store_name=F("visit__store__name"), seen_on=F("visit__planned_on"), category_name=F("category__name"),
                     currency=F("visit__account__currency"))
        .order_by("-visit__planned_on", "-pk")[:limit]
    )  # fmt: skip


def visit_notes(accounts, period, *, visitors=None, limit=100):
    """Notes of visits that took place: dicts account_id, store_name, visitor_name, seen_on, purpose, note; newest first. One statement."""
    visits = Visit.objects.filter(status__in=SEEN, planned_on__range=(period.starts_on, period.ends_on), account__in=accounts).exclude(
        note=""
    )
    if visitors is not None:
        visits = visits.filter(visitor__in=visitors)
    return list(
        visits.values("account_id", "purpose", "note", store_name=F("store__name"), visitor_name=F("visitor__name"),
                      seen_on=F("planned_on"))
        .order_by("-planned_on", "-pk")[:limit]
    )  # fmt: skip


def _of_visits(accounts, period, visitors):
    condition = Q(visit__account__in=accounts, visit__planned_on__range=(period.starts_on, period.ends_on))
    return condition if visitors is None else condition & Q(visit__visitor__in=visitors)


def _figures(key, chosen, period):
    visits = Visit.objects.filter(chosen, planned_on__range=(period.starts_on, period.ends_on))
    found = {}
    for row in visits.order_by().values(key).annotate(**_visit_counts()):
        found[row.pop(key)] = row
    seen = visits.filter(status__in=SEEN)
    for row in ShelfFact.objects.filter(visit__in=seen).order_by().values(key=F(f"visit__{key}")).annotate(**_shelf_counts()):
        found[row.pop("key")].update(row)
    others = {
        "competitor_facts": CompetitorFact.objects.filter(is_removed=False),
        "category_asks": CategoryAsk.objects.all(),
        "photos": Photo.objects.all(),
    }
    for name, facts in others.items():
        for row in facts.filter(visit__in=seen).order_by().values(key=F(f"visit__{key}")).annotate(count=Count("pk")):
            found[row["key"]][name] = row["count"]
    return {owner: VisitFigures(**{name: value or 0 for name, value in row.items()}) for owner, row in found.items()}


def _visit_counts():
    planned, took_place = Q(origin=Visit.Origin.PLAN), Q(status__in=SEEN)
    return {
        "planned": Count("pk", filter=planned & ~Q(status=VisitStatus.CANCELLED)),
        "planned_done": Count("pk", filter=planned & took_place),
        "ad_hoc": Count("pk", filter=Q(origin=Visit.Origin.AD_HOC) & took_place),
        "missed": Count("pk", filter=Q(status=VisitStatus.MISSED)),
        "cancelled": Count("pk", filter=Q(status=VisitStatus.CANCELLED)),
        "open": Count("pk", filter=Q(status=VisitStatus.PLANNED)),
        "stores_seen": Count("store", distinct=True, filter=took_place),
    }


def _shelf_counts():
    checked, on_shelf, must_stock = Q(is_present__isnull=False), Q(is_present=True, is_out_of_stock=False), Q(is_must_stock=True)
    return {
        "products_checked": Count("pk", filter=checked),
        "products_on_shelf": Count("pk", filter=on_shelf),
        "out_of_stock": Count("pk", filter=Q(is_out_of_stock=True)),
        "must_stock_checked": Count("pk", filter=checked & must_stock),
        "must_stock_found": Count("pk", filter=must_stock & on_shelf),
    }
