"""The pages of reports: what they show, to whom, and what they answer to those whom they do not concern."""

import io

import pypdfium2
import pytest
from django.urls import reverse

from ka_crm.jobs.runner import run_due_jobs
from ka_crm.periods import month
from reports import services
from reports.models import Report, ReportRun
from reports.states import ReportStatus
from team.models import AuditEvent
from tests.factories import AccountAssignmentFactory, ReportFactory, ReportSectionFactory, UserFactory


@pytest.fixture
def as_(client):
    """``as_(person)`` is a browser in which they are signed in."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


def address(name, report, **more):
    return reverse(f"reports:{name}", kwargs={"public_id": report.public_id, **more})


# --- list and order -----------------------------------------------------------------------------------------------------------
def test_the_list_shows_ones_own_reports_newest_version_only(world, as_, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)
    ReportFactory(subject_label="Foreign chain")
    ReportFactory(account=world.northgate, subject_label="Older", superseded_by=northgate_report, version=9)

    page = as_(world.mei).get(reverse("reports:report_list")).content.decode()

    assert "Northgate" in page
    assert "Foreign chain" not in page
    assert "Older" not in page


def test_the_list_narrows_by_period_kind_subject_and_words(world, as_, northgate_report):
    ReportFactory(account=world.lakeside, subject_label="Lakeside", period_label="2026-02", starts_on="2026-02-01", ends_on="2026-02-28")

    for query, shown, hidden in (
        ("?period=2026-03", "Northgate", "Lakeside"),
        ("?period=2026-02", "Lakeside", "Northgate"),
        ("?q=LAKE", "Lakeside", "Northgate"),
        ("?status=draft&kind=monthly&subject_kind=account&q=n1", "Northgate", "Lakeside"),
    ):
        rows = as_(world.mei).get(reverse("reports:report_list") + query, headers={"HX-Request": "true"}).content.decode()
        assert shown in rows, query
        assert hidden not in rows, query


def test_the_list_asks_the_same_number_of_statements_for_three_and_for_thirty(world, as_, assert_same_statements):
    client = as_(world.mei)

    def grow(number=27):
        for _number in range(number):
            AccountAssignmentFactory(account=ReportFactory().account, user=world.mei)

    grow(3)
    assert_same_statements(lambda: client.get(reverse("reports:report_list")), grow)


def test_ordering_from_the_page_ends_at_the_order_and_its_reports(world, as_):
    form = {"kind": "monthly", "period": "2026-03", "accounts": [world.northgate.pk], "languages": ["en"]}

    answer = as_(world.mei).post(reverse("reports:report_order"), form)

    run = ReportRun.objects.get()
    assert answer.headers["Location"] == run.get_absolute_url()
    page = as_(world.mei).get(run.get_absolute_url()).content.decode()
    assert "Northgate" in page
    assert reverse("jobs:job_progress", args=[run.job.uuid]) in page
    run_due_jobs()
    assert Report.objects.get().status == ReportStatus.DRAFT


def test_the_order_form_offers_only_what_is_in_scope_and_explains_a_wrong_period(world, as_):
    page = as_(world.omar).get(reverse("reports:report_order")).content.decode()
    assert "Northgate" not in page
    assert "The whole company" not in page

    answer = as_(world.omar).post(
        reverse("reports:report_order"), {"kind": "monthly", "period": "März", "accounts": [world.northgate.pk], "languages": ["en"]}
    )
    assert answer.status_code == 422
    assert "is not a period" in answer.content.decode()
    assert "Select a valid choice" in answer.content.decode()


@pytest.mark.parametrize("chosen", [10**20, -(10**20), "9" * 5000, "NaN", "😀"])
def test_an_id_that_no_row_can_have_is_a_message_at_the_field(world, as_, chosen):
    form = {"kind": "monthly", "period": "2026-03", "accounts": [world.northgate.pk, chosen], "people": [chosen], "languages": ["en"]}

    answer = as_(world.mei).post(reverse("reports:report_order"), form)

    assert answer.status_code == 422
    assert {"accounts", "people"} <= answer.context["form"].errors.keys()
    assert not ReportRun.objects.exists()


def test_a_strangers_order_is_not_found(world, as_, build):
    run = build(accounts=[world.northgate], actor=world.mei)

    assert as_(world.omar).get(run.get_absolute_url()).status_code == 404
    assert as_(world.mei).get(run.get_absolute_url()).status_code == 200


# --- one report ---------------------------------------------------------------------------------------------------------------
def test_the_report_shows_figures_problems_words_and_where_they_come_from(world, as_, northgate_report):
    page = as_(world.mei).get(northgate_report.get_absolute_url()).content.decode()

    for words in (
        "Northgate",
        "500.00",
        "Apple juice lost 150.00",
        "Gouda",
        "Add a commentary",
        "sellout_month_account",
        "Submit for approval",
    ):
        assert words in page, words


def test_a_stranger_gets_the_same_404_for_every_page_of_a_report(world, as_, northgate_report):
    client, missing = as_(world.omar), ReportFactory.build()
    for name, more in (
        ("report_detail", {}),
        ("section_comment", {"key": "headline"}),
        ("report_file", {"language": "en", "file_format": "pdf"}),
        ("report_file", {"language": "data", "file_format": "json"}),
    ):
        foreign = client.get(address(name, northgate_report, **more))
        nowhere = client.get(address(name, missing, **more))
        assert (foreign.status_code, nowhere.status_code) == (404, 404), name
    for verb in ("submit", "rebuild"):
        assert client.post(address(f"report_{verb}", northgate_report), {"edit_version": 1}).status_code == 404
    client = as_(UserFactory(supervisor=True))
    for verb in ("approve", "return", "archive"):
        assert client.post(address(f"report_{verb}", northgate_report), {"edit_version": 1}).status_code == 404


def test_steps_need_their_capability(world, as_, northgate_report):
    for verb in ("approve", "return", "archive"):
        assert as_(world.mei).post(address(f"report_{verb}", northgate_report), {"edit_version": 1}).status_code == 403
    assert as_(world.fin).post(address("report_submit", northgate_report), {"edit_version": 1}).status_code == 403
    assert as_(UserFactory(field_rep=True)).get(reverse("reports:report_order")).status_code == 403


def test_from_draft_to_archive_on_the_pages(world, as_, northgate_report):
    def step(person, verb, **more):
        report = Report.objects.get()
        return as_(person).post(address(f"report_{verb}", report), {"edit_version": report.edit_version, **more})

    step(world.mei, "submit")
    step(world.sam, "return", reason="Say why juice fell.")
    page = as_(world.mei).get(northgate_report.get_absolute_url()).content.decode()
    assert "Say why juice fell." in page
    step(world.mei, "submit")
    step(world.sam, "approve")
    assert Report.objects.get().decided_by == world.sam
    step(world.sam, "archive")

    assert Report.objects.get().status == ReportStatus.ARCHIVED


def test_an_author_sees_why_they_may_not_approve(world, as_, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.sam)
    report = Report.objects.get()

    page = as_(world.sam).get(report.get_absolute_url()).content.decode()
    as_(world.sam).post(address("report_approve", report), {"edit_version": report.edit_version})

    assert "Nobody approves a report that they wrote" in page
    assert address("report_approve", report) not in page
    assert Report.objects.get().status == ReportStatus.SUBMITTED


def test_deciding_on_an_outdated_page_is_a_409(world, as_, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)

    answer = as_(world.sam).post(address("report_approve", northgate_report), {"edit_version": 1})

    assert answer.status_code == 409
    assert "changed since you opened it" in answer.content.decode()


def test_words_are_written_in_place_and_the_buttons_follow(world, as_, northgate_report):
    url = address("section_comment", northgate_report, key="headline")
    htmx = {"HX-Request": "true"}
    assert "<textarea" in as_(world.mei).get(url, headers=htmx).content.decode()

    answer = as_(world.mei).post(url, {"text": "A <b>good</b> month.", "edit_version": 1}, headers=htmx).content.decode()

    assert "A &lt;b&gt;good&lt;/b&gt; month." in answer
    assert 'hx-swap-oob="true"' in answer
    report = Report.objects.get()
    assert f'name="edit_version" value="{report.edit_version}"' in answer


def test_words_are_written_without_scripts_too(world, as_, northgate_report):
    url = address("section_comment", northgate_report, key="headline")

    answer = as_(world.mei).post(url, {"text": "A good month.", "edit_version": 1})

    assert answer.headers["Location"] == f"{northgate_report.get_absolute_url()}#headline"
    assert northgate_report.sections.get(key="headline").commentary == "A good month."


@pytest.mark.parametrize(("headers", "status"), [({}, 409), ({"HX-Request": "true"}, 422)])
def test_the_second_writer_sees_the_first_ones_words_and_keeps_their_own(world, as_, northgate_report, headers, status):
    url = address("section_comment", northgate_report, key="headline")
    as_(world.mei).post(url, {"text": "Mei's words", "edit_version": 1})

    answer = as_(world.sam).post(url, {"text": "Sam's words", "edit_version": 1}, headers=headers)

    page = answer.content.decode()
    assert answer.status_code == status
    assert "Mei&#x27;s words" in page
    assert "Sam&#x27;s words" in page
    assert 'name="edit_version" value="2"' in page
    assert northgate_report.sections.get(key="headline").commentary == "Mei's words"


def test_a_report_being_built_shows_its_progress_and_no_numbers(world, as_):
    services.order_reports(kind="monthly", period=month(2026, 3), accounts=[world.northgate], actor=world.mei)
    report = Report.objects.get()

    page = as_(world.mei).get(report.get_absolute_url()).content.decode()

    assert "The report is being built" in page
    assert "Submit for approval" not in page
    assert as_(world.mei).get(address("report_file", report, language="en", file_format="pdf")).status_code == 302


def test_sections_that_the_program_no_longer_has_do_not_break_the_page(as_, world):
    report = ReportFactory(account=world.northgate)
    ReportSectionFactory(report=report, key="long_gone", commentary="Old words")

    assert as_(world.mei).get(report.get_absolute_url()).status_code == 200
    assert as_(world.mei).get(address("section_comment", report, key="long_gone")).status_code == 200


def test_building_again_from_the_page(world, as_, northgate_report):
    answer = as_(world.mei).post(address("report_rebuild", northgate_report))

    assert answer.headers["Location"] == northgate_report.get_absolute_url()
    assert Report.objects.get().status == ReportStatus.BUILDING


# --- files and panels ---------------------------------------------------------------------------------------------------------
def test_files_are_saved_with_safe_headers_and_the_trail_knows(world, as_, northgate_report):
    answer = as_(world.mei).get(address("report_file", northgate_report, language="en", file_format="pdf"))

    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="monthly_2026-03_N1.en.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "500.00" in pypdfium2.PdfDocument(io.BytesIO(content))[0].get_textpage().get_text_range()
    assert AuditEvent.objects.get(verb="report.exported").actor == world.mei


@pytest.mark.parametrize(("language", "file_format"), [("de", "pdf"), ("en", "exe"), ("en", "json"), ("data", "pdf"), ("data", "html")])
def test_files_that_do_not_exist_are_404(world, as_, northgate_report, language, file_format):
    url = address("report_file", northgate_report, language=language, file_format=file_format)

    assert as_(world.mei).get(url).status_code == 404


def test_html_files_are_never_shown_in_place(world, as_, northgate_report):
    answer = as_(world.mei).get(address("report_file", northgate_report, language="en", file_format="html") + "?inline=1")

    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_panel_of_an_account(world, as_, northgate_report):
    url = reverse("reports:account_panel", args=[world.northgate.pk])

    assert "2026-03" in as_(world.mei).get(url).content.decode()
    assert as_(world.omar).get(url).status_code == 404


def test_the_home_panel_shows_what_waits(world, as_, northgate_report):
    assert "Drafts to finish" in as_(world.mei).get(reverse("reports:home_panel")).content.decode()
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)

    assert "Waiting for your decision" in as_(world.sam).get(reverse("reports:home_panel")).content.decode()
    assert "No report yet" in as_(world.omar).get(reverse("reports:home_panel")).content.decode()


def test_the_page_asks_the_same_number_of_statements_however_long_the_report(world, as_, build, assert_same_statements, northgate_report):
    client = as_(world.mei)

    def grow():
        for number in range(5):
            ReportSectionFactory(report=northgate_report, key=f"more_{number}")

    assert_same_statements(lambda: client.get(northgate_report.get_absolute_url()), grow, most=20)
