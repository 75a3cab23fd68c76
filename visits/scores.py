"""Scores of what was seen on the shelf: arithmetic on plain counts, tested without a database.

Source of all formulas: docs, “Formulas and definitions” (must-stock compliance, on-shelf availability, share of shelf, price
compliance, perfect-store score).
Not checked is never counted as absent.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

from django.utils.translation import gettext_lazy as _

from ka_crm.money import ratio


@dataclass(frozen=True)
class Score:
    """A fraction with 6 digits, or None with the ``reason`` why there is none; ``count`` of ``base`` is what it was made of."""

    value: Decimal | None
    count: int
    base: int
    reason: str = ""


def must_stock_compliance(*, found, checked, required):
    """Required products found ÷ required products checked, as a fraction.

    found: required products that stood on the shelf; checked: required products that somebody looked for; required: the
    store's whole list on the day. Counts of one visit, or sums over many. A product nobody looked for is left out of both
    sums, since not checked is not absent. None where there is no list, and where nothing of it was checked.
    Raises ValueError unless 0 ≤ found ≤ checked ≤ required.
    """
    if not 0 <= found <= checked <= required:
        raise ValueError(f"Expected 0 ≤ found ≤ checked ≤ required; got {found}, {checked}, {required}.")
    if not required:
        return Score(None, 0, 0, _("No must-stock list for this store."))
    if not checked:
        return Score(None, 0, 0, _("No must-stock product was checked."))
    return Score(ratio(found, checked), found, checked)


def on_shelf_availability(*, on_shelf, checked):
    """Products on the shelf ÷ listed products checked, as a fraction; out-of-stock rate = 1 − this.

    on_shelf: checked products that a shopper could take; checked: listed products that somebody looked for. None where
    nothing was checked. Raises ValueError unless 0 ≤ on_shelf ≤ checked.
    """
    if not 0 <= on_shelf <= checked:
        raise ValueError(f"Expected 0 ≤ on shelf ≤ checked; got {on_shelf}, {checked}.")
    if not checked:
        return Score(None, 0, 0, _("No product was checked."))
    return Score(ratio(on_shelf, checked), on_shelf, checked)


def share_of_shelf(*, own_facings, all_facings):
    """Own facings ÷ all facings of the category (ours included), as a fraction.

    None where the category's facings were not counted or are zero, and where ours are more than all: then one of the two
    counts is wrong and a share above 100 % would hide it. Raises ValueError for a negative count.
    """
    if (own_facings or 0) < 0 or (all_facings or 0) < 0:
        raise ValueError(f"Facings are never negative; got {own_facings}, {all_facings}.")
    if not all_facings:
        return Score(None, own_facings or 0, 0, _("The facings of the whole category were not counted."))
    if own_facings is None:
        return Score(None, 0, all_facings, _("Our own facings were not counted."))
    if own_facings > all_facings:
        return Score(
            None, own_facings, all_facings, _("Our facings are more than those of the whole category: one of the two counts is wrong.")
        )
    return Score(ratio(own_facings, all_facings), own_facings, all_facings)


def price_compliance(*, in_corridor, checked):
    """Price checks inside the corridor ÷ valid price checks, as a fraction.

    checked: prices seen for which a corridor was in force; in_corridor: those inside it, both bounds included. None where no
    price seen has a corridor. Raises ValueError unless 0 ≤ in_corridor ≤ checked.
    """
    if not 0 <= in_corridor <= checked:
        raise ValueError(f"Expected 0 ≤ in corridor ≤ checked; got {in_corridor}, {checked}.")
    if not checked:
        return Score(None, 0, 0, _("No price corridor is in force here."))
    return Score(ratio(in_corridor, checked), in_corridor, checked)


# -- the perfect-store score ---------------------------------------------------------------------------------------------------
SCORED, UNANSWERED, NOT_APPLICABLE = "scored", "unanswered", "not_applicable"
ZERO, EXCLUDED = "zero", "excluded"


@dataclass(frozen=True)
class Part:
    """One item of the perfect-store score: ``count`` of ``base`` reached; ``reason`` names why there are no points (``WHY``).

    ``value`` is the exact fraction that the item reaches, 0 to 1, and None unless ``state`` is SCORED.
    """

    key: str
    weight: int
    state: str
    count: int = 0
    base: int = 0
    value: Fraction | None = None
    reason: str = ""


def reached(key, weight, count, base):
    """A part that reaches ``count`` of ``base``, at most all of it. Raises ValueError for a base of zero or a negative count."""
    if base <= 0 or count < 0:
        raise ValueError(f"Part “{key}” reaches {count} of {base}; expected a count from 0 and a base above 0.")
    return Part(key, weight, SCORED, count, base, min(Fraction(count, base), Fraction(1)))


def share_reached(key, weight, own_facings, all_facings, target):
    """A part that reaches the share of shelf own ÷ all against ``target`` (a fraction above 0): the target or more is all of it."""
    if target <= 0 or not 0 <= own_facings <= all_facings or not all_facings:
        raise ValueError(f"Expected 0 ≤ own ≤ all facings and a target above 0; got {own_facings}, {all_facings}, {target}.")
    value = min(Fraction(own_facings, all_facings) / Fraction(target), Fraction(1))
    return Part(key, weight, SCORED, own_facings, all_facings, value)


def perfect_store_score(parts, *, unanswered):
    """Σ wᵢ × sᵢ ÷ Σ wᵢ over the applicable ``parts``, × 100: 0–100 points in hundredths as an int, rounded half up once.

    A part that does not apply is in neither sum. An unanswered one counts as 0 where ``unanswered`` is ZERO and is left out like
    one that does not apply where it is EXCLUDED. None where nothing is left to be weighed.
    """
    if unanswered not in (ZERO, EXCLUDED):
        raise ValueError(f"Unanswered parts are “{ZERO}” or “{EXCLUDED}”; got “{unanswered}”.")
    counted = [part for part in parts if part.state == SCORED or (part.state == UNANSWERED and unanswered == ZERO)]
    weights = sum(part.weight for part in counted)
    if not weights:
        return None
    points = sum((part.weight * part.value for part in counted if part.state == SCORED), Fraction(0))
    return floor(points * 10_000 / weights + Fraction(1, 2))


def points(score_e2):
    """Hundredths of a point as points with one digit, half up: 8125 → 81.3; None stays None."""
    return None if score_e2 is None else (Decimal(score_e2) / 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
