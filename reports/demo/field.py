"""Store visits of the last four months with what was seen, and the plan of the next two weeks."""

import uuid
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import gcd
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile

from contracts.models import MustStockRule
from sales.models import Category
from visits import services
from visits.models import Photo, Visit

from .pictures import draw_shelf
from .sell_out import shelf_price

NOTES = {
    "en": [
        "Second facing won for the noodles next to the rice.",
        "Store manager asks for a display before the holidays.",
        "Tea drinks sold out since Saturday, order is on its way.",
        "Price label of the almonds was missing, put right at once.",
        "",
        "",
    ],
    "zh-hans": ["面条多争取到一个陈列面。", "店长希望节前做一个堆头。", "茶饮料周六起缺货，已补单。", "价签缺失，已当场补上。", "", ""],
}
RIVALS = {
    "US": [
        ("Maruchan", "Instant noodles", "3 for 2 at the end of the aisle"),
        ("Kikkoman", "Sauces", "New 1 l bottle"),
        ("Blue Diamond", "Nuts & dried fruit", "Chiller-side display"),
    ],
    "CN": [
        ("康师傅", "Instant noodles", "端架堆头，买二送一"),
        ("农夫山泉", "Tea drinks", "冰柜首层陈列"),
        ("三只松鼠", "Nuts & dried fruit", "礼盒上市"),
    ],
}
ASK_SHARE = 0.25


