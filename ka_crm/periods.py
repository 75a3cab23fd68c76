"""Periods with both days included: months, quarters, years, ISO weeks (Monday to Sunday) and free spans."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from .errors import DomainError

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, order=True)
class Period:
    """``starts_on`` … ``ends_on``, both included; ``kind`` is month, quarter, year, week or span; ``label`` such as 2026-03."""

    starts_on: date
    ends_on: date
    kind: str
    label: str

    @property
    def days(self):
        return (self.ends_on - self.starts_on).days + 1

    def __contains__(self, day):
        return self.starts_on <= day <= self.ends_on

    def previous(self):
        """The period of the same kind and length just before."""
        if self.kind in MONTHS:
            return _months_period(self.kind, self.starts_on.year * 12 + self.starts_on.month - 1 - MONTHS[self.kind])
        if self.kind == "week":
            return week_of(self.starts_on - timedelta(days=7))
        return span(self.starts_on - timedelta(days=self.days), self.starts_on - timedelta(days=1))

    def year_before(self):
        """The same period one calendar year earlier; 29 February becomes 28 February."""
        if self.kind in MONTHS:
            return _months_period(self.kind, self.starts_on.year * 12 + self.starts_on.month - 13)
        return span(_year_earlier(self.starts_on), _year_earlier(self.ends_on))

    def year_to_date(self, first_month=1):
        """From the first day of the year, which begins with ``first_month``, to the period's last day."""
        year_of_start = self.ends_on.year - (self.ends_on.month < first_month)
        return span(date(year_of_start, first_month, 1), self.ends_on)

    def months(self):
        """First days of the calendar months that the period touches, ascending."""
        first = self.starts_on.year * 12 + self.starts_on.month - 1
        last = self.ends_on.year * 12 + self.ends_on.month - 1
        return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]

    @property
    def is_whole_months(self):
        return self.starts_on.day == 1 and (self.ends_on + timedelta(days=1)).day == 1


def _year_earlier(day):
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _months_period(kind, month_number):
    """``month_number`` = year × 12 + month − 1 of the first month."""
    if not 1 * 12 <= month_number < 9999 * 12:
        raise DomainError(_("There is no period before the year 1 or after 9998."))
    year, month = divmod(month_number, 12)
    last = month_number + MONTHS[kind] - 1
    ends_on = date(last // 12, last % 12 + 1, calendar.monthrange(last // 12, last % 12 + 1)[1])
    label = {"month": f"{year:04d}-{month + 1:02d}", "quarter": f"{year:04d}Q{month // 3 + 1}", "year": f"{year:04d}"}[kind]
    return Period(date(year, month + 1, 1), ends_on, kind, label)


def month(year, number):
    return _months_period("month", year * 12 + number - 1)


def quarter(year, number):
    return _months_period("quarter", year * 12 + (number - 1) * 3)


def year(number):
    return _months_period("year", number * 12)


def span(starts_on, ends_on):
    """A free period. Raises DomainError if it ends before it starts."""
    if ends_on < starts_on:
        raise DomainError(_("The period ends on %(end)s, before it starts on %(start)s.") % {"end": ends_on, "start": starts_on})
    return Period(starts_on, ends_on, "span", f"{starts_on}..{ends_on}")


def month_of(day):
    """The month that ``day`` lies in."""
    return month(day.year, day.month)


def quarter_of(day):
    return quarter(day.year, (day.month - 1) // 3 + 1)


def year_of(day):
    return year(day.year)


def week_start(day):
    """Monday of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def week_of(day):
    """Monday to Sunday around ``day``, labelled as ISO 8601 counts weeks: 2026-W10."""
    monday = week_start(day)
    year_of_week, number, _day = monday.isocalendar()
    return Period(monday, monday + timedelta(days=6), "week", f"{year_of_week:04d}-W{number:02d}")


def parse_period(text):
    """Read ``2026``, ``2026Q1``, ``2026-03``, ``2026-W10`` or ``2026-03-01..2026-03-31``. Raises DomainError on anything else."""
    text = str(text).strip()
    try:
        if re.fullmatch(r"\d{4}", text, re.ASCII):
            return year(int(text))
        if match := re.fullmatch(r"(\d{4})-?Q([1-4])", text, re.ASCII | re.IGNORECASE):
            return quarter(int(match[1]), int(match[2]))
        if (match := re.fullmatch(r"(\d{4})-(\d{2})", text, re.ASCII)) and 1 <= int(match[2]) <= 12:
            return month(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-?W(\d{2})", text, re.ASCII | re.IGNORECASE):
            return week_of(date.fromisocalendar(int(match[1]), int(match[2]), 1))
        if ".." in text:
            first, last = text.split("..", 1)
            return span(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        pass
    raise DomainError(
        _("“%(text)s” is not a period. Write 2026, 2026Q1, 2026-03, 2026-W10 or 2026-03-01..2026-03-31.") % {"text": text[:60]}
    )
