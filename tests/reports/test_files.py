"""What is inside the files: the numbers, both languages, and nothing that runs."""

import io
import json
import re
import xml.etree.ElementTree
import zipfile

import pypdfium2
import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from accounts.models import KeyAccount
from ka_crm.files import open_stored
from reports import files, services
from reports.models import Report
from reports.rendering import draw
from reports.rendering.document import document_of
from reports.rendering.scale import plotted
from sales.models import Product
from tests.factories import ShelfFactFactory, VisitFactory
from visits.models import CompetitorFact

HOSTILE = [
    '=HYPERLINK("http://x.example","a")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    '#panic("x")',
    "$x^2$ *bold* _em_ `raw` #let a = 1",
    ']#eval("1")[',
    "\\u{202e}",
    "\u202egnp.exe",
    "{{ 7*7 }}{% now 'Y' %}",
    "'; DROP TABLE reports_report; --",
    "🙂" * 5,
    "Ä" * 90,
    "w" * 150,
]


def pdf_text(content):
    pdf = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf).replace("\u200b", "")  # break opportunities in long words
    finally:
        pdf.close()


def content_of(report, file_format, language=files.NO_LANGUAGE):
    return open_stored(files.ensure_file(report, file_format, language).file).read()


def test_the_json_file_holds_the_frozen_numbers_as_text(northgate_report):
    frozen = json.loads(content_of(northgate_report, "json"))

    assert frozen["report"]["account_code"] == "N1"
    assert frozen["report"]["period"] == "2026-03"
    assert frozen["sections"]["headline"]["net_value"] == "500.00"
    assert frozen["sections"]["headline"]["net_growth_vs_previous_period"] == "0.250000"
    assert frozen["sources"]["headline"]["figures"][0]["dataset"] == "sellout_month_account"


def test_the_pdf_says_the_numbers(northgate_report):
    text = pdf_text(content_of(northgate_report, "pdf", "en"))

    for words in ("Northgate", "March 2026", "500.00", "+25.0", "31.3", "Gouda", "Page 1 of", "Not approved"):
        assert words in text, words


def test_the_chinese_pdf_has_chinese_characters(northgate_report):
    KeyAccount.objects.filter(pk=northgate_report.account_id).update(name="星河连锁")
    Report.objects.update(subject_label="星河连锁")
    northgate_report.refresh_from_db()

    text = pdf_text(content_of(northgate_report, "pdf", "zh-hans"))

    assert "星河连锁" in text
    assert "2026年3月" in text.replace(" ", "")


def test_the_pages_of_a_long_table_repeat_its_head(world, build, northgate_report):
    document = document_of(northgate_report, "en")
    table = next(
        block for section in document["sections"] if section["key"] == "products" for block in section["blocks"] if block["type"] == "table"
    )
    table["cells"] = table["cells"] * 120

    pages = pypdfium2.PdfDocument(draw(document, "pdf", "en"))
    with_head = [number for number, page in enumerate(pages) if "Part of sales" in page.get_textpage().get_text_range()]
    pages.close()

    assert len(with_head) >= 3


def test_the_workbook_has_numbers_in_its_cells_and_charts_of_its_own(northgate_report):
    content = content_of(northgate_report, "xlsx", "en")

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Products").to_python()
    gouda = next(row for row in rows if row[0] == "Gouda")
    assert gouda[2:5] == [500.0, 1.0, 42.0]
    assert all(isinstance(value, float) for value in gouda[2:5])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert [name for name in packed.namelist() if name.startswith("xl/charts/chart")] == ["xl/charts/chart1.xml"]
        assert b"pane" in packed.read("xl/worksheets/sheet5.xml")  # the trend's head stays while one scrolls


def test_the_html_file_asks_nobody_for_anything_and_runs_nothing(northgate_report):
    page = content_of(northgate_report, "html", "en").decode()

    assert "500.00" in page
    assert not re.search(r"<script|\son\w+=|src=|url\(|@import|https?://", page.replace('content="default-src', ""))


