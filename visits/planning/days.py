"""Weeks and days as addresses name them, the order of a day's visits, and settings about a day."""

import datetime as dt

from ka_crm import company

# Addresses name days in these years; others are as good as none, and no arithmetic on dates can run over.
FIRST_YEAR, LAST_YEAR = 2000, 2099


def day_of(text):
    """The date that ``text`` (ISO) names, or None where it names none that can be planned."""
    try:
        day = dt.date.fromisoformat(str(text)[:10]) if len(str(text)) == 10 else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def monday_of(day):
    return day - dt.timedelta(days=day.weekday())


def week_of(text, today):
    """The Monday of the week in which the day ``text`` lies; this week's where it names none."""
    return monday_of(day_of(text) or today)


def month_of(text, today):
    """The first day of the month ``text`` (2026-03); this month's where it names none."""
    return day_of(f"{text}-01") or today.replace(day=1)


def end_of_month(first):
    """The last day of the month of ``first``."""
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)


def in_route_order(visits):
    """Visits of one day as they are driven to: by their place in the route, then those without one.

    A visit that came later and has a time stands before the first one with a later time; one without a time comes last.
    """
    visits = sorted(
        visits, key=lambda visit: (visit.route_order is None, visit.route_order or 0, visit.planned_at or dt.time.max, visit.pk)
    )
    ordered = [visit for visit in visits if visit.route_order is not None]
    for visit in (visit for visit in visits if visit.route_order is None):
        later = (
            place
            for place, other in enumerate(ordered)
            if visit.planned_at is not None and other.planned_at is not None and other.planned_at > visit.planned_at
        )
        ordered.insert(next(later, len(ordered)), visit)
    return ordered


def place_of(visit):
    """The visit's position as (latitude, longitude), or None for headquarters and stores whose position nobody knows."""
    store = visit.store
    return None if store is None or store.latitude is None or store.longitude is None else (store.latitude, store.longitude)


def plan_deadline(week_starts_on, zone):
    """Until when the plan of the week is handed in: the weekday and hour of the settings, in the week before, in ``zone``."""
    day = week_starts_on - dt.timedelta(days=7 - int(company.value("visits.plan_due_weekday")))
    return dt.datetime.combine(day, company.value("visits.plan_due_at"), tzinfo=zone)
