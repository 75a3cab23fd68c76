"""One person's day: visits in their order, tasks, decisions and reports that are due."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from team.models import Approval, Task
from visits.models import Visit
from visits.planning.attendance import start_of
from visits.states import VisitStatus

from ..models import Deadline

MOST_TASKS = 8
MOST_APPROVALS = 5
DEADLINE_DAYS = 10


@dataclass
class Day:
    """``visits`` of today and what is under way, the next one to make first; ``start`` says whether the day has begun."""

    today: object
    start: object
    visits: list = field(default_factory=list)
    overdue_count: int = 0
    tasks: list = field(default_factory=list)
    task_count: int = 0
    approvals: list = field(default_factory=list)
    deadlines: list = field(default_factory=list)

    @property
    def done(self):
        return sum(visit.status == VisitStatus.COMPLETED for visit in self.visits)

    @property
    def next_visit(self):
        """The visit under way, else the first one that is planned; None when all are done."""
        for status in (VisitStatus.IN_PROGRESS, VisitStatus.PLANNED):
            for visit in self.visits:
                if visit.status == status:
                    return visit
        return None

    @property
    def later(self):
        """The other visits of the day, in their order."""
        first = self.next_visit
        return [visit for visit in self.visits if first is None or visit.pk != first.pk]

    @property
    def overdue_tasks(self):
        return sum(task.due_on is not None and task.due_on < self.today for task in self.tasks)


def day_of(user, *, now):
    """The Day of ``user`` at the instant ``now``; a fixed number of statements. What somebody does as a deputy is part of it."""
    today = timezone.localdate(now)
    mine = Visit.objects.recorded_by(user).with_places()
    on = Q(planned_on=today) & ~Q(status=VisitStatus.CANCELLED) | Q(status=VisitStatus.IN_PROGRESS)
    day = Day(today=today, start=start_of(user, now) if user.has_capability("visits.record") else None)
    day.visits = list(mine.filter(on).in_day_order()[:100])
    day.overdue_count = mine.overdue_on(today).count()
    due = Task.objects.assigned_to(user).due_by(today + timedelta(days=1)).open().for_list()
    tasks = list(due[:200])
    day.tasks, day.task_count = tasks[:MOST_TASKS], len(tasks)
    day.approvals = list(Approval.objects.waiting_for(user).for_list()[:MOST_APPROVALS])
    owed = Deadline.objects.not_filed().filter(owner=user, due_on__lte=today + timedelta(days=DEADLINE_DAYS))
    day.deadlines = list(owed.select_related("report").order_by("due_on", "pk")[:MOST_TASKS])
    return day
