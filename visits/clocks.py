"""Check-in and check-out onto a visit: what phones' clocks say beside the server's, and the day under which a visit counts.

Phones' clocks are off by minutes and sometimes by days, and are set right while a visit is under way. What they say is kept and
flagged, not refused; where it cannot be true it is put right by what the server knows.
"""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from .documents import DocumentRefused
from .models import CLOCK_TOLERANCE_S
from .places import distance_m

LATEST = dt.timedelta(days=60)
TOLERANCE = dt.timedelta(seconds=CLOCK_TOLERANCE_S)


def company_day(moment):
    """The day of ``moment`` in the company's time zone: the day under which a visit counts."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def apply_clocks(visit, document, outcome, now):
    """Check-in and check-out onto the visit: the phone's time and place, and when the server heard of it."""
    if document.sent_at is not None and visit.clock_skew_s is None and (document.check_in or document.check_out):
        visit.clock_skew_s = round((document.sent_at - now).total_seconds())
    if document.check_in is not None:
        _apply_check_in(visit, document.check_in, outcome, now)
    if document.check_out is not None:
        _apply_check_out(visit, document, outcome, now)


def _apply_check_in(visit, check_in, outcome, now):
    if visit.checked_in_at is not None:
        if visit.checked_in_at != check_in["at"]:
            message = _("The visit was already checked in at another time; that one was kept.")
            outcome.conflict("check_in", "already_checked_in", message, stored={"at": visit.checked_in_at.isoformat()})
        else:
            outcome.unchanged += 1
        return
    if visit.checked_out_at is not None and visit.checked_out_at < check_in["at"]:
        raise DocumentRefused({"check_in.at": _("The check-in is later than the check-out.")})
    visit.checked_in_at, visit.received_at = check_in["at"], now
    visit.accuracy_m = check_in["accuracy_m"]
    if check_in["latitude"] is not None:
        visit.latitude, visit.longitude = (round(check_in[name], 5) for name in ("latitude", "longitude"))
        visit.distance_m = (
            distance_m((visit.latitude, visit.longitude), (visit.store.latitude, visit.store.longitude)) if visit.store else None
        )
    outcome.applied += 1
    outcome.changes["checked_in_at"] = [None, visit.checked_in_at.isoformat()]
    _move_to_the_day(visit, outcome, now)


def _move_to_the_day(visit, outcome, now):
    """A visit counts on the day it took place, not on the one it was planned for; a clock that is wrong is put right by its skew."""
    seen_at = visit.checked_in_at
    if visit.has_wrong_clock:
        seen_at -= dt.timedelta(seconds=visit.clock_skew_s)
    if now < seen_at < now + LATEST:
        seen_at = now  # nobody checks in later than the server hears of it: a clock that was set right before this was sent
    if abs(now - seen_at) > LATEST:
        return  # no queue waits that long: the clock is wrong and nothing says by how much
    day = company_day(seen_at)
    if day != visit.planned_on:
        outcome.changes["planned_on"] = [visit.planned_on.isoformat(), day.isoformat()]
        visit.planned_on = day


def _apply_check_out(visit, document, outcome, now):
    check_out = document.check_out
    if visit.checked_out_at is not None:
        if visit.checked_out_at != check_out["at"]:
            message = _("The visit was already checked out at another time; that one was kept.")
            outcome.conflict("check_out", "already_checked_out", message, stored={"at": visit.checked_out_at.isoformat()})
        else:
            outcome.unchanged += 1
        return
    _follow_a_clock_set_right(visit, document, outcome, now)
    if visit.checked_in_at is not None and check_out["at"] < visit.checked_in_at:
        raise DocumentRefused({"check_out.at": _("The check-out is earlier than the check-in.")})
    visit.checked_out_at, visit.check_out_received_at = check_out["at"], now
    outcome.applied += 1
    outcome.changes["checked_out_at"] = [None, visit.checked_out_at.isoformat()]


def _follow_a_clock_set_right(visit, document, outcome, now):
    """Where the phone's clock was set between check-in and check-out, the check-in moves onto the clock of the check-out.

    Without it a clock that was ahead would refuse every check-out, and one that was behind make a visit of days.
    """
    if visit.checked_in_at is None:
        return
    out_at, right = document.check_out["at"], visit.checked_in_at
    if document.sent_at is not None and visit.clock_skew_s is not None:
        moved = document.sent_at - now - dt.timedelta(seconds=visit.clock_skew_s)
        right += moved if abs(moved) > TOLERANCE else dt.timedelta()
    is_ahead_of_server = visit.received_at is not None and right > visit.received_at + TOLERANCE
    if right > out_at and is_ahead_of_server:  # the clock was set before anything was sent
        right = min(visit.received_at, out_at)
    if right != visit.checked_in_at and right <= out_at:
        before = outcome.changes.get("checked_in_at", [visit.checked_in_at.isoformat()])[0]
        outcome.changes["checked_in_at"] = [before, right.isoformat()]
        visit.checked_in_at = right
