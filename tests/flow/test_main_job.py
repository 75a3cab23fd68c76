"""The product's main job in one go, in a real browser with a real worker: files come in, a report goes out and is approved."""

import pypdfium2
import pytest

from reports.models import Report
from sales.models import AccountProductMonth, ImportBatch
from tests import browser
from tests.factories import (
    AccountAssignmentFactory,
    CategoryFactory,
    KeyAccountFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.both_halves, pytest.mark.django_db(transaction=True)]
MARCH = (
    "account_code,store_code,date,sku,gtin,units,gross_value,discount_value,net_value,supplier_coupon_value\n"
    "K1,S1,2026-03-01,00000001,,2,4.38,0.38,4.00,0.00\n"
    "K1,S1,2026-03-09,00000002,,3,9.00,0.00,9.00,0.00\n"
)


@pytest.fixture
def company():
    """A team with its supervisor and a KA manager who looks after Northgate."""
    team = TeamFactory(name="North")
    manager = UserFactory(ka_manager=True, team=team, name="Li Wei")
    supervisor = UserFactory(supervisor=True, team=team, name="Nora Bell")
    account = KeyAccountFactory(code="K1", name="Northgate Markets")
    AccountAssignmentFactory(account=account, user=manager)
    StoreFactory(code="S1", account=account)
    cheese = CategoryFactory(name="CHEESE")
    ProductFactory(sku="00000001", gtin="", category=cheese)
    ProductFactory(sku="00000002", gtin="", category=cheese)
    return {"manager": manager, "supervisor": supervisor, "account": account}


def import_march(page):
    """Upload on the phone, look at what was understood, confirm, wait for the worker."""
    page.goto("/imports/new/")
    page.set_input_files("input[name=file]", {"name": "sellout_K1_202603.csv", "mimeType": "text/csv", "buffer": MARCH.encode()})
    page.click("text=Upload and check")
    page.get_by_role("heading", name="First rows as they were understood").wait_for()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Undo this import").first.wait_for(state="attached")


def order_report(page, account):
    """Order the month's report and watch it being built until it can be opened."""
    page.goto("/reports/new/")
    page.select_option("select[name=kind]", "monthly")
    page.fill("input[name=period]", "2026-03")
    page.select_option("select[name=accounts]", str(account.pk))
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/reports/orders/**")
    page.locator("main a[href^='/reports/']").filter(has_text="Northgate").first.wait_for()


def test_a_file_becomes_figures_and_a_report_that_the_supervisor_approves(new_page, company, start_worker, wait_for):
    start_worker()
    phone = new_page(browser.PHONE)
    phone.set_default_timeout(60_000)  # the worker is a process that has to start first
    browser.sign_in_by_form(phone, company["manager"])

    import_march(phone)

    assert ImportBatch.objects.get().status == "imported"
    assert sorted(AccountProductMonth.objects.values_list("units", "net_minor")) == [(2, 400), (3, 900)]
    order_report(phone, company["account"])
    report = Report.objects.get(kind="monthly", starts_on="2026-03-01")  # the worker drafts what is due beside it
    wait_for(lambda: report.files.filter(format="pdf").exists(), seconds=60)
    report.refresh_from_db()
    assert report.status == "draft"
    phone.goto(report.get_absolute_url())
    assert "13.00" in phone.inner_text("main")
    pdf = phone.request.get(f"{report.get_absolute_url()}en.pdf")
    assert pdf.status == 200
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf.body()))
    assert "Northgate Markets" in text
    assert "13.00" in text
    phone.click("text=Submit for approval")
    wait_for(lambda: Report.objects.get(pk=report.pk).status == "submitted")

    desk = new_page()
    browser.sign_in_by_form(desk, company["supervisor"])
    desk.goto(report.get_absolute_url())
    desk.get_by_role("button", name="Approve").first.click()
    desk.click("#confirm-yes")

    report = wait_for(lambda: Report.objects.filter(pk=report.pk, status="approved").first())
    assert (report.submitted_by, report.decided_by) == (company["manager"], company["supervisor"])
