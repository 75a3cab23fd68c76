"""The real year: every file in every dialect, resends and corrections, against the figures that a correct system computes."""

import csv
import subprocess
import sys

import pytest
from django.db import connection

from accounts.models import KeyAccount
from ka_crm.exports import write_csv
from ka_crm.integrity import invariants
from sales.datasets import all_accounts, dataset_named, dataset_names
from sales.models import ImportBatch, SellOut
from sales.services.imports import undo_import
from sales.services.shipped_profiles import load_shipped_profiles
from tests.sales.importing import import_bytes, import_path

pytestmark = pytest.mark.django_db
MASTER = (("accounts", "accounts.csv"), ("stores", "stores.csv"), ("products", "products.csv"), ("article_map", "article_map_A11.csv"))


@pytest.fixture
def master(realdata):
    """Accounts, stores, products, article numbers of the real year, and the shipped profiles."""
    load_shipped_profiles()
    for kind, name in MASTER:
        batch, outcome = import_path(realdata / "master" / name, kind=kind)
        assert (batch.status, outcome.rows_rejected) == ("imported", 0)
    return realdata


def import_all(paths, **options):
    """Import each file; all of their rows have to be good."""
    for path in paths:
        batch, outcome = import_path(path, **options)
        assert (path.name, batch.status, outcome.rows_rejected) == (path.name, "imported", 0), outcome.file_errors


def as_sent(realdata):
    for folder in sorted((realdata / "sellout" / "as_sent").iterdir()):
        if folder.is_dir():
            import_all(sorted(folder.iterdir()), account=KeyAccount.objects.get(code=folder.name))


def compare(realdata, folder, *names):
    """What realdata's own compare.py says about our tables ``names`` (default: all); it ends with 0 only where every row agrees."""
    folder.mkdir(exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # autovacuum does not see what a test has not committed
    for name in names or dataset_names():
        header, rows = dataset_named(name)(all_accounts())
        with (folder / f"{name}.csv").open("wb") as file:
            write_csv(file, header, rows, bom=False)
    command = [sys.executable, str(realdata / "compare.py"), str(realdata / "expected"), str(folder)]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout
    assert "0 with differences" in said.stdout


def assert_integrity():
    assert [line for rule in invariants() for line in rule.find()] == []


def test_the_canonical_year_gives_every_expected_figure(master, tmp_path):
    import_all([master / "market" / "category_totals.csv"], kind="category_totals")
    import_all(sorted((master / "sellout" / "canonical").iterdir()))
    compare(master, tmp_path / "tables")
    assert_integrity()


def test_every_dialect_resend_and_correction_gives_every_expected_figure(master, tmp_path):
    resend = master / "sellout" / "resend"
    by_code = {account.code: account for account in KeyAccount.objects.all()}
    import_all([master / "market" / "category_totals.csv"], kind="category_totals")
    import_all([resend / "2_first_version_sellout_A02_201705.csv"], account=by_code["A02"])
    import_all([resend / "3_first_half_sellout_A08_201707.csv"], account=by_code["A08"])
    as_sent(master)
    compare(master, tmp_path / "weeks", "sellout_week_account_sku")

    batch, outcome = import_path(resend / "1_identical_copy_sellout_A01_201703.csv", account=by_code["A01"])
    assert (outcome.rows_imported, outcome.rows_unchanged) == (0, outcome.rows_read)
    assert batch.repeats_id is not None

    # A07 sends weeks; its days supersede them, and then the months agree too.
    import_all(sorted((master / "sellout" / "canonical").glob("sellout_A07_*")))
    assert not SellOut.objects.filter(grain=7).exists()
    compare(master, tmp_path / "days")

    # The first version again, too late, and taken back.
    batch, outcome = import_path(resend / "2_first_version_sellout_A02_201705.csv", account=by_code["A02"])
    assert (outcome.rows_imported, outcome.rows_unchanged) == (1, 141)
    undo_import(batch=batch, actor=None)
    compare(master, tmp_path / "undone")
    assert_integrity()


def test_thousands_separators_are_read_as_such(master):
    for path in sorted((master / "sellout" / "times_1000").iterdir()):
        code = path.name[8:11]
        account = KeyAccount.objects.get(code=code)
        import_all([master / "sellout" / "as_sent" / code / path.name], account=account)
        once = SellOut.objects.filter(account=account).values_list("sold_on", "store", "product", "units", "gross_minor", "net_minor")
        expected = {row[:3]: tuple(1000 * value for value in row[3:]) for row in once}
        import_all([path], account=account)
        assert {row[:3]: row[3:] for row in once.all()} == expected


def bad_files(realdata):
    with (realdata / "bad" / "expected_bad.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def rows_named(text):
    """ "4-20" or "2,3,19" as row numbers."""
    spans = [part.split("-") for part in text.split(",") if part]
    return sorted(number for span in spans for number in range(int(span[0]), int(span[-1]) + 1))


def test_malformed_files_answer_as_they_have_to(master):
    for expected in bad_files(master):
        path = master / "bad" / expected["file"]
        before = SellOut.objects.count()
        batch, outcome = import_bytes(path.read_bytes(), kind=expected["kind"], name=path.name)
        label = f"{path.name}: {outcome.verdict}"
        assert outcome.verdict in expected["verdict"], label
        errors = [*outcome.file_errors, *outcome.warnings, *batch.row_errors.all()]
        assert expected["message_must_mention"] in " ".join(str(error.message) for error in errors), label
        rows = sorted({error.row for error in batch.row_errors.all()})
        if outcome.verdict == "ROW_ERRORS":
            assert rows == rows_named(expected["bad_row_numbers"]), label
            assert outcome.rows_read - outcome.rows_rejected == int(expected["valid_rows"]), label
        if outcome.verdict in ("FILE_ERROR", "ROW_ERRORS"):
            assert (batch.status, SellOut.objects.count()) == ("refused", before), label
        assert batch.file.sha256 and batch.verdict == outcome.verdict


def test_the_good_rows_alone_can_be_taken_and_the_corrected_file_comes_after(master):
    bad = master / "bad" / "13_unknown_store.csv"
    batch, outcome = import_path(bad, skip_invalid=True)
    assert (batch.status, outcome.rows_imported, outcome.rows_rejected, SellOut.objects.count()) == ("imported", 17, 3, 17)
    assert batch.error_file is not None

    corrected = bad.read_bytes().replace(b"S99999", b"S00298")
    batch, outcome = import_bytes(corrected, name=bad.name)

    assert (outcome.rows_unchanged, outcome.rows_imported, SellOut.objects.count()) == (17, 3, 20)
    assert ImportBatch.objects.filter(kind="sellout").count() == 2
    assert_integrity()
