"""What stands in somebody's calendar: each app registers its source, the feed (ICS) draws them all.

agenda.register("visits", visits_of)        # in AppConfig.ready()

def visits_of(user, starts_on, ends_on):     # yields Entry, both days included, in the scope of ``user``
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event

_SOURCES = {}
PAST_DAYS, COMING_DAYS = 30, 180


@dataclass(frozen=True)
class Entry:
    """One entry: ``starts`` a day (whole days, ``ends`` the last one) or an aware instant; ``url`` is a path of this site."""

    key: str
    title: str
    starts: date | datetime
    ends: date | datetime | None = None
    place: str = ""
    details: str = ""
    url: str = ""
    is_cancelled: bool = False


def register(name, source: Callable):
    """Add a source; registering the same name again replaces it."""
    _SOURCES[name] = source


def entries_of(user, starts_on, ends_on):
    """All entries of ``user`` between two days, source by source."""
    for name in sorted(_SOURCES):
        yield from _SOURCES[name](user, starts_on, ends_on)


def feed_of(user, *, today, now):
    """The calendar feed of ``user`` as bytes: a month back and half a year ahead."""
    calendar = Calendar()
    calendar.add("prodid", "-//KA CRM//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", settings.KA_COMPANY_NAME)
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries_of(user, today - timedelta(days=PAST_DAYS), today + timedelta(days=COMING_DAYS)):
        calendar.add_component(_event(entry, now))
    return calendar.to_ical()


def _event(entry, now):
    site = settings.KA_SITE_URL.rstrip("/")
    event = Event()
    event.add("uid", f"{entry.key}@{site.partition('://')[2] or 'ka-crm'}")
    event.add("dtstamp", now)
    event.add("summary", entry.title)
    event.add("dtstart", entry.starts)
    if isinstance(entry.starts, datetime):
        event.add("dtend", entry.ends or entry.starts + timedelta(hours=1))
    else:
        event.add("dtend", (entry.ends or entry.starts) + timedelta(days=1))  # the day after the last, as the format wants it
    for name, value in (("location", entry.place), ("description", entry.details), ("url", f"{site}{entry.url}" if entry.url else "")):
        if value:
            event.add(name, value)
    if entry.is_cancelled:
        event.add("status", "CANCELLED")
    return event
