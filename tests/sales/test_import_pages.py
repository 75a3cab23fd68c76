"""Upload → check → confirm → result, on the pages; nothing changes before somebody says so."""

from datetime import date
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import KeyAccount, Store
from ka_crm.jobs.runner import run_job
from sales.models import AccountProductMonth, ImportBatch, Product, SellOut
from sales.services.shipped_profiles import load_shipped_profiles
from team.models import AuditEvent
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, ProductFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "account_code,store_code,date,sku,gtin,units,gross_value,discount_value,net_value,supplier_coupon_value\n"
GOOD = HEADER + "K1,S1,2026-03-01,00000001,,2,4.38,0.38,4.00,0.00\nK1,S1,2026-03-02,00000001,,1,2.19,0.00,2.19,0.00\n"
ONE_BAD = GOOD + "K1,S9,2026-03-02,00000001,,1,2.19,0.00,2.19,0.00\n"


@pytest.fixture
def manager(client):
    """A signed-in KA manager with account K1, store S1 and product 00000001."""
    manager = UserFactory(ka_manager=True)
    account = KeyAccountFactory(code="K1")
    StoreFactory(code="S1", account=account)
    ProductFactory(sku="00000001", gtin="")
    AccountAssignmentFactory(account=account, user=manager)
    client.force_login(manager)
    return manager


def upload(client, text, name="sellout_K1_202603.csv", kind="sellout", **more):
    return client.post(reverse("sales:import_create"), {"kind": kind, "file": SimpleUploadedFile(name, text.encode()), **more})


def work(batch):
    """Do what the workers would do with the batch's newest job; the runner's own tests show that they do."""
    batch.refresh_from_db()
    run_job(batch.job_id)
    batch.refresh_from_db()
    return batch


def test_a_file_is_checked_shown_and_imported_only_when_confirmed(client, manager):
    answer = upload(client, GOOD)
    batch = work(ImportBatch.objects.get())

    assert answer.headers["Location"] == batch.get_absolute_url()
    assert (batch.status, batch.uploaded_by, SellOut.objects.count()) == ("checked", manager, 0)
    page = client.get(batch.get_absolute_url())
    assert [row["row"] for row in page.context["batch"].preview["rows"]] == [1, 2]
    client.post(reverse("sales:import_run", args=[batch.public_id]))
    batch = work(batch)

    assert (batch.status, batch.rows_imported) == ("imported", 2)
    assert [(row.units, row.net_minor) for row in AccountProductMonth.objects.all()] == [(3, 619)]


def test_refused_rows_are_named_and_can_be_left_out(client, manager):
    upload(client, ONE_BAD)
    batch = work(ImportBatch.objects.get())

    page = client.get(batch.get_absolute_url())
    assert [(row.row, row.code) for row in page.context["refused_rows"]] == [(3, "unknown_store")]
    errors = b"".join(client.get(reverse("sales:import_errors", args=[batch.public_id])).streaming_content)
    assert b"S9" in errors
    client.post(reverse("sales:import_run", args=[batch.public_id]), {"skip_invalid": "1"})
    batch = work(batch)

    assert (batch.status, batch.rows_imported, batch.rows_rejected) == ("imported", 2, 1)


def test_a_file_without_one_good_row_is_no_import(client, manager):
    upload(client, HEADER + "K1,S9,2026-03-02,00000001,,1,2.19,0.00,2.19,0.00\n")
    batch = work(ImportBatch.objects.get())

    client.post(reverse("sales:import_run", args=[batch.public_id]), {"skip_invalid": "1"})

    assert work(batch).status == "refused"


def test_undo_takes_everything_back(client, manager):
    upload(client, GOOD)
    batch = work(ImportBatch.objects.get())
    client.post(reverse("sales:import_run", args=[batch.public_id]))
    work(batch)

    client.post(reverse("sales:import_undo", args=[batch.public_id]))

    batch.refresh_from_db()
    assert (batch.status, batch.undone_by) == ("undone", manager)
    assert SellOut.objects.count() == AccountProductMonth.objects.count() == 0
    assert client.get(reverse("sales:import_file", args=[batch.public_id])).status_code == 200


def test_the_received_file_comes_back_byte_for_byte_and_never_runs(client, manager):
    upload(client, GOOD, name="<script>.csv")
    batch = ImportBatch.objects.get()

    answer = client.get(reverse("sales:import_file", args=[batch.public_id]))
    assert AuditEvent.objects.get(verb="import.exported").actor == manager

    assert b"".join(answer.streaming_content) == GOOD.encode()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Content-Security-Policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )


