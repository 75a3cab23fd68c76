"""The verbs around a visit's plan: what they write, and what they refuse."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from team.models import AuditEvent
from tests.factories import DelegationFactory, StoreFactory, UserFactory, VisitFactory
from visits import services
from visits.states import VISIT_MOVES, VisitStatus

TODAY = date(2026, 3, 2)
TOMORROW = date(2026, 3, 3)


def plan(actor, store, visitor=None, **changes):
    return services.plan_visit(actor=actor, visitor=visitor or actor, store=store, today=TODAY, **{"planned_on": TODAY, **changes})


def test_a_plan_is_written_with_its_trail(rep, store):
    visit = plan(rep, store, planned_at=time(9, 30), purpose="promotion", objective="Win the end cap")
    assert (visit.status, visit.origin, visit.account, visit.planned_at, visit.version) == (
        "planned",
        "plan",
        store.account,
        time(9, 30),
        1,
    )
    assert AuditEvent.objects.about(visit).get().changes == {"planned_on": [None, "2026-03-02"], "visitor": [None, "Ana Field"]}


def test_a_plan_for_headquarters(rep, store):
    visit = services.plan_visit(actor=rep, visitor=rep, account=store.account, planned_on=TODAY, today=TODAY)
    assert (visit.store, visit.place) == (None, store.account)


@pytest.mark.parametrize(
    ("planned_on", "message"),
    [(date(2026, 3, 1), "is in the past"), (date(2028, 3, 2), "more than two years ahead"), (date(9999, 12, 31), "more than two years")],
)
def test_a_day_that_cannot_be_is_refused(rep, store, planned_on, message):
    with pytest.raises(DomainError, match=message):
        plan(rep, store, planned_on=planned_on)


def test_one_store_twice_a_day_is_refused(rep, store):
    plan(rep, store)
    with pytest.raises(DomainError, match="is planned for 2026-03-02 already"):
        plan(rep, store)
    plan(rep, store, planned_on=TOMORROW)


@pytest.mark.parametrize("closed", [{"closed_on": date(2026, 3, 1)}, {"archived_at": timezone.make_aware(datetime(2026, 1, 1))}])
def test_a_closed_store_is_refused(rep, store, closed):
    with pytest.raises(DomainError, match="is closed on that day"):
        plan(rep, StoreFactory(account=store.account, **closed))


def test_a_supervisor_plans_for_the_team_and_for_nobody_else(boss, rep, store, stranger):
    assert plan(boss, store, rep).visitor == rep
    with pytest.raises(NotAllowed, match="Otto Other"):
        plan(boss, store, stranger)
    with pytest.raises(NotAllowed):
        plan(rep, store, boss)


def test_a_foreign_store_is_refused(rep):
    with pytest.raises(NotAllowed, match="is not in the care of Ana Field"):
        plan(rep, StoreFactory())


def test_rescheduling_keeps_the_old_day_in_the_trail(boss, visit):
    changed = services.change_plan(
        visit_id=visit.pk, actor=boss, today=TODAY, version=1, planned_on=TOMORROW, planned_at=None, purpose="complaint"
    )
    assert (changed.planned_on, changed.purpose, changed.version) == (TOMORROW, "complaint", 2)
    event = AuditEvent.objects.about(visit).get()
    assert (event.verb, event.changes) == (
        "visit.rescheduled",
        {"planned_on": ["2026-03-02", "2026-03-03"], "purpose": ["routine", "complaint"]},
    )


def test_a_missed_visit_is_planned_again(rep, store):
    visit = VisitFactory(store=store, visitor=rep, missed=True, planned_on=date(2026, 2, 27))
    assert services.change_plan(visit_id=visit.pk, actor=rep, today=TODAY, version=1, planned_on=TODAY).status == "planned"


def test_an_older_version_is_refused(rep, visit):
    services.change_plan(visit_id=visit.pk, actor=rep, today=TODAY, version=1, planned_on=TOMORROW)
    with pytest.raises(StaleRecord):
        services.change_plan(visit_id=visit.pk, actor=rep, today=TODAY, version=1, planned_on=TODAY)
    with pytest.raises(StaleRecord):
        services.cancel_visit(visit_id=visit.pk, actor=rep, reason="closed", version=1)


def test_cancelling_keeps_the_reason(boss, visit):
    cancelled = services.cancel_visit(visit_id=visit.pk, actor=boss, reason=" Store is being rebuilt. ")
    assert (cancelled.status, cancelled.cancel_reason) == ("cancelled", "Store is being rebuilt.")
    assert AuditEvent.objects.about(visit).get().reason == "Store is being rebuilt."


def test_a_reason_is_asked_for(rep, visit):
    with pytest.raises(DomainError, match="Say why"):
        services.cancel_visit(visit_id=visit.pk, actor=rep, reason="  ")


def test_a_visit_is_not_missed_before_its_day(rep, visit):
    with pytest.raises(DomainError, match="planned for a later day"):
        services.mark_missed(visit_id=visit.pk, actor=rep, reason="ill", today=TODAY - timedelta(days=1))
    assert services.mark_missed(visit_id=visit.pk, actor=rep, reason="ill", today=TODAY).status == "missed"


def test_a_deputy_cancels_on_behalf(rep, visit, today_is):
    deputy = UserFactory(field_rep=True)
    DelegationFactory(absent=rep, deputy=deputy, starts_on=today_is, ends_on=today_is)
    services.cancel_visit(visit_id=visit.pk, actor=deputy, reason="ill")
    event = AuditEvent.objects.about(visit).get()
    assert (event.actor, event.on_behalf_of) == (deputy, rep)


@pytest.mark.parametrize("verb", ["change", "cancel", "missed"])
def test_people_whose_visit_it_is_not_are_refused(stranger, visit, verb):
    calls = {
        "change": lambda: services.change_plan(visit_id=visit.pk, actor=stranger, today=TODAY, version=1, planned_on=TODAY),
        "cancel": lambda: services.cancel_visit(visit_id=visit.pk, actor=stranger, reason="x"),
        "missed": lambda: services.mark_missed(visit_id=visit.pk, actor=stranger, reason="x", today=TODAY),
    }
    with pytest.raises(NotAllowed):
        calls[verb]()


STATES = {
    VisitStatus.PLANNED: {},
    VisitStatus.IN_PROGRESS: {"in_progress": True},
    VisitStatus.COMPLETED: {"completed": True},
    VisitStatus.CANCELLED: {"cancelled": True},
    VisitStatus.MISSED: {"missed": True},
}


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("to", [VisitStatus.CANCELLED, VisitStatus.MISSED, VisitStatus.PLANNED, VisitStatus.IN_PROGRESS])
def test_every_step_is_the_tables(rep, store, now, status, to):
    visit = VisitFactory(store=store, visitor=rep, **STATES[status])
    verbs = {
        VisitStatus.CANCELLED: lambda: services.cancel_visit(visit_id=visit.pk, actor=rep, reason="x"),
        VisitStatus.MISSED: lambda: services.mark_missed(visit_id=visit.pk, actor=rep, reason="x", today=TODAY),
        VisitStatus.PLANNED: lambda: services.change_plan(visit_id=visit.pk, actor=rep, today=TODAY, version=1, planned_on=TODAY),
        VisitStatus.IN_PROGRESS: lambda: services.check_in(visit=visit, actor=rep, now=visit.checked_in_at or now),
    }
    # Changing a plan is no step, and checking in again at the same time changes nothing.
    stays = (to == status == VisitStatus.PLANNED) or (
        to == VisitStatus.IN_PROGRESS and status in (VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED)
    )
    if stays or to in VISIT_MOVES.get(status, ()):
        verbs[to]()
        visit.refresh_from_db()
        assert visit.status == (status if stays else to)
    else:
        with pytest.raises(IllegalMove):
            verbs[to]()
        visit.refresh_from_db()
        assert visit.status == status
