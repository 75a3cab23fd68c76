"""The guided order of a visit, which steps its purpose asks for, and the parts of the score that each step answers."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from .models import Observation, Visit

Topic = Observation.Topic


@dataclass(frozen=True)
class Step:
    """One step. ``topic`` is where “does not apply” is recorded, empty where a step cannot be skipped."""

    key: str
    title: str
    topic: str = ""
    needs_store: bool = False


STEPS = (
    Step("check-in", _("Check-in")),
    Step("shelf", _("Shelf"), Topic.SHELF, needs_store=True),
    Step("gaps", _("Out of stock"), needs_store=True),
    Step("price", _("Price"), Topic.PRICE, needs_store=True),
    Step("promotion", _("Promotion"), Topic.PROMOTION, needs_store=True),
    Step("display", _("Display"), Topic.DISPLAY, needs_store=True),
    Step("competitors", _("Competitors"), Topic.COMPETITORS, needs_store=True),
    Step("category", _("Category"), Topic.CATEGORY, needs_store=True),
    Step("stock", _("Stock room"), Topic.STOCK, needs_store=True),
    Step("promoters", _("Promoters"), Topic.PROMOTERS, needs_store=True),
    Step("photos", _("Photos")),
    Step("note", _("Note")),
    Step("check-out", _("Check-out")),
)
_ALL = frozenset(step.topic for step in STEPS if step.topic)
# What each purpose asks for; every other step stays one tap away.
OF_PURPOSE = {
    Visit.Purpose.ROUTINE: _ALL,
    Visit.Purpose.PROMOTION: frozenset({Topic.SHELF, Topic.PRICE, Topic.PROMOTION, Topic.DISPLAY, Topic.STOCK, Topic.PROMOTERS}),
    Visit.Purpose.LISTING: frozenset({Topic.SHELF, Topic.PRICE, Topic.DISPLAY, Topic.STOCK, Topic.CATEGORY}),
    Visit.Purpose.COMPLAINT: frozenset({Topic.SHELF, Topic.STOCK}),
    Visit.Purpose.NEGOTIATION: frozenset({Topic.COMPETITORS, Topic.CATEGORY}),
    Visit.Purpose.OTHER: frozenset({Topic.SHELF}),
}


def asked_of(visit):
    """Topics that the purpose of ``visit`` asks for; none at headquarters, where there is no shelf."""
    return OF_PURPOSE[visit.purpose] if visit.store_id else frozenset()


def steps_of(visit):
    """The steps of ``visit`` in their order."""
    return [step for step in STEPS if visit.store_id or not step.needs_store]
