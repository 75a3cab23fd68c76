"""The order in which the company comes about."""

import numpy as np
from django.conf import settings
from django.utils import translation

from team.audit import record
from team.models import AuditEvent

from .bulk import load_bulk_company
from .catalogue import make_products
from .customers import make_customers
from .desk import make_desk
from .field import make_visits
from .people import make_deputy, make_people
from .sell_out import make_sell_out
from .terms import make_must_stock

LOADED = "demo.loaded"


def is_loaded():
    """Whether the demo company is here, whole."""
    return AuditEvent.objects.filter(verb=LOADED).exists()


def load_company(size, *, seed, today, say=lambda line: None):
    """Make the whole company as of ``today``. ``say`` is told each step. Returns the people by role and name."""
    if size.bulk:
        return load_bulk_company(size, seed=seed, today=today, loaded=LOADED, say=say)
    rng = np.random.default_rng(seed)
    with translation.override(settings.LANGUAGE_CODE):
        say("People and teams…")
        people = make_people(more=size.chains > 6)
        say("Products, chains, stores and contacts…")
        products = make_products(actor=people["administrator"], count=size.products)
        customers = make_customers(people=people, stores=size.stores, today=today, months=size.months, rng=rng, chains=size.chains)
        make_deputy(people, today=today)
        make_must_stock(products=products, customers=customers, today=today, actor=people["supervisor"])
        say(f"Sell-out of {size.months} months, imported file by file…")
        make_sell_out(customers=customers, products=products, people=people, months=size.months, today=today, rng=rng)
        say(f"{size.visits} store visits with their photos…")
        made = make_visits(customers=customers, people=people, size=size, today=today, rng=rng)
        say(f"{made} visits, planned ones included.")
        say("Tasks, remarks, week plans, leave, and the reports of the month before last…")
        make_desk(customers=customers, people=people, today=today, rng=rng)
        record(people["administrator"], LOADED, actor=None, changes={"seed": [None, seed], "today": [None, str(today)]})
    return people
