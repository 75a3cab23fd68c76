"""When each store is due: which rule decides, the due list, and coverage. A fixed number of statements, however many stores."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Count, DateField, Exists, F, Func, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount, Store
from ka_crm.money import ratio
from visits.models import Cadence, ShelfFact, ShelfTicket, Visit
from visits.states import VisitStatus

from .needs import SOON_DAYS, need_of

NEVER = dt.date(1900, 1, 1)  # before any visit: a store nobody visited compares as visited then
FIRST_DUE = NEVER + dt.timedelta(days=366)  # the longest cadence later
TOOK_PLACE = (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)


class RuleBook:
    """The cadence rules in force on one day, in the order in which they decide: store, format, account (the nearest first), everybody.

    Reading them takes two statements. Rules of a format within an account stand before those of the format alone.
    """

    def __init__(self, day):
        in_force = Cadence.objects.in_force_on(day)
        self.for_stores = in_force.filter(store__isnull=False)
        self.store_intervals = list(self.for_stores.order_by("every_days").values_list("every_days", flat=True).distinct())
        rules = in_force.filter(store=None).order_by("-starts_on", "-pk").values("store_format", "every_days", path=F("account__path"))
        self.tiers = defaultdict(list)  # (no format?, minus depth) → rules; sorted, the keys give the order
        for rule in rules:
            self.tiers[rule["store_format"] == "", -(rule["path"] or "").count("/")].append(rule)

    @property
    def is_empty(self):
        return not self.store_intervals and not self.tiers

    def case(self, value_of, output_field):
        """A CASE over stores that gives ``value_of(every_days)`` of the rule that decides, NULL where none does."""
        whens = [
            When(pk__in=self.for_stores.filter(every_days=every_days).values("store"), then=value_of(every_days))
            for every_days in self.store_intervals
        ]
        for key in sorted(self.tiers):
            grouped = defaultdict(list)
            for rule in self.tiers[key]:
                grouped[rule["store_format"], rule["every_days"]].append(rule["path"])
            whens += [
                When(self._condition(store_format, paths), then=value_of(every_days))
                for (store_format, every_days), paths in grouped.items()
            ]
        nothing = Cast(Value(None), output_field)  # typed: without rules PostgreSQL would not know what it adds to a day
        return Case(*whens, default=nothing, output_field=output_field)

    @staticmethod
    def _condition(store_format, paths):
        condition = Q(pk__isnull=False) if not store_format else Q(store_format=store_format)
        if None in paths:  # a rule without an account
            return condition
        below = Q()
        for path in paths:
            below |= Q(path__startswith=path)
        return condition & Q(account__in=KeyAccount.objects.filter(below).values("pk"))


def _of_store(**narrowed):
    return Visit.objects.filter(store=OuterRef("pk"), **narrowed).order_by("-planned_on", "-pk")


class DaysAfter(Func):
    """A day and so many days: ``DaysAfter("last_visit_on", "every_days")``; NULL where one of them is."""

    arity, arg_joiner, template = 2, " + ", "(%(expressions)s)"
    output_field = DateField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, arg_joiner=", '+' || ", template="date(%(expressions)s || ' days')", **context)


def with_cadence(stores, day, *, book=None, before=None):
    """``stores`` with last_visit_on, every_days and due_on as of ``day``; only visits before ``before`` count where it is given.

    Narrow by ``due_by``: its one comparison makes the database look for the last visit once per store.
    """
    book = book or RuleBook(day)
    seen = {"status__in": TOOK_PLACE} | ({} if before is None else {"planned_on__lt": before})
    newest = Visit.objects.filter(store=OuterRef("pk"), **seen).order_by("-planned_on").values("planned_on")[:1]
    stores = stores.annotate(last_visit_on=Subquery(newest, output_field=DateField()), every_days=book.case(Value, IntegerField()))
    never = Value(NEVER, output_field=DateField())
    return stores.annotate(due_on=DaysAfter("last_visit_on", "every_days")).alias(
        due_or_never=DaysAfter(Coalesce("last_visit_on", never), "every_days"),
    )


def _counted(rows, column):
    """Number of ``rows``, which an OuterRef narrows to one ``column``, as a subquery: joins of several would multiply each other."""
    counted = rows.order_by().values(column).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def with_needs(stores, today, *, book=None):
    """``with_cadence`` and all that a store's Need is made of: next_visit_on, missed_on, out_of_stock_count, gap_count."""
    last_visit = _of_store(status__in=TOOK_PLACE).values("pk")[:1]
    tickets = ShelfTicket.objects.still_open().filter(store=OuterRef("pk"), kind=ShelfTicket.Kind.OUT_OF_STOCK)
    gaps = ShelfFact.objects.filter(visit=OuterRef("last_visit_id"), is_must_stock=True, is_present=False)
    planned = Visit.objects.filter(store=OuterRef("pk"), status=VisitStatus.PLANNED, planned_on__gte=today).order_by("planned_on", "pk")
    return (
        with_cadence(stores, today, book=book)
        .select_related("account")
        .annotate(last_visit_id=Subquery(last_visit))
        .annotate(
            next_visit_on=Subquery(planned.values("planned_on")[:1], output_field=DateField()),
            missed_on=Subquery(_of_store(status=VisitStatus.MISSED).values("planned_on")[:1], output_field=DateField()),
            out_of_stock_count=_counted(tickets, "store"),
            gap_count=_counted(gaps, "visit"),
        )
    )


