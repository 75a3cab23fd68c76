"""The jobs of ``reports``, each with what it needs; tests/ka_crm/jobs/test_every_kind.py runs them twice."""

from datetime import date

from ka_crm.periods import parse_period
from reports.services import order_reports
from tests.factories.accounts import KeyAccountFactory
from tests.factories.reports import ReportFactory


def _order():
    """A month's order of one account, not begun."""
    account = KeyAccountFactory()
    run = order_reports(
        kind="monthly", period=parse_period("2026-03"), accounts=[account], actor=None, formats=["json"], today=date(2026, 4, 1)
    )
    return {"run_id": run.pk}


CASES = {
    "reports.build_run": _order,
    "reports.render": lambda: {"report_id": ReportFactory().pk, "formats": ["json", "xlsx"], "languages": ["en"]},
}
