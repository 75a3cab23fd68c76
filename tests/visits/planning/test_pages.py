"""The pages of planning: by their owner, the supervisor, a stranger, and with made-up addresses."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from team.models import Approval
from team.services.approvals import decide
from tests.factories import (
    AttendanceFactory,
    CadenceFactory,
    LeaveFactory,
    StoreFactory,
    UserFactory,
    VisitFactory,
    VisitPlanFactory,
)
from visits.models import Attendance, Cadence, Leave, Visit, VisitPlan

pytestmark = pytest.mark.django_db
WEEK = "2026-03-02"
PAGES = ["itinerary", "itinerary_print", "calendar", "due_list", "cadence_list", "attendance_list", "leave_list", "leave_create", "today"]
BUTTONS = ["itinerary_add", "itinerary_copy", "day_order", "plan_priorities", "plan_submit", "plan_take_back"]


@pytest.fixture
def open_as(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def next_monday():
    """A Monday that lies ahead of the real day."""
    today = timezone.localdate()
    return today + timedelta(days=7 - today.weekday())


def text_of(answer):
    return answer.content.decode()


def told(answer):
    """The messages of the page that a button led to."""
    return [str(message) for message in answer.context["messages"]]


def get(client, name, *args, **query):
    return client.get(reverse(f"visits:{name}", args=args), query)


def post(client, name, *args, **values):
    return client.post(reverse(f"visits:{name}", args=args), values, follow=True)


# -- who sees what ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PAGES)
def test_the_rep_opens_every_page(open_as, rep, visit, name):
    assert get(open_as(rep), name).status_code == 200


@pytest.mark.parametrize("name", ["itinerary", "itinerary_print", "attendance_list", "leave_list", "leave_create"])
def test_who_records_no_visits_gets_403(open_as, name):
    assert get(open_as(UserFactory(viewer=True)), name).status_code == 403


@pytest.mark.parametrize("name", [*BUTTONS, "day_start"])
def test_buttons_are_not_for_who_records_no_visits(open_as, name):
    assert open_as(UserFactory(viewer=True)).post(reverse(f"visits:{name}")).status_code == 403


@pytest.mark.parametrize("name", ["itinerary", "itinerary_print"])
def test_a_foreign_week_and_nobodys_are_the_same_404(open_as, rep, stranger, name):
    client = open_as(stranger)
    assert [get(client, name, person=pk).status_code for pk in (rep.pk, 10**15, 10**20, "x")] == [404, 404, 404, 404]


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_for_a_foreign_week_is_a_404(open_as, rep, stranger, name):
    assert open_as(stranger).post(reverse(f"visits:{name}"), {"person": rep.pk, "week": WEEK}).status_code == 404
    assert VisitPlan.objects.count() == 0


def test_a_supervisor_opens_the_week_of_the_team_and_of_a_person(open_as, boss, rep, visit):
    client = open_as(boss)
    assert str(visit.store) in text_of(get(client, "itinerary", week=WEEK, person=rep.pk))
    page = text_of(get(client, "itinerary", week=WEEK, person="team"))
    assert "Ana Field" in page and "0 of 2 plans handed in" in page


def test_the_team_of_a_rep_is_the_rep(open_as, rep, stranger):
    page = text_of(get(open_as(rep), "itinerary", person="team"))
    assert "Ana Field" in page and "Otto Other" not in page


def test_leave_and_cadence_of_others_are_404(open_as, rep, stranger, store):
    leave, rule = LeaveFactory(person=rep), CadenceFactory(account=store.account)
    client = open_as(stranger)
    for name in ("leave_detail", "leave_cancel"):
        assert [get(client, name, pk).status_code for pk in (leave.pk, leave.pk + 1000)] == [404, 404]
    assert client.post(reverse("visits:leave_visits", args=[leave.pk])).status_code == 404
    other_boss = UserFactory(supervisor=True)
    client = open_as(other_boss)
    for name in ("cadence_update", "cadence_end"):
        assert get(client, name, rule.pk).status_code == 404
    assert get(client, "due_panel", store.pk).status_code == 404


def test_a_foreign_visit_is_not_moved(open_as, stranger, visit):
    assert open_as(stranger).post(reverse("visits:visit_move", args=[visit.pk]), {"day": "2026-03-03"}).status_code == 404


# -- made-up addresses -----------------------------------------------------------------------------------------------------------
NONSENSE = ["", "9999-12-31", "0001-01-01", "2026-02-30", "1" + "0" * 22, "-1", "2026-W09", "😀", "2099-12-31", "2000-01-01"]


@pytest.mark.parametrize("word", NONSENSE)
def test_no_week_month_or_day_breaks_a_page(open_as, rep, visit, word):
    client = open_as(rep)
    for name, parameter in (
        ("itinerary", "week"),
        ("itinerary_print", "week"),
        ("calendar", "month"),
        ("calendar", "visitor"),
        ("calendar", "account"),
        ("calendar", "view"),
        ("attendance_list", "day"),
        ("due_list", "state"),
        ("due_list", "person"),
        ("due_list", "account"),
        ("leave_list", "from_day"),
        ("itinerary", "q"),
    ):
        assert get(client, name, **{parameter: word}).status_code == 200, (name, parameter)
    assert get(client, "itinerary", person="team", week=word).status_code == 200
    assert get(client, "itinerary", ordered=word, **{"from": word, "to": word}, undo=word).status_code == 200


@pytest.mark.parametrize("word", NONSENSE)
@pytest.mark.parametrize("name", BUTTONS)
def test_no_value_breaks_a_button(open_as, rep, name, word):
    names = ("week", "day", "store", "stores", "order", "priorities", "seen_version", "purpose", "q")
    answer = open_as(rep).post(reverse(f"visits:{name}"), dict.fromkeys(names, word))
    assert answer.status_code == 302


@pytest.mark.parametrize("word", NONSENSE)
def test_no_value_breaks_moving_a_visit_or_starting_a_day(open_as, rep, visit, word):
    client = open_as(rep)
    assert client.post(reverse("visits:visit_move", args=[visit.pk]), {"day": word, "step": word}).status_code == 302
    values = {"client_id": word, "at": word, "latitude": word, "longitude": "NaN", "note": word}
    assert client.post(reverse("visits:day_start"), values).status_code == 302
    values["client_id"] = "00000000-0000-4000-8000-000000000001"
    assert client.post(reverse("visits:day_start"), {**values, "latitude": "1e400", "at": "0001-01-01T00:00:00+14:00"}).status_code == 302


def test_a_nul_is_no_address_at_all(open_as, rep):
    assert get(open_as(rep), "itinerary", week="\x00").status_code == 400


# -- the week --------------------------------------------------------------------------------------------------------------------
def test_the_week_shows_visits_in_order_with_their_reasons(open_as, rep, store, next_monday):
    CadenceFactory(every_days=14)
    VisitFactory(store=StoreFactory(account=store.account, name="Second"), visitor=rep, planned_on=next_monday, route_order=2)
    VisitFactory(store=StoreFactory(account=store.account, name="First"), visitor=rep, planned_on=next_monday, route_order=1)
    missed = VisitFactory(store=store, visitor=rep, planned_on=next_monday - timedelta(days=7), missed=True)
    VisitFactory(store=StoreFactory(account=store.account, name="Third"), visitor=rep, planned_on=next_monday, callback_of=missed)
    page = text_of(get(open_as(rep), "itinerary", week=next_monday))
    places = [page.index(f">{name}</a>") for name in ("First", "Second", "Third")]
    assert places == sorted(places)
    assert "never visited" in page
    assert f"Call-back for the visit missed on {missed.planned_on}" in page


def test_too_many_visits_for_a_day_are_told(open_as, rep, store, next_monday):
    for _number in range(9):
        VisitFactory(store=StoreFactory(account=store.account), visitor=rep, planned_on=next_monday)
    assert "More than the 8 visits that one person manages in a day." in text_of(get(open_as(rep), "itinerary", week=next_monday))


def test_a_due_store_is_added_with_one_tap_and_leaves_the_list(open_as, rep, store, next_monday):
    CadenceFactory(every_days=14)
    client = open_as(rep)
    assert f'name="store" value="{store.pk}"' in text_of(get(client, "itinerary", week=next_monday))
    answer = post(client, "itinerary_add", week=next_monday, day=next_monday, store=store.pk)
    assert told(answer) == ["1 visit is planned."]
    assert Visit.objects.get().planned_on == next_monday
    assert f'name="store" value="{store.pk}"' not in text_of(answer)


def test_several_stores_are_found_and_added_for_a_person_of_the_team(open_as, boss, rep, store, next_monday):
    stores = [StoreFactory(account=store.account, name=f"Lakeside {number}") for number in range(3)]
    client = open_as(boss)
    page = text_of(get(client, "itinerary", week=next_monday, person=rep.pk, q="lakeside"))
    assert page.count("Lakeside") >= 3
    answer = post(
        client,
        "itinerary_add",
        person=rep.pk,
        week=next_monday,
        day=next_monday,
        purpose="promotion",
        stores=[one.pk for one in stores],
    )
    assert told(answer) == ["3 visits are planned."]
    assert {(visit.visitor, visit.purpose) for visit in Visit.objects.all()} == {(rep, "promotion")}


def test_a_foreign_store_is_not_added(open_as, rep, next_monday):
    answer = post(open_as(rep), "itinerary_add", week=next_monday, day=next_monday, store=StoreFactory().pk)
    assert told(answer) == ["Choose at least one store."]


def test_a_past_day_is_refused_with_its_date(open_as, rep, store):
    answer = post(open_as(rep), "itinerary_add", week=WEEK, day="2026-03-02", store=store.pk)
    assert told(answer) == ["2026-03-02 is in the past. Choose today or a later day."]


def test_ordering_shows_kilometres_and_the_way_back(open_as, rep, store, next_monday):
    for number in (1, 3, 2):
        place = StoreFactory(account=store.account, latitude="0", longitude=f"0.0{number}", name=f"No {number}")
        VisitFactory(store=place, visitor=rep, planned_on=next_monday)
    client = open_as(rep)
    answer = post(client, "day_order", week=next_monday, day=next_monday)
    assert f"{next_monday} is ordered by distance: 3.3\u00a0km before, 2.2\u00a0km now." in text_of(answer)
    undo = answer.context["ordered"]["undo"]
    back = post(client, "day_order", week=next_monday, day=next_monday, order=undo)
    assert told(back) == ["The day is in its former order again."]


def test_an_order_for_other_visits_is_told(open_as, rep, visit):
    answer = post(open_as(rep), "day_order", week=WEEK, day=WEEK, order="999999")
    assert told(answer) == ["The visits of 2026-03-02 have changed in the meantime. Look again, then order them."]


def test_a_visit_is_moved_from_the_week(open_as, rep, store, next_monday):
    visit = VisitFactory(store=store, visitor=rep, planned_on=next_monday)
    tuesday = next_monday + timedelta(days=1)
    assert told(post(open_as(rep), "visit_move", visit.pk, day=tuesday)) == [f"“{store}” is moved to {tuesday}."]
    visit.refresh_from_db()
    assert visit.planned_on == tuesday


def test_a_colleagues_visit_that_one_only_sees_is_not_moved(open_as, rep, store, next_monday):
    visit = VisitFactory(store=store, planned_on=next_monday, visitor__name="Bo Else")
    answer = post(open_as(rep), "visit_move", visit.pk, day=next_monday + timedelta(days=1))
    assert told(answer) == ["This is Bo Else's visit; they or their supervisor change it."]


def test_the_plan_is_handed_in_and_the_supervisor_sees_it(open_as, rep, boss, store, next_monday):
    VisitFactory(store=store, visitor=rep, planned_on=next_monday)
    client = open_as(rep)
    post(client, "plan_priorities", week=next_monday, priorities="Win the end cap")
    assert told(post(client, "plan_submit", week=next_monday)) == ["The plan of the week is handed in."]
    decide(approval_id=Approval.objects.get().pk, actor=boss, decision="approve", note="Well planned")
    assert "Well planned" in text_of(get(client, "itinerary", week=next_monday))
    assert "1 of 2 plans handed in" in text_of(get(open_as(boss), "itinerary", week=next_monday, person="team"))


def test_an_empty_week_says_what_to_do(open_as, rep, store):
    page = text_of(get(open_as(rep), "itinerary"))
    assert "No visit planned." in page and "No store is due this week that is not planned yet." in page


def test_the_print_view_is_a_table(open_as, rep, visit):
    page = text_of(get(open_as(rep), "itinerary_print", week=WEEK))
    assert str(visit.store) in page and "print-week" in page


def test_the_week_asks_as_much_for_many_visits(open_as, rep, store, next_monday, assert_same_statements):
    CadenceFactory(every_days=14)
    client = open_as(rep)
    VisitFactory(store=store, visitor=rep, planned_on=next_monday)
    StoreFactory(account=store.account)

    def grow():
        for number in range(4):
            VisitFactory(store=StoreFactory(account=store.account), visitor=rep, planned_on=next_monday + timedelta(days=number))
            StoreFactory(account=store.account)

    assert_same_statements(lambda: get(client, "itinerary", week=next_monday), grow, most=30)


def test_the_teams_week_asks_as_much_for_many_people(open_as, boss, rep, store, assert_same_statements):
    client = open_as(boss)

    def grow():
        for _number in range(3):
            person = UserFactory(field_rep=True, team=rep.team)
            VisitFactory(store=store, visitor=person)
            VisitPlanFactory(person=person)

    assert_same_statements(lambda: get(client, "itinerary", week=WEEK, person="team"), grow, most=20)


# -- the month -------------------------------------------------------------------------------------------------------------------
def test_the_calendar_shows_counts_names_and_leave(open_as, boss, rep, store):
    for number in range(6):
        VisitFactory(store=StoreFactory(account=store.account, name=f"Shop {number}"), visitor=rep, route_order=number)
    LeaveFactory(person=rep, approved=True, starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 11))
    answer = get(open_as(boss), "calendar", month="2026-03")
    day = next(one for one in answer.context["days"] if one.day == date(2026, 3, 2))
    assert (day.count, [str(visit.store) for visit in day.visits], day.more) == (6, ["Shop 0", "Shop 1", "Shop 2", "Shop 3"], 2)
    away = [one.day.day for one in answer.context["days"] if one.leaves]
    assert away == [10, 11]


def test_the_calendar_narrows_to_a_person_and_an_account(open_as, boss, rep, visit):
    VisitFactory(store=visit.store, visitor=boss)
    client = open_as(boss)
    assert get(client, "calendar", month="2026-03").context["total"] == 2
    assert get(client, "calendar", month="2026-03", visitor=rep.pk).context["total"] == 1
    assert get(client, "calendar", month="2026-03", account=visit.account_id).context["total"] == 2


def test_a_stranger_sees_an_empty_month(open_as, stranger, visit):
    answer = get(open_as(stranger), "calendar", month="2026-03")
    assert answer.context["total"] == 0
    assert "No visit in this month" in text_of(answer)


def test_the_calendar_asks_as_much_for_many_visits(open_as, rep, store, visit, assert_same_statements):
    client = open_as(rep)
    assert_same_statements(
        lambda: get(client, "calendar", month="2026-03"),
        lambda: [VisitFactory(store=StoreFactory(account=store.account), visitor=rep) for _number in range(5)],
        most=16,
    )


# -- due stores and rules --------------------------------------------------------------------------------------------------------
def test_the_due_list_says_why_and_narrows(open_as, rep, store):
    CadenceFactory(account=store.account)
    StoreFactory(account=store.account, name="Seen", opened_on=None)
    VisitFactory(store=StoreFactory(account=store.account, name="Fresh"), visitor=rep, planned_on=timezone.localdate(), completed=True)
    client = open_as(rep)
    page = text_of(get(client, "due_list"))
    assert "never visited" in page and "Visit coverage this month" in page
    narrowed = get(client, "due_list", state="due")
    assert [one.name for one in narrowed.context["table"].shown] == sorted([store.name, "Seen"], key=str.lower)


def test_the_due_list_is_scoped_and_exported(open_as, boss, stranger, store):
    CadenceFactory(every_days=14)
    assert store.name not in text_of(get(open_as(stranger), "due_list"))
    exported = b"".join(get(open_as(boss), "due_list", _export="csv").streaming_content).decode()
    assert "never visited" in exported and store.name in exported


def test_the_due_list_asks_as_much_for_three_rows_as_for_one(open_as, rep, store, assert_same_statements):
    CadenceFactory(every_days=14)
    client = open_as(rep)
    assert_same_statements(lambda: get(client, "due_list"), lambda: [StoreFactory(account=store.account) for _number in range(2)], most=30)


def test_the_panel_of_a_store(open_as, boss, store):
    client = open_as(boss)
    assert "No cadence rule says how often this store is visited." in text_of(get(client, "due_panel", store.pk))
    CadenceFactory(store=store, every_days=7)
    page = text_of(get(client, "due_panel", store.pk))
    assert "never visited" in page and "Every 7 days" in page


def test_a_supervisor_makes_changes_and_ends_a_rule(open_as, boss, store):
    client = open_as(boss)
    answer = post(client, "cadence_create", account=store.account_id, store="", store_format="", every_days=7, starts_on="2026-01-01")
    assert told(answer) == ["The rule is saved."]
    rule = Cadence.objects.get()
    values = {"account": store.account_id, "store": "", "store_format": "", "every_days": 21, "starts_on": "2026-01-01", "seen_version": 1}
    assert told(post(client, "cadence_update", rule.pk, **values)) == ["The rule is saved."]
    assert told(post(client, "cadence_end", rule.pk, ends_on="2026-12-31")) == ["The rule ends."]
    rule.refresh_from_db()
    assert (rule.every_days, rule.ends_on) == (21, date(2026, 12, 31))


def test_a_rule_for_a_store_by_its_code(open_as, boss, store):
    client = open_as(boss)
    post(client, "cadence_create", account="", store=store.code, store_format="", every_days=7, starts_on="2026-01-01")
    assert Cadence.objects.get().store == store
    foreign = StoreFactory()
    answer = post(client, "cadence_create", account="", store=foreign.code, every_days=7, starts_on="2026-01-01")
    assert f"There is no store with the code “{foreign.code}” among yours." in text_of(answer)


def test_the_second_editor_of_a_rule_gets_409(open_as, boss, store):
    rule = CadenceFactory(account=store.account, version=2)
    values = {"account": store.account_id, "store": "", "every_days": 21, "starts_on": "2026-01-01", "seen_version": 1}
    answer = open_as(boss).post(reverse("visits:cadence_update", args=[rule.pk]), values)
    assert answer.status_code == 409


# -- the start of the day --------------------------------------------------------------------------------------------------------
@pytest.fixture
def on_a_working_day(monkeypatch):
    """Every day is worked: the tests run on Sundays too."""
    monkeypatch.setattr("visits.planning.availability.is_working_day", lambda day, calendar=None: True)


def test_one_tap_starts_the_day(open_as, rep, on_a_working_day):
    client = open_as(rep)
    assert "Start the day" in text_of(get(client, "today"))
    client_id = "00000000-0000-4000-8000-000000000001"
    for _tap in range(2):
        post(client, "day_start", client_id=client_id, latitude="41.878113333", longitude="-87.62980")
    begun = Attendance.objects.get()
    assert (begun.person, str(begun.latitude)) == (rep, "41.87811")
    assert "Your day began" in text_of(get(client, "today"))


def test_nobody_is_asked_on_a_day_off(open_as, rep, monkeypatch):
    monkeypatch.setattr("visits.planning.availability.is_working_day", lambda day, calendar=None: False)
    page = text_of(get(open_as(rep), "today"))
    assert "No start of day is needed today: Day off." in page and "Start the day" not in page


def test_the_board_is_the_teams_and_the_list_is_exported(open_as, boss, rep, stranger):
    AttendanceFactory(person=rep, late=True)
    page = text_of(get(open_as(boss), "attendance_list", day="2026-03-02"))
    assert "Ana Field" in page and "20 minutes late" in page and "late 1 time in 30 days" in page
    exported = b"".join(get(open_as(boss), "attendance_list", _export="csv").streaming_content).decode()
    assert "Ana Field" in exported
    assert "Ana Field" not in text_of(get(open_as(stranger), "attendance_list", day="2026-03-02"))


# -- leave -----------------------------------------------------------------------------------------------------------------------
def test_leave_is_asked_for_and_cancelled(open_as, rep, boss, next_monday):
    client = open_as(rep)
    values = {"person": rep.pk, "kind": "holiday", "starts_on": next_monday, "ends_on": next_monday}
    assert told(post(client, "leave_create", **values)) == ["The leave is asked for."]
    leave = Leave.objects.get()
    assert told(post(client, "leave_cancel", leave.pk, reason="")) == ["The leave is cancelled."]
    leave.refresh_from_db()
    assert leave.status == "cancelled"


def test_leave_of_a_stranger_is_no_choice(open_as, rep, stranger, next_monday):
    values = {"person": stranger.pk, "kind": "holiday", "starts_on": next_monday, "ends_on": next_monday}
    answer = open_as(rep).post(reverse("visits:leave_create"), values)
    assert (answer.status_code, Leave.objects.count()) == (422, 0)


def test_approved_leave_lists_the_visits_in_its_way_and_moves_them(open_as, rep, boss, store, next_monday):
    visit = VisitFactory(store=store, visitor=rep, planned_on=next_monday)
    leave = LeaveFactory(person=rep, approved=True, starts_on=next_monday, ends_on=next_monday)
    client = open_as(boss)
    assert f"{next_monday} · {store}" in text_of(get(client, "leave_detail", leave.pk))
    assert told(post(client, "leave_visits", leave.pk, do="move")) == ["1 visit is moved."]
    visit.refresh_from_db()
    assert visit.planned_on == next_monday + timedelta(days=1)
    week = text_of(get(client, "itinerary", week=next_monday, person=rep.pk))
    assert f"Ana Field is away from {next_monday} to {next_monday} (Holiday)." in week


def test_visits_stay_where_they_are_while_leave_is_only_asked_for(open_as, rep, visit):
    leave = LeaveFactory(person=rep)
    assert told(post(open_as(rep), "leave_visits", leave.pk)) == ["Visits are moved once the leave is approved."]


def test_visits_do_not_go_to_who_is_no_deputy(open_as, rep, boss, visit):
    leave = LeaveFactory(person=rep, approved=True)
    answer = post(open_as(rep), "leave_visits", leave.pk, do="hand_over", deputy=boss.pk)
    assert told(answer) == ["Choose one of the deputies for these days."]
