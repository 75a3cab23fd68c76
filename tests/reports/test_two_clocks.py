"""The clock over a month end, asked by one beat, by two, or by none for a week: each thing exists once (reliability Q5)."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction

from ka_crm.jobs.handlers import registered_hooks
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_due_jobs
from reports.models import Deadline, Report
from team.models import Notification

pytestmark = pytest.mark.once("the rules of the clock ask for the same on both databases")
FIRST, LAST = datetime(2026, 3, 31, 9, tzinfo=UTC), datetime(2026, 4, 6, 9, tzinfo=UTC)


@pytest.fixture
def live_through(world, time_machine):
    """``live_through(beats=2)`` asks every hook once a day from FIRST to LAST and lets the workers work; answers what is there then.

    ``off`` are hours without any beat. Everything is taken back, so that the next life begins at the same point.
    """

    def live(*, beats=1, off=(LAST, FIRST)):
        mail.outbox.clear()
        with transaction.atomic():
            now = FIRST
            while now <= LAST:
                time_machine.move_to(now, tick=False)
                for _beat in range(beats if not off[0] <= now <= off[1] else 0):
                    for hook in registered_hooks().values():
                        hook.function(now)
                run_due_jobs()
                now += timedelta(days=1)
            there = {
                "deadlines": Counter(Deadline.objects.values_list("kind", "subject_key", "starts_on", "due_on")),
                "reports": Counter(Report.objects.values_list("kind", "subject_key", "starts_on", "version")),
                "told": Counter(Notification.objects.values_list("user", "kind", "words__period", "words__due_on")),
                "mails": Counter((message.to[0], message.subject) for message in mail.outbox),
                "failed": Counter(Job.objects.filter(state="failed").values_list("kind", "last_error")),
            }
            transaction.set_rollback(True)
        return there

    return live


def test_two_beats_over_a_month_end_make_what_one_makes(live_through):
    once = live_through()

    assert set(once["reports"].values()) == {1} and set(once["deadlines"].values()) == {1}
    assert once["failed"] == Counter()
    assert live_through(beats=2) == once


def test_a_beat_that_was_off_over_the_month_end_makes_up_for_it(live_through):
    once = live_through()
    late = live_through(off=(FIRST + timedelta(days=1), LAST - timedelta(days=1)))

    assert (late["reports"], late["deadlines"], late["failed"]) == (once["reports"], once["deadlines"], Counter())


def test_the_control_hooks_that_do_not_look_what_is_there_make_it_twice(live_through, monkeypatch, world):
    from ka_crm.jobs import handlers  # the registry, for one more hook

    def careless(now):
        Notification.objects.create(user=world.mei, kind="careless", words={"period": now.isoformat()})

    monkeypatch.setitem(handlers._HOOKS, "careless", handlers.Hook("careless", careless, 60))

    assert live_through(beats=2) != live_through()
