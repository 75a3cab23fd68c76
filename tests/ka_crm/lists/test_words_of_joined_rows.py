"""Searching a list by the words of rows that it joins: the same rows as by the join, also where a row has none of them."""

from datetime import date

import pytest

from ka_crm.rowchoice import search_words
from tests.factories import KeyAccountFactory, StoreFactory, UserFactory, VisitFactory
from visits.models import Visit

pytestmark = pytest.mark.django_db
COLUMNS = ("store__search", "account__search", "visitor__search")


def found(words):
    return set(search_words(Visit.objects.all(), words, COLUMNS).values_list("objective", flat=True))


def test_each_word_may_stand_in_another_of_the_joined_rows():
    northwind = KeyAccountFactory(name="Northwind")
    harbor = StoreFactory(name="Harbor", account=northwind)
    ana, cy = UserFactory(name="Ana"), UserFactory(name="Cy")
    VisitFactory(store=harbor, visitor=ana, objective="harbor by Ana", planned_on=date(2026, 3, 2))
    VisitFactory(store=harbor, visitor=cy, objective="harbor by Cy", planned_on=date(2026, 3, 3))
    VisitFactory(store=None, account=northwind, visitor=ana, objective="headquarters", planned_on=date(2026, 3, 4))
    VisitFactory(store=StoreFactory(name="Hill"), visitor=ana, objective="hill", planned_on=date(2026, 3, 5))

    assert found("HARBOR") == {"harbor by Ana", "harbor by Cy"}
    assert found("north ana") == {"harbor by Ana", "headquarters"}
    assert found("harbor cy") == {"harbor by Cy"}
    assert found("hill cy") == set()
