"""Sell-out and market totals, as files that came in month by month and went through the import."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import numpy as np
from django.core.management.base import CommandError

from sales.services.imports import receive_file, run_import
from sales.services.shipped_profiles import load_shipped_profiles
from sales.states import BatchStatus

from .customers import WEIGHT
from .dossiers import CHAINS

YUAN_PER_DOLLAR = Decimal("6.5")
# Units a day in a supermarket of average size, per category; and how the year bends it, month by month.
BASE = {
    "Biscuits": 2.2,
    "Instant noodles": 4.0,
    "Tea drinks": 5.0,
    "Nuts & dried fruit": 1.3,
    "Sauces": 1.6,
    "Coffee": 1.2,
    "Confectionery": 1.9,
    "Rice & grains": 1.1,
    "Juice": 2.4,
    "Breakfast cereals": 0.9,
}
SEASON = {
    "Biscuits": (1.0, 1.05, 0.95, 0.95, 0.95, 0.9, 0.9, 0.95, 1.05, 1.05, 1.1, 1.2),
    "Instant noodles": (1.1, 1.05, 1.0, 0.95, 0.95, 0.9, 0.9, 0.95, 1.0, 1.05, 1.1, 1.1),
    "Tea drinks": (0.75, 0.8, 0.9, 1.0, 1.15, 1.35, 1.45, 1.4, 1.1, 0.9, 0.8, 0.75),
    "Nuts & dried fruit": (1.35, 1.2, 0.9, 0.85, 0.85, 0.8, 0.8, 0.9, 1.05, 1.0, 1.1, 1.4),
    "Sauces": (1.1, 1.15, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 1.0, 1.05, 1.1, 1.15),
    "Coffee": (1.1, 1.05, 1.0, 1.0, 0.95, 0.95, 0.9, 0.95, 1.0, 1.05, 1.05, 1.1),
    "Confectionery": (1.3, 1.2, 0.95, 0.9, 0.85, 0.75, 0.75, 0.8, 0.95, 1.1, 1.15, 1.4),
    "Rice & grains": (1.05, 1.05, 1.0, 1.0, 0.95, 0.95, 0.95, 1.0, 1.05, 1.0, 1.0, 1.05),
    "Juice": (0.9, 0.9, 0.95, 1.0, 1.05, 1.2, 1.25, 1.2, 1.05, 0.95, 0.9, 0.95),
    "Breakfast cereals": (1.05, 1.0, 1.0, 1.0, 1.0, 0.95, 0.9, 1.0, 1.1, 1.05, 1.0, 1.0),
}
WEEKDAY = (0.85, 0.85, 0.9, 0.95, 1.1, 1.35, 1.2)
MARKET_SHARE = {
    "Biscuits": 0.09,
    "Instant noodles": 0.16,
    "Tea drinks": 0.11,
    "Nuts & dried fruit": 0.13,
    "Sauces": 0.08,
    "Coffee": 0.05,
    "Confectionery": 0.07,
    "Rice & grains": 0.06,
    "Juice": 0.08,
    "Breakfast cereals": 0.1,
}
HEADER = ["account_code", "store_code", "date", "sku", "units", "gross_value", "discount_value", "net_value"]


def months_until(day, count):
    """First and last days of the last ``count`` months up to ``day``, the last one cut there."""
    firsts, first = [], day.replace(day=1)
    for _month in range(count):
        firsts.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    ends = [*(later - timedelta(days=1) for later in firsts[:-1][::-1]), day] if count > 1 else [day]
    return list(zip(reversed(firsts), ends, strict=True))


def shelf_price(product, currency):
    """What a unit costs in the shop, in cents: a third above our list price, ending in 9."""
    dollars = Decimal(product.list_price_e4) / 10_000 * Decimal("1.35")
    minor = int(dollars * (YUAN_PER_DOLLAR if currency == "CNY" else 1) * 100)
    return max(minor - minor % 10 + 9, 29)


class Chain:
    """One chain's shops: which products each carries, at which price and how well, and in which weeks it promotes."""

    def __init__(self, root, chain, stores, products, rng):
        self.root, self.chain, self.stores, self.products = root, chain, stores, products
        self.prices = np.array([shelf_price(product, root.currency) for product in products])
        self.liking = rng.lognormal(0, 0.45, len(products))
        breadth = {"hypermarket": 0.8, "supermarket": 0.6, "convenience": 0.35}
        self.carried = np.array([rng.random(len(products)) < breadth[store.store_format] for store in stores])
        self.strength = np.array([WEIGHT[store.store_format] * rng.lognormal(0, 0.2) for store in stores]) * chain.size
        self.promotion = rng.random((len(products), 120)) < 0.07  # product × week since the start

    def month(self, first, last, start, rng):
        """Rows of the file, and {(store, category): (units, minor)} for the market totals."""
        rows, sums = [], {}
        day = first
        while day <= last:
            elapsed = (day - start).days
            promoted = self.promotion[:, elapsed // 7 % 120]
            pace = np.array([BASE[product.category.name] * SEASON[product.category.name][day.month - 1] for product in self.products])
            trend = (1 + self.chain.growth) ** (elapsed / 365)
            expected = np.outer(self.strength, pace * self.liking * np.where(promoted, 2.1, 1.0)) * WEEKDAY[day.weekday()] * trend * 0.6
            units = rng.poisson(expected) * self.carried
            for shop, item in zip(*np.nonzero(units), strict=True):
                self._row(rows, sums, day, shop, item, int(units[shop, item]), bool(promoted[item]))
            day += timedelta(days=1)
        return rows, sums

    def _row(self, rows, sums, day, shop, item, units, promoted):
        store, product = self.stores[shop], self.products[item]
        gross = int(self.prices[item]) * units
        discount = gross * 20 // 100 if promoted else 0
        net = gross - discount
        rows.append([self.root.code, store.code, day.isoformat(), product.sku, units, _money(gross), _money(discount), _money(net)])
        key = (store.code, product.category.name)
        have = sums.get(key, (0, 0))
        sums[key] = (have[0] + units, have[1] + net)


def make_sell_out(*, customers, products, people, months, today, rng):
    """Import one sell-out file per chain and month, and one of market totals per chain and whole month."""
    load_shipped_profiles()
    periods = months_until(today - timedelta(days=1), months)
    for root, chain in zip(customers.chains, CHAINS, strict=False):
        shops = Chain(root, chain, customers.stores[root.code], products, rng)
        manager = customers.manager[root.code]
        for first, last in periods:
            rows, sums = shops.month(first, last, periods[0][0], rng)
            if first == periods[-1][0] and root in (customers.chains[0], customers.chains[-1]):
                _refused_first(root, first, rows, manager)
            _import("sellout", f"{root.code.lower()}-sellout-{first:%Y-%m}.csv", HEADER, rows, root, manager)
            if sums:
                header, totals = _market(sums, first, rng)
                _import("category_totals", f"{root.code.lower()}-market-{first:%Y-%m}.csv", header, totals, root, manager)


def _market(sums, first, rng):
    """What all makers together sold: ours divided by a share that differs by category and store and moves a little."""
    rows = []
    for (store, category), (units, net) in sorted(sums.items()):
        share = MARKET_SHARE[category] * float(rng.lognormal(0, 0.18))
        rows.append([store, category, f"{first:%Y-%m}", max(units, round(units / share)), _money(max(net, round(net / share)))])
    return ["store_code", "category", "month", "market_units", "market_net_value"], rows


def _refused_first(root, first, rows, manager):
    """The newest file came with two wrong rows at first: it stays on record as refused, with its error file."""
    wrong = [row.copy() for row in rows[:60]]
    wrong[6][1], wrong[21][4] = "HL-99", "12.5"
    name = f"{root.code.lower()}-sellout-{first:%Y-%m}-first-try.csv"
    _import("sellout", name, HEADER, wrong, root, manager, expected=BatchStatus.REFUSED)


def _import(kind, name, header, rows, account, actor, expected=BatchStatus.IMPORTED):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    batch = receive_file(kind=kind, file=io.BytesIO(text.getvalue().encode()), name=name, actor=actor, account=account)
    run_import(batch=batch, skip_invalid=False, actor=actor)
    batch.refresh_from_db()
    if batch.status != expected:
        raise CommandError(f"{name}: the import came to “{batch.status}”: {batch.messages}")


def _money(minor):
    return f"{minor // 100}.{minor % 100:02}"
