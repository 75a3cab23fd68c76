"""How much of a company ``load_demo`` makes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """``months`` of daily sell-out up to yesterday, ``visits`` already made, ``photos`` in every so-manieth of them."""

    months: int
    stores: int
    visits: int
    photo_every: int


SIZES = {"small": Size(months=14, stores=40, visits=150, photo_every=3)}
