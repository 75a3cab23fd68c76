"""Which earlier photo a new one nearly looks like: a hint for a person, never a verdict."""

import datetime as dt

from django.db.models import Q

from .models import Photo
from .pictures import MOST_BITS_APART, bits_apart

LOOKED_BACK = dt.timedelta(days=180)
MOST_COMPARED = 2_000


def similar_photo(visit, fingerprint):
    """The earlier photo that looks nearly like ``fingerprint``, or None: of this person or this store, half a year back, newest first.

    One statement and at most MOST_COMPARED comparisons. A hint for a person to look at: two pictures of one tidy shelf may be this near.
    """
    if fingerprint is None:
        return None
    same = Q(visit__visitor=visit.visitor_id) | (Q(visit__store=visit.store_id) if visit.store_id else Q())
    earlier = Photo.objects.filter(same, fingerprint__isnull=False, visit__planned_on__gte=visit.planned_on - LOOKED_BACK).exclude(
        visit=visit
    )
    candidates = earlier.order_by("-pk").values_list("pk", "fingerprint")[:MOST_COMPARED]
    near = [(bits_apart(fingerprint, other), -pk) for pk, other in candidates if bits_apart(fingerprint, other) <= MOST_BITS_APART]
    return Photo.objects.get(pk=-min(near)[1]) if near else None
