"""A report's figures against those that a correct system computes from the real year (realdata/expected)."""

import csv
import gzip
import io
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import KeyAccount
from ka_crm.periods import month, parse_period
from reports import services
from reports.builder import scope_of
from reports.sections import SECTION_OF

from .realdata import load

HALF = Decimal("0.00005")  # the expected ratios have 4 digits where ours have 6
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def real_year(made_once, realdata):
    with made_once():
        load(realdata)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # autovacuum does not see what a test has not committed
        yield realdata


def expected(folder, name):
    path = folder / "expected" / f"expected_{name}.csv"
    if path.exists():
        return list(csv.DictReader(path.open(encoding="utf-8")))
    with gzip.open(path.with_suffix(".csv.gz")) as packed:
        return list(csv.DictReader(io.StringIO(packed.read().decode())))


def computed(kind, period, *keys):
    """{account code or "TOTAL": {section: data}} of an order about everything."""
    scope = scope_of(services.order_reports(kind=kind, period=period, formats=(), actor=None))
    sections = {key: SECTION_OF[key].compute(scope) for key in keys}
    names = {subject.key: "TOTAL" if subject.kind == "company" else subject.code for subject in scope.subjects}
    return {name: {key: sections[key][subject_key][0] for key in keys} for subject_key, name in names.items()}


@pytest.mark.parametrize(("kind", "label"), [("monthly", "2017-01"), ("monthly", "2017-03"), ("quarterly", "2017Q2"), ("annual", "2017")])
def test_the_headline_equals_report_periods(real_year, kind, label):
    found = computed(kind, parse_period(label), "headline")
    rows = [row for row in expected(real_year, "report_periods") if row["period"].replace("-Q", "Q") == label]

    assert len(rows) == 13
    for row in rows:
        headline = found[row["account_code"]]["headline"]
        for name in ("gross_value", "discount_value", "net_value", "net_value_ytd"):
            assert headline[name] == row[name], (row["account_code"], name)
        for name in ("units", "selling_stores", "selling_skus"):
            assert headline[name] == int(row[name]), (row["account_code"], name)
        growth, wanted = headline["net_growth_vs_previous_period"], row["net_growth_vs_previous_period"]
        assert growth is None if wanted == "" else abs(Decimal(growth) - Decimal(wanted)) <= HALF, row["account_code"]


def test_share_and_categories_of_march_equal_the_expected(real_year):
    found = computed("monthly", month(2017, 3), "headline", "categories")

    for row in expected(real_year, "share_account_month"):
        if row["month"] == "2017-03":
            account = found[row["account_code"]]
            assert account["headline"]["share"] == row["share"], row["account_code"]
            assert account["categories"]["own_net_value"] == row["own_net_value"]
            assert account["categories"]["market_net_value"] == row["market_net_value"]
    company = {row["category"]: row for row in found["TOTAL"]["categories"]["categories"]}
    wanted = {row["category"]: row for row in expected(real_year, "sellout_month_category") if row["month"] == "2017-03"}
    assert {name: (row["units"], row["net_value"]) for name, row in company.items() if row["units"]} == {
        name: (int(row["units"]), row["net_value"]) for name, row in wanted.items() if row["units"] != "0"
    }


def test_products_stores_and_distribution_of_march_equal_the_expected(real_year):
    found = computed("monthly", month(2017, 3), "products", "stores", "distribution", "trend")
    skus = {(row["account_code"], row["sku"]): row for row in expected(real_year, "sellout_month_account_sku") if row["month"] == "2017-03"}
    stores = {row["store_code"]: row for row in expected(real_year, "sellout_month_store") if row["month"] == "2017-03"}
    spread = {(row["account_code"], row["sku"]): row for row in expected(real_year, "distribution_month") if row["month"] == "2017-03"}
    months = {(row["account_code"], row["month"]): row for row in expected(real_year, "sellout_month_account")}

    for code in KeyAccount.objects.values_list("code", flat=True):
        for row in found[code]["products"]["best"]:
            assert (row["units"], row["net_value"]) == (int(skus[code, row["sku"]]["units"]), skus[code, row["sku"]]["net_value"])
        for row in [*found[code]["stores"]["best"], *found[code]["stores"]["weakest"]]:
            assert row["net_value"] == stores[row["store_code"]]["net_value"]
        for row in found[code]["trend"]["months"]:
            assert row["net_value"] == (months[code, row["month"]]["net_value"] if row["month"] >= "2017" else None)
    for name in found:
        for row in found[name]["distribution"]["products"]:
            wanted = spread.get((name, row["sku"]))
            if row["stores_selling"]:
                assert [str(row["stores_selling"]), str(row["stores_total"])] == [wanted["stores_selling"], wanted["stores_total"]]
                assert row["numeric_distribution"] == wanted["numeric_distribution"]
                assert row["weighted_distribution"] == wanted["weighted_distribution"]
            else:
                assert wanted is None
