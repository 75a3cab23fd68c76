"""What a new version says it changed, and how a report tells that newer data exist."""

import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from ka_crm.files import open_stored
from reports import files, services
from reports.freshness import newer_data
from reports.models import Report
from reports.rendering.document import document_of
from tests.factories import ImportBatchFactory, KeyAccountFactory, StoredFileFactory, StoreFactory, VisitFactory

from .conftest import FEBRUARY, JANUARY, MARCH, TODAY, sell


@pytest.fixture
def second_version(world, build, northgate_report):
    """Northgate's report, submitted with 500.00; a file with 10 apple juices for 100.00 came; then its second version."""
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)
    sell(world.second, world.apple, MARCH, 10, 10_000)
    came(world.northgate, "late_north.csv", MARCH)
    build(accounts=[world.northgate])
    return Report.objects.get(account=world.northgate, version=2)


def came(account, name, month, *, days_ago=0, undone=False, **values):
    """A sell-out file of ``month`` that was imported so many days ago."""
    when = timezone.now() - timedelta(days=days_ago)
    values |= {"status": "undone", "undone_at": timezone.now()} if undone else {"status": "imported"}
    values = {"rows_imported": 10, **values}
    return ImportBatchFactory(
        account=account,
        file=StoredFileFactory(original_name=name),
        finished_at=when,
        period_starts_on=month,
        period_ends_on=month.replace(day=28),
        **values,
    )


def changes_of(report, language="en"):
    """{table title: rows as shown} of the part that says what changed; None where there is none."""
    section = next((one for one in document_of(report, language)["sections"] if one["key"] == "changes"), None)
    if section is None:
        return None
    return {block["title"]: [[cell["text"] for cell in row] for row in block["cells"]] for block in section["blocks"] if "cells" in block}


def test_a_first_version_has_nothing_to_compare_with(northgate_report):
    assert changes_of(northgate_report) is None
    assert json.loads(content_of(northgate_report, "json"))["changes"] is None


def content_of(report, file_format, language=files.NO_LANGUAGE):
    return open_stored(files.ensure_file(report, file_format, language).file).read()


def test_a_new_version_names_each_figure_and_file_that_changed(second_version):
    changes = changes_of(second_version)

    assert document_of(second_version, "en")["sections"][0]["title"] == "What changed since version 1"
    assert ["Net sell-out", "The page that matters", "500.00", "600.00", "100.00"] in changes["Amounts"]
    assert ["Units", "The page that matters", "42", "52", "10"] in changes["Counts"]
    assert ["Selling products", "At a glance", "1", "2", "1"] in changes["Counts"]
    assert not [row for rows in changes.values() for row in rows if row[0] == "Share of wallet"]  # juice has no market total
    assert [row[:2] for row in changes["Amounts"]].count(["Net sell-out", "At a glance"]) == 0  # told once, on the first page


def test_what_changed_is_in_every_file_and_on_the_page(client, world, second_version):
    book = CalamineWorkbook.from_filelike(io.BytesIO(content_of(second_version, "xlsx", "en")))
    rows = book.get_sheet_by_name(book.sheet_names[1]).to_python()
    assert ["Net sell-out", "The page that matters", 500.0, 600.0, 100.0] in [row[:5] for row in rows]
    frozen = json.loads(content_of(second_version, "json"))
    assert frozen["changes"]["since_version"] == 1
    assert frozen["changes"]["figures"]["headline.net_value"] == ["500.00", "600.00"]
    client.force_login(world.mei)
    page = client.get(second_version.get_absolute_url()).content.decode()
    assert "What changed since version 1" in page
    assert reverse("reports:section_comment", args=[second_version.public_id, "changes"]) not in page


def test_only_the_files_that_came_between_are_named(world, build, northgate_report):
    known, gone = came(world.northgate, "known.csv", MARCH, days_ago=1), came(world.northgate, "gone.csv", MARCH, days_ago=1)
    build(accounts=[world.northgate])
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)
    came(world.northgate, "late.csv", MARCH)
    type(gone).objects.filter(pk=gone.pk).update(status="undone", undone_at=timezone.now())
    build(accounts=[world.northgate])

    found = changes_of(Report.objects.get(account=world.northgate, version=2))["Files between the two versions"]

    assert [row[:4] for row in found] == [["late.csv", "N1", "came", "10"], ["gone.csv", "N1", "taken back", "10"]]
    assert str(known) == "known.csv"


