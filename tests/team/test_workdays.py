"""Working days: week patterns, holidays, worked weekends, whose calendar counts."""

from datetime import date

import pytest

from team import workdays
from team.models import CalendarDay, WorkCalendar
from team.services import calendars
from tests.factories import UserFactory


@pytest.fixture
def china(db):
    """Monday to Friday, New Year's Day free, Sunday 4 January 2026 worked for Friday 2 January."""
    calendar = WorkCalendar.objects.create(code="CN", name="China", country="CN")
    for day, worked in ((date(2026, 1, 1), False), (date(2026, 1, 2), False), (date(2026, 1, 4), True)):
        CalendarDay.objects.create(calendar=calendar, day=day, is_working=worked)
    return calendar


def test_without_a_calendar_monday_to_friday_are_worked():
    assert workdays.working_days(date(2026, 3, 6), date(2026, 3, 10)) == [date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)]
    assert (workdays.is_working_day(date(2026, 3, 7)), workdays.next_working_day(date(2026, 3, 6))) == (False, date(2026, 3, 9))
    assert workdays.previous_working_day(date(2026, 3, 9)) == date(2026, 3, 6)


def test_days_are_counted_over_holidays_and_worked_sundays(china):
    assert workdays.next_working_day(date(2025, 12, 31), china) == date(2026, 1, 4)
    assert workdays.add_working_days(date(2025, 12, 31), 2, china) == date(2026, 1, 5)
    assert workdays.add_working_days(date(2026, 1, 5), -2, china) == date(2025, 12, 31)
    assert workdays.add_working_days(date(2026, 1, 1), 0, china) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("year", "month", "n", "day"),
    [
        (2026, 1, 1, date(2026, 1, 4)),
        (2026, 1, 5, date(2026, 1, 8)),
        (2026, 1, -1, date(2026, 1, 30)),
        (2028, 2, -1, date(2028, 2, 29)),
        (2026, 12, -1, date(2026, 12, 31)),
    ],
)
def test_the_nth_working_day_of_a_month(china, year, month, n, day):
    assert workdays.nth_working_day(year, month, n, china) == day


@pytest.mark.parametrize("n", [0, 24, -24])
def test_a_month_has_no_more_working_days_than_it_has(n):
    with pytest.raises(ValueError, match=f"2026-03 has 22 working days, not {n}."):
        workdays.nth_working_day(2026, 3, n)


def test_a_span_that_ends_before_it_begins_has_no_days():
    assert workdays.working_days(date(2026, 3, 10), date(2026, 3, 9)) == []


def test_whose_calendar_counts(china):
    company = WorkCalendar.objects.create(code="HQ", name="Company", is_default=True)
    assert workdays.calendar_of(UserFactory(time_zone="Asia/Shanghai")) == china
    assert workdays.calendar_of(UserFactory(time_zone="Europe/Paris")) == company
    assert (workdays.calendar_of("cn"), workdays.calendar_of("US"), workdays.calendar_of(None)) == (china, company, company)


@pytest.mark.django_db
def test_without_any_calendar_there_is_none():
    assert (workdays.calendar_of(None), workdays.calendar_of("CN"), workdays.calendar_of(UserFactory())) == (None, None, None)


def test_a_days_change_counts_at_once(china):
    assert not workdays.is_working_day(date(2026, 3, 7), workdays.calendar_of("CN"))
    calendars.set_day(calendar_id=china.pk, day=date(2026, 3, 7), is_working=True, actor=None)
    assert workdays.is_working_day(date(2026, 3, 7), workdays.calendar_of("CN"))


def test_many_people_ask_two_statements(china, django_assert_num_queries):
    people = UserFactory.create_batch(3, time_zone="Asia/Shanghai")
    with django_assert_num_queries(2):
        assert [workdays.is_working_day(date(2026, 1, 4), workdays.calendar_of(person)) for person in people] == [True] * 3
