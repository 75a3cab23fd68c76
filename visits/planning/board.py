"""Who has begun to work on one day, for those who lead them. Reads only."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from team.models import User
from visits.models import Attendance

from .attendance import due_at, is_late
from .availability import DayOff, days_off

LATE_WITHIN = dt.timedelta(days=30)


@dataclass
class BoardRow:
    """One person on the day; ``state`` is started, late, missing (late and not begun), waiting or away."""

    person: User
    begun: Attendance | None
    off: DayOff | None
    state: str
    late_count: int

    @property
    def words(self):
        return {
            "started": _("Started"),
            "late": pgettext("of a start of day", "Late"),
            "missing": _("Not started"),
            "waiting": _("Not yet due"),
            "away": self.off.words if self.off is not None else "",
        }[self.state]

    @property
    def tone(self):
        return {"started": "ok", "late": "warn", "missing": "danger", "waiting": "info", "away": "neutral"}[self.state]


@dataclass
class Board:
    rows: list
    counts: Counter


def day_board(people, day, now):
    """A BoardRow per person, and how many are in which state: a fixed number of statements.

    ``late_count`` is of the thirty days up to ``day``.
    """
    people = list(people)
    ids = [person.pk for person in people]
    begun = {one.person_id: one for one in Attendance.objects.filter(person__in=ids, day=day)}
    late = Attendance.objects.filter(person__in=ids, is_late=True, day__gt=day - LATE_WITHIN, day__lte=day)
    late_counts = dict(late.order_by().values_list("person").annotate(count=Count("pk")))
    off = days_off(people, day, day)
    rows = []
    for person in people:
        one, away = begun.get(person.pk), off.get((person.pk, day))
        if one is not None:
            state = "late" if one.is_late else "started"
        elif away is not None:
            state = "away"
        else:
            state = "missing" if is_late(now, due_at(person, day)) else "waiting"
        rows.append(BoardRow(person, one, away, state, late_counts.get(person.pk, 0)))
    return Board(rows=rows, counts=Counter(row.state for row in rows))
