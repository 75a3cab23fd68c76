"""Reports and their sections."""

from datetime import UTC, date, datetime

import factory

from reports.models import Report, ReportSection
from reports.states import ReportStatus

from .accounts import KeyAccountFactory
from .team import UserFactory

_BUILT_AT = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)


class ReportFactory(factory.django.DjangoModelFactory):
    """The March 2026 summary of one account, built and a draft; traits: ``building``, ``submitted``, ``returned``, ``approved``.

    ``about_person=``, ``about_team=`` or ``company=True`` make it about somebody else.
    """

    class Meta:
        model = Report

    class Params:
        about_person = None
        about_team = None
        company = False
        building = factory.Trait(status=ReportStatus.BUILDING, built_at=None)
        submitted = factory.Trait(
            status=ReportStatus.SUBMITTED, submitted_by=factory.SelfAttribute("owner"), submitted_at=datetime(2026, 4, 2, 9, 0, tzinfo=UTC)
        )
        returned = factory.Trait(submitted=True, status=ReportStatus.RETURNED, decision_note="Say why sales fell.")
        approved = factory.Trait(submitted=True, status=ReportStatus.APPROVED, decided_at=datetime(2026, 4, 3, 9, 0, tzinfo=UTC))

    kind = "monthly"
    status = ReportStatus.DRAFT
    starts_on = date(2026, 3, 1)
    ends_on = date(2026, 3, 31)
    period_label = "2026-03"
    currency = "USD"
    built_at = _BUILT_AT
    person = factory.SelfAttribute("about_person")
    team = factory.SelfAttribute("about_team")
    owner = factory.SubFactory(UserFactory, ka_manager=True)
    account = factory.Maybe(
        factory.LazyAttribute(lambda report: not (report.about_person or report.about_team or report.company)),
        yes_declaration=factory.SubFactory(KeyAccountFactory),
        no_declaration=None,
    )

    @factory.lazy_attribute
    def subject_kind(self):
        return "person" if self.person else "team" if self.team else "company" if self.company else "account"

    @factory.lazy_attribute
    def subject_key(self):
        subject = self.person or self.team or self.account
        return f"{self.subject_kind}:{subject.pk}" if subject else "company"

    @factory.lazy_attribute
    def subject_label(self):
        return str(self.person or self.team or self.account or "Company")


class ReportSectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReportSection

    report = factory.SubFactory(ReportFactory)
    key = factory.Sequence(lambda number: f"section_{number}")
    position = factory.Sequence(lambda number: number % 30_000)
