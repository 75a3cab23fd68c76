"""The demo company: a believable maker of snacks and drinks that sells through six chains in two countries.

Everything is made by the services that people use, so trails, rollups and files are what they would be; the same seed and
day give the same company.
"""

from .company import load_company
from .sizes import SIZES, Size

__all__ = ["SIZES", "Size", "load_company"]
