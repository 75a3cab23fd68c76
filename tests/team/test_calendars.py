"""Working-day calendars: verbs and pages."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from ka_crm.errors import DomainError, StaleRecord
from team import workdays
from team.models import AuditEvent, CalendarDay, WorkCalendar
from team.services import calendars
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(administrator=True, name="Ada Admin")


@pytest.fixture
def china(admin):
    return calendars.create_calendar(code="CN", name="China", country="cn", actor=admin)


@pytest.fixture
def signed_in(client, admin):
    client.force_login(admin)
    return client


def test_a_calendar_is_made_and_on_record(china, admin):
    assert (china.country, china.working_weekdays, china.is_default) == ("CN", "1111100", False)
    assert AuditEvent.objects.filter(verb="calendar.created", actor=admin, object_label="China").count() == 1


def test_two_calendars_of_one_code_are_refused(china, admin):
    with pytest.raises(ValidationError) as refusal:
        calendars.create_calendar(code="CN", name="Again", actor=admin)
    assert list(refusal.value.message_dict) == ["code"]


def test_a_week_without_a_working_day_is_refused(china, admin):
    with pytest.raises(DomainError, match="A week needs at least one working day."):
        calendars.change_calendar(calendar_id=china.pk, working_weekdays="0000000", actor=admin)


def test_chinas_public_holidays_come_with_the_weekends_worked_for_them(china, admin):
    added = calendars.fill_holidays(calendar_id=china.pk, country="CN", year=2026, actor=admin)
    days = {row.day: row.is_working for row in china.days.all()}
    assert added == len(days) == 25
    assert (days[date(2026, 2, 17)], days[date(2026, 10, 1)], days[date(2026, 2, 14)]) == (False, False, True)
    assert date(2026, 4, 5) not in days  # a Sunday is free anyway
    calendar = WorkCalendar.objects.get(pk=china.pk)
    assert workdays.next_working_day(date(2026, 2, 13), calendar) == date(2026, 2, 14)
    assert workdays.next_working_day(date(2026, 2, 14), calendar) == date(2026, 2, 24)
    assert AuditEvent.objects.get(verb="calendar.holidays_added").changes == {"CN 2026": [None, 25]}


def test_filling_again_adds_nothing_and_keeps_what_was_changed(china, admin):
    calendars.set_day(calendar_id=china.pk, day=date(2026, 10, 1), is_working=True, name="Stocktaking", actor=admin)
    calendars.fill_holidays(calendar_id=china.pk, country="CN", year=2026, actor=admin)
    assert calendars.fill_holidays(calendar_id=china.pk, country="CN", year=2026, actor=admin) == 0
    row = CalendarDay.objects.get(day=date(2026, 10, 1))
    assert (row.is_working, row.name) == (True, "Stocktaking")


def test_the_holidays_of_the_united_states(admin):
    states = calendars.create_calendar(code="US", name="United States", country="US", actor=admin)
    calendars.fill_holidays(calendar_id=states.pk, country="US", year=2026, actor=admin)
    assert list(states.days.filter(day__month__in=(7, 11)).values_list("day", "name")) == [
        (date(2026, 7, 3), "Independence Day (observed)"),
        (date(2026, 11, 11), "Veterans Day"),
        (date(2026, 11, 26), "Thanksgiving Day"),
    ]


@pytest.mark.parametrize(("country", "year"), [("XX", 2026), ("CN", 1800), ("US", 2500)])
def test_a_country_or_year_without_a_list_is_refused(china, admin, country, year):
    with pytest.raises(DomainError, match=f"No public holidays are known for “{country}” in {year}."):
        calendars.fill_holidays(calendar_id=china.pk, country=country, year=year, actor=admin)


def test_one_calendar_is_the_companys(china, admin):
    other = calendars.create_calendar(code="HQ", name="Company", is_default=True, actor=admin)
    calendars.make_default(calendar_id=china.pk, actor=admin)
    assert list(WorkCalendar.objects.filter(is_default=True)) == [china]
    with pytest.raises(DomainError, match="“China” is the company's calendar."):
        calendars.delete_calendar(calendar_id=china.pk, actor=admin)
    calendars.delete_calendar(calendar_id=other.pk, actor=admin)
    assert WorkCalendar.objects.count() == 1


def test_a_day_is_set_changed_and_taken_out(china, admin):
    day = date(2026, 3, 7)
    calendars.set_day(calendar_id=china.pk, day=day, is_working=True, name="Fair", actor=admin)
    calendars.set_day(calendar_id=china.pk, day=day, is_working=False, name="", actor=admin)
    calendars.remove_day(calendar_id=china.pk, day=day, actor=admin)
    assert [event.changes for event in AuditEvent.objects.filter(verb__startswith="calendar.day").order_by("pk")] == [
        {"2026-03-07": [None, "worked: Fair"]},
        {"2026-03-07": ["worked: Fair", "free"]},
        {"2026-03-07": ["free", None]},
    ]
    with pytest.raises(DomainError, match="2026-03-07 is no exception in “China” any more."):
        calendars.remove_day(calendar_id=china.pk, day=day, actor=admin)


def test_the_second_editor_is_told(china, admin):
    calendars.change_calendar(calendar_id=china.pk, name="PRC", actor=admin, expected_version=1)
    with pytest.raises(StaleRecord):
        calendars.change_calendar(calendar_id=china.pk, name="Other", actor=admin, expected_version=1)


def test_a_new_calendar_begins_with_monday_to_friday(signed_in):
    form = signed_in.get(reverse("company:calendar_create")).context["form"]
    assert form["working_weekdays"].value() == ["0", "1", "2", "3", "4"]


# --- pages --------------------------------------------------------------------------------------------------------------------
def test_a_calendar_is_made_filled_and_shown(signed_in):
    week = ["0", "1", "2", "3", "4", "5"]
    answer = signed_in.post(
        reverse("company:calendar_create"), {"code": "CN", "name": "China", "country": "cn", "working_weekdays": week, "is_default": "on"}
    )
    calendar = WorkCalendar.objects.get()
    assert (answer.status_code, calendar.working_weekdays, calendar.is_default) == (302, "1111110", True)
    signed_in.post(reverse("company:calendar_fill", args=[calendar.pk]), {"country": "CN", "year": 2026})
    signed_in.post(reverse("company:calendar_set_day", args=[calendar.pk]), {"day": "2026-03-08", "is_working": "1", "name": "Fair"})
    page = signed_in.get(calendar.get_absolute_url(), {"year": 2026}).content.decode()
    assert ("2026-02-17" in page, "2026-03-08" in page, "Fair" in page) == (True, True, True)
    signed_in.post(reverse("company:calendar_remove_day", args=[calendar.pk]), {"day": "2026-03-08"})
    assert "2026-03-08" not in {str(row.day) for row in calendar.days.all()}


def test_two_editors_on_the_page(signed_in, china):
    address = reverse("company:calendar_edit", args=[china.pk])
    entry = {"name": "First", "country": "CN", "working_weekdays": ["0", "1"], "seen_version": 1}
    assert signed_in.post(address, entry).status_code == 302
    answer = signed_in.post(address, {**entry, "name": "Second"})
    assert (answer.status_code, WorkCalendar.objects.get().name) == (409, "First")
    assert "Now saved here: “First”." in answer.content.decode()


@pytest.mark.parametrize(
    ("route", "entry"),
    [
        ("calendar_set_day", {"day": "2026-02-30"}),
        ("calendar_set_day", {"day": "9999-12-31"}),
        ("calendar_set_day", {"day": "0001-01-01", "name": "x" * 200}),
        ("calendar_remove_day", {"day": "now"}),
        ("calendar_remove_day", {}),
        ("calendar_fill", {"country": "XX", "year": 2026}),
        ("calendar_fill", {"country": "CN", "year": 10**20}),
    ],
)
def test_bad_entries_change_nothing_and_say_so(signed_in, china, route, entry):
    answer = signed_in.post(reverse(f"company:{route}", args=[china.pk]), entry, follow=True)
    assert (answer.status_code, CalendarDay.objects.count()) == (200, 0)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


@pytest.mark.parametrize("year", ["0", "9999", "x", "٢٠٢٦", "1" * 30])
def test_any_year_in_the_address_draws_a_page(signed_in, china, year):
    assert signed_in.get(china.get_absolute_url(), {"year": year}).status_code == 200


def test_others_have_no_calendar_pages(client, china):
    client.force_login(UserFactory(supervisor=True))
    assert client.get(reverse("company:calendar_list")).status_code == 403
    assert client.get(china.get_absolute_url()).status_code == 403


def test_the_list_asks_the_same_for_one_and_for_many(signed_in, china, assert_same_statements):
    def grow():
        WorkCalendar.objects.bulk_create([WorkCalendar(code=f"C{number}", name=f"Calendar {number}") for number in range(20)])

    assert_same_statements(lambda: signed_in.get(reverse("company:calendar_list")), grow)
