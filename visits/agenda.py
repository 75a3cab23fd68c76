"""Visits in the calendar feed (team/agenda.py)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from team import agenda

from .models import Visit
from .states import VisitStatus

USUAL_LENGTH = timedelta(minutes=45)


def visits_of(user, starts_on, ends_on):
    """One's own visits that are not cancelled: at their hour where they have one, else all day."""
    visits = Visit.objects.filter(visitor=user, planned_on__range=(starts_on, ends_on)).exclude(status=VisitStatus.CANCELLED)
    zone = ZoneInfo(user.time_zone or settings.TIME_ZONE)
    for visit in visits.select_related("store", "account").order_by("planned_on", "pk"):
        begins = datetime.combine(visit.planned_on, visit.planned_at, tzinfo=zone) if visit.planned_at else visit.planned_on
        yield agenda.Entry(
            key=f"visit-{visit.client_id}",
            title=_("Visit: %(place)s") % {"place": visit.place},
            starts=begins,
            ends=begins + USUAL_LENGTH if visit.planned_at else None,
            place=", ".join(part for part in (visit.store.address, visit.store.city) if part) if visit.store else "",
            details=visit.objective,
            url=visit.get_absolute_url(),
        )
