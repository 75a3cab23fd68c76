"""What visits add to the facts of an order: each kind of figure by a fixed number of statements for all accounts together."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, F, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from ka_crm.periods import span
from team.models import User
from visits.figures import (
    SEEN,
    competitor_lines,
    must_stock_gap_lines,
    out_of_stock_lines,
    scores_by_account,
    scores_by_person,
    visit_notes,
    visits_by_account,
    visits_by_person,
    worst_stores,
)
from visits.models import CategoryAsk, ShelfFact
from visits.scores import share_of_shelf


@dataclass
class PricesSeen:
    """Shelf prices that visits noted of one product; minor units of the account's currency."""

    times: int = 0
    total: int = 0
    low: int | None = None
    high: int | None = None

    def add(self, other):
        self.times += other.times
        self.total += other.total
        self.low = other.low if self.low is None else min(self.low, other.low)
        self.high = other.high if self.high is None else max(self.high, other.high)
        return self


@dataclass
class Facings:
    """Own facings and those of the whole category, summed over the visits that counted the category, now and in the period before."""

    own: int = 0
    all: int = 0
    own_before: int = 0
    all_before: int = 0

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self

    @property
    def now(self):
        """Share of shelf (visits.scores.share_of_shelf): a Score with its reason where there is none."""
        return share_of_shelf(own_facings=self.own, all_facings=self.all)

    @property
    def before(self):
        return share_of_shelf(own_facings=self.own_before, all_facings=self.all_before)


class ShelfFacts:
    """The part of Facts that reads visits; it asks ``period``, ``before``, ``account_ids``, ``today`` and ``_of_accounts`` of the rest."""

    @cached_property
    def visited(self):
        """The days of the period that count: none after today, since a visit of tomorrow is neither kept nor missed."""
        return span(self.period.starts_on, max(self.period.starts_on, min(self.period.ends_on, self.today)))

    @cached_property
    def visits(self):
        """{account: VisitFigures}, to these accounts by anybody."""
        return visits_by_account(self.account_ids, self.visited)

    @cached_property
    def visits_before(self):
        """{account: VisitFigures} of the period before."""
        return visits_by_account(self.account_ids, self.before)

    @cached_property
    def visits_of_people(self):
        """{person: VisitFigures}, by anybody to any account."""
        return visits_by_person(User.objects.values("pk"), self.visited)

    @cached_property
    def visits_of_people_before(self):
        return visits_by_person(User.objects.values("pk"), self.before)

    @cached_property
    def people(self):
        return dict(User.objects.values_list("pk", "name"))

    @cached_property
    def out_of_stock(self):
        """{account: lines of store and product, most often first}."""
        return grouped(out_of_stock_lines(self.account_ids, self.visited, limit=None))

    @cached_property
    def must_stock_gaps(self):
        """{account: lines of store and must-stock product that was looked for and not found, most often first}."""
        return grouped(must_stock_gap_lines(self.account_ids, self.visited, limit=None))

    @cached_property
    def competitors(self):
        """{account: competitor facts, newest first}."""
        return grouped(competitor_lines(self.account_ids, self.visited, limit=None))

    @cached_property
    def visit_notes(self):
        """{account: notes of visits, newest first}."""
        return grouped(visit_notes(self.account_ids, self.visited, limit=None))

    @cached_property
    def shelf_prices(self):
        """{account: {product: PricesSeen}} of the visits that took place."""
        seen = ShelfFact.objects.filter(self._of_visits(self.visited), price_minor__isnull=False)
        rows = seen.values_list("visit__account_id", "product_id").annotate(
            Count("pk"), Sum("price_minor"), Min("price_minor"), Max("price_minor")
        )
        found = defaultdict(dict)
        for row in rows:
            found[row[0]][row[1]] = PricesSeen(*row[2:])
        return found

    @cached_property
    def scores(self):
        """{account: ShelfScores} of the visits to its stores."""
        return scores_by_account(self.account_ids, self.visited)

    @cached_property
    def scores_before(self):
        return scores_by_account(self.account_ids, self.before)

    @cached_property
    def scores_of_people(self):
        return scores_by_person(User.objects.values("pk"), self.visited)

    @cached_property
    def worst_stores(self):
        """{account: its stores by their mean score, the lowest first}."""
        return grouped(worst_stores(self.account_ids, self.visited, limit=None))

    @cached_property
    def facings(self):
        """{account: {category: Facings}} over the visits that counted the whole category; two statements."""
        found = defaultdict(lambda: defaultdict(Facings))
        for period, now in ((self.visited, True), (self.before, False)):
            for account_id, category_id, own, whole in self._facings_in(period):
                row = found[account_id][category_id]
                if now:
                    row.own, row.all = own, whole
                else:
                    row.own_before, row.all_before = own, whole
        return found

    def _facings_in(self, period):
        own = (
            ShelfFact.objects.filter(visit=OuterRef("visit"), product__category=OuterRef("category"))
            .order_by()
            .values("visit")
            .annotate(total=Sum("facings"))
            .values("total")
        )
        counted = CategoryAsk.objects.filter(self._of_visits(period), all_facings__gt=0).annotate(
            own=Coalesce(Subquery(own, output_field=IntegerField()), 0)
        )
        return counted.order_by().values_list("visit__account_id", "category_id").annotate(Sum("own"), Sum("all_facings"))

    @cached_property
    def category_asks(self):
        """{account: what stores said they sell of a category a month, the newest first}; one statement."""
        asks = CategoryAsk.objects.filter(self._of_visits(self.visited)).filter(
            Q(monthly_value_minor__isnull=False) | Q(monthly_units__isnull=False)
        )
        return grouped(
            asks.values(
                "category_id",
                "monthly_value_minor",
                "monthly_units",
                "said_by",
                account_id=F("visit__account_id"),
                store_id=F("visit__store_id"),
                store_name=F("visit__store__name"),
                seen_on=F("visit__planned_on"),
                category_name=F("category__name"),
                currency=F("visit__account__currency"),
            ).order_by("-visit__planned_on", "-pk")
        )

    def _of_visits(self, period):
        """The condition on facts of the visits to these accounts that took place in ``period``."""
        return self._of_accounts("visit__account_id") & Q(
            visit__status__in=SEEN, visit__planned_on__range=(period.starts_on, period.ends_on)
        )


def grouped(lines, key="account_id"):
    """{value of ``key``: its lines, in their order}."""
    found = defaultdict(list)
    for line in lines:
        found[line[key]].append(line)
    return found


__all__ = ["Facings", "PricesSeen", "ShelfFacts", "grouped"]
