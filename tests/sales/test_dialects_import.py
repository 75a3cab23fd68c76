"""A small part of the real year that comes with the program: what a retailer sends says the same as the clean file."""

from pathlib import Path

import pytest

from accounts.models import KeyAccount
from sales.models import SellOut
from sales.services.imports import undo_import
from sales.services.shipped_profiles import load_shipped_profiles
from tests.sales.importing import import_path

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[1] / "data"
SENT = sorted((DATA / "sellout" / "as_sent").glob("*/*"))


def figures_of(account):
    rows = SellOut.objects.filter(account=account).values_list("sold_on", "store", "product")
    return dict(zip(rows, rows.values_list("units", "gross_minor", "discount_minor", "net_minor"), strict=True))


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.name)
def test_a_retailers_file_says_what_the_clean_one_says(path):
    load_shipped_profiles()
    for kind in ("accounts", "stores", "products"):
        import_path(DATA / "master" / f"{kind}.csv", kind=kind)
    account = KeyAccount.objects.get(code=path.parent.name)
    sent, outcome = import_path(path, account=account)
    assert (sent.status, outcome.rows_rejected, outcome.profile) == ("imported", 0, account.sellout_format)
    as_sent = figures_of(account)
    undo_import(batch=sent, actor=None)
    assert figures_of(account) == {}

    clean, outcome = import_path(DATA / "sellout" / "canonical" / f"{path.stem}.csv")
    assert (clean.account, outcome.rows_rejected) == (account, 0)
    assert figures_of(account) == as_sent != {}


def test_a_sale_and_a_return_of_one_interchange_are_one_weekly_row():
    load_shipped_profiles()
    for kind in ("accounts", "stores", "products"):
        import_path(DATA / "master" / f"{kind}.csv", kind=kind)
    batch, outcome = import_path(DATA / "edi" / "slsrpt_weekly_with_return.edi")
    assert (batch.status, outcome.rows_read, outcome.new, outcome.rows_rejected) == ("imported", 7, 6, 0)
    rows = SellOut.objects.filter(grain=7).order_by("product__gtin").values_list("units", "gross_minor", "discount_minor", "net_minor")
    assert list(rows)[0] == (0, -87, 0, -87)  # one sold for 2.12, one taken back for 2.99
