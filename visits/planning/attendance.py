"""The start of the working day: who is asked when, and the one verb."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ka_crm import company
from ka_crm.errors import DomainError, NotAllowed
from ka_crm.text import clean_text
from team.audit import record
from visits.models import Attendance

from .availability import DayOff, day_off, local_day, zone_of


def due_at(person, day):
    """The instant at which ``person``'s day starts: the hour of the settings in the person's time zone."""
    return dt.datetime.combine(day, company.value("visits.day_starts_at"), tzinfo=zone_of(person))


def is_late(counted_at, due):
    """Whether somebody who started at ``counted_at`` is late: the minutes of grace do not count."""
    return counted_at > due + dt.timedelta(minutes=company.value("visits.day_grace_minutes"))


@dataclass(frozen=True)
class StartOfDay:
    """What one person's screen shows about the start of the day; ``off`` says why nobody asks, ``begun`` is None before the tap."""

    day: dt.date
    due_at: dt.datetime
    begun: Attendance | None
    off: DayOff | None
    next_id: uuid.UUID

    @property
    def is_asked(self):
        return self.begun is None and self.off is None


def start_of(person, now):
    """The StartOfDay of ``person`` at the instant ``now``."""
    day = local_day(person, now)
    begun = Attendance.objects.filter(person=person, day=day).first()
    return StartOfDay(day=day, due_at=due_at(person, day), begun=begun, off=day_off(person, day), next_id=uuid.uuid4())


def start_day(*, person, client_id, now, started_at=None, latitude=None, longitude=None, note=""):
    """Note that ``person`` has begun to work; returns (Attendance, whether it is new). A day begins once, whoever sends it again.

    ``started_at`` is the phone's clock, the server's where there is none; both are kept, and where they are more than ten minutes
    apart the server's decides about lateness. Places are degrees, both or none. Raises NotAllowed for people who record no visits,
    DomainError on leave and on days that are not worked, and for an id that belongs to another day.
    """
    if not person.has_capability("visits.record"):
        raise NotAllowed(_("Only people who visit stores start a day."))
    try:
        with transaction.atomic():
            return _start(person, client_id, now, started_at or now, latitude, longitude, note)
    except IntegrityError:  # the same tap arrived twice at once; the other one is in now
        with transaction.atomic():
            return _start(person, client_id, now, started_at or now, latitude, longitude, note)


def _start(person, client_id, now, started_at, latitude, longitude, note):
    day = local_day(person, now)
    known = Attendance.objects.filter(person=person, day=day).first() or Attendance.objects.filter(client_id=client_id).first()
    if known is not None:
        if known.person_id != person.pk or (known.client_id != client_id and known.day != day):
            raise DomainError(_("This start of day belongs to somebody else. Reload the page and tap again."))
        return known, False
    if (off := day_off(person, day)) is not None:
        raise DomainError(_("%(day)s is no working day for you: %(why)s. Nobody asks for a start today.") % {"day": day, "why": off.words})
    begun = Attendance(
        client_id=client_id,
        person=person,
        day=day,
        started_at=started_at,
        received_at=now,
        due_at=due_at(person, day),
        latitude=latitude,
        longitude=longitude,
        note=clean_text(note)[:250],
    )
    begun.is_late = is_late(begun.counted_at, begun.due_at)
    begun.save()
    changes = {"started_at": [None, started_at.isoformat()], "is_late": [None, begun.is_late]}
    record(begun, "attendance.started", actor=person, changes=changes)
    return begun, True
