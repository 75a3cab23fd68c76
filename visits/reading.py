"""The visit as it is read: figures, facts, photos and what happened, for supervisors and everybody else in scope."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import MustStockRule

from . import scores
from .models import CategoryAsk, CompetitorFact, Observation, ShelfFact, Visit
from .recording import shelf_facts_of, state_of
from .tickets import tickets_of

STATE_WORDS = {
    "on_shelf": (gettext_lazy("On shelf"), "ok"),
    "out_of_stock": (gettext_lazy("Out of stock"), "danger"),
    "absent": (gettext_lazy("Not there"), "danger"),
    "": (gettext_lazy("Not checked"), "neutral"),
}


@dataclass(frozen=True)
class ShelfLine:
    """One product as it was found, with the words and the tone for it."""

    fact: ShelfFact
    state: str
    tone: str


@dataclass(frozen=True)
class ShareLine:
    """One category that was counted: our facings against all."""

    ask: CategoryAsk
    share: scores.Score


@dataclass(frozen=True)
class GapList:
    """The must-stock list of a store on a day against the last check of each product there."""

    required: int
    missing: list
    unchecked: list
    compliance: scores.Score


_nothing_said = Q(is_as_agreed=None, note="", does_not_apply=False)


def page_of(visit, user):
    """All that the reading page shows, in a fixed number of statements."""
    facts = shelf_facts_of(visit)
    checked = [fact for fact in facts if fact.is_present is not None]
    must_stock = [fact for fact in checked if fact.is_must_stock]
    required = _required(visit, facts)
    asks = list(CategoryAsk.objects.filter(visit=visit).select_related("category").order_by("category__name"))
    return {
        "lines": [ShelfLine(fact, *STATE_WORDS[state_of(fact)]) for fact in facts],
        "compliance": scores.must_stock_compliance(
            found=sum(fact.is_present for fact in must_stock), checked=len(must_stock), required=max(required, len(must_stock))
        ),
        "availability": scores.on_shelf_availability(on_shelf=sum(fact.is_present for fact in checked), checked=len(checked)),
        "unchecked_count": max(required - len(must_stock), 0),
        "shares": [ShareLine(ask, _share(ask, facts)) for ask in asks],
        "competitors": list(CompetitorFact.objects.filter(visit=visit, is_removed=False).select_related("category").order_by("pk")),
        "observations": list(
            Observation.objects.filter(visit=visit).exclude(is_as_agreed=None, note="", does_not_apply=False).order_by("pk")
        ),
        "photos": _photos(visit, user),
        "currency": visit.account.currency,
        "score": scores.points(getattr(getattr(visit, "score", None), "score_e2", None)),
        "tickets": tickets_of(visit),
    }


def _required(visit, facts):
    if visit.store_id is None:
        return 0
    rules = MustStockRule.objects.for_store(visit.store, visit.planned_on).order_by().values("product").distinct().count()
    return max(rules, sum(fact.is_must_stock for fact in facts))


def _share(ask, facts):
    own = [fact.facings for fact in facts if fact.product.category_id == ask.category_id and fact.facings is not None]
    return scores.share_of_shelf(own_facings=sum(own) if own else None, all_facings=ask.all_facings)


def _photos(visit, user):
    """The visit's photos; ``reuse`` says where the same picture was seen before, in words that betray no visit out of scope."""
    photos = list(visit.photos.kept().select_related("reused_from").order_by("pk"))
    earlier = {photo.reused_from.visit_id for photo in photos if photo.reused_from_id}
    seen = {found.pk: found for found in Visit.objects.visible_to(user).filter(pk__in=earlier).with_places()} if earlier else {}
    for photo in photos:
        photo.reuse, photo.reuse_url = "", ""
        if photo.reused_from_id:
            before = seen.get(photo.reused_from.visit_id)
            photo.reuse = (
                _("The same picture was sent before: %(visit)s") % {"visit": before}
                if before
                else _("The same picture was sent before, in another visit.")
            )
            photo.reuse_url = before.get_absolute_url() if before and before.pk != visit.pk else ""
    return photos


def gaps_of_store(store, day):
    """What of the store's must-stock list on ``day`` was missing, or not looked for, when it was last checked. Three statements."""
    products = {rule.product_id: rule.product for rule in MustStockRule.objects.for_store(store, day)}
    latest = {}
    facts = ShelfFact.objects.filter(visit__store=store, product__in=products, is_present__isnull=False).select_related("product", "visit")
    for fact in facts.order_by("visit__planned_on", "visit_id"):
        latest[fact.product_id] = fact
    missing = [fact for pk in products if (fact := latest.get(pk)) is not None and not fact.is_present]
    found = sum(fact.is_present for fact in latest.values())
    return GapList(
        required=len(products),
        missing=missing,
        unchecked=[product for pk, product in products.items() if pk not in latest],
        compliance=scores.must_stock_compliance(found=found, checked=len(latest), required=len(products)),
    )
