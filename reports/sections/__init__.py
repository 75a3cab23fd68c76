"""The sections of each kind of report in the order in which they are read; a later part adds its own file and a line here."""

from ..models import ReportKind
from . import (
    basis,
    brief,
    categories,
    competitors,
    distribution,
    goals,
    headline,
    league,
    open_problems,
    open_work,
    parts,
    prices,
    problems,
    products,
    shelves,
    stores,
    survey,
    trend,
    visits,
    visits_to_come,
    week,
)

_SUMMARY = (
    brief, headline, problems, trend, categories, products, stores, distribution, visits, shelves, competitors, prices, league, basis
)  # fmt: skip
_LONGER = (*_SUMMARY[:3], parts, *_SUMMARY[3:])
_OF_KIND = {
    ReportKind.MONTHLY: _SUMMARY,
    ReportKind.QUARTERLY: _LONGER,
    ReportKind.ANNUAL: _LONGER,
    ReportKind.PLAN: (goals, visits_to_come, open_work, open_problems),
    ReportKind.SURVEY: (survey, visits, shelves, competitors, prices),
}
SECTIONS_OF = {kind: tuple(module.SECTION for module in modules) for kind, modules in _OF_KIND.items()}
SECTIONS_OF[ReportKind.WEEKLY] = (week.SECTION, week.NEXT_SECTION)
SECTION_OF = {section.key: section for sections in SECTIONS_OF.values() for section in sections}


def sections_of(kind):
    """The sections of reports of one kind, first page in front."""
    return SECTIONS_OF[kind]
