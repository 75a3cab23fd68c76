"""Sums over many visits for reports and dashboards: a fixed number of statements, whatever the number of accounts or people.

Counts of visits come from visits and facts (``visits_by_…``), scores of what was seen from ``VisitScore`` alone (``scores_by_…``):
those hold completed visits at stores, and no statement about them touches a fact.

A visit counts in the period of ``planned_on``, its day in the company's time zone. Keys are the account the visit was made
to: whoever wants a whole chain adds the values up, every one of them adds (``sum(figures, VisitFigures())``).
"""

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Avg, Count, F, Max, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from .models import CategoryAsk, CompetitorFact, Photo, ShelfFact, Visit, VisitScore
from .scores import Score, must_stock_compliance, on_shelf_availability, price_compliance, share_of_shelf
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


@dataclass(frozen=True)
class ShelfScores:
    """What completed visits at stores scored; they add, and the scores follow from the sums.

    visits: completed visits at stores; scored: those to which at least one part of the score applied; score_sum_e2: the sum of
    their scores in hundredths of a point. Facings are those of categories that were counted whole.
    """

    visits: int = 0
    scored: int = 0
    score_sum_e2: int = 0
    must_stock_checked: int = 0
    must_stock_present: int = 0
    checked: int = 0
    available: int = 0
    own_facings: int = 0
    category_facings: int = 0
    prices_checked: int = 0
    prices_in_corridor: int = 0

    @property
    def score(self):
        """Mean perfect-store score of the scored visits, 0–100 as Decimal with one digit, half up; None without one."""
        if not self.scored:
            return None
        return (Decimal(self.score_sum_e2) / self.scored / 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def score_reason(self):
        """Why there is no score; empty where there is one."""
        if self.scored:
            return ""
        return _("No part of the score applied at these visits.") if self.visits else _("No visit was completed.")

    @property
    def availability(self):
        """On-shelf availability over all checks (scores.on_shelf_availability)."""
        return on_shelf_availability(on_shelf=self.available, checked=self.checked)

    @property
    def compliance(self):
        """Must-stock compliance over all checks (scores.must_stock_compliance)."""
        return must_stock_compliance(found=self.must_stock_present, checked=self.must_stock_checked, required=self.must_stock_checked)

    @property
    def share(self):
        """Share of shelf over all counted categories, own ÷ all facings (scores.share_of_shelf)."""
        if not self.category_facings:
            return Score(None, 0, 0, _("No category was counted whole."))
        return share_of_shelf(own_facings=self.own_facings, all_facings=self.category_facings)

    @property
    def price(self):
        """Price compliance over all checks with a corridor (scores.price_compliance)."""
        return price_compliance(in_corridor=self.prices_in_corridor, checked=self.prices_checked)

    def __add__(self, other):
        return ShelfScores(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})

    __radd__ = __add__


def scores_by_account(accounts, period, *, visitors=None):
    """``{account id: ShelfScores}`` of the stores of ``accounts`` (queryset, rows or ids) themselves, in one statement.

    Whoever wants a chain with everything below it gives the whole subtree and adds the values up. The caller has scoped ``accounts``.
    """
    return _scores(_of_visits(accounts, period, visitors), F("visit__account_id"))


def scores_by_store(accounts, period, *, visitors=None):
    """``{store id: ShelfScores}`` of the stores of ``accounts``, in one statement."""
    return _scores(_of_visits(accounts, period, visitors), F("visit__store_id"))


def scores_by_person(people, period):
    """``{user id: ShelfScores}`` of visits by ``people``, to whatever account, in one statement."""
    return _scores(Q(visit__visitor__in=people, visit__planned_on__range=(period.starts_on, period.ends_on)), F("visit__visitor_id"))


def scores_by_month(accounts, period, *, visitors=None):
    """``{first day of a month: ShelfScores}`` of the visits in ``period`` to ``accounts`` together, in one statement."""
    return _scores(_of_visits(accounts, period, visitors), TruncMonth("visit__planned_on"))


def worst_stores(accounts, period, *, visitors=None, limit=20):
    """Stores by their mean score, the lowest first: dicts store_id, store_name, account_id, visits, score (Decimal), last_on.

    Only stores with a scored visit; equal ones by store. One statement.
    """
    rows = (
        VisitScore.objects.filter(_of_visits(accounts, period, visitors), score_e2__isnull=False)
        .order_by()
        .values(store_id=F("visit__store_id"), store_name=F("visit__store__name"), account_id=F("visit__account_id"))
        .annotate(visits=Count("pk"), sum_e2=Sum("score_e2"), mean=Avg("score_e2"), last_on=Max("visit__planned_on"))
        .order_by("mean", "store_id")[:limit]
    )
    return [
        {name: row[name] for name in ("store_id", "store_name", "account_id", "visits", "last_on")}
        | {"score": ShelfScores(visits=row["visits"], scored=row["visits"], score_sum_e2=row["sum_e2"]).score}
        for row in rows
    ]


def _scores(condition, key):
    rows = VisitScore.objects.filter(condition).order_by().values(key=key).annotate(
        visits=Count("pk"),
        scored=Count("score_e2"),
        score_sum_e2=Sum("score_e2"),
        **{f"sum_{name}": Sum(name) for name in _SUMMED},
    )  # fmt: skip
    found = {}
    for row in rows:
        counts = {name.removeprefix("sum_"): value or 0 for name, value in row.items() if name != "key"}
        found[row["key"]] = ShelfScores(**counts)
    return found


_SUMMED = (
    "must_stock_checked", "must_stock_present", "checked", "available", "own_facings", "category_facings", "prices_checked",
    "prices_in_corridor",
)  # fmt: skip


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
    for row in visits.order_by().values(key).annotate(**visit_counts()):
        found[row.pop(key)] = row
    seen = visits.filter(status__in=SEEN)
    for row in ShelfFact.objects.filter(visit__in=seen).order_by().values(key=F(f"visit__{key}")).annotate(**_shelf_counts()):
        found[row.pop("key")].update(row)
    others = {
        "competitor_facts": CompetitorFact.objects.filter(is_removed=False),
        "category_asks": CategoryAsk.objects.all(),
        "photos": Photo.objects.kept(),
    }
    for name, facts in others.items():
        for row in facts.filter(visit__in=seen).order_by().values(key=F(f"visit__{key}")).annotate(count=Count("pk")):
            found[row["key"]][name] = row["count"]
    return {owner: VisitFigures(**{name: value or 0 for name, value in row.items()}) for owner, row in found.items()}


def visit_counts():
    """Aggregates over visits, by the names of VisitFigures: the one place that says which visit counts as what."""
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
