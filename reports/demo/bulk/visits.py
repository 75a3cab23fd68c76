"""Visits by the hundred thousand with what was seen on the shelf."""

import uuid
from datetime import UTC, datetime, time, timedelta

from accounts.models import AccountAssignment, KeyAccount
from contracts.models import MustStockRule
from visits.models import ShelfFact, Visit
from visits.scoring import rescore
from visits.states import VisitStatus

CHUNK = 5_000
SEEN = 5  # must-stock products looked at in each visit


def make_visits(size, *, stores, today, rng):
    """``size.visits`` completed visits of the last ``size.months`` months by the reps of each store's chain."""
    visitors = _visitors()
    rules = list(MustStockRule.objects.filter(store_format="").values_list("product_id", flat=True))
    days = size.months * 30
    for start in range(0, size.visits, CHUNK):
        chunk = []
        for number in range(start, min(start + CHUNK, size.visits)):
            store = stores[number * 7 % len(stores)]
            crew = visitors[store.account_id]
            day = today - timedelta(days=1 + (size.visits - 1 - number) * days // size.visits)
            begun = datetime.combine(day, time(8 + number % 8, number % 60), tzinfo=UTC)
            chunk.append(
                Visit(
                    client_id=_uuid(rng),
                    account_id=store.account_id,
                    store=store,
                    visitor_id=crew[number % len(crew)],
                    created_by_id=crew[number % len(crew)],
                    status=VisitStatus.COMPLETED,
                    planned_on=day,
                    checked_in_at=begun,
                    checked_out_at=begun + timedelta(minutes=20 + number % 25),
                    received_at=begun,
                    check_out_received_at=begun + timedelta(minutes=20 + number % 25),
                    latitude=store.latitude,
                    longitude=store.longitude,
                    distance_m=number % 90,
                    version=2,
                )
            )
        made = Visit.objects.bulk_create(chunk)
        ShelfFact.objects.bulk_create(_facts(made, rules, start, rng), batch_size=5_000)
    rescore(Visit.objects.all())  # these visits came past the verb that scores them


def _visitors():
    """{account id: ids of the field reps of its chain}."""
    by_chain = {}
    for chain, person in AccountAssignment.objects.filter(duty=AccountAssignment.Duty.FIELD_REP).values_list("account_id", "user_id"):
        by_chain.setdefault(chain, []).append(person)
    roots = dict(KeyAccount.objects.values_list("pk", "path"))
    return {account: by_chain[int(path.split("/")[1])] for account, path in roots.items()}


def _facts(visits, products, start, rng):
    luck = rng.random((len(visits), SEEN))
    facings = rng.integers(2, 9, (len(visits), SEEN))
    for number, visit in enumerate(visits):
        for place in range(SEEN):
            present = bool(luck[number, place] < 0.86)
            yield ShelfFact(
                client_id=_uuid(rng),
                visit=visit,
                product_id=products[(start + number + place) % len(products)],
                is_must_stock=True,
                is_present=present,
                is_out_of_stock=not present and bool(luck[number, place] < 0.94),
                facings=int(facings[number, place]) if present else None,
                changed_at=visit.checked_out_at,
            )


def _uuid(rng):
    return uuid.UUID(bytes=rng.bytes(16), version=4)
