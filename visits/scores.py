"""Scores of what was seen on the shelf: arithmetic on plain counts, tested without a database.

Source of all formulas: docs, “Formulas and definitions” (must-stock compliance, on-shelf availability, share of shelf).
Not checked is never counted as absent.
"""

from dataclasses import dataclass
from decimal import Decimal

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
