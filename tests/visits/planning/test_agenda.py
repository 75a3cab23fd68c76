"""Visits and leave in the calendar feed of a phone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from team.agenda import entries_of, feed_of
from tests.factories import LeaveFactory, VisitFactory

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def titles(rep):
    return [(entry.title, entry.starts, entry.is_cancelled) for entry in entries_of(rep, FIRST, LAST)]


def test_visits_and_approved_leave_of_oneself(rep, store):
    rep.time_zone = "Asia/Shanghai"
    VisitFactory(store=store, visitor=rep, planned_at=time(9, 30), objective="Win the end cap")
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 5), cancelled=True)
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 4, 1))
    VisitFactory(store=store)
    LeaveFactory(person=rep, approved=True)
    LeaveFactory(person=rep, starts_on=date(2026, 3, 20), ends_on=date(2026, 3, 20))
    assert titles(rep) == [
        ("Leave: Holiday", date(2026, 3, 2), False),
        (f"Visit: {store}", datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")), False),
        (f"Visit: {store}", date(2026, 3, 5), True),
    ]


def test_the_feed_can_be_written(rep, store):
    VisitFactory(store=store, visitor=rep)
    feed = feed_of(rep, today=date(2026, 3, 2), now=datetime(2026, 3, 2, 10, tzinfo=UTC)).decode()
    assert f"SUMMARY:Visit: {store}" in feed
