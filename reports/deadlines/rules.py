"""On which day a report is due: arithmetic on a rule, a period and a working-day calendar."""

import calendar as months
from datetime import date, timedelta

from team.workdays import add_working_days, is_working_day, next_working_day, previous_working_day, working_days

from ..models import PERIOD_KINDS, PERIOD_OF_DAY, DeadlineRule, ReportKind

DEFAULT_RULES = (
    # kind, subject, anchor, day, counting, roll, drafts so many days before, reminders
    ("plan", "person", "before", 25, "calendar", "earlier", 5, "3,1,0"),
    ("survey", "person", "after", 5, "calendar", "earlier", 3, "2,1,0"),
    ("monthly", "person", "after", 5, "calendar", "earlier", 3, "2,1,0"),
    ("monthly", "team", "after", 8, "calendar", "earlier", 3, "2,1,0"),
    ("quarterly", "person", "after", 10, "calendar", "earlier", 5, "3,1,0"),
    ("quarterly", "team", "after", 12, "calendar", "earlier", 5, "3,1,0"),
    ("annual", "person", "after", 20, "calendar", "earlier", 7, "7,3,1,0"),
    ("annual", "team", "after", 25, "calendar", "earlier", 7, "7,3,1,0"),
    ("weekly", "person", "after", 1, "working", "earlier", 1, "0"),
)


def due_on(rule, period, work_calendar=None):
    """The due day of a report about ``period``.

    The ``day``-th calendar day or working day of the month before or after the period; a month with fewer has its last one. A calendar
    day that is not worked moves to the working day before or after, or stays, as the rule says. A weekly report is due so many days
    (or working days) after its Sunday.
    """
    if rule.kind == ReportKind.WEEKLY:
        if rule.counting == DeadlineRule.Counting.WORKING:
            return add_working_days(period.ends_on, rule.day, work_calendar)
        return _rolled(period.ends_on + timedelta(days=rule.day), rule, work_calendar)
    if rule.anchor == DeadlineRule.Anchor.BEFORE:
        month = period.starts_on - timedelta(days=1)
    else:
        month = period.ends_on + timedelta(days=1)
    last = months.monthrange(month.year, month.month)[1]
    if rule.counting == DeadlineRule.Counting.WORKING:
        days = working_days(date(month.year, month.month, 1), date(month.year, month.month, last), work_calendar)
        return days[min(rule.day, len(days)) - 1]
    return _rolled(date(month.year, month.month, min(rule.day, last)), rule, work_calendar)


def _rolled(day, rule, work_calendar):
    if rule.roll == DeadlineRule.Roll.NONE or is_working_day(day, work_calendar):
        return day
    return previous_working_day(day, work_calendar) if rule.roll == DeadlineRule.Roll.EARLIER else next_working_day(day, work_calendar)


def period_at(kind, day):
    """The period of a kind of report that ``day`` lies in."""
    return PERIOD_OF_DAY[PERIOD_KINDS[kind]](day)


def period_after(period, kind):
    """The period that follows."""
    return period_at(kind, period.ends_on + timedelta(days=1))
