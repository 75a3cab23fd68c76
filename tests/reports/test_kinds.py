"""Quarters and years as sums, plans, store surveys and weekly summaries: what they say, checked by head."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ka_crm.errors import DomainError
from ka_crm.jobs.runner import run_due_jobs
from ka_crm.jobs.services import cancel_job
from ka_crm.periods import month, quarter, week_of, year
from reports import services
from reports.builder import scope_of
from reports.models import Report
from reports.rendering.document import document_of
from reports.sections import SECTION_OF
from reports.states import ReportStatus
from team.services.tasks import open_task
from tests.factories import CadenceFactory, ShelfFactFactory, VisitFactory
from visits.models import CategoryAsk, CompetitorFact

from .conftest import MARCH, TODAY, data_of, sell

NEW_YEAR_BEFORE = date(2025, 1, 1)


def cents(text):
    return int(Decimal(text) * 100)


# --- sums ---------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def a_year(world):
    """Sell-out of odd amounts in all months of 2025 and 2026, in both accounts."""
    for number in range(24):
        on = date(2025 + number // 12, number % 12 + 1, 1)
        if on >= date(2026, 1, 1) and on <= MARCH:
            continue  # the world's own months
        sell(world.first, world.gouda, on, 7 + number, 100_003 + 17 * number)
        sell(world.lake, world.apple, on, 3, 20_011 + number)
    return world


SUMS = ("net_value", "gross_value", "discount_value")


def test_a_quarter_is_the_sum_of_its_months_and_a_year_of_its_quarters(a_year):
    subjects = {"accounts": [a_year.northgate, a_year.lakeside], "people": [a_year.mei], "teams": [a_year.team], "company": True}
    periods = [month(2026, number) for number in range(1, 13)] + [quarter(2026, number) for number in range(1, 5)] + [year(2026)]
    kinds = {"month": "monthly", "quarter": "quarterly", "year": "annual"}
    computed, keys = {}, set()
    for period in periods:  # these two sections alone: seventeen whole builds would say the same, a minute later
        kind = kinds[period.kind]
        scope = scope_of(services.order_reports(kind=kind, period=period, formats=(), actor=None, today=TODAY, **subjects))
        computed[kind, period.label] = SECTION_OF["headline"].compute(scope)
        keys |= {subject.key for subject in scope.subjects}
    every_part = SECTION_OF["parts"].compute(scope)

    def headline(kind, label, key):
        return computed[kind, label][key][0]

    assert keys == set(Report.objects.values_list("subject_key", flat=True))
    assert len(keys) == 5
    for key in keys:
        for number in range(1, 5):
            months = [headline("monthly", f"2026-{3 * number - back:02d}", key) for back in range(3)]
            whole = headline("quarterly", f"2026Q{number}", key)
            assert [cents(whole[name]) for name in SUMS] == [sum(cents(one[name]) for one in months) for name in SUMS]
            assert whole["units"] == sum(one["units"] for one in months)
        quarters = [headline("quarterly", f"2026Q{number}", key) for number in range(1, 5)]
        whole = headline("annual", "2026", key)
        assert [cents(whole[name]) for name in SUMS] == [sum(cents(one[name]) for one in quarters) for name in SUMS]
        parts = every_part[key][0]
        assert [row["part"] for row in parts["parts"]] == ["2026Q1", "2026Q2", "2026Q3", "2026Q4"]
        assert [row["net_value"] for row in parts["parts"]] == [one["net_value"] for one in quarters]
        assert parts["total"]["net_value"] == whole["net_value"]
        assert parts["total"]["net_growth_vs_year_ago"] == whole["net_growth_vs_year_ago"]


def test_a_comparison_that_is_missing_says_why(world, build):
    build(kind="quarterly", period=quarter(2026, 1), accounts=[world.northgate])
    parts = data_of(Report.objects.get())["parts"]
    assert [(row["part"], row["net_value"], row["reason"]) for row in parts["parts"]] == [
        ("2026-01", "300.00", "no_earlier"),
        ("2026-02", "400.00", "no_earlier"),
        ("2026-03", "500.00", "no_earlier"),
    ]
    assert (parts["total"]["net_value"], parts["total"]["net_growth_vs_year_ago"]) == ("1200.00", None)


def test_a_base_of_zero_gives_no_growth(world, build):
    sell(world.first, world.gouda, date(2025, 3, 1), 0, 0)
    build(accounts=[world.northgate])
    net = data_of(Report.objects.get())["brief"]["net"]
    assert (net["change"], net["change_year"], net["reason_year"]) == ("0.250000", None, "not_positive")


# --- the first page -----------------------------------------------------------------------------------------------------------
def test_the_first_page_opens_with_a_sentence_from_the_figures(world, build):
    build(people=[world.mei])
    lead = document_of(Report.objects.get(), "en")["lead"]
    assert lead["sentence"] == (
        "Net sell-out rose by 10.0\u00a0% to 550.00\u00a0USD. Northgate brought most: +100.00\u00a0USD. "
        "Lakeside lost most: \u221250.00\u00a0USD."
    )
    assert [item["label"] for item in lead["kpis"]] == [
        "Net sell-out",
        "Units",
        "Share of wallet",
        "Selling stores",
        "Plan kept",
        "On-shelf availability",
    ]
    assert [(block["title"], [item["title"] for item in block["items"]]) for block in lead["findings"]][0] == (
        "What went well",
        ["Gouda gained 200.00\u00a0USD", "Share won in Cheese: +10.0 points", "Northgate grew by 100.00\u00a0USD"],
    )
    assert "Lakeside fell by 50.00\u00a0USD" in [item["title"] for item in lead["findings"][1]["items"]]


def test_the_first_page_speaks_chinese(world, build):
    build(people=[world.mei])
    document = document_of(Report.objects.get(), "zh-hans")
    assert document["language"] == "zh-hans"
    assert document["lead"]["sentence"]


# --- plans --------------------------------------------------------------------------------------------------------------------
def test_a_plan_proposes_last_years_month_times_the_trend(world, build):
    for on, net in ((date(2025, 4, 1), 200_000), (date(2025, 1, 1), 20_000), (date(2025, 2, 1), 40_000), (date(2025, 3, 1), 40_000)):
        sell(world.first, world.gouda, on, 1, net)

    build(kind="plan", period=month(2026, 4), accounts=[world.northgate], people=[world.mei])

    goals = data_of(Report.objects.get(account=world.northgate))["goals"]
    # January to March: 1,200.00 after 1,000.00 a year earlier
    assert (goals["proposed"], goals["accounts"][0]["trend"], goals["accounts"][0]["how"]) == ("2400.00", "1.200000", "trend")
    assert goals["recent_months"] == ["2026-01", "2026-02", "2026-03"]
    person = data_of(Report.objects.get(person=world.mei))["goals"]
    # Lakeside has no last year: the mean of February and March, 75.00
    assert (person["proposed"], [row["how"] for row in person["accounts"]]) == ("2475.00", ["trend", "recent"])


def test_a_plan_shows_its_formula(world, build):
    sell(world.first, world.gouda, date(2025, 4, 1), 1, 200_000)
    sell(world.first, world.gouda, date(2025, 3, 1), 1, 40_000)
    build(kind="plan", period=month(2026, 4), accounts=[world.northgate])
    document = document_of(Report.objects.get(), "en")
    [table] = [block for block in document["sections"][0]["blocks"] if block["type"] == "table"]
    assert [cell["text"] for cell in table["cells"][0]] == ["Northgate", "2,000.00", "500.00", "2,500.00", "2,000.00 × 1.250"]


def test_a_plan_counts_visits_due_stores_gaps_and_tasks(world, build):
    CadenceFactory(account=world.northgate, every_days=14, starts_on=date(2026, 1, 1))
    VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 4, 7))
    VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 4, 8), cancelled=True)
    old = VisitFactory(store=world.second, visitor=world.mei, planned_on=date(2026, 3, 20), completed=True)
    ShelfFactFactory(visit=old, product=world.gouda, is_must_stock=True, is_present=False)
    open_task(title="Call the buyer", assignee=world.mei, due_on=date(2026, 4, 3))

    build(kind="plan", period=month(2026, 4), people=[world.mei])

    data = data_of(Report.objects.get())
    assert (data["goals"]["visits"], data["goals"]["gaps"], data["goals"]["tasks"]) == (1, 1, 1)
    assert [row["name"] for row in data["visits_to_come"]["due"]] == ["North 2"]  # North 1 has its visit
    assert data["open_work"]["gaps"][0]["product_name"] == "Gouda"
    assert data["open_work"]["tasks"][0]["title"] == "Call the buyer"
    assert data["open_problems"]["month"] == "2026-03"


def test_a_gap_that_was_closed_since_is_no_gap(world, build):
    for day, there in ((10, False), (20, True)):
        visit = VisitFactory(store=world.second, visitor=world.mei, planned_on=date(2026, 3, day), completed=True)
        ShelfFactFactory(visit=visit, product=world.gouda, is_must_stock=True, is_present=there)
    build(kind="plan", period=month(2026, 4), accounts=[world.northgate])
    assert data_of(Report.objects.get())["open_work"]["gap_count"] == 0


# --- surveys ------------------------------------------------------------------------------------------------------------------
def test_a_survey_says_what_was_seen(world, build):
    visit = VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 3, 9), completed=True, note="The freezer is broken.")
    ShelfFactFactory(visit=visit, product=world.gouda, is_must_stock=True, facings=4, price_minor=250)
    ShelfFactFactory(visit=visit, product=world.apple, is_present=False, is_out_of_stock=True, facings=None)
    CategoryAsk.objects.create(visit=visit, category=world.cheese, all_facings=16, monthly_value_minor=50_000, said_by="Ann")
    CompetitorFact.objects.create(visit=visit, brand="Rival", category=world.cheese, is_on_promotion=True)

    build(kind="survey", period=month(2026, 3), accounts=[world.northgate])

    data = data_of(Report.objects.get())
    survey = data["survey"]
    assert (survey["visits"], survey["stores_seen"], survey["stores"], survey["coverage"]) == (1, 1, 2, "0.500000")
    assert (survey["availability"], survey["out_of_stock"], survey["share"]) == ("0.500000", 1, "0.250000")
    assert (survey["sightings"], survey["promoted"], survey["asks"]) == (1, 1, 1)
    assert survey["notes"] == [{"seen_on": "2026-03-09", "store": "North 1", "by": "Mei Lin", "note": "The freezer is broken."}]
    assert data["shelves"]["categories"][0]["share"] == "0.250000"
    assert data["shelves"]["asks"] == [
        {"category": "Cheese", "stores": 1, "monthly_value": "500.00", "monthly_units": None, "last_on": "2026-03-09"}
    ]
    assert set(data) == {"survey", "visits", "shelves", "competitors", "prices"}


def test_only_the_newest_answer_of_a_store_counts(world, build):
    for day, value in ((3, 10_000), (17, 30_000)):
        visit = VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 3, day), completed=True)
        CategoryAsk.objects.create(visit=visit, category=world.cheese, monthly_value_minor=value)
    build(accounts=[world.northgate])
    assert [row["monthly_value"] for row in data_of(Report.objects.get())["shelves"]["asks"]] == ["300.00"]


def test_in_a_running_month_the_visits_of_the_days_to_come_are_not_missed(world):
    for day, done in ((1, True), (2, True), (20, False)):
        VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 4, day), completed=done)
    services.order_reports(kind="survey", period=month(2026, 4), accounts=[world.northgate], formats=(), actor=None, today=date(2026, 4, 2))
    run_due_jobs()
    visits = data_of(Report.objects.get())["visits"]
    assert (visits["planned"], visits["planned_done"], visits["plan_hit"]) == (2, 2, "1.000000")


# --- weeks --------------------------------------------------------------------------------------------------------------------
def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_a_week_runs_from_monday_to_sunday_and_plans_the_next(world, build):
    VisitFactory(
        store=world.first,
        visitor=world.mei,
        planned_on=date(2026, 3, 9),
        completed=True,
        checked_in_at=at(9, 9),
        checked_out_at=at(9, 9, 45),
    )
    VisitFactory(store=world.second, visitor=world.mei, planned_on=date(2026, 3, 15), missed=True)  # the Sunday
    VisitFactory(store=world.second, visitor=world.mei, planned_on=date(2026, 3, 16), objective="Bring the offer")
    VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 3, 8), completed=True)  # the Sunday before
    CadenceFactory(account=world.lakeside, every_days=7, starts_on=date(2026, 1, 1))

    build(kind="weekly", period=week_of(date(2026, 3, 9)), people=[world.mei])

    report = Report.objects.get()
    data = data_of(report)
    week = data["week"]
    assert (report.period_label, week["done"], week["planned"], week["missed"], week["minutes"]) == ("2026-W11", 1, 2, 1, 45)
    assert [(row["day"], row["planned"], row["kept"]) for row in week["days"]][0] == ("2026-03-09", 1, 1)
    assert [(row["day"], row["missed"]) for row in week["days"]][6] == ("2026-03-15", 1)
    assert [(row["store"], row["note"]) for row in data["next_week"]["coming"]] == [("North 2", "Bring the offer")]
    assert [row["name"] for row in data["next_week"]["due"]] == ["Lake 1"]  # never visited


def test_a_weekly_summary_is_about_a_person(world):
    with pytest.raises(DomainError, match="about one person"):
        services.order_reports(kind="weekly", period=week_of(MARCH), accounts=[world.northgate], actor=None)


def test_without_a_choice_weekly_summaries_are_about_who_had_visits(world, build):
    VisitFactory(store=world.first, visitor=world.mei, planned_on=date(2026, 3, 10))
    build(kind="weekly", period=week_of(date(2026, 3, 10)))
    assert list(Report.objects.values_list("subject_label", flat=True)) == ["Mei Lin"]


# --- a build that is called off -----------------------------------------------------------------------------------------------
def test_a_cancelled_rebuild_leaves_the_report_as_it_was(world, build, northgate_report):
    services.comment_section(report_id=northgate_report.pk, key="headline", text="A good month.", edit_version=1, actor=world.mei)
    sell(world.second, world.apple, MARCH, 1, 10_000)
    run = services.order_reports(kind="monthly", period=month(2026, 3), accounts=[world.northgate], formats=(), actor=world.mei)
    assert Report.objects.get().status == ReportStatus.BUILDING

    cancel_job(job_id=run.job.pk, actor=world.mei)

    report = Report.objects.get()
    assert (report.status, data_of(report)["headline"]["net_value"]) == (ReportStatus.DRAFT, "500.00")
    assert report.sections.get(key="headline").commentary == "A good month."


def test_a_rebuild_that_fails_in_the_middle_leaves_the_old_numbers(world, build, northgate_report, monkeypatch):
    sell(world.second, world.apple, MARCH, 1, 10_000)
    run = services.order_reports(kind="monthly", period=month(2026, 3), accounts=[world.northgate], formats=(), actor=world.mei)
    run.job.max_attempts = 1
    run.job.save()
    monkeypatch.setitem(SECTION_OF["stores"].__dict__, "compute", lambda scope: 1 / 0)
    run_due_jobs()

    report = Report.objects.get()
    assert (report.status, data_of(report)["headline"]["net_value"], data_of(report)["stores"]["selling_stores"]) == (
        ReportStatus.DRAFT,
        "500.00",
        2,
    )
    assert not report.sections.exclude(fresh_data=None).exists()
