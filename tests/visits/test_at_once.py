"""Two phones, two tabs and a retry at the same moment: only a real server has row locks to show it on."""

import copy
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from team.models import AuditEvent
from visits.models import ShelfFact, Visit
from visits.services import record_visit

from .conftest import at, document, shelf_fact

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def all_at_once(documents, actor, now):
    def send(one):
        try:
            return record_visit(document=copy.deepcopy(one), actor=actor, now=now)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, documents))


@pytest.mark.parametrize("round_number", range(5))
def test_one_document_eight_times_at_once_is_one_visit(rep, store, product, now, round_number):
    one = document(
        uuid.uuid4(),
        header={"store": store.pk},
        check_in={"at": at(9)},
        shelf=[shelf_fact(product, facings=4)],
        check_out={"at": at(9, 40)},
    )
    outcomes = all_at_once([one] * 8, rep, now)
    visit = Visit.objects.get()
    assert (visit.status, visit.version, ShelfFact.objects.count()) == ("completed", 2, 1)
    assert sorted(outcome.applied for outcome in outcomes) == [0] * 7 + [3]
    assert [outcome.conflicts for outcome in outcomes] == [[]] * 8
    assert AuditEvent.objects.about(visit).count() == 4  # started, checked in, recorded, checked out: once each


def test_eight_parts_of_one_visit_at_once_lose_nothing(rep, store, now):
    from tests.factories import ProductFactory

    visit_id, products = uuid.uuid4(), [ProductFactory() for _number in range(8)]
    parts = [
        document(visit_id, header={"store": store.pk}, shelf=[shelf_fact(product, facings=number)])
        for number, product in enumerate(products)
    ]
    all_at_once(parts, rep, now)
    assert sorted(ShelfFact.objects.filter(visit__client_id=visit_id).values_list("facings", flat=True)) == list(range(8))
    assert Visit.objects.get().version == 9
