"""What the page of a week shows: days with their visits in order, why each is there, and the stores that wait. Reads only."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q

from accounts.models import Store
from ka_crm import company, formats
from ka_crm.listpage import search_words
from team.models import User
from team.roles import roles_with
from visits.models import Visit, VisitPlan
from visits.states import VisitStatus

from .availability import DayOff, days_of, days_off, local_day, zone_of
from .cadence import RuleBook, need_of_store, proposed_stores, stores_of, with_needs
from .days import in_route_order, place_of, plan_deadline
from .routes import length_m
from .services import is_late

MOST_PROPOSED = 15
MOST_FOUND = 30


def people_seen_by(user):
    """People who visit stores, as far as ``user`` sees their work, by name."""
    people = User.objects.visible_to(user).active().filter(role__in=roles_with("visits.record"))
    return people.select_related("team").order_by("sort_key", "pk")


def kilometres(metres):
    """Metres as people read a day's way: “34.2 km”."""
    return f"{formats.number(Decimal(metres) / 1000, 1)}\u00a0km"


@dataclass
class ItineraryDay:
    """One day of one person: ``visits`` in route order, each with ``need``; ``off`` says why nobody works."""

    day: dt.date
    today: dt.date
    off: DayOff | None
    capacity: int
    visits: list = field(default_factory=list)

    @property
    def planned(self):
        return [visit for visit in self.visits if visit.status == VisitStatus.PLANNED]

    @property
    def done_count(self):
        return sum(visit.status == VisitStatus.COMPLETED for visit in self.visits)

    @property
    def distance(self):
        """The way from the first stop to the last, in words; "" where fewer than two have a position."""
        metres = length_m([place_of(visit) for visit in self.visits])
        return kilometres(metres) if metres else ""

    @property
    def unplaced_count(self):
        """Stops at stores whose position nobody knows; headquarters are no stores."""
        return sum(visit.store_id is not None and place_of(visit) is None for visit in self.visits)

    @property
    def is_today(self):
        return self.day == self.today

    @property
    def is_open(self):
        """Whether a visit can still be planned there."""
        return self.day >= self.today and (self.off is None or self.off.leave is None)

    @property
    def is_full(self):
        return len(self.visits) > self.capacity

    @property
    def can_order(self):
        return self.day >= self.today and len(self.planned) > 1


@dataclass
class Itinerary:
    """A person's week with all that stands beside it."""

    person: User
    week_starts_on: dt.date
    today: dt.date
    days: list
    proposed: list
    plan: VisitPlan | None
    deadline: dt.datetime
    is_late: bool
    may_plan: bool

    @property
    def visit_count(self):
        return sum(len(day.visits) for day in self.days)

    @property
    def distance(self):
        return kilometres(sum(length_m([place_of(visit) for visit in day.visits]) for day in self.days))

    @property
    def open_days(self):
        """Days of the week to which a visit can be added."""
        return [day for day in self.days if day.is_open]

    @property
    def leaves(self):
        """Approved leaves that lie in the week, each once."""
        found = {day.off.leave.pk: day.off.leave for day in self.days if day.off is not None and day.off.leave is not None}
        return list(found.values())


def stores_for(person, user):
    """Open stores in the person's own care, as far as ``user`` sees them too."""
    alone = person.without_delegations()
    stores = stores_of(alone)
    return stores if user.sees_all or person.pk == user.pk else stores & stores_of(user)


def itinerary(*, person, user, week_starts_on, now):
    """The Itinerary of ``person`` as ``user`` sees it. A fixed number of statements."""
    today, sunday = local_day(person, now), week_starts_on + dt.timedelta(days=6)
    off = days_off([person], week_starts_on, sunday)
    capacity = company.value("visits.visits_per_day")
    days = {day: ItineraryDay(day, today, off.get((person.pk, day)), capacity) for day in days_of(week_starts_on, sunday)}
    visits = Visit.objects.visible_to(user).filter(visitor=person, planned_on__range=(week_starts_on, sunday)).standing()
    visits = list(visits.select_related("store", "account", "callback_of"))
    book = RuleBook(today)
    _say_why(visits, today, book)
    for visit in visits:
        days[visit.planned_on].visits.append(visit)
    for day in days.values():
        day.visits = in_route_order(day.visits)
    plan = VisitPlan.objects.filter(person=person, week_starts_on=week_starts_on).select_related("decided_by").first()
    may_plan = person.pk in user.people_in_scope
    until = max(sunday, today)
    proposed = proposed_stores(stores_for(person, user), today, until=until, book=book, most=MOST_PROPOSED) if may_plan else []
    return Itinerary(
        person=person,
        week_starts_on=week_starts_on,
        today=today,
        days=list(days.values()),
        proposed=proposed,
        plan=plan,
        deadline=plan_deadline(week_starts_on, zone_of(person)),
        is_late=is_late(plan, person, week_starts_on, now),
        may_plan=may_plan,
    )


def _say_why(visits, today, book):
    """Give each visit the ``need`` of its store, None at headquarters: one statement."""
    stores = {visit.store_id for visit in visits if visit.store_id is not None}
    needs = {store.pk: need_of_store(store, today) for store in with_needs(Store.objects.filter(pk__in=stores), today, book=book)}
    for visit in visits:
        visit.need = needs.get(visit.store_id)


def found_stores(*, person, user, words):
    """Stores by their words, to plan several at once; none without words."""
    if not words.strip():
        return []
    stores = stores_for(person, user).select_related("account")
    return list(search_words(stores, words).order_by("sort_key", "pk")[:MOST_FOUND])


# -- the team's week -------------------------------------------------------------------------------------------------------------
@dataclass
class TeamRow:
    """One person's week in the team's table; ``cells`` are one (day, count, done, missed, off) per day."""

    person: User
    cells: list
    plan: VisitPlan | None
    is_late: bool

    @property
    def total(self):
        return sum(cell["count"] for cell in self.cells)


def team_week(*, people, week_starts_on, now):
    """TeamRow per person: a fixed number of statements, however many people."""
    people = list(people)
    sunday = week_starts_on + dt.timedelta(days=6)
    days = days_of(week_starts_on, sunday)
    off = days_off(people, week_starts_on, sunday)
    ids = [person.pk for person in people]
    plans = {plan.person_id: plan for plan in VisitPlan.objects.filter(person__in=ids, week_starts_on=week_starts_on)}
    visits = Visit.objects.filter(visitor__in=ids, planned_on__range=(week_starts_on, sunday)).standing().order_by()
    counts = {
        (row["visitor"], row["planned_on"]): row
        for row in visits.values("visitor", "planned_on").annotate(
            count=Count("pk"),
            done=Count("pk", filter=Q(status=VisitStatus.COMPLETED)),
            missed=Count("pk", filter=Q(status=VisitStatus.MISSED)),
        )
    }
    none = {"count": 0, "done": 0, "missed": 0}
    return [
        TeamRow(
            person=person,
            cells=[{**none, **counts.get((person.pk, day), {}), "day": day, "off": off.get((person.pk, day))} for day in days],
            plan=plans.get(person.pk),
            is_late=is_late(plans.get(person.pk), person, week_starts_on, now),
        )
        for person in people
    ]
