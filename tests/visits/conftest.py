"""A field rep with one store in care, and the documents that their phone sends."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from tests.factories import (
    AccountAssignmentFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def store(db):
    return StoreFactory()


@pytest.fixture
def rep(store):
    """A field rep in a team, who looks after the store's account."""
    # Days here are days in UTC, wherever the company is.
    person = UserFactory(field_rep=True, name="Ana Field", team=TeamFactory(), time_zone="UTC")
    AccountAssignmentFactory(account=store.account, user=person, duty="field_rep")
    return person


@pytest.fixture
def boss(rep):
    """The supervisor of the rep's team."""
    return UserFactory(supervisor=True, name="Sam Lead", team=rep.team)


@pytest.fixture
def stranger(db):
    """A field rep of another team with an account of their own."""
    person = UserFactory(field_rep=True, name="Otto Other", team=TeamFactory())
    AccountAssignmentFactory(user=person, duty="field_rep")
    return person


@pytest.fixture
def visit(rep, store):
    return VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 2))


@pytest.fixture
def product(store):
    """A product on the store's must-stock list."""
    return MustStockRuleFactory(account=store.account, product=ProductFactory(name="Lemon tea 1 l")).product


@pytest.fixture
def today_is():
    """The real day: deputies' rights are asked of the clock, not of a rule."""
    return timezone.localdate()


def at(hour, minute=0, second=0, day=2):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC).isoformat()


def shelf_fact(product, *, changed_at=None, **values):
    return {"id": str(uuid.uuid4()), "changed_at": changed_at or at(9, 10), "product": product.pk, "is_present": True, **values}


def document(visit_id, **parts):
    return {"visit": str(visit_id), **parts}
