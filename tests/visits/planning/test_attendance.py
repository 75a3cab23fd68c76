"""The start of the day: once, with both clocks, late in one's own time zone, and only on days that are worked."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from ka_crm.errors import DomainError, NotAllowed
from team.models import AuditEvent, User, WorkCalendar
from tests.factories import AttendanceFactory, LeaveFactory, UserFactory
from visits.models import Attendance
from visits.planning import attendance
from visits.planning.board import day_board

pytestmark = pytest.mark.django_db
MONDAY, SATURDAY = date(2026, 3, 2), date(2026, 3, 7)


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def start(rep, now, **values):
    return attendance.start_day(person=rep, client_id=values.pop("client_id", uuid.uuid4()), now=now, **values)


def test_a_day_begins_with_place_and_both_clocks(rep):
    begun, is_new = start(rep, at(8, 21), started_at=at(8, 20), latitude="41.87811", longitude="-87.62980")
    assert is_new
    assert (begun.day, begun.started_at, begun.received_at, begun.due_at, begun.is_late) == (MONDAY, at(8, 20), at(8, 21), at(8, 30), False)
    assert AuditEvent.objects.about(begun).get().verb == "attendance.started"


@pytest.mark.parametrize(("hour", "minute", "late"), [(8, 30, False), (8, 35, False), (8, 36, True), (12, 0, True)])
def test_late_is_after_the_hour_and_the_minutes_of_grace(rep, hour, minute, late):
    assert start(rep, at(hour, minute))[0].is_late is late


def test_the_hour_is_that_of_the_persons_own_zone(rep):
    rep.time_zone = "Asia/Shanghai"
    begun, _new = start(rep, at(0, 40))  # 8:40 in Shanghai
    assert (begun.day, begun.due_at, begun.is_late, begun.minutes_late) == (MONDAY, at(0, 30), True, 10)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (datetime(2026, 3, 6, 14, 36, tzinfo=UTC), True),  # Friday, standard time: 8:36
        (datetime(2026, 3, 9, 13, 35, tzinfo=UTC), False),  # the Monday after the clocks went forward: 8:35
        (datetime(2026, 3, 9, 13, 36, tzinfo=UTC), True),
        (datetime(2026, 11, 2, 14, 35, tzinfo=UTC), False),  # the Monday after they went back
        (datetime(2026, 11, 2, 14, 36, tzinfo=UTC), True),
    ],
)
def test_half_past_eight_is_that_of_the_wall_clock_on_both_sides_of_summer_time(rep, settings, now, late):
    settings.TIME_ZONE, rep.time_zone = "America/Chicago", ""  # nothing set of one's own: the company's zone
    assert start(rep, now)[0].is_late is late


def test_the_day_is_the_persons_own(rep):
    rep.time_zone = "Asia/Shanghai"
    assert start(rep, at(23, 50))[0].day == date(2026, 3, 3)


def test_with_a_wrong_phone_clock_the_servers_decides_and_both_stay(rep):
    begun, _new = start(rep, at(9), started_at=at(8, 10))
    assert (begun.has_wrong_clock, begun.is_late, begun.started_at, begun.received_at) == (True, True, at(8, 10), at(9))


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_two_days_off_is_kept_and_not_believed(rep, hours):
    begun, _new = start(rep, at(8, 20), started_at=at(8, 20) + timedelta(hours=hours))
    assert (begun.day, begun.has_wrong_clock, begun.is_late) == (MONDAY, True, False)


def test_sent_twice_it_begins_once(rep):
    client_id = uuid.uuid4()
    first, second = start(rep, at(8, 20), client_id=client_id), start(rep, at(9, 20), client_id=client_id)
    assert (second[0], second[1], Attendance.objects.count()) == (first[0], False, 1)


def test_a_second_tap_of_the_day_finds_the_first(rep):
    first, _new = start(rep, at(8, 20))
    again, is_new = start(rep, at(17))
    assert (again, is_new) == (first, False)


def test_an_id_of_somebody_elses_day_is_refused(rep):
    other = AttendanceFactory(person=UserFactory(field_rep=True))
    with pytest.raises(DomainError, match="This start of day belongs to somebody else"):
        start(rep, at(8, 20), client_id=other.client_id)


def test_an_old_id_sent_again_another_day_is_that_old_day(rep):
    first, _new = start(rep, at(8, 20))
    again, is_new = start(rep, at(8, 20, day=3), client_id=first.client_id)
    assert (again, is_new) == (first, False)


def test_nobody_is_asked_on_leave_at_the_weekend_and_on_holidays(rep):
    LeaveFactory(person=rep, approved=True)
    with pytest.raises(DomainError, match="2026-03-02 is no working day for you: Holiday. Nobody asks for a start today."):
        start(rep, at(8, 20))
    with pytest.raises(DomainError, match="2026-03-07 is no working day for you: Day off"):
        start(rep, at(8, 20, day=7))


def test_a_holiday_of_the_calendar_is_named(rep):
    calendar = WorkCalendar.objects.create(code="C", name="Company", is_default=True)
    calendar.days.create(day=MONDAY, name="Founders' day")
    calendar.days.create(day=SATURDAY, is_working=True, name="Make-up day")
    assert attendance.start_of(rep, at(7)).off.words == "Founders' day"
    assert attendance.start_of(rep, at(7, day=7)).is_asked


def test_leave_that_is_only_asked_for_does_not_free_the_day(rep):
    LeaveFactory(person=rep)
    assert attendance.start_of(rep, at(7)).is_asked


def test_who_visits_no_stores_starts_no_day():
    with pytest.raises(NotAllowed, match="Only people who visit stores start a day"):
        start(UserFactory(finance=True), at(8))


# -- the board -------------------------------------------------------------------------------------------------------------------
def test_the_board_says_who_has_begun_who_is_late_and_who_is_away(rep, boss):
    late, away, missing = (UserFactory(field_rep=True, team=rep.team, time_zone="UTC") for _number in range(3))
    AttendanceFactory(person=rep)
    AttendanceFactory(person=late, late=True)
    AttendanceFactory(person=late, late=True, day=date(2026, 2, 27))
    AttendanceFactory(person=late, late=True, day=date(2026, 1, 30))
    LeaveFactory(person=away, approved=True)
    board = day_board([rep, late, away, missing], MONDAY, at(9))
    assert [row.state for row in board.rows] == ["started", "late", "away", "missing"]
    assert [row.late_count for row in board.rows] == [0, 2, 0, 0]
    assert day_board([missing], MONDAY, at(8)).counts == {"waiting": 1}


def test_the_board_asks_as_much_for_many_people(rep, boss, assert_same_statements):
    assert_same_statements(
        lambda: day_board(User.objects.filter(role="field_rep"), MONDAY, at(9)),
        lambda: [AttendanceFactory() for _number in range(3)],
    )
