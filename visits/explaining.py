"""Why a visit scored what it scored: every part with its weight, its points, its share of the whole, and the facts behind it."""

from dataclasses import dataclass
from decimal import Decimal

from .models import CategoryAsk, Observation, ShelfFact
from .scores import NOT_APPLICABLE, SCORED, points
from .scoring import LABELS, WHY, scores_of


@dataclass(frozen=True)
class PartLine:
    """One part. ``points`` are 0–100 of its own; ``adds`` is what it adds to the score, both None where it is in neither sum."""

    key: str
    label: str
    weight: int
    is_scored: bool
    applies: bool
    count: int
    base: int
    points: Decimal | None
    adds: Decimal | None
    reason: str
    target: Decimal | None
    facts: list


def page_of(visit):
    """The stored score of a completed visit, or as its facts stand while it is under way; empty at headquarters."""
    if visit.store_id is None:
        return {"score": None, "lines": [], "is_final": False}
    score = getattr(visit, "score", None)
    stands = score or scores_of([visit])[0]
    facts = _facts(visit)
    counted = sum(part["weight"] for part in stands.parts if part["points_e2"] is not None)
    lines = [_line(part, counted, facts) for part in stands.parts]
    return {"score": points(stands.score_e2), "lines": lines, "is_final": score is not None, "weights": counted}


def _line(part, counted, facts):
    in_sums = part["points_e2"] is not None
    adds = points(round(Decimal(part["points_e2"]) * part["weight"] / counted)) if in_sums and counted else None
    return PartLine(
        key=part["key"],
        label=LABELS.get(part["key"], part["key"]),
        weight=part["weight"],
        is_scored=part["state"] == SCORED,
        applies=part["state"] != NOT_APPLICABLE,
        count=part["count"],
        base=part["base"],
        points=points(part["points_e2"]),
        adds=adds,
        reason=WHY.get(part["reason"], part["reason"]),
        target=Decimal(part["target"]) if part.get("target") else None,
        facts=facts.get(part["key"], []),
    )


def _facts(visit):
    """{part: the rows that made it}: three statements."""
    shelf = list(
        ShelfFact.objects.filter(visit=visit, is_present__isnull=False)
        .select_related("product")
        .order_by("is_present", "product__sort_key", "pk")
    )
    asks = list(CategoryAsk.objects.filter(visit=visit, all_facings__gt=0).select_related("category").order_by("category__name"))
    found = {
        "must_stock": [_shelf_row(fact) for fact in shelf if fact.is_must_stock],
        "availability": [_shelf_row(fact) for fact in shelf],
        "share_of_shelf": [_ask_row(ask, shelf) for ask in asks],
    }
    for one in Observation.objects.filter(visit=visit):
        if one.is_as_agreed is not None or one.note:
            found[one.topic] = [{"what": one.note or one.get_topic_display(), "is_good": one.is_as_agreed, "detail": ""}]
    return found


def _shelf_row(fact):
    return {"what": fact.product, "is_good": fact.is_present, "detail": fact.note}


def _ask_row(ask, shelf):
    own = [fact.facings for fact in shelf if fact.product.category_id == ask.category_id and fact.facings is not None]
    return {"what": ask.category, "is_good": None, "detail": f"{sum(own) if own else '–'} / {ask.all_facings}"}
