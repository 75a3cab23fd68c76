"""The pages of deadlines and league tables: what they show, to whom, and how they refuse."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from ka_crm.periods import month
from reports.league import COLUMNS, Row, league, rank
from reports.models import Deadline, DeadlineRule
from team.models import AuditEvent
from tests.factories import AccountAssignmentFactory, CadenceFactory, KeyAccountFactory, StoreFactory, UserFactory, VisitFactory

from .conftest import FEBRUARY, MARCH, TODAY, sell


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def make_deadline(owner, *, due_on, kind="plan", starts_on=MARCH, filed_on=None):
    ends_on = date(starts_on.year, starts_on.month, 28)
    filed_at = filed_on and datetime(filed_on.year, filed_on.month, filed_on.day, 12, tzinfo=ZoneInfo(settings.TIME_ZONE))
    return Deadline.objects.create(
        kind=kind,
        subject_kind="person",
        subject_key=f"person:{owner.pk}",
        subject_label=owner.name,
        owner=owner,
        starts_on=starts_on,
        ends_on=ends_on,
        due_on=due_on,
        filed_at=filed_at,
    )


@pytest.fixture
def some(world):
    """Mei is late with one, handed one in on time and one late; Omar, of another team, has one to come."""
    today = timezone.localdate()
    make_deadline(world.mei, due_on=today - timedelta(days=1))
    make_deadline(world.mei, due_on=today - timedelta(days=5), kind="survey", filed_on=today - timedelta(days=6))
    make_deadline(world.mei, due_on=today - timedelta(days=5), kind="monthly", filed_on=today - timedelta(days=4))
    make_deadline(world.omar, due_on=today + timedelta(days=3))
    return world


def rows_of(answer):
    return [(deadline.owner.name, deadline.state) for deadline in answer.context["table"].shown]


def test_the_list_shows_ones_own_people_and_counts_them(some, as_):
    answer = as_(some.sam).get(reverse("reports:deadline_list"))

    assert sorted(rows_of(answer)) == [("Mei Lin", "filed_late"), ("Mei Lin", "late"), ("Mei Lin", "on_time")]
    assert {name: answer.context["counts"][name] for name in ("due", "on_time", "late", "coming")} == {
        "due": 3,
        "on_time": 1,
        "late": 1,
        "coming": 0,
    }
    assert str(answer.context["rate"]) == "0.333333"


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("?state=late", ["late"]),
        ("?state=on_time", ["on_time"]),
        ("?state=incomplete", []),
        ("?kind=monthly", ["filed_late"]),
        ("?q=mei", ["filed_late", "late", "on_time"]),
        ("?q=omar", []),
        ("?state=nonsense", ["filed_late", "late", "on_time"]),
        ("?from_day=9999-12-31", []),
    ],
)
def test_the_list_narrows(some, as_, query, states):
    assert sorted(state for _name, state in rows_of(as_(some.sam).get(reverse("reports:deadline_list") + query))) == states


def test_the_list_is_exported_as_it_is_shown(some, as_):
    answer = as_(some.sam).get(reverse("reports:deadline_list") + "?state=late&_export=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Late" in lines[1]


def test_the_list_asks_the_same_number_of_statements_for_three_and_for_thirty(world, as_, assert_same_statements):
    client = as_(world.sam)

    def grow(number=27):
        for _number in range(number):
            make_deadline(UserFactory(ka_manager=True, team=world.team), due_on=date(2026, 3, 25))

    grow(3)
    assert_same_statements(lambda: client.get(reverse("reports:deadline_list")), grow)


def test_the_summary_counts_per_team_and_person_and_opens_the_rows(some, as_):
    answer = as_(some.sam).get(reverse("reports:deadline_summary"))

    [person] = answer.context["people"]
    assert (person["name"], person["due"], person["on_time"], person["filed_late"], person["late"]) == ("Mei Lin", 3, 1, 1, 1)
    assert [team["name"] for team in answer.context["teams"]] == ["East"]
    for label in ("On time", "Due", "Late", "Handed in late", "Draft incomplete", "Still to come"):
        assert answer.content.decode().count(f'data-label="{label}"') == 2, label  # on a phone each row is a card
    assert rows_of(as_(some.sam).get(person["late_url"])) == [("Mei Lin", "late")]


def test_the_summary_asks_the_same_number_of_statements_for_three_and_for_thirty(world, as_, assert_same_statements):
    client = as_(world.sam)

    def grow(number=27):
        for _number in range(number):
            make_deadline(UserFactory(ka_manager=True, team=world.team), due_on=timezone.localdate())

    grow(3)
    assert_same_statements(lambda: client.get(reverse("reports:deadline_summary")), grow)


def test_nothing_due_says_so(world, as_):
    assert "Nothing was due from your people" in as_(world.sam).get(reverse("reports:deadline_summary")).content.decode()


# --- rules --------------------------------------------------------------------------------------------------------------------
RULE = {"anchor": "before", "day": "20", "counting": "calendar", "roll": "later", "draft_days_before": "4", "remind_days_before": "5, 1"}


def test_an_administrator_changes_a_rule(world, as_):
    rule = DeadlineRule.objects.get(kind="plan")
    answer = as_(world.ada).post(reverse("reports:rule_update", args=[rule.pk]), {**RULE, "is_active": "on", "seen_version": "1"})
    rule.refresh_from_db()
    assert answer.headers["Location"] == reverse("reports:rule_list")
    assert (rule.day, rule.roll, rule.remind_days_before, rule.version) == (20, "later", "5,1", 2)
    assert AuditEvent.objects.get(verb="deadline_rule.changed").actor == world.ada


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("day", "0", "Write a day from 1 to 31."),
        ("day", "32", "Write a day from 1 to 31."),
        ("remind_days_before", "soon", "“soon” is not a list of days before. Write numbers from 0 to 60, such as 3,1,0."),
        ("draft_days_before", "61", "Write 60 days or fewer."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(world, as_, field, value, message):
    rule = DeadlineRule.objects.get(kind="plan")
    answer = as_(world.ada).post(reverse("reports:rule_update", args=[rule.pk]), {**RULE, field: value, "seen_version": "1"})
    assert answer.status_code == 422
    assert message in answer.context["form"].errors[field]


def test_two_administrators_the_second_sees_what_the_first_did(world, as_):
    rule = DeadlineRule.objects.get(kind="plan")
    url = reverse("reports:rule_update", args=[rule.pk])
    as_(world.ada).post(url, {**RULE, "is_active": "on", "seen_version": "1"})
    answer = as_(world.ada).post(url, {**RULE, "day": "22", "is_active": "on", "seen_version": "1"})
    assert answer.status_code == 409
    assert "Now saved here: “20”." in answer.context["form"].errors["day"]


def test_others_do_not_see_the_rules(world, as_):
    rule = DeadlineRule.objects.get(kind="plan")
    for name, args in (("rule_list", []), ("rule_update", [rule.pk])):
        assert as_(world.sam).get(reverse(f"reports:{name}", args=args)).status_code == 403
    assert as_(world.ada).get(reverse("reports:rule_update", args=[2**53])).status_code == 404
    assert as_(world.ada).get(reverse("reports:rule_list")).status_code == 200


# --- league tables ------------------------------------------------------------------------------------------------------------
def row(pk, value, before=None):
    return Row(pk, f"Row {pk}", "", "USD", {"net": value}, {"net": before})


def test_equal_figures_share_a_place_and_missing_ones_have_none():
    rows = rank([row(1, 5), row(2, 9), row(3, None), row(4, 9, 1), row(5, 1, 2)], "net")
    assert [(one.pk, one.rank) for one in rows] == [(2, 1), (4, 1), (1, 3), (5, 4), (3, None)]
    assert [(one.pk, one.climbed) for one in rows if one.climbed is not None] == [(4, 1), (5, -3)]
    assert [str(one.part) for one in rows[:3]] == ["1.000000", "1.000000", "0.555556"]


def test_accounts_stores_and_people_in_order(world):
    common = {"period": month(2026, 3), "user": world.ada, "today": TODAY}
    accounts = league("accounts", by="net", **common)
    assert [(one.name, one.rank, one.rank_before, one.values["net"]) for one in accounts] == [
        ("Northgate", 1, 1, 50_000),
        ("Lakeside", 2, 2, 5_000),
    ]
    assert str(accounts[0].values["growth"]) == "0.250000"
    assert str(accounts[0].values["distribution"]) == "1.000000"  # both stores sold
    stores = league("stores", by="growth", **common)
    assert [(one.name, str(one.values["growth"])) for one in stores] == [
        ("North 1", "0.920000"),
        ("Lake 1", "-0.500000"),
        ("North 2", "-0.866667"),
    ]
    people = league("people", by="net", **common)
    assert [(one.name, one.values["net"]) for one in people] == [("Mei Lin", 55_000)]


def test_coverage_plan_and_filing_of_people(world):
    CadenceFactory(account=world.northgate, every_days=14)
    VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 3, 9), completed=True)
    VisitFactory(store=world.second, visitor=world.mei, planned_on=date(2026, 3, 10), missed=True)
    make_deadline(world.mei, due_on=date(2026, 3, 25), filed_on=date(2026, 3, 25))
    make_deadline(world.mei, due_on=date(2026, 3, 5), kind="survey", filed_on=date(2026, 3, 9))

    [mei] = league("people", by="coverage", period=month(2026, 3), user=world.ada, today=TODAY)

    found = {name: str(mei.values[name]) for name in ("coverage", "plan_hit", "on_time")}
    assert found == {"coverage": "0.500000", "plan_hit": "0.500000", "on_time": "0.500000"}


def test_a_chain_counts_what_its_branches_sell_once(world):
    branch = KeyAccountFactory(code="N1-E", name="Northgate East", parent=world.northgate)
    assert branch.path.startswith(world.northgate.path)
    sell(StoreFactory(account=branch), world.gouda, MARCH, 1, 10_000)
    AccountAssignmentFactory(account=branch, user=world.omar)
    rows = {one.name: one.values["net"] for one in league("accounts", by="net", period=month(2026, 3), user=world.ada, today=TODAY)}
    assert rows == {"Northgate": 60_000, "Northgate East": 10_000, "Lakeside": 5_000}
    people = {one.name: one.values["net"] for one in league("people", by="net", period=month(2026, 3), user=world.ada, today=TODAY)}
    assert people == {"Mei Lin": 65_000, "Omar": 10_000}


def test_the_page_shows_ones_own_rows_and_their_places(world, as_):
    foreign = KeyAccountFactory(name="Foreign chain")
    sell(StoreFactory(account=foreign), world.gouda, MARCH, 1, 10_000)
    answer = as_(world.mei).get(reverse("reports:league") + "?period=2026-03")
    assert [(one["name"], one["rank"]) for one in answer.context["rows"]] == [("Northgate", 1), ("Lakeside", 2)]
    assert "Foreign chain" not in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?what=nothing",
        "?by=nothing",
        "?period=soon",
        "?period=2026-03-05..2026-03-09",
        "?account=99999999999999999999",
        "?team=x",
        "?page=-1",
    ],
)
def test_what_makes_no_sense_is_told_or_left_aside(world, as_, query):
    assert as_(world.sam).get(reverse("reports:league") + query).status_code == 200


@pytest.mark.parametrize("what", list(COLUMNS))
def test_every_table_and_order_is_drawn_and_exported(world, as_, what):
    for by in COLUMNS[what]:
        url = reverse("reports:league") + f"?what={what}&by={by}&period=2026-03"
        assert as_(world.ada).get(url).status_code == 200
    lines = b"".join(as_(world.ada).get(url + "&_export=csv").streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) >= 2
    assert as_(world.ada).get(url + "&_export=xlsx").status_code == 200


def test_on_a_phone_every_figure_of_these_tables_carries_its_name(world, as_):
    league = as_(world.ada).get(reverse("reports:league") + "?what=accounts&period=2026-03")

    assert [cell["label"] for cell in league.context["rows"][0]["cells"]] == [column["label"] for column in league.context["columns"]]
    assert f'data-label="{league.context["columns"][0]["label"]}"' in league.content.decode()


def test_somebody_who_may_not_export_gets_no_file(world, as_):
    viewer = UserFactory(viewer=True)
    assert as_(viewer).get(reverse("reports:league") + "?_export=csv").status_code == 403


def test_amounts_of_two_currencies_are_never_in_one_order(world, as_):
    yuan = KeyAccountFactory(name="Huamei", currency="CNY")
    sell(StoreFactory(account=yuan), world.gouda, MARCH, 1, 99_999_999)
    answer = as_(world.ada).get(reverse("reports:league") + "?period=2026-03")
    assert [one["name"] for one in answer.context["rows"]] == ["Northgate", "Lakeside"]
    answer = as_(world.ada).get(reverse("reports:league") + "?period=2026-03&currency=CNY")
    assert [(one["name"], one["rank"]) for one in answer.context["rows"]] == [("Huamei", 1)]


@pytest.mark.parametrize("what", list(COLUMNS))
def test_a_table_takes_the_same_number_of_statements_for_few_and_many(world, as_, assert_same_statements, what):
    client = as_(world.ada)

    def grow(number=12):
        for _number in range(number):
            person = UserFactory(ka_manager=True, team=world.team)
            account = KeyAccountFactory()
            AccountAssignmentFactory(account=account, user=person)
            store = StoreFactory(account=account)
            sell(store, world.gouda, MARCH, 1, 100)
            sell(store, world.gouda, FEBRUARY, 1, 100)

    grow(2)
    assert_same_statements(lambda: client.get(reverse("reports:league") + f"?what={what}&period=2026-03"), grow, most=32)
