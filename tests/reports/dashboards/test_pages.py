"""The pages: what each role meets first, what they show and to whom, refusals, statements, addresses."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.dashboards import findings_views
from reports.dashboards.models import SetAside
from sales.models import SellOut, SellOutHistory
from team.models import Task
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ProductFactory, StoreFactory, UserFactory, VisitFactory
from tests.reports.conftest import market, sell
from visits.models import ShelfTicket, VisitScore

from .conftest import MARCH, MARCH_25, TODAY
from .test_alerts import four_weeks, owed, ticket

FIGURES, TEAM, DAY, FINDINGS = (reverse(f"dashboards:{name}") for name in ("figures", "team", "day", "findings"))


def words_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL))


def rows_of(table):
    return [[cell.text.replace("\u00a0", " ") for cell in cells] for cells in table.rows]


# --- the first page --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "template", "words"),
    [
        ("mei", "day", "Good day, Mei Lin"),
        ("rep", "day", "Good day, Ravi"),
        ("sam", "team", "People, worst first"),
        ("fin", "figures", "Margin over unit cost"),
        ("vic", "figures", "Accounts, worst first"),
        ("ada", "figures", "Margin over unit cost"),
    ],
)
def test_each_role_meets_its_own_dashboard_first(shop, as_, role, template, words):
    answer = as_(getattr(shop, role)).get("/")

    assert answer.status_code == 200
    assert f"reports/dashboards/{template}.html" in {one.name for one in answer.templates}
    assert words in words_of(answer)


def test_costs_are_for_those_who_may_see_them(shop, as_):
    for person, shown in ((shop.fin, True), (shop.vic, False), (shop.mei, False)):
        answer = as_(person).get(FIGURES)
        assert ("Margin" in words_of(answer), any("Margin" in one["label"] for one in answer.context["kpis"])) == (shown, shown), person


def test_who_may_not_see_sell_out_gets_none_of_it(shop, as_):
    client = as_(shop.rep)

    assert client.get(FIGURES).status_code == 403
    assert client.get(TEAM).status_code == 403
    account = client.get(reverse("dashboards:account", args=[shop.northgate.pk]))
    store = client.get(reverse("dashboards:store", args=[shop.first.pk]))
    assert [one["label"] for one in account.context["kpis"]] == ["Perfect-store score", "Stores visited", "Open shelf gaps"]
    assert [column.label for column in account.context["stores"].columns] == ["Store", "Score", "Shelf gaps", "Last visit"]
    for answer in (account, store):
        assert not re.search(r"\d USD|\d\u00a0USD|Net sell-out", words_of(answer))


# --- figures ---------------------------------------------------------------------------------------------------------------------
def test_the_figures_of_a_manager(shop, as_):
    answer = as_(shop.mei).get(FIGURES, {"period": "2026-03"})

    kpis = {one["label"]: one["value"].replace("\u00a0", " ") for one in answer.context["kpis"]}
    assert kpis["Net sell-out 2026-03"] == "550.00 USD"
    assert kpis["Share of wallet 2026-03"] == "27.5 %"
    assert kpis["Selling stores 2026-03"] == "3 of 3"
    assert rows_of(answer.context["accounts"]) == [
        ["Lakeside", "50.00 USD", "−50.0 %", "−50.00 USD", "5"],
        ["Northgate", "500.00 USD", "25.0 %", "100.00 USD", "42"],
    ]
    assert answer.context["months"].table() == [{"label": "2026-03", "values": ["550.00", "500.00"]}]
    assert "Farland" not in answer.content.decode()
    assert "Only accounts in USD are counted" in words_of(answer)


def test_rows_lead_to_their_rows_with_the_period_kept(shop, as_):
    answer = as_(shop.mei).get(FIGURES, {"period": "2026-03", "currency": "USD"})

    hrefs = [cells[0].url for cells in answer.context["accounts"].rows]
    assert hrefs == [f"/dashboards/accounts/{pk}/?period=2026-03&currency=USD" for pk in (shop.lakeside.pk, shop.northgate.pk)]
    assert answer.context["months"].links == ["/dashboards/figures/?period=2026-03&currency=USD"]


@pytest.mark.parametrize(
    ("asked", "label", "note"),
    [
        ("2026-03-10..2026-03-20", "2026-03", "Dashboards count whole months."),
        ("2026", "2026-01 – 2026-03", "The newest complete month with sell-out is 2026-03."),
        ("2027-01", "2027-01", ""),
        ("ytd", "2026-01 – 2026-03", ""),
        ("x", "2026-03", "“x” is not a period."),
        ("0001", "2026-03", "Dashboards know the years 2000 to 2100."),
        ("2000-01-01..2009-12-31", "2026-03", "A dashboard shows 36 months at most."),
    ],
)
def test_any_period_is_answered_and_said(shop, as_, asked, label, note):
    answer = as_(shop.mei).get(FIGURES, {"period": asked})

    assert (answer.status_code, answer.context["selection"].label) == (200, label)
    assert note in " ".join(answer.context["notes"])


@pytest.mark.parametrize("account", ["x", "-1", "0", "9" * 30, "１"])
def test_an_account_that_is_none_is_not_found(shop, as_, account):
    assert as_(shop.mei).get(FIGURES, {"account": account}).status_code == 404


def test_strangers_get_the_404_of_a_missing_row(shop, as_):
    client = as_(shop.stranger)
    for name, pk in (("account", shop.northgate.pk), ("store", shop.first.pk)):
        foreign, missing = client.get(reverse(f"dashboards:{name}", args=[pk])), client.get(reverse(f"dashboards:{name}", args=[10**9]))
        assert (foreign.status_code, missing.status_code) == (404, 404)
    assert client.get(FIGURES, {"account": shop.northgate.pk}).status_code == 404
    assert as_(shop.sam).get(TEAM, {"team": shop.elsewhere.pk}).status_code == 404


def test_an_empty_company_says_what_to_do_next(db, as_):
    client = as_(UserFactory(administrator=True))

    assert "The figures appear as soon as a retailer's file is imported." in words_of(client.get(FIGURES))
    assert "Nobody at work here yet." in words_of(client.get(TEAM))
    assert "Are you in a store? Start the visit: choose the store and check in." in words_of(client.get(DAY))
    assert "Nothing needs attention." in words_of(client.get(FINDINGS))


# --- statements ------------------------------------------------------------------------------------------------------------------
def grow(shop):
    """More of everything that a dashboard adds up."""
    for number in range(4):
        account = KeyAccountFactory()
        AccountAssignmentFactory(account=account, user=shop.mei)
        person = UserFactory(ka_manager=True, team=shop.team)
        for _store in range(3):
            store = StoreFactory(account=account)
            product = ProductFactory(category=shop.cheese)
            sell(store, product, MARCH, 5, 500)
            sell(store, product, MARCH_25, 5, 400)
            market(store, shop.cheese, MARCH, 1_000)
            ticket(store, product, "absent", date(2026, 4, 1))
            VisitScore.objects.create(visit=VisitFactory(store=store, visitor=person, completed=True, planned_on=TODAY), score_e2=5_000)
        owed(person, date(2026, 4, number + 1))
        Task.objects.create(title="Task", assignee=shop.mei, due_on=TODAY)


@pytest.mark.parametrize(
    ("who", "address", "most"),
    [
        ("ada", f"{FIGURES}?fresh=1", 20),
        ("mei", f"{FIGURES}?fresh=1", 20),
        ("sam", f"{TEAM}?fresh=1", 22),
        ("mei", DAY, 14),
        ("mei", f"{FINDINGS}?fresh=1", 24),
        ("mei", "account", 20),
        ("mei", "store", 12),
    ],
)
def test_the_number_of_statements_is_the_same_for_more_rows(shop, as_, assert_same_statements, who, address, most):
    client = as_(getattr(shop, who))
    at = {"account": ("dashboards:account", shop.northgate.pk), "store": ("dashboards:store", shop.first.pk)}.get(address)
    address = f"{reverse(at[0], args=[at[1]])}?fresh=1" if at else address

    assert_same_statements(lambda: client.get(address), lambda: grow(shop), most=most)


@pytest.mark.parametrize("address", [f"{FIGURES}?fresh=1", f"{TEAM}?fresh=1", f"{FINDINGS}?fresh=1", "account", "store"])
def test_no_row_of_sell_out_is_read(shop, as_, address):
    client = as_(shop.ada)
    at = {"account": ("dashboards:account", shop.northgate.pk), "store": ("dashboards:store", shop.first.pk)}.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(reverse(at[0], args=[at[1]]) if at else address).status_code == 200

    words = {SellOut._meta.db_table, SellOutHistory._meta.db_table}
    assert [query["sql"] for query in captured if words & set(re.findall(r"\w+", query["sql"]))] == []


# --- the day ---------------------------------------------------------------------------------------------------------------------
def test_the_next_visit_comes_first_and_starts_with_one_tap(shop, as_):
    VisitFactory(store=shop.first, visitor=shop.rep, planned_on=TODAY, completed=True, route_order=1)
    second = VisitFactory(store=shop.second, visitor=shop.rep, planned_on=TODAY, route_order=2)
    third = VisitFactory(store=shop.lake, visitor=shop.rep, planned_on=TODAY, route_order=3)
    VisitFactory(store=shop.lake, visitor=shop.rep, planned_on=date(2026, 4, 17))
    VisitFactory(store=shop.lake, visitor=shop.mei, planned_on=TODAY)

    answer = as_(shop.rep).get(DAY)

    day = answer.context["day"]
    assert (day.next_visit, [visit.pk for visit in day.later][1:], day.done, day.overdue_count) == (second, [third.pk], 1, 1)
    html = answer.content.decode()
    assert html.index(f'action="/visits/{second.pk}/record/"') < html.index(f'action="/visits/{third.pk}/record/"')
    assert "1 of 3 visits done" in words_of(answer)


def test_the_first_day_of_a_rep_begins_with_one_large_button(shop, as_):
    html = as_(shop.rep).get("/").content.decode()

    assert "Nothing is planned for today" in html
    assert f'<a class="btn btn-primary btn-big btn-wide" href="{reverse("visits:visit_start")}">' in html


def test_tasks_and_reports_that_are_due(shop, as_):
    Task.objects.create(title="Call the buyer", assignee=shop.mei, due_on=date(2026, 4, 19))
    Task.objects.create(title="Much later", assignee=shop.mei, due_on=date(2026, 6, 1))
    owed(shop.mei, date(2026, 4, 25))
    owed(shop.mei, date(2026, 5, 25))

    day = as_(shop.mei).get(DAY).context["day"]

    assert ([task.title for task in day.tasks], day.overdue_tasks) == (["Call the buyer"], 1)
    assert [deadline.due_on for deadline in day.deadlines] == [date(2026, 4, 25)]


# --- findings --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def drop(shop):
    four_weeks(shop, 5_000, 10_000)
    return f"drop:{shop.northgate.pk}"


def test_an_alert_shows_its_reason_and_the_ways_on(shop, as_, drop):
    words = words_of(as_(shop.mei).get(FINDINGS))

    assert "Northgate: sell-out down 50.0 %" in words
    assert "200.00 USD net from 2026-03-23 to 2026-04-19 against 400.00 USD, the same weeks last year." in words
    for way in ("Open the account", "Make a task", "For 7 days"):
        assert way in words


def test_many_findings_come_by_the_page(shop, as_, drop, monkeypatch):
    four_weeks(shop, 6_000, 10_000, account=shop.lakeside)
    monkeypatch.setattr(findings_views, "PER_PAGE", 1)
    client = as_(shop.mei)

    first, second = client.get(FINDINGS), client.get(FINDINGS, {"alerts": "2", "opportunities": "x"})
    past_the_end = client.get(FINDINGS, {"alerts": "9" * 30})

    found = first.context["found"].alerts
    assert [one.key for one in found[:2]] == [drop, f"drop:{shop.lakeside.pk}"]
    assert [[one.key for one in page.context["alerts"]] for page in (first, second, past_the_end)] == [
        [drop],
        [f"drop:{shop.lakeside.pk}"],
        [found[-1].key],
    ]
    assert f"1–1 of {len(found)}" in words_of(first)
    assert 'href="?alerts=2&amp;opportunities=1#alerts" rel="next"' in first.content.decode()


def test_set_aside_and_undo_without_scripts(shop, as_, drop):
    client = as_(shop.mei)

    answer = client.post(reverse("dashboards:findings_set_aside"), {"key": drop, "days": "7", "next": DAY}, follow=True)

    assert answer.redirect_chain == [(DAY, 302)]
    assert "Set aside until 2026-04-27: Northgate: sell-out down 50.0 %" in words_of(answer)
    assert [row.key for row in client.get(FINDINGS).context["found"].aside] == [drop]
    client.post(reverse("dashboards:findings_bring_back"), {"key": drop})
    assert [one.key for one in client.get(FINDINGS).context["alerts"]] == [drop]


def test_set_aside_in_place_leaves_the_way_back(shop, as_, drop):
    answer = as_(shop.mei).post(reverse("dashboards:findings_set_aside"), {"key": drop, "days": "1"}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert 'name="key" value="' + drop in answer.content.decode()


@pytest.mark.parametrize("days", ["", "2", "x", "-1", "1e1", "9" * 400])
def test_other_days_are_refused_in_words(shop, as_, drop, days):
    answer = as_(shop.mei).post(reverse("dashboards:findings_set_aside"), {"key": drop, "days": days}, follow=True)

    assert "Choose for how many days: 1, 7, 30." in words_of(answer)
    assert SetAside.objects.count() == 0


@pytest.mark.parametrize("verb", ["findings_set_aside", "findings_task"])
@pytest.mark.parametrize("key", ["", "x", "drop:0", "drop:" + "9" * 500])
def test_what_is_not_found_is_refused_in_words(shop, as_, drop, verb, key):
    answer = as_(shop.mei).post(reverse(f"dashboards:{verb}"), {"key": key, "days": "7"}, follow=True)
    assert "This is not found any more: it has been put right in the meantime." in words_of(answer)
    in_place = as_(shop.mei).post(reverse(f"dashboards:{verb}"), {"key": key, "days": "7"}, headers={"HX-Request": "true"})
    assert in_place.status_code == 422


def test_a_task_of_an_alert(shop, as_, drop):
    answer = as_(shop.mei).post(reverse("dashboards:findings_task"), {"key": drop, "next": "https://elsewhere.example/"}, follow=True)

    assert answer.redirect_chain == [(FINDINGS, 302)]
    assert "Task “Find out why sell-out at Northgate fell by 50.0 %”, due on 2026-04-23." in words_of(answer)


def test_findings_of_others_are_nobodys_to_touch(shop, as_, drop):
    as_(shop.stranger).post(reverse("dashboards:findings_set_aside"), {"key": drop, "days": "7"})
    as_(shop.mei).post(reverse("dashboards:findings_set_aside"), {"key": drop, "days": "7"})
    as_(shop.stranger).post(reverse("dashboards:findings_bring_back"), {"key": drop})

    assert list(SetAside.objects.values_list("person_id", "key")) == [(shop.mei.pk, drop)]


# --- one account, one store ------------------------------------------------------------------------------------------------------
def test_an_accounts_stores_are_listed_worst_first(shop, as_):
    ticket(shop.second, shop.gouda, "out_of_stock", date(2026, 4, 1))

    answer = as_(shop.mei).get(reverse("dashboards:account", args=[shop.northgate.pk]), {"period": "2026-03"})

    assert rows_of(answer.context["stores"]) == [
        ["North 2", "20.00 USD", "–", "–", "–", "1", "2026-03-02"],
        ["North 1", "480.00 USD", "20.0 %", "80.00 USD", "–", "0", "–"],
    ]
    assert answer.context["stores"].rows[0][0].url == f"/dashboards/stores/{shop.second.pk}/?period=2026-03&currency=USD"


def test_a_stores_products_visits_and_gaps(shop, as_):
    visit = VisitFactory(store=shop.first, visitor=shop.rep, planned_on=date(2026, 4, 2), completed=True)
    VisitScore.objects.create(visit=visit, score_e2=7_345)
    ShelfTicket.objects.create(store=shop.first, product=shop.gouda, kind="absent", opened_in=visit, opened_on=date(2026, 4, 2))

    answer = as_(shop.mei).get(reverse("dashboards:store", args=[shop.first.pk]), {"period": "2026-03"})

    found = answer.context["found"]
    assert (found.total.net, found.total.net_then, [row.label for row in found.products]) == (48_000, 40_000, ["Gouda (P1)"])
    assert [row.score_shown for row in found.visits] == ["73.5"]
    assert f'href="/visits/{visit.pk}/"' in answer.content.decode()
    assert "Gouda" in words_of(answer)
