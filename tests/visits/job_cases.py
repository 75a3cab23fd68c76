"""The jobs of ``visits``, each with what it needs; tests/ka_crm/jobs/test_every_kind.py runs them twice."""

from tests.factories.visits import ShelfFactFactory, VisitFactory


def _history():
    """A completed visit with a fact and no score yet."""
    ShelfFactFactory(visit=VisitFactory(completed=True))
    return {}


def _day_that_is_over():
    """A planned visit of March 2026 that nobody made."""
    VisitFactory()
    return {}


CASES = {"visits.rescore": _history, "visits.close_days": _day_that_is_over}
