"""``manage.py import_data`` and ``export``: exit codes, the one JSON object, several files, dry runs."""

import csv
import io
import json

import pytest
from django.core.management import call_command

from accounts.models import KeyAccount
from sales.models import ImportBatch, SellOut
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import AccountAssignmentFactory, KeyAccountFactory, StoreFactory
from tests.factories.sales import ProductFactory
from tests.factories.team import UserFactory
from tests.sales.importing import sellout_csv

pytestmark = pytest.mark.django_db
ROW = ("A1", "S1", "2017-03-01", "P1", 2, 500, 0, None)


@pytest.fixture
def account():
    load_shipped_profiles()
    account = KeyAccountFactory(code="A1")
    StoreFactory(code="S1", account=account, retailer_store_no="17")
    ProductFactory(sku="P1")
    return account


@pytest.fixture
def run(capsys):
    """``run("import_data", …)`` answers (exit code, stdout, stderr)."""

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            call_command(*map(str, arguments))
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_json_is_exactly_one_object_on_stdout(account, run, file):
    code, out, err = run("import_data", "sellout", file("a.csv", sellout_csv([ROW])), "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["kind"], answer["verdict"]) == ("sellout", "ACCEPT")
    assert {name: answer[name] for name in ("rows_read", "rows_imported", "rows_unchanged", "rows_rejected", "errors", "warnings")} == {
        "rows_read": 1,
        "rows_imported": 1,
        "rows_unchanged": 0,
        "rows_rejected": 0,
        "errors": [],
        "warnings": [],
    }
    assert [(part["file"], part["verdict"], part["account"]) for part in answer["files"]] == [("a.csv", "ACCEPT", "A1")]
    assert "a.csv" in err and answer["seconds"] >= 0


def test_of_several_files_each_is_whole_or_nothing(account, run, file):
    good = file("good.csv", sellout_csv([ROW]))
    bad = file("bad.csv", sellout_csv([(*ROW[:2], "2017-03-02", *ROW[3:]), ("A1", "S9", *ROW[2:])]))
    code, out, _err = run("import_data", "sellout", good, bad, "--json")
    answer = json.loads(out)
    assert (code, answer["verdict"]) == (1, "ROW_ERRORS")
    assert [(part["file"], part["verdict"], part["imported"]) for part in answer["files"]] == [
        ("good.csv", "ACCEPT", True),
        ("bad.csv", "ROW_ERRORS", False),
    ]
    assert [(error["file"], error["row"], error["column"], error["value"], error["code"]) for error in answer["errors"]] == [
        ("bad.csv", 2, "store_code", "S9", "unknown_store")
    ]
    assert SellOut.objects.count() == 1


def test_skip_invalid_takes_the_good_rows_and_errors_lists_the_others(account, run, file, tmp_path):
    bad = file("bad.csv", sellout_csv([ROW, ("A1", "=S9", *ROW[2:])]))
    code, _out, _err = run("import_data", "sellout", bad, "--skip-invalid", "--errors", tmp_path / "errors.csv")
    assert (code, SellOut.objects.count()) == (0, 1)
    with (tmp_path / "errors.csv").open(newline="") as errors:
        found = list(csv.DictReader(errors))
    assert [(row["file"], row["row"], row["column"], row["value"], row["code"]) for row in found] == [
        ("bad.csv", "2", "store_code", "'=S9", "unknown_store")
    ]


def test_a_dry_run_counts_and_writes_nothing(account, run, file):
    code, out, _err = run("import_data", "sellout", file("a.csv", sellout_csv([ROW])), "--dry-run", "--json")
    assert (code, SellOut.objects.count(), ImportBatch.objects.get().status) == (0, 0, "checked")
    assert json.loads(out)["files"][0]["imported"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonsense", "FILE"), "There is no kind “nonsense”"),
        (("claims", "FILE"), "cannot be imported yet. These can: accounts, products"),
        (("sellout", "FILE", "--account", "ZZ"), "There is no account “ZZ”"),
        (("sellout", "FILE", "--profile", "D99"), "There is no profile “D99”. There are: CANONICAL, D01"),
        (("sellout", "missing.csv"), "is not a file"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_there_is(account, run, file, arguments, said):
    path = file("a.csv", sellout_csv([ROW]))
    code, _out, err = run("import_data", *(path if argument == "FILE" else argument for argument in arguments))
    assert code == 2 and said in err
    assert not ImportBatch.objects.exists()


def test_stores_by_the_retailers_own_number_need_the_account(account, run, file):
    path = file("d01.csv", "Store No,Date,Item Code,Item Name,Units,Gross Sales,Discount,Net Sales\n17,2017-03-01,P1,x,1,2.00,0.00,2.00\n")
    code, out, _err = run("import_data", "sellout", path, "--json")
    answer = json.loads(out)
    assert (code, answer["verdict"]) == (1, "FILE_ERROR")
    assert "needs --account" in answer["errors"][0]["message"]

    code, out, _err = run("import_data", "sellout", path, "--account", "A1", "--json")
    assert (code, json.loads(out)["files"][0]["profile"]) == (0, "D01")


def test_the_content_overrules_an_accounts_profile_that_does_not_fit(account, run, file):
    KeyAccount.objects.filter(pk=account.pk).update(sellout_format="D05")
    code, out, _err = run("import_data", "sellout", file("a.csv", sellout_csv([ROW])), "--account", "A1", "--json")
    answer = json.loads(out)
    assert (code, answer["verdict"], answer["files"][0]["profile"]) == (0, "WARNING", "CANONICAL")
    assert "D05" in answer["warnings"][0]["message"]


def test_a_person_imports_only_for_own_accounts(account, run, file):
    manager = UserFactory(ka_manager=True)
    path = file("a.csv", sellout_csv([ROW]))
    code, out, _err = run("import_data", "sellout", path, "--user", manager.email, "--json")
    assert (code, json.loads(out)["errors"][0]["code"], SellOut.objects.count()) == (1, "account", 0)

    AccountAssignmentFactory(account=account, user=manager)
    code, _out, _err = run("import_data", "sellout", path, "--user", manager.email, "--json")
    assert (code, ImportBatch.objects.last().uploaded_by_id) == (0, manager.pk)


def test_export_writes_the_table_for_a_period_and_account(account, run, file, tmp_path):
    run("import_data", "sellout", file("a.csv", sellout_csv([ROW, ("A1", "S1", "2017-04-01", "P1", 1, 250, 50, None)])))
    call_command("export", "sellout_month_account", "--period", "2017-04", "--csv", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="") as out:
        assert list(csv.reader(out)) == [
            ["month", "account_code", "units", "gross_value", "discount_value", "net_value"],
            ["2017-04", "A1", "1", "2.50", "0.50", "2.00"],
            ["2017-04", "TOTAL", "1", "2.50", "0.50", "2.00"],
        ]
    buffer = io.StringIO()
    call_command("export", "sellout_month_account_sku", "--account", "A1", stdout=buffer)
    assert buffer.getvalue().splitlines()[1:] == ["2017-03,A1,P1,2,5.00,0.00,5.00", "2017-04,A1,P1,1,2.50,0.50,2.00"]


def test_an_unknown_table_is_wrong_usage(run):
    code, _out, err = run("export", "nonsense")
    assert code == 2 and "sellout_month_account" in err


def test_the_month_can_be_given_where_the_name_says_another(account, run, file):
    path = file("report_201702.csv", sellout_csv([ROW]))
    assert run("import_data", "sellout", path)[0] == 1
    assert run("import_data", "sellout", path, "--month", "2017-03")[0] == 0
    assert SellOut.objects.count() == 1


@pytest.mark.parametrize("month", ["2017", "03/2017", "2017-13"])
def test_what_is_no_month_is_wrong_usage(account, run, file, month):
    code, _out, err = run("import_data", "sellout", file("a.csv", sellout_csv([ROW])), "--month", month)
    assert (code, ImportBatch.objects.count()) == (2, 0)
    assert month in err