def make_visits(*, customers, people, size, today, rng):
    """``size.visits`` visits made on working days up to yesterday, then a few missed, cancelled and planned ones. Returns how many."""
    routes = _routes(customers, people)
    days = [day for day in (today - timedelta(days=back) for back in range(120, 0, -1)) if day.weekday() < 5]
    made = 0
    for number in range(size.visits):
        person, stores = routes[number % len(routes)]
        store = stores[number // len(routes) * _stride(len(stores)) % len(stores)]
        day = days[number * len(days) // size.visits]
        if _visit(person, store, day, rng, photo=number % size.photo_every == 0):
            made += 1
    return made + _not_made(routes, days, rng) + _planned(routes, today, rng)


def _routes(customers, people):
    """Who goes where: each rep to every store of the chains, each manager now and then; the reps four times as often."""
    stores_of = {}
    for root in customers.chains:
        for person in (customers.rep[root.code], customers.manager[root.code]):
            stores_of.setdefault(person.pk, (person, []))[1].extend(customers.stores[root.code])
    reps = [stores_of[people[key].pk] for key in ("rep_china", "rep_us", "rep_south", "rep_west") if key in people]
    managers = [stores_of[people[key].pk] for key in ("china", "east", "china_south", "west") if key in people]
    return [route for manager in managers for route in (*reps, *reps, manager)]


def _stride(count):
    """A step that reaches each of ``count`` stores once in ``count`` steps and is seldom twice in a row at the same chain."""
    return next(step for step in range(max(1, count * 2 // 5), count + 2) if gcd(step, count) == 1)


def _visit(person, store, day, rng, *, photo):
    """One visit as the phone would send it; False if that person was there that day already."""
    if Visit.objects.filter(visitor=person, store=store, planned_on=day).exists():
        return False
    zone = ZoneInfo(person.time_zone)
    begin = datetime.combine(day, time(9 + int(rng.integers(8)), int(rng.integers(60))), tzinfo=zone)
    end = begin + timedelta(minutes=int(rng.integers(18, 55)))
    client_id = _uuid(rng)
    services.plan_visit(actor=person, visitor=person, planned_on=day, today=day, store=store, client_id=client_id)
    document = {
        "visit": str(client_id),
        "check_in": {"at": begin.isoformat(), **_near(store, rng), "accuracy_m": int(rng.integers(5, 40))},
        "check_out": {"at": end.isoformat()},
        "shelf": _shelf(store, day, end, rng),
        "competitors": _rivals(store, end, rng) if rng.random() < 0.5 else [],
        "category_asks": _asks(store, end, rng) if rng.random() < ASK_SHARE else [],
    }
    if note := NOTES[person.language][int(rng.integers(len(NOTES[person.language])))]:
        document["note"] = {"text": note, "changed_at": end.isoformat()}
    services.record_visit(document=document, actor=person, now=end)
    if photo:
        services.add_photo(
            visit_client_id=client_id,
            photo_client_id=_uuid(rng),
            file=ContentFile(draw_shelf(rng, gaps=float(rng.uniform(0.02, 0.25))), name="shelf.jpg"),
            actor=person,
            now=end,
            subject=Photo.Subject.SHELF if rng.random() < 0.7 else Photo.Subject.DISPLAY,
            captured_at=begin + timedelta(minutes=5),
        )
    return True


def _uuid(rng):
    return uuid.UUID(bytes=rng.bytes(16), version=4)


def _near(store, rng):
    """A phone's idea of where the store is: some tens of metres off."""
    north, east = (round(Decimal(float(rng.normal(0, 0.0003))), 5) for _axis in range(2))
    return {"latitude": store.latitude + north, "longitude": store.longitude + east}


def _shelf(store, day, at, rng):
    """Each must-stock product: mostly there, sometimes sold out, sometimes never listed; prices now and then beside the plan."""
    facts = []
    currency = store.account.currency
    for rule in MustStockRule.objects.for_store(store, day):
        luck = rng.random()
        present = luck < 0.84
        fact = {
            "id": str(_uuid(rng)),
            "changed_at": at.isoformat(),
            "product": rule.product_id,
            "is_present": present,
            "is_out_of_stock": 0.84 <= luck < 0.93,
        }
        if present:
            price = shelf_price(rule.product, currency)
            price = price * 88 // 100 if rng.random() < 0.1 else price
            fact |= {
                "facings": int(rng.integers(2, 9)),
                "price": f"{price // 100}.{price % 100:02}",
                "stock_units": int(rng.integers(4, 60)),
            }
        facts.append(fact)
    return list({fact["product"]: fact for fact in facts}.values())


def _rivals(store, at, rng):
    brand, category, what = RIVALS[store.country][int(rng.integers(3))]
    price = int(rng.integers(99, 499)) * (6 if store.country == "CN" else 1)
    return [
        {
            "id": str(_uuid(rng)),
            "changed_at": at.isoformat(),
            "category": Category.objects.get(name=category).pk,
            "brand": brand,
            "description": what,
            "price": f"{price // 100}.{price % 100:02}",
            "facings": int(rng.integers(3, 14)),
            "is_on_promotion": bool(rng.random() < 0.6),
        }
    ]


def _asks(store, at, rng):
    """What the store says it sells of a category in a month."""
    scale = 6 if store.country == "CN" else 1
    category = list(Category.objects.order_by("name"))[int(rng.integers(5))]
    return [
        {
            "id": str(_uuid(rng)),
            "changed_at": at.isoformat(),
            "category": category.pk,
            "monthly_value": str(int(rng.integers(15, 120)) * 100 * scale),
            "all_facings": int(rng.integers(30, 140)),
            "said_by": "店长" if store.country == "CN" else "Store manager",
        }
    ]


def _not_made(routes, days, rng):
    """Three that nobody went to and two that were called off."""
    made = 0
    for number, (person, stores) in enumerate(routes[:5]):
        day, store = days[-8 + number], stores[-1 - number % len(stores)]
        if Visit.objects.filter(visitor=person, store=store, planned_on=day).exists():
            continue
        visit = services.plan_visit(actor=person, visitor=person, planned_on=day, today=day, store=store, client_id=_uuid(rng))
        if number < 3:
            services.mark_missed(visit_id=visit.pk, actor=person, reason="Van broke down", today=day + timedelta(days=1))
        else:
            services.cancel_visit(visit_id=visit.pk, actor=person, reason="Stock-taking in the store")
        made += 1
    return made


def _planned(routes, today, rng):
    """Two visits a person for today and for each of the next working days."""
    made = 0
    people = {person.pk: (person, stores) for person, stores in routes}
    tomorrow = today + timedelta(days=1)  # already today further east
    for ahead in (day for day in (today + timedelta(days=step) for step in range(8)) if day.weekday() < 5 or day <= tomorrow):
        for person, stores in people.values():
            for slot in range(2):
                store = stores[(ahead.toordinal() * 2 + slot) % len(stores)]
                if Visit.objects.filter(visitor=person, store=store, planned_on=ahead).exists():
                    continue
                purpose = Visit.Purpose.ROUTINE if slot else Visit.Purpose.PROMOTION
                services.plan_visit(
                    actor=person,
                    visitor=person,
                    planned_on=ahead,
                    today=today,
                    planned_at=time(9 + 3 * slot, 30),
                    store=store,
                    purpose=purpose,
                    client_id=_uuid(rng),
                )
                made += 1
    return made
