"""“Year to date” counts from the month in which the company's fiscal year begins."""

from datetime import date

import pytest

from ka_crm.periods import month, span, year
from reports.dashboards.scope import read_period
from reports.dashboards.team import activity_period
from reports.models import Report
from team.services.settings import change_setting

from .conftest import TODAY, data_of


@pytest.mark.parametrize(
    ("period", "first_month", "starts_on"),
    [
        (month(2026, 3), 1, date(2026, 1, 1)),
        (month(2026, 3), 4, date(2025, 4, 1)),
        (month(2026, 4), 4, date(2026, 4, 1)),
        (month(2026, 12), 12, date(2026, 12, 1)),
        (year(2026), 7, date(2026, 7, 1)),
        (span(date(2028, 2, 1), date(2028, 2, 29)), 3, date(2027, 3, 1)),
    ],
)
def test_the_first_day_of_the_year_to_date(period, first_month, starts_on):
    assert period.year_to_date(first_month) == span(starts_on, period.ends_on)


@pytest.mark.parametrize(("begins", "value"), [("1", "1200.00"), ("2", "900.00"), ("3", "500.00"), ("4", "1200.00")])
def test_a_report_counts_from_it(world, build, begins, value):
    """January 300.00, February 400.00, March 500.00."""
    change_setting(key="company.fiscal_year_starts", raw=begins, actor=world.ada)
    build(accounts=[world.northgate])
    assert data_of(Report.objects.get(account=world.northgate))["headline"]["net_value_ytd"] == value


@pytest.mark.django_db
def test_dashboards_count_from_it():
    change_setting(key="company.fiscal_year_starts", raw="7", actor=None)
    assert read_period("ytd", newest=date(2026, 3, 1), today=TODAY)[0] == span(date(2025, 7, 1), date(2026, 3, 31))
    assert activity_period("ytd", date(2026, 4, 8))[0].starts_on == date(2025, 7, 1)
