"""Which products have to be on the shelf where."""

from datetime import timedelta

from contracts.models import MustStockRule
from team.audit import record

EVERYWHERE = ("Q1001", "Q1007", "Q1013", "Q1020", "Q1027")
LARGE_STORES = ("Q1012", "Q1018", "Q1022", "Q1025")
PER_CHAIN = {"HL": ("Q1008", "Q1014"), "HY": ("Q1017", "Q1019"), "HM": ("Q1010", "Q1028"), "VD": ("Q1006",)}


def make_must_stock(*, products, customers, today, actor):
    """Five products everywhere, four more in hypermarkets, a few per chain."""
    by_sku = {product.sku: product for product in products}
    accounts = {account.code: account for account in customers.chains}
    since = today.replace(day=1) - timedelta(days=400)
    wanted = [(None, "", sku) for sku in EVERYWHERE] + [(None, "hypermarket", sku) for sku in LARGE_STORES]
    wanted += [(accounts[code], "", sku) for code, skus in PER_CHAIN.items() for sku in skus]
    for account, store_format, sku in wanted:
        rule = MustStockRule.objects.create(account=account, store_format=store_format, product=by_sku[sku], starts_on=since)
        record(rule, "must_stock.created", actor=actor)
