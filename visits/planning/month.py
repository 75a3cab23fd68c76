"""What the calendar of a month shows: per day how many visits, the first few by name, and who is away. Reads only."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from visits.models import Leave
from visits.states import VisitStatus

from .availability import days_of
from .days import end_of_month, monday_of

NAMED = 4  # visits of a day that stand in its cell; the rest is a number


@dataclass
class MonthDay:
    """One day of the grid; ``inside`` tells the month's own days from those that fill its weeks."""

    day: dt.date
    inside: bool
    is_today: bool
    count: int = 0
    done: int = 0
    missed: int = 0
    visits: list = field(default_factory=list)
    leaves: list = field(default_factory=list)

    @property
    def more(self):
        return self.count - len(self.visits)

    @property
    def is_empty(self):
        return not self.count and not self.leaves


def month_grid(*, visits, people, month, today):
    """The days of the weeks that ``month`` (its first day) touches: three statements, however many visits.

    ``visits`` is scoped and filtered, ``people`` the ids whose leave is shown.
    """
    first, last = monday_of(month), end_of_month(month)
    last += dt.timedelta(days=6 - last.weekday())
    grid = {day: MonthDay(day, day.month == month.month, day == today) for day in days_of(first, last)}
    standing = visits.filter(planned_on__range=(first, last)).standing().order_by()
    done, missed = Q(status=VisitStatus.COMPLETED), Q(status=VisitStatus.MISSED)
    for row in standing.values("planned_on").annotate(count=Count("pk"), done=Count("pk", filter=done), missed=Count("pk", filter=missed)):
        cell = grid[row["planned_on"]]
        cell.count, cell.done, cell.missed = row["count"], row["done"], row["missed"]
    order = [F("route_order").asc(nulls_last=True), F("planned_at").asc(nulls_last=True), F("pk").asc()]
    numbered = standing.annotate(number=Window(RowNumber(), partition_by="planned_on", order_by=order)).filter(number__lte=NAMED)
    for visit in sorted(numbered.select_related("store", "account", "visitor"), key=lambda visit: (visit.planned_on, visit.number)):
        grid[visit.planned_on].visits.append(visit)
    leaves = Leave.objects.approved().overlapping(first, last).filter(person__in=people)
    for leave in leaves.select_related("person").order_by("person__sort_key", "pk"):
        for day in days_of(max(first, leave.starts_on), min(last, leave.ends_on)):
            grid[day].leaves.append(leave)
    return list(grid.values())
