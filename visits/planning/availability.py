"""Who works on which day: a person's calendar and leave that was approved."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from team.workdays import calendar_of, is_working_day
from visits.models import Leave

LONGEST_LOOK_AHEAD = 120  # days; nobody is away for longer than that without a deputy


@dataclass(frozen=True)
class DayOff:
    """Why one person does not work on one day; ``leave`` is None on a day that nobody works."""

    words: str
    leave: Leave | None = None


def zone_of(person):
    """The person's own time zone, the company's where none is set."""
    return ZoneInfo(person.time_zone or settings.TIME_ZONE)


def local_day(person, now):
    """The date where ``person`` is at the instant ``now``."""
    return timezone.localdate(now, zone_of(person))


def days_of(first, last):
    """Every day from ``first`` to ``last``, both included."""
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def days_off(people, first, last):
    """{(person id, day): DayOff} of ``people`` between two days, both included: one statement and what the calendars take.

    Leave stands before a weekend: it says why nobody answers.
    """
    people, days, off = list(people), days_of(first, last), {}
    calendars = {person.pk: calendar_of(person) for person in people}
    closed = {}
    for calendar in set(calendars.values()):
        closed[calendar] = {day: _words_of(day, calendar) for day in days if not is_working_day(day, calendar)}
    for person in people:
        off |= {(person.pk, day): DayOff(words) for day, words in closed[calendars[person.pk]].items()}
    for leave in Leave.objects.approved().overlapping(first, last).filter(person__in=[person.pk for person in people]):
        for day in days_of(max(first, leave.starts_on), min(last, leave.ends_on)):
            off[leave.person_id, day] = DayOff(leave.get_kind_display(), leave)
    return off


def _words_of(day, calendar):
    """The holiday's name, or that nobody works."""
    named = [row.name for row in calendar.days.all() if row.day == day and row.name] if calendar is not None else []
    return named[0] if named else _("Day off")


def day_off(person, day):
    """The DayOff of one person on one day, or None if it is worked."""
    return days_off([person], day, day).get((person.pk, day))


def first_day_at_work(person, day):
    """``day`` if ``person`` works then, else the next day that is worked; None if there is none within four months."""
    last = day + dt.timedelta(days=LONGEST_LOOK_AHEAD)
    off = days_off([person], day, last)
    return next((one for one in days_of(day, last) if (person.pk, one) not in off), None)