def need_of_store(store, today):
    """The Need of a row of ``with_needs``."""
    return need_of(
        today=today,
        last_visit_on=store.last_visit_on,
        every_days=store.every_days,
        due_on=store.due_on,
        out_of_stock=store.out_of_stock_count,
        gaps=store.gap_count,
        missed_on=store.missed_on,
    )


def due_by(day):
    """Rows of ``with_cadence`` that have a rule and are due on ``day`` or before, or were never visited."""
    return Q(due_or_never__lte=day)


def due_states(today):
    """Name → condition on rows of ``with_cadence``: what the due list can be narrowed to."""
    return {
        "due": due_by(today),
        "overdue": Q(due_on__lt=today),
        "soon": Q(due_on__gt=today, due_on__lte=today + dt.timedelta(days=SOON_DAYS)),
        "never": Q(every_days__isnull=False, last_visit_on=None),
        "no_rule": Q(every_days=None),
    }


def proposed_stores(stores, today, *, until, book, most):
    """Stores to plan now, the most urgent first, each with ``need``: due by ``until`` and not planned yet. One statement."""
    rows = with_needs(stores, today, book=book).filter(due_by(until), next_visit_on=None)
    found = list(rows.order_by(F("due_on").asc(nulls_first=True), "sort_key", "pk")[: most * 3])
    for store in found:
        store.need = need_of_store(store, today)
    return sorted(found, key=lambda store: (-store.need.score, store.due_on or dt.date.min, store.sort_key, store.pk))[:most]


# -- coverage --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Coverage:
    """Visit coverage of a period: ``visited`` of ``due`` stores; ``value`` a fraction with 6 digits, or None with the ``reason``."""

    visited: int
    due: int
    value: Decimal | None
    reason: str = ""


def coverage(stores, first, last):
    """Visited ÷ due stores between ``first`` and ``last``, both included (formulas: visit coverage).

    A store is due if its rule in force on ``last`` asks for a visit by then, counted from the last visit before ``first``, or if nobody
    had been there; visited if a visit took place in the period, whoever made it. Stores that are closed on ``last`` or have no rule do
    not count. No due store gives None with the reason. Three statements.
    """
    seen = Visit.objects.filter(store=OuterRef("pk"), status__in=TOOK_PLACE, planned_on__range=(first, last))
    rows = with_cadence(stores.in_force_on(last), last, before=first).filter(due_by(last)).annotate(is_visited=Exists(seen))
    found = rows.order_by().aggregate(due=Count("pk"), visited=Count("pk", filter=Q(is_visited=True)))
    if not found["due"]:
        return Coverage(0, 0, None, _("No store was due in this period."))
    return Coverage(found["visited"], found["due"], ratio(found["visited"], found["due"]))


def due_counts(stores, today):
    """How many of ``stores`` have a rule (ruled), are due, are overdue, were never visited: three statements.

    Counted per day on which they are due, so that the database looks for each store's last visit once.
    """
    days = with_cadence(stores, today).annotate(day=F("due_or_never")).filter(every_days__isnull=False)
    counted = dict(days.order_by().values_list("day").annotate(count=Count("pk")))
    return {
        "ruled": sum(counted.values()),
        "due": sum(count for day, count in counted.items() if day <= today),
        "overdue": sum(count for day, count in counted.items() if FIRST_DUE < day < today),
        "never": sum(count for day, count in counted.items() if day <= FIRST_DUE),
    }


def stores_of(user):
    """The open stores in ``user``'s care."""
    return Store.objects.visible_to(user).active()
