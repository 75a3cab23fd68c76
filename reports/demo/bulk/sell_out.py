"""Ten million rows of sell-out, a day at a time in the key's order, and the market totals beside them."""

from datetime import timedelta

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ka_crm.files import store_bytes
from sales.importing.category_totals import FACTS as TOTALS
from sales.importing.facts import roll_up_loaded
from sales.importing.sellout import FACTS as SELLOUT
from sales.importing.staging import fill
from sales.models import ImportBatch
from sales.models.sellout import Grain
from sales.states import BatchStatus

from ..sell_out import months_until

RANGE = 60  # products that an account lists
CARRIED = 20  # of which each store carries so many
TEMPORARY = ("row_no", "month", "week_start")  # columns that a staged row has and a stored one has not
NOTE = b"Made by load_demo --size large; there is no file behind these rows.\n"


class Shelves:
    """Which products each store carries: arrays of ``stores × CARRIED`` cells in the order of store id, then product id."""

    def __init__(self, stores, products, rng):
        ids = np.array([product.pk for product in products])
        prices = {product.pk: product.list_price_e4 * 135 // 10_000 for product in products}
        ranges = {}
        carried = []
        for store in stores:
            if store.account_id not in ranges:
                ranges[store.account_id] = rng.choice(ids, min(RANGE, len(ids)), replace=False)
            listed = ranges[store.account_id]
            carried.append(np.sort(rng.choice(listed, min(CARRIED, len(listed)), replace=False)))
        order = np.argsort([store.pk for store in stores])
        width = len(carried[0])
        self.store = np.repeat(np.array([stores[n].pk for n in order]), width)
        self.account = np.repeat(np.array([stores[n].account_id for n in order]), width)
        self.product = np.concatenate([carried[n] for n in order])
        self.price = np.array([max(29, prices[product] // 10 * 10 + 9) for product in self.product])
        self.strength = np.repeat(rng.lognormal(0, 0.4, len(stores)), width)


def load_sell_out(size, *, stores, products, today, rng, say=lambda line: None):
    """Write about ``size.sell_out_rows`` rows of days up to yesterday, one import a month, and their sums. Returns how many."""
    shelves = Shelves(stores, products, rng)
    months = months_until(today - timedelta(days=1), size.months)
    days = (months[-1][1] - months[0][0]).days + 1
    chance = 1.002 * size.sell_out_rows / (days * len(shelves.store))  # rather a few too many: the size is a promise
    columns = {name: kind for name, kind in SELLOUT.columns.items() if name not in TEMPORARY} | {"batch_id": "big"}
    written = 0
    for first, last in months:
        with transaction.atomic():
            batch = _batch("sellout", first, last)
            rows = 0
            for step in range((last - first).days + 1):
                day = _day(shelves, first + timedelta(days=step), chance, step, rng)
                day["batch_id"] = np.full(len(day["units"]), batch.pk)
                fill(SELLOUT.table, columns, day)
                rows += len(day["units"])
            roll_up_loaded(SELLOUT, first, last)
            _done(batch, rows)
        written += rows
        say(f"  {first:%Y-%m}: {rows:,} rows")
    return written


def _day(shelves, day, chance, step, rng):
    """The columns of one day's rows; every seventh day is a promotion of a fifth off."""
    weekday = (0.8, 0.8, 0.9, 0.95, 1.1, 1.3, 1.15)[day.weekday()]
    season = 1 + 0.25 * np.sin(day.timetuple().tm_yday / 58)
    sold = np.nonzero(rng.random(len(shelves.store)) < chance * weekday)[0]
    units = 1 + rng.poisson(1.5 * shelves.strength[sold] * season)
    gross = units * shelves.price[sold]
    discount = gross * 20 // 100 if step % 7 == 5 else gross * 0
    return {
        "sold_on": np.full(len(sold), np.datetime64(day)),
        "store_id": shelves.store[sold],
        "product_id": shelves.product[sold],
        "grain": np.full(len(sold), int(Grain.DAY)),
        "account_id": shelves.account[sold],
        "units": units,
        "gross_minor": gross,
        "discount_minor": discount,
        "net_minor": gross - discount,
        "coupon_minor": gross * 0,
    }


def load_market_totals(size, *, stores, products, today, rng):
    """The whole market per store and category for each whole month, some ten times what one of our stores sells in it."""
    categories = np.array(sorted({product.category_id for product in products}))
    shops = sorted(stores, key=lambda store: store.pk)
    columns = {name: kind for name, kind in TOTALS.columns.items() if name not in TEMPORARY or name == "month"} | {"batch_id": "big"}
    store = np.repeat(np.array([shop.pk for shop in shops]), len(categories))
    account = np.repeat(np.array([shop.account_id for shop in shops]), len(categories))
    for first, last in months_until(today - timedelta(days=1), size.months):
        if (last + timedelta(days=1)).day != 1:
            continue
        with transaction.atomic():
            batch = _batch("category_totals", first, last)
            units = rng.integers(400, 4_000, len(store))
            fill(
                TOTALS.table,
                columns,
                {
                    "month": np.full(len(store), np.datetime64(first)),
                    "store_id": store,
                    "category_id": np.tile(categories, len(shops)),
                    "account_id": account,
                    "market_units": units,
                    "market_net_minor": units * rng.integers(300, 900, len(store)),
                    "batch_id": np.full(len(store), batch.pk),
                },
            )
            _done(batch, len(store))


def _batch(kind, first, last):
    """An import on record, so that every row comes from one."""
    file = store_bytes(NOTE, name=f"{kind}-{first:%Y-%m}.txt", kind="imports")
    sequence = (ImportBatch.objects.aggregate(last=Max("sequence"))["last"] or 0) + 1
    return ImportBatch.objects.create(
        kind=kind,
        status=BatchStatus.IMPORTED,
        file=file,
        sequence=sequence,
        verdict="accepted",
        period_starts_on=first,
        period_ends_on=last,
        finished_at=timezone.now(),
    )


def _done(batch, rows):
    batch.rows_read = batch.rows_imported = rows
    batch.save(update_fields=["rows_read", "rows_imported"])
