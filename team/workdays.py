"""Working days: which days count when something is due “by the fifth working day”.

A calendar is a week's pattern with dated exceptions, holidays and weekend days that are worked. Without a calendar Monday to
Friday are worked.
"""

from datetime import date, timedelta

from babel.core import get_global
from django.conf import settings

from ka_crm.remembered import remembered

from .models import WorkCalendar

# A calendar in which no day is worked is refused by its form; this stops a search in one that got so anyway.
LONGEST_SEARCH_DAYS = 3_700


@remembered
def _calendars():
    """All calendars with their exceptions: two statements however many days they hold."""
    return list(WorkCalendar.objects.prefetch_related("days"))


def calendar_of(who):
    """The calendar of a person (by the country of their time zone), of a country code, or with None the company's; None without one."""
    calendars = _calendars()
    country = who if isinstance(who, str) else "" if who is None else country_of_zone(who.time_zone or settings.TIME_ZONE)
    own = next((calendar for calendar in calendars if country and calendar.country == country.upper()), None)
    return own or next((calendar for calendar in calendars if calendar.is_default), None)


def country_of_zone(name):
    """The country code of a time zone, such as CN of Asia/Shanghai; "" where none is known."""
    country = get_global("zone_territories").get(name, "")
    return country if len(country) == 2 and country.isalpha() else ""


def _exceptions(calendar):
    """Day → worked of the calendar's dated exceptions, read once per calendar object."""
    if "_exceptions" not in calendar.__dict__:
        calendar._exceptions = {row.day: row.is_working for row in calendar.days.all()}
    return calendar._exceptions


def is_working_day(day, calendar=None):
    if calendar is None:
        return day.weekday() < 5
    worked = _exceptions(calendar).get(day)
    return calendar.working_weekdays[day.weekday()] == "1" if worked is None else worked


def _search(day, step, calendar):
    for _day in range(LONGEST_SEARCH_DAYS):
        day += timedelta(days=step)
        if is_working_day(day, calendar):
            return day
    raise ValueError(f"Calendar “{calendar}” has no working day within ten years of {day}.")


def next_working_day(day, calendar=None):
    """The first working day after ``day``."""
    return _search(day, 1, calendar)


def previous_working_day(day, calendar=None):
    """The last working day before ``day``."""
    return _search(day, -1, calendar)


def add_working_days(day, count, calendar=None):
    """The ``count``-th working day after ``day``, before it where ``count`` is negative; 0 is ``day`` itself, worked or not."""
    for _step in range(abs(count)):
        day = _search(day, 1 if count > 0 else -1, calendar)
    return day


def working_days(first, last, calendar=None):
    """The working days from ``first`` to ``last``, both included, ascending; none where ``last`` is before ``first``."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if is_working_day(day, calendar)]


def nth_working_day(year, month, n, calendar=None):
    """The ``n``-th working day of a month, counted from 1; -1 is its last. Raises ValueError where the month has fewer."""
    first = date(year, month, 1)
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    days = working_days(first, last, calendar)
    if n == 0 or abs(n) > len(days):
        raise ValueError(f"{year:04d}-{month:02d} has {len(days)} working days, not {n}.")
    return days[n - 1] if n > 0 else days[n]
