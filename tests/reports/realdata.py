"""The real year straight into the rollups, without any importer: what a report is compared with does not pass through what it compares."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.db import connection

from accounts.models import KeyAccount, Store
from ka_crm.money import to_minor
from sales.models import AccountProductMonth, Category, CategoryTotal, Product, StoreProductMonth


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def load(folder):
    """Master data, twelve months of sell-out sums and the market totals of the folder ``realdata``."""
    accounts = {}
    for row in rows_of(folder / "master/accounts.csv"):
        account = KeyAccount(code=row["account_code"], name=row["account_name"], gln=row["account_gln"], country=row["country"][:2])
        account.fill_search()
        account.save()
        KeyAccount.objects.filter(pk=account.pk).update(path=f"/{account.pk}/")
        accounts[account.code] = account
    stores = _kept(
        Store,
        [
            Store(code=row["store_code"], name=row["store_name"], account=accounts[row["account_code"]], region=row["region"])
            for row in rows_of(folder / "master/stores.csv")
        ],
        "code",
    )
    products = list(rows_of(folder / "master/products.csv"))
    categories = _kept(
        Category,
        [
            Category(name=name)
            for name in sorted(
                {row["category"] for row in products} | {row["category"] for row in rows_of(folder / "market/category_totals.csv")}
            )
        ],
        "name",
    )
    articles = _kept(
        Product,
        [Product(sku=row["sku"], gtin=row["gtin"], name=row["name"], category=categories[row["category"]]) for row in products],
        "sku",
    )
    _load_sums(folder, accounts, stores, articles)
    CategoryTotal.objects.bulk_create(
        CategoryTotal(
            month=date.fromisoformat(row["month"] + "-01"),
            store=stores[row["store_code"]],
            category=categories[row["category"]],
            account=accounts[row["account_code"]],
            market_units=int(row["market_units"]),
            market_net_minor=to_minor(Decimal(row["market_net_value"]), "USD"),
            batch_id=1,
        )
        for row in rows_of(folder / "market/category_totals.csv")
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # autovacuum does not see what a test has not committed, and the planner then takes a year for one row


def _kept(model, rows, key):
    for row in rows:
        if hasattr(row, "fill_search"):
            row.fill_search()
    model.objects.bulk_create(rows)
    return {getattr(row, key): row for row in model.objects.all()}


def _load_sums(folder, accounts, stores, products):
    by_store, by_account = defaultdict(lambda: [0] * 6), defaultdict(lambda: [0] * 6)
    for path in sorted((folder / "sellout/canonical").glob("*.csv")):
        for row in rows_of(path):
            month = date.fromisoformat(row["date"]).replace(day=1)
            product, account, store = products[row["sku"]], accounts[row["account_code"]], stores[row["store_code"]]
            money = [
                to_minor(Decimal(row[name]), "USD") for name in ("gross_value", "discount_value", "net_value", "supplier_coupon_value")
            ]
            values = [int(row["units"]), *money, 1]
            for sums in (by_store[month, account.pk, store.pk, product.pk], by_account[month, account.pk, product.pk]):
                for place, value in enumerate(values):
                    sums[place] += value
    StoreProductMonth.objects.bulk_create(
        StoreProductMonth(month=month, account_id=account, store_id=store, product_id=product, **_named(sums))
        for (month, account, store, product), sums in by_store.items()
    )
    AccountProductMonth.objects.bulk_create(
        AccountProductMonth(month=month, account_id=account, product_id=product, **_named(sums))
        for (month, account, product), sums in by_account.items()
    )


def _named(sums):
    return dict(zip(("units", "gross_minor", "discount_minor", "net_minor", "coupon_minor", "fact_rows"), sums, strict=True))
