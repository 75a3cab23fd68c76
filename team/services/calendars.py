"""Working-day calendars: made, changed, filled with a year's public holidays."""

from datetime import date

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from ka_crm import remembered
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.text import clean_text

from ..audit import record
from ..changes import change_record
from ..models import CalendarDay, WorkCalendar

FIRST_YEAR, LAST_YEAR = 1990, 2100
MOST_DAYS = 400  # of one call: a year's list and some


@transaction.atomic
def create_calendar(*, code, name, actor, country="", working_weekdays="1111100", is_default=False):
    """A calendar without exceptions. Raises ValidationError naming the field, DomainError for a week without a working day."""
    _check_week(working_weekdays)
    calendar = WorkCalendar(
        code=clean_text(code), name=clean_text(name), country=clean_text(country).upper(), working_weekdays=working_weekdays
    )
    calendar.full_clean(exclude={"is_default"})
    calendar.save()
    record(calendar, "calendar.created", actor=actor, changes={"country": [None, calendar.country], "week": [None, working_weekdays]})
    return make_default(calendar_id=calendar.pk, actor=actor) if is_default else calendar


@transaction.atomic
def change_calendar(*, calendar_id, actor, expected_version=None, **values):
    """Change name, country or week. Raises as ``create_calendar``, and StaleRecord."""
    calendar = WorkCalendar.objects.get(pk=calendar_id)
    if values.pop("is_default", calendar.is_default) and not calendar.is_default:
        calendar = make_default(calendar_id=calendar_id, actor=actor, expected_version=expected_version)
        expected_version = None if expected_version is None else calendar.version
    if "working_weekdays" in values:
        _check_week(values["working_weekdays"])
    if "country" in values:
        values["country"] = values["country"].upper()
    return change_record(calendar, values=values, actor=actor, verb="calendar.changed", expected_version=expected_version)


@transaction.atomic
def make_default(*, calendar_id, actor, expected_version=None):
    """Make this the company's calendar; the one before is an ordinary one from then on."""
    every = {calendar.pk: calendar for calendar in WorkCalendar.objects.select_for_update().order_by("pk")}
    calendar = every[calendar_id]
    if expected_version is not None and calendar.version != expected_version:
        raise StaleRecord(_("Somebody else changed “%(record)s” while you were editing it.") % {"record": calendar})
    before = next((other for other in every.values() if other.is_default), None)
    if before == calendar:
        return calendar
    if before is not None:
        before.is_default = False
        before.version += 1
        before.save(update_fields=["is_default", "version"])
    calendar.is_default = True
    calendar.version += 1
    calendar.save(update_fields=["is_default", "version"])
    record(calendar, "calendar.made_default", actor=actor, changes={"is_default": [str(before) if before else None, str(calendar)]})
    return calendar


@transaction.atomic
def set_day(*, calendar_id, day, is_working, actor, name=""):
    """Say that ``day`` is a holiday or a worked day, whatever its weekday; a second time changes it. Raises DomainError."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        words = {"day": day, "first": FIRST_YEAR, "last": LAST_YEAR}
        raise DomainError(_("%(day)s is outside of the years %(first)d to %(last)d that calendars cover.") % words)
    calendar = _locked(calendar_id)
    row = CalendarDay.objects.filter(calendar=calendar, day=day).first() or CalendarDay(calendar=calendar, day=day)
    old = _told(row) if row.pk else None
    row.is_working, row.name = is_working, clean_text(name)
    row.full_clean()
    if old != _told(row):
        row.save()
        _touch(calendar, "calendar.day_set", actor, {str(day): [old, _told(row)]})
    return row


@transaction.atomic
def remove_day(*, calendar_id, day, actor):
    """Let ``day`` be as its weekday says again. Raises DomainError where the calendar holds no such day."""
    calendar = _locked(calendar_id)
    row = CalendarDay.objects.filter(calendar=calendar, day=day).first()
    if row is None:
        raise DomainError(_("%(day)s is no exception in “%(record)s” any more.") % {"day": day, "record": calendar})
    row.delete()
    _touch(calendar, "calendar.day_removed", actor, {str(day): [_told(row), None]})
    return calendar


@transaction.atomic
def fill_holidays(*, calendar_id, country, year, actor):
    """Add a country's public holidays of ``year``, and the weekend days worked in exchange; days that are there stay as they are.

    Returns how many days were added. Raises DomainError for a country or year that the list of holidays does not know.
    """
    calendar = _locked(calendar_id)
    there = set(calendar.days.filter(day__year=year).values_list("day", flat=True))
    found = {day: one for day, one in public_holidays(country, year).items() if day not in there}
    # A holiday on a day that is free anyway says nothing; one on a worked weekday, and a worked free day, do.
    telling = {day: (worked, name) for day, (worked, name) in found.items() if worked != (calendar.working_weekdays[day.weekday()] == "1")}
    rows = [CalendarDay(calendar=calendar, day=day, is_working=worked, name=name) for day, (worked, name) in sorted(telling.items())]
    CalendarDay.objects.bulk_create(rows)
    remembered.forget()
    if rows:
        _touch(calendar, "calendar.holidays_added", actor, {f"{country} {year}": [None, len(rows)]})
    return len(rows)


def public_holidays(country, year):
    """Day → (worked, name) of a country's year. Raises DomainError for a country or year that is not known."""
    import holidays  # a large package that one page needs

    if country not in holidays.list_supported_countries(include_aliases=False) or not FIRST_YEAR <= year <= LAST_YEAR:
        raise DomainError(_("No public holidays are known for “%(country)s” in %(year)d.") % {"country": country[:10], "year": year})
    known = holidays.country_holidays(country, years=year)
    if not known:
        raise DomainError(_("No public holidays are known for “%(country)s” in %(year)d.") % {"country": country[:10], "year": year})
    days = {day: (False, name[:100]) for day, name in known.items()}
    worked = _("Worked instead of another day")
    return days | {day: (True, worked) for day in getattr(known, "weekend_workdays", ()) if day.year == year}


@transaction.atomic
def delete_calendar(*, calendar_id, actor):
    """Take away a calendar. Raises DomainError for the company's own and for one that something refers to."""
    calendar = _locked(calendar_id)
    if calendar.is_default:
        raise DomainError(_("“%(record)s” is the company's calendar. Make another one that first.") % {"record": calendar})
    record(calendar, "calendar.deleted", actor=actor)
    try:
        calendar.delete()
    except ProtectedError as error:
        raise DomainError(
            _("“%(record)s” is used by a deadline rule. Give the rule another calendar first.") % {"record": calendar}
        ) from error


def parse_day(text):
    """An ISO day of an address or a file. Raises DomainError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DomainError(_("“%(value)s” is not a day; write 2026-03-31.") % {"value": str(text)[:40]}) from error


def _check_week(pattern):
    if len(pattern) != 7 or set(pattern) - {"0", "1"} or "1" not in pattern:
        raise DomainError(_("A week needs at least one working day."))


def _locked(calendar_id):
    return WorkCalendar.objects.select_for_update().get(pk=calendar_id)


def _touch(calendar, verb, actor, changes):
    calendar.version += 1
    calendar.save(update_fields=["version"])
    record(calendar, verb, actor=actor, changes=changes)


def _told(row):
    """One exception in words for the trail."""
    kind = "worked" if row.is_working else "free"
    return f"{kind}: {row.name}" if row.name else kind
