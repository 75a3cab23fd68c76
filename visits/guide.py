"""The guided order on the recording page: which steps, which of them the purpose asks for, and what is still missing at the check-out."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Observation
from .scores import points
from .scoring import scores_of
from .steps import asked_of, steps_of

AGREED_TOPICS = (Observation.Topic.PROMOTION, Observation.Topic.DISPLAY, Observation.Topic.STOCK, Observation.Topic.PROMOTERS)


@dataclass(frozen=True)
class ShownStep:
    """One step as the page shows it. ``is_asked``: the purpose asks for it; the other steps are passed over by “Next”."""

    key: str
    title: str
    is_asked: bool
    is_done: bool = False
    count: str = ""


@dataclass(frozen=True)
class Lack:
    """Something that was asked for and is not there; ``step`` is where to put it right."""

    step: str
    text: str


def guide_of(visit, page):
    """Steps, what is missing, and the score as it stands: from the forms that ``recording.page_of`` put on the page."""
    asked, skipped = asked_of(visit), {topic for topic, one in page["observations"].items() if one.values["is_as_agreed"] == "na"}
    missing = _missing(visit, page, asked - skipped)
    stands = scores_of([visit])[0] if visit.store_id and visit.checked_in_at else None
    return {
        "steps": [_step(step, visit, page, asked, skipped) for step in steps_of(visit)],
        "missing": missing,
        "stands_at": points(stands.score_e2) if stands else None,
    }


def _step(step, visit, page, asked, skipped):
    is_asked = (not step.topic or step.topic in asked) and step.topic not in skipped
    answered = {
        "check-in": visit.checked_in_at is not None,
        "shelf": bool(page["shelf"]) and page["checked_count"] == len(page["shelf"]),
        "gaps": page["checked_count"] > 0,
        "price": bool(_on_shelf(page)) and not _without_price(page),
        "competitors": any(one.is_known for one in page["competitors"]),
        "category": any(one.is_known for one in page["category_asks"]),
        "photos": bool(page["photos"]),
        "note": bool(visit.note),
        "check-out": visit.checked_out_at is not None,
    }
    counts = {"shelf": f"{page['checked_count']}/{len(page['shelf'])}", "gaps": str(len(page["gaps"])), "photos": str(len(page["photos"]))}
    is_done = answered.get(step.key, False) or step.topic in skipped
    if step.topic in AGREED_TOPICS:
        one = page["observations"][step.topic]
        is_done = bool(one.values["is_as_agreed"] or one.values["note"])
    return ShownStep(step.key, step.title, is_asked, is_done, counts.get(step.key, ""))


def _on_shelf(page):
    return [one for one in page["shelf"] if one.values["state"] == "on_shelf"]


def _without_price(page):
    return [one for one in _on_shelf(page) if not one.values["price"]]


def _missing(visit, page, asked):
    """What the purpose asks for and nobody has said, in the order of the steps."""
    lacks = []
    unchecked = sum(1 for one in page["shelf"] if not one.values["state"])
    if "shelf" in asked and unchecked:
        text = ngettext("%(count)d product is not checked.", "%(count)d products are not checked.", unchecked) % {"count": unchecked}
        lacks.append(Lack("shelf", text))
    if "price" in asked and (priceless := len(_without_price(page))):
        text = ngettext("%(count)d product on the shelf has no price.", "%(count)d products on the shelf have no price.", priceless)
        lacks.append(Lack("price", text % {"count": priceless}))
    for topic in AGREED_TOPICS:
        one = page["observations"].get(topic)
        if topic in asked and not one.values["is_as_agreed"] and not one.values["note"]:
            lacks.append(Lack(topic, _("%(topic)s: nobody said whether it is as agreed.") % {"topic": one.label}))
    if "category" in asked and not any(one.values["all_facings"] for one in page["category_asks"]):
        lacks.append(Lack("category", _("The facings of no category were counted.")))
    if visit.store_id and not page["photos"]:
        lacks.append(Lack("photos", _("There is no photo.")))
    return lacks