def test_a_stranger_gets_the_same_404_everywhere(client, manager):
    upload(client, GOOD)
    batch = ImportBatch.objects.get()
    client.force_login(UserFactory(ka_manager=True))

    for name in ("import_detail", "import_file", "import_errors"):
        assert client.get(reverse(f"sales:{name}", args=[batch.public_id])).status_code == 404
    for name in ("import_check", "import_run", "import_undo"):
        assert client.post(reverse(f"sales:{name}", args=[batch.public_id])).status_code == 404


def test_rows_of_foreign_accounts_are_refused_whole(client, manager):
    StoreFactory(code="S2", account=KeyAccountFactory(code="K2"))
    upload(client, HEADER + "K2,S2,2026-03-01,00000001,,2,4.38,0.38,4.00,0.00\n", name="x.csv")

    batch = work(ImportBatch.objects.get())

    assert batch.status == "refused"
    assert "not yours" in batch.messages[0]["message"]


def test_master_data_is_for_administrators(client, manager):
    answer = upload(client, "sku,name\n1,x\n", kind="products")

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["kind"]
    assert ImportBatch.objects.count() == 0


def test_finance_may_look_but_a_field_rep_may_not(client, manager):
    upload(client, GOOD)
    address = ImportBatch.objects.get().get_absolute_url()

    client.force_login(UserFactory(finance=True))
    assert client.get(address).status_code == 200
    client.force_login(UserFactory(field_rep=True))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(("text", "said"), [("", "empty"), (HEADER, "no rows"), ("a,b\n1,2\n", "column")])
def test_a_file_that_cannot_be_read_says_why(client, manager, text, said):
    answer = upload(client, text)
    if answer.status_code == 422:
        assert said in str(answer.context["form"].errors)
        return
    batch = work(ImportBatch.objects.get())

    assert batch.status == "refused"
    assert said in batch.messages[0]["message"]
    assert client.get(batch.get_absolute_url()).status_code == 200


def test_the_list_asks_as_much_for_one_row_as_for_twenty(client, manager, assert_same_statements):
    upload(client, GOOD)

    def grow():
        for _number in range(20):
            upload(client, GOOD)

    assert_same_statements(lambda: client.get(reverse("sales:import_list")), grow)


def days_book():
    """A workbook of D09's shape, columns 01 to 28, that does not say its month; store 7 of K1."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        for name, figure in (("Units", 2), ("Gross", 4.38), ("Net", 4)):
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["Store", "GTIN", "Item", *(f"{day:02}" for day in range(1, 29)), "Total"])
            sheet.write_row(1, 0, [7, "9520009657667", "Cheese", *[""] * 27, figure, figure])
    return buffer.getvalue()


def test_a_file_that_does_not_say_its_month_asks_and_takes_the_answer(client, manager):
    load_shipped_profiles()
    account = KeyAccount.objects.get()
    Store.objects.update(retailer_store_no="7")
    Product.objects.update(gtin="9520009657667")
    file = SimpleUploadedFile("days.xlsx", days_book())
    client.post(reverse("sales:import_create"), {"kind": "sellout", "file": file, "account": account.pk})
    batch = work(ImportBatch.objects.get())
    assert (batch.status, batch.messages[0]["code"]) == ("refused", "period")

    again = reverse("sales:import_check", args=[batch.public_id])
    client.post(again, {"account": account.pk, "month": "02/2026"})
    assert (work(batch).month, batch.status) == (None, "refused")
    client.post(again, {"account": account.pk, "month": "2026-02"})
    assert (work(batch).month, batch.status, batch.rows_imported) == (date(2026, 2, 1), "checked", 1)
    client.post(reverse("sales:import_run", args=[batch.public_id]))
    work(batch)

    assert [(row.sold_on, row.units, row.net_minor) for row in SellOut.objects.all()] == [(date(2026, 2, 28), 2, 400)]


def test_a_month_given_with_the_upload_goes_before_the_one_in_the_name(client, manager):
    upload(client, GOOD, name="sellout_202604.csv")
    upload(client, GOOD, name="sellout_202604.csv", month="2026-03")
    by_month = {batch.month: work(batch).rows_rejected for batch in ImportBatch.objects.all()}

    assert by_month == {None: 2, date(2026, 3, 1): 0}


@pytest.mark.parametrize("month", ["2026", "2026Q1", "03.2026", "2026-13"])
def test_what_is_no_month_is_refused_at_the_field(client, manager, month):
    answer = upload(client, GOOD, month=month)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["month"]
    assert ImportBatch.objects.count() == 0


def test_a_warning_looks_like_one(client, manager):
    upload(client, GOOD + "Total,,,,,9,6.57,0.38,6.19,\n")
    batch = work(ImportBatch.objects.get())

    assert (batch.verdict, batch.messages[0]["tone"]) == ("WARNING", "warn")
    assert "notice tone-warn" in client.get(batch.get_absolute_url()).content.decode()
