"""Who may do what to a report in which state, and what two people do to each other."""

from datetime import date

import pytest

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from ka_crm.jobs.models import Job
from reports import services
from reports.models import Report
from reports.states import REPORT_MOVES, ReportStatus
from team.models import AuditEvent
from team.roles import CAPABILITIES, Role
from tests.factories import DelegationFactory, ReportFactory, ReportSectionFactory, UserFactory

VERBS = {
    "submit": (services.submit_report, "reports.write", ReportStatus.SUBMITTED, {}),
    "approve": (services.approve_report, "reports.approve", ReportStatus.APPROVED, {}),
    "return": (services.return_report, "reports.approve", ReportStatus.RETURNED, {"reason": "Say why sales fell."}),
    "archive": (services.archive_report, "reports.approve", ReportStatus.ARCHIVED, {}),
}


@pytest.fixture
def no_jobs(monkeypatch):
    monkeypatch.setattr("ka_crm.jobs.querysets.wake", lambda job_id: None)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", ReportStatus)
@pytest.mark.parametrize("verb", VERBS)
def test_every_state_verb_and_role(verb, state, role, db, no_jobs):
    function, capability, to, values = VERBS[verb]
    report, actor = ReportFactory(status=state, submitted_by=UserFactory()), UserFactory(role=role)
    may = capability in CAPABILITIES[role]
    follows = to in REPORT_MOVES.get(state, ())

    if may and follows:
        function(report_id=report.pk, actor=actor, **values)
        report.refresh_from_db()
        assert report.status == to
        assert AuditEvent.objects.get(object_id=str(report.pk), object_type="reports.report").changes == {"status": [state, to]}
    else:
        with pytest.raises(IllegalMove if may else NotAllowed):
            function(report_id=report.pk, actor=actor, **values)
        report.refresh_from_db()
        assert report.status == state
        assert not AuditEvent.objects.filter(object_type="reports.report").exists()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", ReportStatus)
def test_commentary_by_state_and_role(state, role, db):
    report, actor = ReportFactory(status=state), UserFactory(role=role)
    ReportSectionFactory(report=report, key="headline")
    open_for_words = state in (ReportStatus.DRAFT, ReportStatus.RETURNED)

    if "reports.write" in CAPABILITIES[role] and open_for_words:
        services.comment_section(report_id=report.pk, key="headline", text="Words", edit_version=1, actor=actor)
        assert report.sections.get().commentary == "Words"
    else:
        with pytest.raises(IllegalMove if "reports.write" in CAPABILITIES[role] else NotAllowed):
            services.comment_section(report_id=report.pk, key="headline", text="Words", edit_version=1, actor=actor)
        assert report.sections.get().commentary == ""


@pytest.fixture
def supervisor(db, no_jobs):
    return UserFactory(supervisor=True)


def test_nobody_approves_what_they_submitted(supervisor):
    report = ReportFactory(submitted=True, submitted_by=supervisor)

    with pytest.raises(NotAllowed, match="Nobody approves a report that they wrote, submitted or that is about themselves"):
        services.approve_report(report_id=report.pk, actor=supervisor)
    report.refresh_from_db()
    assert report.status == ReportStatus.SUBMITTED


def test_nobody_approves_what_they_commented(supervisor):
    report = ReportFactory(submitted=True)
    ReportSectionFactory(report=report, commentary="Mine", commented_by=supervisor)

    with pytest.raises(NotAllowed):
        services.approve_report(report_id=report.pk, actor=supervisor)


def test_nobody_approves_the_report_about_themselves(supervisor):
    report = ReportFactory(about_person=supervisor, submitted=True, submitted_by=UserFactory())

    with pytest.raises(NotAllowed):
        services.approve_report(report_id=report.pk, actor=supervisor)


def test_a_deputy_does_not_approve_for_the_author(supervisor, time_machine):
    time_machine.move_to("2026-03-05")
    deputy = UserFactory(ka_manager=True)
    DelegationFactory(absent=supervisor, deputy=deputy, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
    own, other = ReportFactory(submitted=True, submitted_by=supervisor), ReportFactory(submitted=True, submitted_by=UserFactory())

    with pytest.raises(NotAllowed):
        services.approve_report(report_id=own.pk, actor=deputy)
    services.approve_report(report_id=other.pk, actor=deputy)

    event = AuditEvent.objects.get(object_id=str(other.pk), verb="report.approved")
    assert (event.actor, event.on_behalf_of) == (deputy, supervisor)


def test_returning_needs_a_reason(supervisor):
    report = ReportFactory(submitted=True)

    with pytest.raises(DomainError, match="Say what has to change"):
        services.return_report(report_id=report.pk, actor=supervisor, reason="  ")

    services.return_report(report_id=report.pk, actor=supervisor, reason="Say why sales fell.")
    report.refresh_from_db()
    assert (report.status, report.decision_note, report.decided_by) == (ReportStatus.RETURNED, "Say why sales fell.", supervisor)


def test_the_second_of_two_writers_is_told_what_the_first_wrote(supervisor):
    report = ReportFactory()
    ReportSectionFactory(report=report, key="headline")
    first, second = UserFactory(ka_manager=True, name="First"), UserFactory(ka_manager=True)
    services.comment_section(report_id=report.pk, key="headline", text="First words", edit_version=1, actor=first)

    with pytest.raises(services.Conflict, match="First has changed this commentary") as conflict:
        services.comment_section(report_id=report.pk, key="headline", text="Second words", edit_version=1, actor=second)

    assert conflict.value.section.commentary == "First words"
    assert report.sections.get().commentary == "First words"


def test_writers_of_different_sections_do_not_meet(supervisor):
    report, writer = ReportFactory(), UserFactory(ka_manager=True)
    for key in ("headline", "trend"):
        ReportSectionFactory(report=report, key=key)
        services.comment_section(report_id=report.pk, key=key, text="Words", edit_version=1, actor=writer)

    assert [section.commentary for section in report.sections.all()] == ["Words", "Words"]


def test_one_approves_what_one_has_read(supervisor):
    report = ReportFactory(submitted=True)
    Report.objects.filter(pk=report.pk).update(edit_version=7)

    with pytest.raises(StaleRecord, match="changed since you opened it"):
        services.approve_report(report_id=report.pk, actor=supervisor, edit_version=6)


def test_a_submitted_report_gets_fresh_files(supervisor):
    report = ReportFactory()

    services.submit_report(report_id=report.pk, actor=UserFactory(ka_manager=True))

    assert Job.objects.get(kind="reports.render").args == {
        "report_id": report.pk,
        "formats": ["json", "html", "xlsx", "pdf"],
        "languages": ["en", "zh-hans"],
    }
