"""The sections of a summary in the order in which they are read; a later part of the product adds its own file and a line here."""

from . import basis, categories, competitors, distribution, headline, prices, problems, products, stores, trend, visits

SECTIONS = tuple(
    module.SECTION for module in (headline, problems, trend, categories, products, stores, distribution, visits, competitors, prices, basis)
)
SECTION_OF = {section.key: section for section in SECTIONS}
