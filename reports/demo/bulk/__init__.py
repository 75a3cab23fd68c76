"""The large company: the size of a national manufacturer's business, written set-wise in minutes.

Nobody reads its dossiers; it is there to measure and to try the product at scale. Its figures are as exact as those of the
small one: the rollups are the sums of the facts, every row comes from an import on record, and ``check_integrity`` agrees.
"""

from .company import load_bulk_company

__all__ = ["load_bulk_company"]
