"""Visits and what was seen in them."""

from datetime import UTC, date, datetime

import factory

from contracts.models import MustStockRule
from visits.models import Attendance, Cadence, Leave, Photo, ShelfFact, Visit, VisitPlan
from visits.states import LeaveStatus, PlanStatus, VisitStatus

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


class CadenceFactory(factory.django.DjangoModelFactory):
    """Every store is due a fortnight after its last visit, since New Year 2026; ``account``, ``store``, ``store_format`` narrow."""

    class Meta:
        model = Cadence

    every_days = 14
    starts_on = date(2026, 1, 1)


class LeaveFactory(factory.django.DjangoModelFactory):
    """A field rep has asked for Monday 2 to Wednesday 4 March 2026; trait ``approved``."""

    class Meta:
        model = Leave

    class Params:
        approved = factory.Trait(status=LeaveStatus.APPROVED)

    person = factory.SubFactory(UserFactory, field_rep=True)
    starts_on = date(2026, 3, 2)
    ends_on = date(2026, 3, 4)


class AttendanceFactory(factory.django.DjangoModelFactory):
    """A field rep began at 8:20 UTC on Monday 2 March 2026, ten minutes before the hour; trait ``late``."""

    class Meta:
        model = Attendance

    class Params:
        late = factory.Trait(
            is_late=True,
            started_at=datetime(2026, 3, 2, 8, 50, tzinfo=UTC),
            received_at=datetime(2026, 3, 2, 8, 50, tzinfo=UTC),
        )

    person = factory.SubFactory(UserFactory, field_rep=True)
    day = date(2026, 3, 2)
    started_at = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)
    received_at = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)
    due_at = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


class VisitPlanFactory(factory.django.DjangoModelFactory):
    """The draft of a field rep's plan for the week of Monday 2 March 2026; trait ``submitted``."""

    class Meta:
        model = VisitPlan

    class Params:
        submitted = factory.Trait(status=PlanStatus.SUBMITTED, submitted_at=datetime(2026, 2, 27, 16, 0, tzinfo=UTC))

    person = factory.SubFactory(UserFactory, field_rep=True)
    week_starts_on = date(2026, 3, 2)
