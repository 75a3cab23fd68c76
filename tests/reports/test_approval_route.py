"""Reports and the approval engine: the page and the inbox are one decision, routes of several steps, taking back."""

import pytest
from django.urls import reverse

from ka_crm.errors import NotAllowed
from reports import services
from reports.states import ReportStatus
from team.models import Approval, ApprovalRoute, ApprovalRouteStep, Notification
from team.services.approvals import decide, withdraw
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ReportFactory, ReportSectionFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_jobs(monkeypatch):
    monkeypatch.setattr("ka_crm.jobs.querysets.wake", lambda job_id: None)


@pytest.fixture
def people():
    team = TeamFactory()
    return {
        "writer": UserFactory(ka_manager=True, team=team, name="Wei"),
        "leader": UserFactory(supervisor=True, team=team, name="Lee"),
        "administrator": UserFactory(administrator=True, name="Ada"),
        "finance": UserFactory(finance=True, name="Fin"),
    }


@pytest.fixture
def submitted(people):
    account = KeyAccountFactory()
    for name in ("writer", "leader"):
        AccountAssignmentFactory(account=account, user=people[name])
    report = ReportFactory(account=account, owner=people["writer"])
    services.submit_report(report_id=report.pk, actor=people["writer"])
    report.refresh_from_db()
    return report


def status_of(report):
    report.refresh_from_db()
    return report.status


def test_submitting_asks_the_supervisor(submitted, people):
    approval = Approval.objects.get()
    assert (approval.title, approval.requested_by, approval.url) == (str(submitted), people["writer"], submitted.get_absolute_url())
    assert list(Approval.objects.waiting_for(people["leader"])) == [approval]
    assert Notification.objects.get().user == people["leader"]


def test_a_request_and_its_news_read_in_the_language_of_whoever_reads(submitted, people, client):
    leader = people["leader"]
    leader.language = "zh-hans"
    leader.save(update_fields=["language"])
    client.force_login(leader)
    approval = Approval.objects.get()
    in_chinese = f"月度总结 {submitted.period_label} – {submitted.subject_label}"

    assert approval.titles == {"en": str(submitted), "zh-hans": in_chinese}
    for page in (reverse("team:inbox"), reverse("team:approval_list"), approval.get_absolute_url(), reverse("team:notification_list")):
        shown = client.get(page).content.decode()
        assert (in_chinese in shown, str(submitted) in shown) == (True, False), page


def test_a_decision_in_the_inbox_is_the_reports(submitted, people, client):
    client.force_login(people["leader"])
    url = reverse("team:approval_decide", args=[Approval.objects.get().public_id])
    client.post(url, {"decision": "return", "note": "Say why sales fell."})
    assert status_of(submitted) == ReportStatus.RETURNED
    assert (submitted.decision_note, submitted.decided_by) == ("Say why sales fell.", people["leader"])


def test_a_decision_on_the_page_is_the_inboxs(submitted, people, client):
    client.force_login(people["leader"])
    client.post(reverse("reports:report_approve", args=[submitted.public_id]), {"edit_version": submitted.edit_version})
    assert status_of(submitted) == ReportStatus.APPROVED
    assert Approval.objects.get().status == "approved"
    assert not Approval.objects.waiting_for(people["leader"]).exists()


def test_an_approver_who_was_not_asked_steps_in(submitted, people):
    services.approve_report(report_id=submitted.pk, actor=people["administrator"])
    assert status_of(submitted) == ReportStatus.APPROVED
    assert Approval.objects.get().status == "approved"


def test_after_a_return_it_is_handed_in_and_asked_again(submitted, people):
    services.return_report(report_id=submitted.pk, actor=people["leader"], reason="Why?")
    services.submit_report(report_id=submitted.pk, actor=people["writer"])
    services.approve_report(report_id=submitted.pk, actor=people["leader"])
    assert status_of(submitted) == ReportStatus.APPROVED
    assert sorted(Approval.objects.values_list("status", flat=True)) == ["approved", "returned"]


