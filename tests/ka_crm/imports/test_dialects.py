"""Every file as the retailers sent it gives exactly the rows of our own form: the small part that is ours, and the real year."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ka_crm.imports import recognise
from sales.profiles import SELLOUT, shipped

DATA = Path(__file__).parents[2] / "data"
AMOUNTS = ("units", "gross_value", "discount_value", "net_value")
DIALECTS = [f"A{number:02d}" for number in range(1, 13)]
SMALL = ["A04", "A05", "A08", "A09", "A10", "A12"]


def table(path):
    with open(path, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Masters:
    """Whose store and product a retailer's codes mean."""

    def __init__(self, folder):
        stores = table(folder / "master" / "stores.csv")
        self.stores = {(row["account_code"], row["retailer_store_no"]): row["store_code"] for row in stores}
        self.stores |= {row["store_gln"]: row["store_code"] for row in stores}
        self.skus = {row["gtin"]: row["sku"] for row in table(folder / "master" / "products.csv")}
        articles = folder / "master" / "article_map_A11.csv"
        self.articles = {row["retailer_article_no"]: row["sku"] for row in table(articles)} if articles.exists() else {}

    def key(self, account, values):
        store = self.stores.get(values.get("store_gln")) or self.stores.get((account, values.get("retailer_store_no")))
        return store, values["date"], values.get("sku") or self.skus.get(values.get("gtin")) or self.articles.get(values.get("article_no"))


def canonical(path):
    """(store, day, sku) → figures of our own form, in pieces and cents."""
    return {
        (row["store_code"], date.fromisoformat(row["date"]), row["sku"]): (
            int(row["units"]),
            *(int(Decimal(row[name]) * 100) for name in AMOUNTS[1:]),
        )
        for row in table(path)
    }


def read_as_sent(read_path, masters, path, account):
    """The same of a file as sent, which must be without findings and agree with its own totals."""
    result = read_path(path, f"D{account[1:]}")
    assert (result.refusal, result.errors, result.reading.warnings) == (None, [], [])
    assert [row.number for row in result.rows] == list(range(1, len(result.rows) + 1))
    found = {masters.key(account, row.values): tuple(row.values[name] for name in AMOUNTS) for row in result.rows}
    assert len(found) == len(result.rows)
    return found


@pytest.mark.parametrize("account", SMALL)
def test_a_month_of_six_dialects(read_path, account):
    path = next((DATA / "sellout" / "as_sent" / account).iterdir())
    assert read_as_sent(read_path, Masters(DATA), path, account) == canonical(DATA / "sellout" / "canonical" / f"{path.stem}.csv")


@pytest.mark.parametrize("account", SMALL)
def test_the_content_says_the_dialect(account):
    path = next((DATA / "sellout" / "as_sent" / account).iterdir())
    assert [candidate.profile.code for candidate in recognise(path, shipped().values(), SELLOUT)] == [f"D{account[1:]}"]


@pytest.mark.parametrize("account", [account for account in DIALECTS if account != "A07"])
def test_the_year_of_an_account(realdata, read_path, account):
    masters = Masters(realdata)
    paths = sorted((realdata / "sellout" / "as_sent" / account).iterdir())
    assert len(paths) == 12
    for path in paths:
        assert read_as_sent(read_path, masters, path, account) == canonical(realdata / "sellout" / "canonical" / f"{path.stem}.csv"), (
            path.name
        )


def test_the_weekly_year_of_the_seventh(realdata, read_path):
    masters, weeks, found = Masters(realdata), defaultdict(Counter), {}
    for path in (realdata / "sellout" / "canonical").glob("*_A07_*"):
        for (store, day, sku), figures in canonical(path).items():
            weeks[store, day + timedelta(6 - day.weekday()), sku].update(dict(zip(AMOUNTS, figures, strict=True)))
    for path in (realdata / "sellout" / "as_sent" / "A07").iterdir():
        found |= read_as_sent(read_path, masters, path, "A07")
    assert found == {key: tuple(week[name] for name in AMOUNTS) for key, week in weeks.items()}


@pytest.mark.parametrize("account", ["A02", "A04", "A05", "A08", "A09", "A12"])
def test_a_thousand_times_as_much(realdata, read_path, account):
    masters = Masters(realdata)
    path = next((realdata / "sellout" / "times_1000").glob(f"sellout_{account}_*"))
    plain = canonical(realdata / "sellout" / "canonical" / f"{path.stem}.csv")
    assert read_as_sent(read_path, masters, path, account) == {key: tuple(1000 * figure for figure in row) for key, row in plain.items()}


def test_our_own_form(realdata, read_path):
    for path in sorted((realdata / "sellout" / "canonical").glob("*_201703.csv")):
        result = read_path(path, "CANONICAL")
        assert (result.errors, result.reading.warnings) == ([], [])
        assert {
            (row.values["store_code"], row.values["date"], row.values["sku"]): tuple(row.values[name] for name in AMOUNTS)
            for row in result.rows
        } == canonical(path)


@pytest.mark.parametrize("account", DIALECTS)
def test_every_dialect_is_recognised_by_its_content(realdata, account):
    for path in (realdata / "sellout" / "as_sent" / account).glob("*_20170[1-4]*"):
        candidates = recognise(path, shipped().values(), SELLOUT)
        assert [candidate.profile.code for candidate in candidates] == [f"D{account[1:]}"], path.name
