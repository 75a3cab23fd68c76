"""What each kind of job of the reports needs, for tests/ka_crm/jobs/test_every_kind.py."""

from datetime import date

from ka_crm.periods import month
from reports import services
from reports.models import Report
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ReportFactory, ReportSectionFactory, UserFactory


def ordered_run():
    account = KeyAccountFactory()
    run = services.order_reports(
        kind="monthly", period=month(2026, 3), accounts=[account], formats=("json",), actor=None, today=date(2026, 4, 2)
    )
    return {"run_id": run.pk}


def report_to_draw():
    report: Report = ReportFactory()
    ReportSectionFactory(report=report, key="problems", data={"findings": []}, sources={})
    return {"report_id": report.pk, "formats": ["json", "html"], "languages": ["en"]}


def day_with_a_deadline():
    """Somebody who looks after an account, on the 20th: a plan is due, its draft is built."""
    AccountAssignmentFactory(account=KeyAccountFactory(), user=UserFactory(ka_manager=True))
    return {"day": "2026-03-20"}


CASES = {"reports.build_run": ordered_run, "reports.deadlines": day_with_a_deadline, "reports.render": report_to_draw}