def test_a_company_names_the_accounts_that_changed(world, build):
    build(company=True)
    report = Report.objects.get(subject_kind="company")
    services.submit_report(report_id=report.pk, actor=world.sam)
    sell(world.lake, world.apple, MARCH, -1, -700)
    build(company=True)

    changes = changes_of(Report.objects.get(subject_kind="company", version=2))

    assert changes["Accounts with other net sell-out"] == [["Lakeside", "L1", "50.00", "43.00", "−7.00"]]


def test_accounts_in_another_currency_are_compared_in_their_own(world, build):
    yen = KeyAccountFactory(code="Y1", name="Nihon", currency="JPY")
    store = StoreFactory(account=yen)
    sell(store, world.gouda, MARCH, 3, 4_500)
    build(company=True)
    services.submit_report(report_id=Report.objects.get(subject_kind="company").pk, actor=world.sam)
    sell(store, world.apple, MARCH, 1, 1_200)
    build(company=True)

    report = Report.objects.get(subject_kind="company", version=2)

    assert changes_of(report) == {
        "Counts": [["Sell-out rows", "What this is based on", "4", "5", "1"]],
        "Accounts with other net sell-out": [["Nihon", "Y1", "4,500", "5,700", "1,200"]],
    }
    assert [table["currency"] for table in document_of(report, "en")["sections"][0]["blocks"]] == ["USD", "JPY"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content_of(report, "xlsx", "en")))
    assert any("Accounts with other net sell-out (JPY)" in row for row in book.get_sheet_by_name(book.sheet_names[1]).to_python())


def test_a_version_without_any_change_says_so(world, build, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)
    build(accounts=[world.northgate])

    section = document_of(Report.objects.get(version=2), "en")["sections"][0]

    assert [block["text"] for block in section["blocks"]] == ["Every figure is as it was."]


# --- newer data -----------------------------------------------------------------------------------------------------------------
def test_numbers_of_today_are_the_newest(northgate_report):
    assert not newer_data(northgate_report)


def test_files_that_came_or_went_since_are_told_and_the_numbers_stay(client, world, northgate_report):
    was = northgate_report.sections.get(key="headline").data
    read_at = timezone.now() - timedelta(minutes=5)
    for section in northgate_report.sections.all():
        section.sources["built_at"] = read_at.isoformat(timespec="seconds")
        section.save()
    came(world.northgate, "resend.csv", MARCH)
    came(world.northgate, "year_ago.csv", MARCH.replace(year=2025))
    came(world.northgate, "undone.csv", JANUARY, days_ago=2, undone=True)
    came(world.northgate, "before.csv", MARCH, days_ago=2)
    came(world.northgate, "same_again.csv", MARCH, rows_imported=0)
    came(world.northgate, "next_month.csv", MARCH.replace(month=4))
    came(world.lakeside, "other.csv", FEBRUARY)
    sell(world.first, world.gouda, FEBRUARY.replace(year=2025), 1, 1)

    newer = newer_data(northgate_report)

    assert sorted(str(batch) for batch in newer.files) == ["resend.csv", "undone.csv", "year_ago.csv"]
    client.force_login(world.mei)
    page = client.get(northgate_report.get_absolute_url()).content.decode()
    assert "Newer data exist" in page and "resend.csv came, " in page and "undone.csv was taken back, " in page
    assert "next_month.csv" not in page and "other.csv" not in page
    northgate_report.refresh_from_db()
    assert northgate_report.sections.get(key="headline").data == was


def test_a_visit_written_afterwards_is_newer_data_too(world, northgate_report):
    for section in northgate_report.sections.all():
        section.sources["built_at"] = (timezone.now() - timedelta(minutes=5)).isoformat(timespec="seconds")
        section.save()
    VisitFactory(store=world.first, account=world.northgate, planned_on=MARCH)
    VisitFactory(store=world.lake, account=world.lakeside, planned_on=MARCH)
    VisitFactory(store=world.first, account=world.northgate, planned_on=TODAY)

    newer = newer_data(northgate_report)

    assert (newer.file_count, newer.visits) == (0, 1)
    assert newer.lines() == ["1 visit was written or changed"]


def test_a_replaced_version_points_to_the_newer_one_and_to_nothing_else(client, world, second_version):
    came(world.northgate, "later_still.csv", MARCH)
    client.force_login(world.mei)

    page = client.get(Report.objects.get(version=1).get_absolute_url()).content.decode()

    assert "A newer version has replaced this one." in page
    assert "Newer data exist" not in page
