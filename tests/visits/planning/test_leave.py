"""Leave: asked for, decided by the supervisor, cancelled; what it does to planned visits."""

from datetime import date, timedelta

import pytest

from ka_crm.errors import DomainError, IllegalMove, NotAllowed
from team.models import Approval
from team.services.approvals import decide
from tests.factories import DelegationFactory, LeaveFactory, StoreFactory, VisitFactory
from visits import services as visit_services
from visits.models import Leave
from visits.planning import leave as verbs

pytestmark = pytest.mark.django_db
TODAY = date(2026, 2, 27)
MONDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 4)


def ask(rep, actor=None, **values):
    given = {"person": rep, "actor": actor or rep, "starts_on": MONDAY, "ends_on": WEDNESDAY, "today": TODAY, **values}
    return verbs.request_leave(**given)


def approved(rep, boss, **values):
    leave = ask(rep, **values)
    decide(approval_id=Approval.objects.pending().get().pk, actor=boss, decision="approve")
    leave.refresh_from_db()
    return leave


def test_the_supervisor_approves_leave(rep, boss):
    leave = ask(rep, reason="Family")
    assert (leave.status, Approval.objects.get().title) == ("requested", "Leave of Ana Field: 2026-03-02 – 2026-03-04")
    decide(approval_id=Approval.objects.get().pk, actor=boss, decision="approve")
    leave.refresh_from_db()
    assert (leave.status, leave.decided_by) == ("approved", boss)


def test_leave_that_is_returned_is_refused(rep, boss):
    leave = ask(rep)
    decide(approval_id=Approval.objects.get().pk, actor=boss, decision="return", note="Inventory week.")
    leave.refresh_from_db()
    assert (leave.status, leave.decision_note) == ("refused", "Inventory week.")


def test_leave_that_a_supervisor_enters_is_asked_by_the_person(rep, boss):
    ask(rep, boss, kind="sick")
    assert Approval.objects.get().requested_by == rep


def test_a_stranger_asks_for_nobody(rep, stranger, boss):
    with pytest.raises(NotAllowed, match="You cannot ask for leave of Ana Field"):
        ask(rep, stranger)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ends_on": date(2026, 3, 1)}, "The leave ends on 2026-03-01, before it starts on 2026-03-02."),
        ({"ends_on": MONDAY + timedelta(days=366)}, "The leave is longer than a year."),
        ({"starts_on": TODAY - timedelta(days=61)}, "2025-12-28 is more than 60 days ago."),
        ({"starts_on": date(9999, 1, 1), "ends_on": date(9999, 1, 2)}, "9999-01-02 is more than two years ahead."),
    ],
)
def test_days_that_make_no_sense_are_refused(rep, boss, values, message):
    with pytest.raises(DomainError, match=message):
        ask(rep, **values)
    assert Leave.objects.count() == 0


def test_leave_does_not_overlap_other_leave(rep, boss):
    ask(rep)
    with pytest.raises(DomainError, match="Ana Field has leave from 2026-03-02 to 2026-03-04 already"):
        ask(rep, starts_on=WEDNESDAY, ends_on=date(2026, 3, 6))
    assert ask(rep, starts_on=date(2026, 3, 5), ends_on=date(2026, 3, 6)).pk


def test_leave_is_called_off_before_and_after_it_is_approved(rep, boss):
    leave = ask(rep)
    verbs.cancel_leave(leave_id=leave.pk, actor=rep)
    assert (Leave.objects.get().status, Approval.objects.get().status) == ("cancelled", "withdrawn")
    second = approved(rep, boss)
    verbs.cancel_leave(leave_id=second.pk, actor=boss, reason="Back early")
    second.refresh_from_db()
    assert second.status == "cancelled"
    with pytest.raises(IllegalMove):
        verbs.cancel_leave(leave_id=second.pk, actor=rep)


def test_a_supervisor_decides_about_a_request_instead_of_calling_it_off(rep, boss):
    leave = ask(rep)
    with pytest.raises(NotAllowed, match="This is Ana Field's leave; they call it off, or their supervisor once it is approved"):
        verbs.cancel_leave(leave_id=leave.pk, actor=boss)


# -- planned visits --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def in_the_way(rep, store):
    """Two visits on Monday and one on Wednesday; one before the leave."""
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 2, 27))
    return [VisitFactory(store=StoreFactory(account=store.account), visitor=rep, planned_on=day) for day in (MONDAY, MONDAY, WEDNESDAY)]


def test_nothing_is_planned_on_leave_once_it_is_approved(rep, boss, store):
    leave = ask(rep)
    first = visit_services.plan_visit(actor=rep, visitor=rep, store=store, planned_on=MONDAY, today=TODAY)
    decide(approval_id=Approval.objects.get().pk, actor=boss, decision="approve")
    with pytest.raises(DomainError, match="Ana Field is on leave on 2026-03-04"):
        visit_services.plan_visit(actor=rep, visitor=rep, store=store, planned_on=WEDNESDAY, today=TODAY)
    leave.refresh_from_db()
    assert list(verbs.visits_in_the_way(leave)) == [first]


def test_all_visits_move_behind_the_leave_a_day_together(rep, boss, in_the_way):
    moved = verbs.move_visits_away(leave=approved(rep, boss), actor=boss, today=TODAY)
    for visit in in_the_way:
        visit.refresh_from_db()
    assert (len(moved.visits), moved.refusals) == (3, [])
    assert [visit.planned_on for visit in in_the_way] == [date(2026, 3, 5), date(2026, 3, 5), date(2026, 3, 6)]


def test_visits_move_over_a_weekend_and_other_leave(rep, boss, in_the_way):
    LeaveFactory(person=rep, approved=True, starts_on=date(2026, 3, 5), ends_on=date(2026, 3, 6))
    verbs.move_visits_away(leave=approved(rep, boss), actor=rep, today=TODAY)
    in_the_way[2].refresh_from_db()
    assert in_the_way[2].planned_on == date(2026, 3, 10)


def test_visits_go_to_the_deputy(rep, boss, stranger, in_the_way):
    DelegationFactory(absent=rep, deputy=stranger)
    leave = approved(rep, boss)
    assert [one.deputy for one in verbs.deputies_for(leave)] == [stranger]
    given = verbs.hand_visits_over(leave=leave, actor=boss, deputy=stranger, today=TODAY)
    assert (len(given.visits), given.refusals) == (3, [])
    assert {visit.visitor for visit in given.visits} == {stranger}


def test_what_the_deputy_cannot_take_stays_and_is_told(rep, boss, stranger, in_the_way):
    DelegationFactory(absent=rep, deputy=stranger)
    LeaveFactory(person=stranger, approved=True, starts_on=MONDAY, ends_on=MONDAY)
    given = verbs.hand_visits_over(leave=approved(rep, boss), actor=boss, deputy=stranger, today=TODAY)
    assert (len(given.visits), given.refusals) == (
        1,
        ["Otto Other is on leave on 2026-03-02. Choose another day, or ask the deputy."],
    )


def test_a_stranger_moves_nothing(rep, boss, stranger, in_the_way):
    with pytest.raises(NotAllowed):
        verbs.move_visits_away(leave=approved(rep, boss), actor=stranger, today=TODAY)
