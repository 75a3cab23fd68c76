"""How much of a company ``load_demo`` makes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """``months`` of daily sell-out up to yesterday, ``visits`` already made, ``photos`` in every so-manieth of them.

    ``bulk`` says that the rows are written set-wise (reports/demo/bulk/) instead of through the services.
    """

    months: int
    stores: int
    visits: int
    photo_every: int
    chains: int = 6
    products: int = 30
    sell_out_rows: int = 0  # of a bulk company only
    accounts: int = 0  # of a bulk company only

    @property
    def bulk(self):
        return bool(self.sell_out_rows)


SIZES = {
    "small": Size(months=24, stores=40, visits=150, photo_every=3),
    "medium": Size(months=24, stores=150, visits=1_200, photo_every=3, chains=12, products=60),
    "large": Size(months=24, stores=10_000, visits=100_000, photo_every=0, chains=40, products=500, sell_out_rows=10_000_000, accounts=200),
}
