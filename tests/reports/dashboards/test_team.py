"""A team's figures per person: exact, and the same as the reports say."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ka_crm.jobs.runner import run_due_jobs
from ka_crm.money import from_minor
from ka_crm.periods import month, span
from reports import services
from reports.dashboards.figures import read_sums
from reports.dashboards.scope import select
from reports.dashboards.team import activity_period, filing_by_owner, people_of, team_figures
from reports.models import Report
from team.models import Approval, ApprovalSeat, ApprovalStep, Task
from tests.factories import UserFactory, VisitFactory
from visits.models import Attendance, VisitScore

from .conftest import TODAY
from .test_alerts import owed

APRIL_SO_FAR = span(date(2026, 4, 1), TODAY)


def figures_of(shop, person, *, activity=APRIL_SO_FAR, currency="USD"):
    selection = select(shop.sam, {"period": "2026-03", "currency": currency}, today=TODAY)
    _sums, facts = read_sums(selection)
    rows = team_figures(people_of(shop.sam), activity=activity, facts=facts, currency=currency, today=TODAY)
    return next(row for row in rows if row.person == person)


def visit(person, store, day, **values):
    return VisitFactory(visitor=person, store=store, planned_on=date(2026, 4, day), **values)


def test_visits_kept_coverage_and_score(shop):
    scored = visit(shop.rep, shop.first, 1, completed=True)
    VisitScore.objects.create(visit=scored, score_e2=8_000)
    VisitScore.objects.create(visit=visit(shop.rep, shop.first, 2, completed=True), score_e2=9_050)
    visit(shop.rep, shop.second, 3, missed=True)
    visit(shop.rep, shop.lake, 4, cancelled=True)
    visit(shop.rep, shop.away, 7, completed=True, origin="ad_hoc")  # no store of theirs
    visit(shop.rep, shop.lake, 25)  # still to come

    row = figures_of(shop, shop.rep)

    assert (row.visits.planned, row.visits.planned_done, row.visits.ad_hoc, row.visits.missed) == (3, 2, 1, 1)
    assert (row.kept, row.stores_seen, row.stores, row.coverage) == (Decimal("0.666667"), 1, 4, Decimal("0.250000"))
    assert row.score == Decimal("85.3")


def test_late_starts_reports_approvals_and_tasks(shop):
    for day, late in ((1, False), (2, True), (3, True)):
        moment = datetime(2026, 4, day, 8, 30, tzinfo=UTC)
        Attendance.objects.create(
            person=shop.mei, day=date(2026, 4, day), started_at=moment, received_at=moment, due_at=moment, is_late=late
        )
    owed(shop.mei, date(2026, 4, 5), filed_at=datetime(2026, 4, 5, 23, 0, tzinfo=UTC))
    owed(shop.mei, date(2026, 4, 6), filed_at=datetime(2026, 4, 7, 1, 0, tzinfo=UTC))
    owed(shop.mei, date(2026, 4, 10))
    owed(shop.mei, TODAY)
    approval = Approval.objects.create(kind="visits.leave", title="Leave", requested_by=shop.rep)
    step = ApprovalStep.objects.create(approval=approval, position=1, name="Supervisor", status="open")
    ApprovalSeat.objects.create(step=step, approver=shop.mei)
    Task.objects.create(title="Late", assignee=shop.mei, due_on=date(2026, 4, 19))
    Task.objects.create(title="Today", assignee=shop.mei, due_on=TODAY)
    Task.objects.create(title="Done", assignee=shop.mei, due_on=date(2026, 4, 1), status="done")

    row = figures_of(shop, shop.mei)

    assert (row.days_started, row.days_late) == (3, 2)
    assert (row.reports_due, row.reports_on_time, row.reports_missing, row.on_time) == (3, 1, 1, Decimal("0.333333"))
    assert (row.approvals, row.tasks_overdue) == (1, 1)


def test_a_report_that_is_due_today_counts_once_it_is_handed_in(shop):
    owed(shop.mei, TODAY, filed_at=datetime(2026, 4, 20, 7, 0, tzinfo=UTC))

    assert filing_by_owner([shop.mei.pk], APRIL_SO_FAR, TODAY) == {shop.mei.pk: (1, 1, 0)}


def test_sell_out_is_that_of_the_persons_own_report(shop):
    services.order_reports(kind="monthly", period=month(2026, 3), actor=shop.ada, today=TODAY, people=[shop.mei], formats=())
    run_due_jobs()
    headline = Report.objects.get(person=shop.mei).sections.get(key="headline").data

    sales = figures_of(shop, shop.mei).sales

    assert (sales.net, sales.change) == (55_000, Decimal("0.100000"))
    assert headline["net_value"] == str(from_minor(sales.net, "USD"))
    assert headline["net_growth_vs_year_ago"] == str(sales.change)
    assert figures_of(shop, shop.rep).sales is None
    assert figures_of(shop, shop.mei, currency="CNY").sales.net == 70_000


def test_people_are_those_of_ones_own_teams_at_work(shop):
    UserFactory(field_rep=True, team=shop.team, is_active=False)
    UserFactory(viewer=True, team=shop.team)

    assert [str(person) for person in people_of(shop.sam)] == ["Mei Lin", "Ravi", "Sam Ortega"]
    assert [str(person) for person in people_of(shop.omar)] == ["Omar", "Stella"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("", "2026-04-01", "2026-04-20"),
        ("ytd", "2026-01-01", "2026-04-20"),
        ("2026-03", "2026-03-01", "2026-03-31"),
        ("2026Q2", "2026-04-01", "2026-04-20"),
        ("2026-03-09..2026-03-12", "2026-03-09", "2026-03-12"),
    ],
)
def test_what_people_did_is_counted_up_to_today(asked, first, last):
    period, note = activity_period(asked, TODAY)

    assert (str(period.starts_on), str(period.ends_on), note) == (first, last, "")


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["nonsense", "0001", "9999-12", "2026-13"])
def test_a_period_that_is_none_says_so_and_shows_this_month(asked):
    period, note = activity_period(asked, TODAY)

    assert (period.starts_on, bool(note)) == (date(2026, 4, 1), True)
