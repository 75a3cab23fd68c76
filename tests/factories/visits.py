"""Visits and what was seen in them."""

from datetime import UTC, date, datetime

import factory

from contracts.models import MustStockRule
from visits.models import Photo, ShelfFact, Visit
from visits.states import VisitStatus

from .accounts import KeyAccountFactory, StoreFactory
from .sales import ProductFactory, StoredFileFactory
from .team import UserFactory


class MustStockRuleFactory(factory.django.DjangoModelFactory):
    """A product that every store of one account has to have since New Year 2026."""

    class Meta:
        model = MustStockRule

    account = factory.SubFactory(KeyAccountFactory)
    product = factory.SubFactory(ProductFactory)
    starts_on = date(2026, 1, 1)


class VisitFactory(factory.django.DjangoModelFactory):
    """A field rep plans to see a store on Monday 2 March 2026; traits: ``in_progress``, ``completed``, ``cancelled``, ``missed``."""

    class Meta:
        model = Visit

    class Params:
        in_progress = factory.Trait(status=VisitStatus.IN_PROGRESS, checked_in_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        completed = factory.Trait(
            status=VisitStatus.COMPLETED,
            checked_in_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
            checked_out_at=datetime(2026, 3, 2, 9, 40, tzinfo=UTC),
        )
        cancelled = factory.Trait(status=VisitStatus.CANCELLED, cancel_reason="The store was closed.")
        missed = factory.Trait(status=VisitStatus.MISSED)

    store = factory.SubFactory(StoreFactory)
    account = factory.SelfAttribute("store.account")
    visitor = factory.SubFactory(UserFactory, field_rep=True)
    created_by = factory.SelfAttribute("visitor")
    planned_on = date(2026, 3, 2)


class ShelfFactFactory(factory.django.DjangoModelFactory):
    """A product found on the shelf with four facings."""

    class Meta:
        model = ShelfFact

    visit = factory.SubFactory(VisitFactory, in_progress=True)
    product = factory.SubFactory(ProductFactory)
    is_present = True
    facings = 4


class PhotoFactory(factory.django.DjangoModelFactory):
    """A shelf photo; its files are rows only, see ``StoredFileFactory``."""

    class Meta:
        model = Photo

    visit = factory.SubFactory(VisitFactory, in_progress=True)
    file = factory.SubFactory(StoredFileFactory, original_name="shelf.jpg", content_type="image/jpeg")
    thumbnail = factory.SubFactory(StoredFileFactory, original_name="shelf-small.jpg", content_type="image/jpeg")
    content_sha256 = factory.Sequence(lambda number: f"{number:064x}")