def test_a_route_of_two_steps_keeps_it_submitted_until_the_second(submitted, people, client):
    route = ApprovalRoute.objects.create(kind="reports.report")
    ApprovalRouteStep.objects.create(route=route, position=1, name="Supervisor", approvers="leader")
    ApprovalRouteStep.objects.create(route=route, position=2, name="Finance", approvers="role", role="finance")
    services.return_report(report_id=submitted.pk, actor=people["leader"], reason="Again, with finance.")
    services.submit_report(report_id=submitted.pk, actor=people["writer"])
    client.force_login(people["leader"])
    submitted.refresh_from_db()
    url = reverse("reports:report_approve", args=[submitted.public_id])
    answer = client.post(url, {"edit_version": submitted.edit_version}, follow=True)
    assert "is noted. It goes on to others." in answer.content.decode()
    assert status_of(submitted) == ReportStatus.SUBMITTED
    with pytest.raises(NotAllowed):
        services.approve_report(report_id=submitted.pk, actor=people["administrator"])  # a step of named people
    decide(approval_id=Approval.objects.pending().get().pk, actor=people["finance"], decision="approve")
    assert status_of(submitted) == ReportStatus.APPROVED


def test_authors_are_not_asked_and_decide_nothing(people):
    account = KeyAccountFactory()
    for name in ("writer", "leader"):
        AccountAssignmentFactory(account=account, user=people[name])
    report = ReportFactory(account=account, owner=people["writer"])
    ReportSectionFactory(report=report, key="headline", commentary="Mine", commented_by=people["leader"])
    services.submit_report(report_id=report.pk, actor=people["writer"])
    approval = Approval.objects.get()
    assert list(approval.steps.get().seats.values_list("approver__name", flat=True)) == ["Ada"]
    with pytest.raises(NotAllowed, match="Nobody approves what they took part in"):
        decide(approval_id=approval.pk, actor=people["leader"], decision="approve")
    assert status_of(report) == ReportStatus.SUBMITTED


def test_an_author_who_did_not_ask_sees_no_button_that_would_be_refused(people, client):
    account = KeyAccountFactory()
    for name in ("writer", "leader"):
        AccountAssignmentFactory(account=account, user=people[name])
    report = ReportFactory(account=account, owner=people["writer"])
    ReportSectionFactory(report=report, key="headline", commentary="Mine", commented_by=people["leader"])
    services.submit_report(report_id=report.pk, actor=people["writer"])
    address, given_back = report.get_absolute_url(), reverse("reports:report_return", args=[report.public_id])

    client.force_login(people["leader"])
    page = client.get(address).content.decode()
    assert (given_back in page, "Ask another approver" in page) == (False, True)
    client.force_login(people["administrator"])
    assert given_back in client.get(address).content.decode()


def test_an_approver_who_asked_may_take_it_back_on_its_page(people, client):
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=people["leader"])
    report = ReportFactory(account=account, owner=people["leader"])
    services.submit_report(report_id=report.pk, actor=people["leader"])
    client.force_login(people["leader"])
    given_back = reverse("reports:report_return", args=[report.public_id])
    assert given_back in client.get(report.get_absolute_url()).content.decode()
    report.refresh_from_db()
    client.post(given_back, {"reason": "One figure is wrong.", "edit_version": report.edit_version})
    assert status_of(report) == ReportStatus.RETURNED


def test_the_writer_takes_it_back(submitted, people):
    withdraw(approval_id=Approval.objects.get().pk, actor=people["writer"], note="One figure is wrong.")
    assert status_of(submitted) == ReportStatus.RETURNED
    assert Approval.objects.get().status == "withdrawn"


def test_a_submission_that_fails_asks_nobody(people, monkeypatch):
    report = ReportFactory(account=KeyAccountFactory(), owner=people["writer"])
    monkeypatch.setattr("reports.services.order_files", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.submit_report(report_id=report.pk, actor=people["writer"])
    assert Approval.objects.count() == 0
