"""On which day a report is due: month ends, weekends, year ends, 29 February, working days with holidays."""

from datetime import date

import pytest

from ka_crm.errors import DomainError
from ka_crm.periods import month, quarter, week_of, year
from reports.deadlines.rules import due_on
from reports.deadlines.services import check_reminders
from reports.models import DeadlineRule
from team.models import CalendarDay, WorkCalendar


def rule(kind="plan", **values):
    return DeadlineRule(
        kind=kind, subject_kind="person", **{"anchor": "before", "day": 25, "counting": "calendar", "roll": "earlier", **values}
    )


@pytest.mark.parametrize(
    ("planned", "due"),
    [
        (month(2026, 4), date(2026, 3, 25)),  # a Wednesday
        (month(2026, 5), date(2026, 4, 24)),  # 25 April is a Saturday: the Friday before
        (month(2026, 11), date(2026, 10, 23)),  # 25 October is a Sunday
        (month(2027, 1), date(2026, 12, 25)),  # the plan of January is due in December
    ],
)
def test_a_plan_is_due_on_the_25th_of_the_month_before_or_the_working_day_before_that(planned, due):
    assert due_on(rule(), planned) == due


def test_a_day_that_is_not_worked_may_also_move_later_or_stay():
    assert due_on(rule(roll="later"), month(2026, 5)) == date(2026, 4, 27)
    assert due_on(rule(roll="none"), month(2026, 5)) == date(2026, 4, 25)


@pytest.mark.parametrize(
    ("kind", "period", "due"),
    [
        ("monthly", month(2026, 3), date(2026, 4, 3)),  # 5 April is a Sunday
        ("survey", month(2025, 12), date(2026, 1, 5)),  # over the year's end
        ("quarterly", quarter(2026, 1), date(2026, 4, 3)),
        ("annual", year(2025), date(2026, 1, 5)),
    ],
)
def test_a_summary_is_due_in_the_month_after_its_period(kind, period, due):
    assert due_on(rule(kind, anchor="after", day=5), period) == due


def test_a_month_with_fewer_days_has_its_last_one():
    assert due_on(rule(day=31, roll="none"), month(2026, 3)) == date(2026, 2, 28)
    assert due_on(rule(day=31, roll="none"), month(2028, 3)) == date(2028, 2, 29)  # a leap year
    assert due_on(rule(day=29, roll="none"), month(2028, 3)) == date(2028, 2, 29)
    assert due_on(rule(day=29, roll="none"), month(2026, 3)) == date(2026, 2, 28)


@pytest.fixture
def chinese(db):
    """Week ends off; 1 to 7 October off, Saturday 10 October worked instead."""
    calendar = WorkCalendar.objects.create(code="cn", name="China", country="CN")
    for number in range(1, 8):
        CalendarDay.objects.create(calendar=calendar, day=date(2026, 10, number), name="National Day")
    CalendarDay.objects.create(calendar=calendar, day=date(2026, 10, 10), is_working=True)
    return WorkCalendar.objects.prefetch_related("days").get()


def test_working_days_are_counted_by_the_calendar(chinese):
    fifth = rule("monthly", anchor="after", day=5, counting="working")
    assert due_on(fifth, month(2026, 9)) == date(2026, 10, 7)  # without a calendar: 1, 2, 5, 6, 7 October
    assert due_on(fifth, month(2026, 9), chinese) == date(2026, 10, 13)  # 8, 9, 10 (worked), 12, 13
    assert due_on(rule("monthly", anchor="after", day=31, counting="working"), month(2026, 9), chinese) == date(2026, 10, 30)


def test_a_holiday_moves_a_calendar_day(chinese):
    fifth = rule("monthly", anchor="after", day=5)
    assert due_on(fifth, month(2026, 9), chinese) == date(2026, 9, 30)
    assert due_on(rule("monthly", anchor="after", day=5, roll="later"), month(2026, 9), chinese) == date(2026, 10, 8)


def test_a_weekly_report_is_due_so_many_days_after_its_sunday(chinese):
    week = week_of(date(2026, 9, 30))
    assert (week.label, week.ends_on) == ("2026-W40", date(2026, 10, 4))
    assert due_on(rule("weekly", day=1, counting="working"), week) == date(2026, 10, 5)
    assert due_on(rule("weekly", day=1, counting="working"), week, chinese) == date(2026, 10, 8)
    assert due_on(rule("weekly", day=2, roll="none"), week, chinese) == date(2026, 10, 6)


def test_reminders_are_numbers_of_days():
    assert check_reminders(" 1, 3，0 ") == "3,1,0"
    assert check_reminders("") == ""
    for wrong in ("soon", "-1", "61", "٣", "1.5"):
        with pytest.raises(DomainError, match="not a list of days before"):
            check_reminders(wrong)
