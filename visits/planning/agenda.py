"""What the calendar feed shows of planning: one's own visits and approved leave."""

import datetime as dt

from django.utils.translation import gettext as _

from team.agenda import Entry
from visits.models import Leave, Visit
from visits.states import VisitStatus

from .availability import zone_of


def visits_of(user, starts_on, ends_on):
    """One's own visits between two days; one without a time is a whole day's entry. Called off ones are told, so that phones drop them."""
    visits = Visit.objects.filter(visitor=user, planned_on__range=(starts_on, ends_on)).select_related("store", "account").order_by("pk")
    zone = zone_of(user)
    for visit in visits:
        timed = visit.planned_at is not None
        place = [visit.store.address, visit.store.city] if visit.store_id else [visit.account.address]
        yield Entry(
            key=f"visit-{visit.client_id}",
            title=_("Visit: %(place)s") % {"place": visit.place},
            starts=dt.datetime.combine(visit.planned_on, visit.planned_at, tzinfo=zone) if timed else visit.planned_on,
            place=", ".join(filter(None, place)),
            details=" · ".join(filter(None, [str(visit.get_purpose_display()), visit.objective])),
            url=visit.get_absolute_url(),
            is_cancelled=visit.status in (VisitStatus.CANCELLED, VisitStatus.MISSED),
        )


def leave_of(user, starts_on, ends_on):
    """One's own approved leave that touches the days."""
    for leave in Leave.objects.approved().overlapping(starts_on, ends_on).filter(person=user):
        yield Entry(
            key=f"leave-{leave.pk}",
            title=_("Leave: %(kind)s") % {"kind": leave.get_kind_display()},
            starts=leave.starts_on,
            ends=leave.ends_on,
            url=leave.get_absolute_url(),
        )
