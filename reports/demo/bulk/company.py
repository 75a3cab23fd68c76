"""The order in which the large company comes about."""

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import translation

from team.audit import record

from ..people import make_people
from .customers import make_accounts, make_crew, make_must_stock, make_stores
from .products import make_products
from .sell_out import load_market_totals, load_sell_out
from .visits import make_visits


def load_bulk_company(size, *, seed, today, loaded, say=lambda line: None):
    """Write the whole company as of ``today``; ``loaded`` is the trail's word for a company that is here, whole."""
    rng = np.random.default_rng(seed)
    with translation.override(settings.LANGUAGE_CODE):
        say("People and teams…")
        people = make_people()
        crew = make_crew(people)
        say(f"{size.products} products, {size.accounts} accounts, {size.stores:,} stores…")
        products = make_products(size.products, rng)
        accounts = make_accounts(size, people, crew, today)
        stores = make_stores(size, accounts, today, rng)
        make_must_stock(products, today)
        say(f"{size.sell_out_rows:,} rows of sell-out and their sums…")
        written = load_sell_out(size, stores=stores, products=products, today=today, rng=rng, say=say)
        load_market_totals(size, stores=stores, products=products, today=today, rng=rng)
        say(f"{written:,} rows of sell-out. {size.visits:,} visits…")
        make_visits(size, stores=stores, today=today, rng=rng)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # the planner must not guess at tables that were empty a minute ago
        record(people["administrator"], loaded, actor=None, changes={"seed": [None, seed], "today": [None, str(today)]})
    return people
