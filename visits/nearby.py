"""Which stores a person most likely stands in: the nearest to the phone, else today's, else those they were in last."""

from decimal import Decimal

from django.db.models import Q

from accounts.models import Store
from ka_crm.formats import number
from ka_crm.listpage import search_words

from .models import Visit
from .places import distance_m
from .states import VisitStatus

SHOWN = 12
BOX_DEGREES = 1  # some 110 km north and south; east and west less the further from the equator, never less than a town
MOST_MEASURED = 5_000
TOO_FAR_M = 200_000


def stores_to_start(user, day, *, words="", place=None):
    """At most SHOWN stores of ``user``, likeliest first, each with ``todays_visit`` (or None) and ``distance_text`` from ``place`` (or "").

    ``words`` narrows by name, number or town; ``place`` is the phone's (latitude, longitude). A fixed number of statements.
    """
    stores = Store.objects.visible_to(user).active().select_related("account")
    if words.strip():
        found = list(search_words(stores, words).order_by("sort_key", "pk")[:SHOWN])
    elif place is not None:
        found = _nearest(stores, place) or _likeliest(stores, user, day)
    else:
        found = _likeliest(stores, user, day)
    for store in found:
        there = (store.latitude, store.longitude)
        store.distance_text = distance_text(distance_m(place, there)) if place else ""
    return with_todays_visit(user, found, day)


def distance_text(metres):
    """“350 m” below a kilometre, “12.4 km” above; empty for None and where it is too far for anybody to stand there."""
    if metres is None or metres > TOO_FAR_M:
        return ""
    return f"{number(metres)}\u00a0m" if metres < 1_000 else f"{number(Decimal(metres) / 1_000, 1)}\u00a0km"


def _nearest(stores, place):
    latitude, longitude = place
    box = stores.filter(
        latitude__range=(latitude - BOX_DEGREES, latitude + BOX_DEGREES),
        longitude__range=(longitude - BOX_DEGREES, longitude + BOX_DEGREES),
    )
    measured = sorted(
        (distance_m(place, (lat, lon)), pk) for pk, lat, lon in box.values_list("pk", "latitude", "longitude")[:MOST_MEASURED]
    )
    return _in_order(stores, [pk for _metres, pk in measured[:SHOWN]])


def _likeliest(stores, user, day):
    """Stores with a visit today or left over, then those this person was in last, then by name."""
    mine = Visit.objects.recorded_by(user).filter(store__isnull=False)
    waiting = mine.filter(Q(status=VisitStatus.IN_PROGRESS) | Q(status=VisitStatus.PLANNED, planned_on__lte=day))
    ids = list(waiting.order_by("-planned_on", "pk").values_list("store_id", flat=True)[:SHOWN])
    ids += mine.took_place().order_by("-planned_on", "-pk").values_list("store_id", flat=True)[: SHOWN * 5]
    found = _in_order(stores, list(dict.fromkeys(ids))[: SHOWN * 2])[:SHOWN]
    if len(found) < SHOWN:
        found += stores.exclude(pk__in=[store.pk for store in found]).order_by("sort_key", "pk")[: SHOWN - len(found)]
    return found


def _in_order(stores, ids):
    rows = {store.pk: store for store in stores.filter(pk__in=ids)}
    return [rows[pk] for pk in ids if pk in rows]


def with_todays_visit(user, stores, day):
    """``stores``, each with this person's own visit there that is planned for ``day`` or under way, or None: one goes on with that."""
    mine = Visit.objects.recorded_by(user).filter(store__in=stores)
    own = {
        visit.store_id: visit for visit in mine.filter(Q(status=VisitStatus.PLANNED, planned_on=day) | Q(status=VisitStatus.IN_PROGRESS))
    }
    for store in stores:
        store.todays_visit = own.get(store.pk)
    return stores