@pytest.mark.parametrize("file_format", ["html", "xlsx", "pdf"])
def test_the_same_report_gives_the_same_bytes(northgate_report, file_format):
    document = document_of(northgate_report, "en")

    assert draw(document, file_format, "en") == draw(document_of(northgate_report, "en"), file_format, "en")


def test_an_unchanged_report_is_not_drawn_again_and_a_changed_one_is(world, northgate_report):
    first = files.ensure_file(northgate_report, "html", "en")
    assert files.ensure_file(northgate_report, "html", "en").file_id == first.file_id

    services.comment_section(report_id=northgate_report.pk, key="headline", text="A good month.", edit_version=1, actor=world.mei)
    again = files.ensure_file(Report.objects.get(), "html", "en")

    assert (again.pk, again.file_id == first.file_id) == (first.pk, False)
    assert "A good month." in open_stored(again.file).read().decode()


@pytest.fixture
def hostile_report(world, build):
    """A report in which every name and word is somebody's attempt."""
    visit = VisitFactory(store=world.first, visitor=world.mei, completed=True)
    for number, text in enumerate(HOSTILE):
        CompetitorFact.objects.create(visit=visit, brand=f"{text}"[:100], description=text, price_minor=100 + number)
    KeyAccount.objects.filter(pk=world.northgate.pk).update(name=HOSTILE[4])
    Product.objects.filter(pk=world.gouda.pk).update(name=HOSTILE[0])
    Product.objects.filter(pk=world.apple.pk).update(name=HOSTILE[6])
    ShelfFactFactory(visit=visit, product=world.gouda, price_minor=100)
    build(accounts=[world.northgate])
    report = Report.objects.get()
    services.comment_section(report_id=report.pk, key="headline", text="\n".join(HOSTILE), edit_version=1, actor=world.mei)
    return Report.objects.get()


def test_hostile_names_are_text_in_the_pdf(hostile_report):
    text = pdf_text(content_of(hostile_report, "pdf", "en"))

    assert '#panic("x")' in text
    assert "<script>alert(1)</script>" in text
    assert "=HYPERLINK" in text


def test_hostile_names_are_text_in_the_workbook(hostile_report):
    with zipfile.ZipFile(io.BytesIO(content_of(hostile_report, "xlsx", "en"))) as packed:
        for name in packed.namelist():
            if name.startswith("xl/worksheets/sheet"):
                sheet = xml.etree.ElementTree.fromstring(packed.read(name))
                assert sheet.findall(".//{*}f") == [], name
                assert sheet.findall(".//{*}hyperlink") == [], name


def test_hostile_names_are_text_in_the_html_file(hostile_report):
    page = content_of(hostile_report, "html", "en").decode()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (["0", "375.47"], ["0", "100", "200", "300", "400"]),
        (["-50", "120"], ["-50", "0", "50", "100", "150"]),
        (["0", "375000"], ["0", "100 k", "200 k", "300 k", "400 k"]),
        (["0", "3750000"], ["0", "1 M", "2 M", "3 M", "4 M"]),
        ([None], ["0", "0.25"]),
    ],
)
def test_an_axis_has_round_numbers_and_its_zero(values, ticks):
    chart = {"series": [{"name": "", "values": values}], "unit": "money", "currency": "USD"}

    plot = plotted(chart)

    assert [tick["text"] for tick in plot["ticks"]] == ticks
    assert all(point is None or 0 <= point <= 1 for points in plot["points"] for point in points)


def test_a_chinese_axis_counts_in_ten_thousands():
    chart = {"series": [{"name": "", "values": ["0", "375000"]}], "unit": "money", "currency": "CNY"}

    with translation.override("zh-hans"):
        ticks = plotted(chart)["ticks"]

    assert [tick["text"] for tick in ticks] == ["0", "10 万", "20 万", "30 万", "40 万"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("A01", "monthly_2026-03_A01.en.pdf"),
        ("../../etc/passwd", "monthly_2026-03_etc_passwd.en.pdf"),
        ("星河 1", "monthly_2026-03_星河_1.en.pdf"),
    ],
)
def test_file_names_are_predictable_and_safe(northgate_report, code, name):
    northgate_report.account.code = code

    assert files.file_name(northgate_report, "pdf", "en") == name
