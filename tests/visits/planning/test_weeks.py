"""The verbs of a week: several visits at once, other days, the order of a day, last week again, handing in."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from team.models import Approval, AuditEvent
from team.services.approvals import decide
from tests.factories import AttendanceFactory, DelegationFactory, LeaveFactory, StoreFactory, UserFactory, VisitFactory, VisitPlanFactory
from visits.models import Visit, VisitPlan
from visits.planning import services
from visits.planning.days import in_route_order, plan_deadline

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 6)
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def street(store, *numbers, **values):
    """Stores along a street, a hundredth of a degree apart."""
    return [
        StoreFactory(account=store.account, latitude="0", longitude=f"0.0{number}", name=f"No {number}", **values) for number in numbers
    ]


def on_monday(rep, stores, **values):
    return [VisitFactory(store=store, visitor=rep, planned_on=MONDAY, **values) for store in stores]


def order_of(rep, day=MONDAY):
    return [visit.store.name for visit in services.visits_of_day(rep, day)]


# -- several at once -------------------------------------------------------------------------------------------------------------
def test_several_stores_are_planned_at_once(rep, store):
    planned = services.plan_stores(actor=rep, person=rep, planned_on=TUESDAY, stores=[store, *street(store, 1)], today=MONDAY)
    assert (len(planned.visits), planned.refusals) == (2, [])
    assert {(visit.visitor, visit.planned_on, visit.origin) for visit in Visit.objects.all()} == {(rep, TUESDAY, "plan")}


def test_what_a_rule_forbids_is_told_and_the_rest_is_planned(rep, store):
    (closed,) = street(store, 1, closed_on=MONDAY)
    planned = services.plan_stores(actor=rep, person=rep, planned_on=TUESDAY, stores=[closed, store], today=MONDAY)
    assert [visit.store for visit in planned.visits] == [store]
    assert planned.refusals == ["“No 1” is closed on that day."]


def test_planned_twice_is_planned_once(rep, store):
    for _tap in range(2):
        planned = services.plan_stores(actor=rep, person=rep, planned_on=TUESDAY, stores=[store], today=MONDAY)
    assert planned.refusals == [f"A visit to “{store}” is planned for 2026-03-03 already."]
    assert Visit.objects.count() == 1


def test_nobody_plans_for_strangers(rep, stranger, store):
    with pytest.raises(NotAllowed, match="You cannot plan visits for Ana Field"):
        services.plan_stores(actor=stranger, person=rep, planned_on=TUESDAY, stores=[store], today=MONDAY)


def test_a_supervisor_plans_for_the_team(boss, rep, store):
    planned = services.plan_stores(actor=boss, person=rep, planned_on=TUESDAY, stores=[store], today=MONDAY)
    assert (planned.visits[0].visitor, planned.visits[0].created_by) == (rep, boss)


def test_one_click_plans_sixty_stores_at_most(rep, store):
    with pytest.raises(DomainError, match="61 stores are more than one click plans: 60 at most"):
        services.plan_stores(actor=rep, person=rep, planned_on=TUESDAY, stores=[store] * 61, today=MONDAY)


# -- other days ------------------------------------------------------------------------------------------------------------------
def test_a_visit_moves_to_another_day_and_comes_last_there(rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=MONDAY, planned_at=time(9), route_order=1)
    services.move_visit(visit_id=visit.pk, actor=rep, planned_on=TUESDAY, today=MONDAY)
    visit.refresh_from_db()
    assert (visit.planned_on, visit.planned_at, visit.route_order) == (TUESDAY, time(9), None)
    assert AuditEvent.objects.about(visit).get().verb == "visit.rescheduled"


def test_a_visit_does_not_move_into_the_past_or_into_leave(rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=FRIDAY)
    LeaveFactory(person=rep, approved=True, starts_on=TUESDAY, ends_on=TUESDAY)
    with pytest.raises(DomainError, match="2026-03-01 is in the past"):
        services.move_visit(visit_id=visit.pk, actor=rep, planned_on=MONDAY - timedelta(days=1), today=MONDAY)
    with pytest.raises(DomainError, match="Ana Field is on leave on 2026-03-03. Choose another day, or ask the deputy."):
        services.move_visit(visit_id=visit.pk, actor=rep, planned_on=TUESDAY, today=MONDAY)


def test_a_visit_goes_to_somebody_of_the_team(boss, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=TUESDAY, route_order=2)
    services.reassign_visit(visit_id=visit.pk, actor=boss, visitor=boss, today=MONDAY)
    visit.refresh_from_db()
    assert (visit.visitor, visit.route_order, visit.version) == (boss, None, 2)
    assert AuditEvent.objects.about(visit).get().changes == {"visitor": ["Ana Field", "Sam Lead"]}


def test_a_visit_goes_to_a_deputy_of_another_team(rep, stranger, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=TUESDAY)
    with pytest.raises(NotAllowed, match="You cannot plan visits for Otto Other"):
        services.reassign_visit(visit_id=visit.pk, actor=rep, visitor=stranger, today=MONDAY)
    DelegationFactory(absent=rep, deputy=stranger)
    services.reassign_visit(visit_id=visit.pk, actor=rep, visitor=stranger, today=MONDAY)
    visit.refresh_from_db()
    assert visit.visitor == stranger


def test_a_visit_that_took_place_stays_whose_it_was(boss, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=TUESDAY, completed=True)
    with pytest.raises(DomainError, match="Only planned visits can be given to somebody else; this one is “Completed”"):
        services.reassign_visit(visit_id=visit.pk, actor=boss, visitor=boss, today=MONDAY)


# -- last week again -------------------------------------------------------------------------------------------------------------
def test_last_week_is_planned_again_on_the_same_weekdays(rep, store):
    first, second, off = street(store, 1, 2, 3)
    VisitFactory(store=first, visitor=rep, planned_on=date(2026, 2, 23), planned_at=time(9), purpose="promotion", completed=True)
    VisitFactory(store=second, visitor=rep, planned_on=date(2026, 2, 27), missed=True)
    VisitFactory(store=off, visitor=rep, planned_on=date(2026, 2, 26), cancelled=True)
    services.copy_last_week(actor=rep, person=rep, week_starts_on=MONDAY, today=MONDAY)
    copied = Visit.objects.filter(planned_on__gte=MONDAY).order_by("planned_on")
    assert [(one.store, one.planned_on, one.planned_at, one.purpose, one.status) for one in copied] == [
        (first, MONDAY, time(9), "promotion", "planned"),
        (second, FRIDAY, None, "routine", "planned"),
    ]


def test_copying_twice_or_over_days_that_are_over_adds_nothing(rep, store):
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 2, 24))
    VisitFactory(store=store, visitor=rep, planned_on=date(2026, 2, 27))
    for _tap in range(2):
        services.copy_last_week(actor=rep, person=rep, week_starts_on=MONDAY, today=FRIDAY)
    assert [visit.planned_on for visit in Visit.objects.filter(planned_on__gte=MONDAY)] == [FRIDAY]


# -- the order of a day ----------------------------------------------------------------------------------------------------------
def test_a_day_is_ordered_by_distance_and_back(rep, store):
    visits = on_monday(rep, street(store, 1, 3, 2, 4))
    ordered = services.order_day(person=rep, day=MONDAY, actor=rep)
    assert order_of(rep) == ["No 1", "No 2", "No 3", "No 4"]
    assert (ordered.before_m, ordered.after_m, ordered.unplaced) == (2224 + 1112 + 2224, 3336, ())
    services.set_day_order(person=rep, day=MONDAY, visit_ids=ordered.before, actor=rep)
    assert order_of(rep) == ["No 1", "No 3", "No 2", "No 4"]
    plan = VisitPlan.objects.get()
    assert [event.verb for event in AuditEvent.objects.about(plan)] == ["visit_plan.day_ordered"] * 2
    assert visits[0].pk == ordered.before[0]


def test_the_way_begins_where_the_day_did(rep, store):
    on_monday(rep, street(store, 1, 2, 3))
    AttendanceFactory(person=rep, latitude="0", longitude="0.05")
    services.order_day(person=rep, day=MONDAY, actor=rep)
    assert order_of(rep) == ["No 3", "No 2", "No 1"]


def test_the_way_goes_on_from_the_last_stop_that_was_made(rep, store):
    first, *rest = street(store, 3, 1, 2, 4)
    on_monday(rep, rest)
    on_monday(rep, [first], completed=True)
    services.order_day(person=rep, day=MONDAY, actor=rep)
    assert order_of(rep) == ["No 3", "No 4", "No 2", "No 1"]


def test_a_store_without_a_position_comes_last_and_is_named(rep, store):
    lost = StoreFactory(account=store.account, latitude=None, longitude=None, name="Lost")
    on_monday(rep, [lost, *street(store, 1, 2)])
    assert services.order_day(person=rep, day=MONDAY, actor=rep).unplaced == ("Lost",)
    assert order_of(rep) == ["No 1", "No 2", "Lost"]


def test_one_visit_cannot_be_ordered(rep, store):
    on_monday(rep, [store])
    with pytest.raises(DomainError, match="There is nothing to order"):
        services.order_day(person=rep, day=MONDAY, actor=rep)


def test_an_order_of_other_visits_is_refused(rep, store):
    visits = on_monday(rep, street(store, 1, 2))
    for ids in ([visits[0].pk], [visits[0].pk, visits[0].pk], [*(visit.pk for visit in visits), 10**17]):
        with pytest.raises(StaleRecord, match="The visits of 2026-03-02 have changed in the meantime"):
            services.set_day_order(person=rep, day=MONDAY, visit_ids=ids, actor=rep)


def test_a_stranger_orders_nothing(rep, stranger, store):
    on_monday(rep, street(store, 1, 2))
    with pytest.raises(NotAllowed):
        services.order_day(person=rep, day=MONDAY, actor=stranger)


def test_one_place_up_and_down(rep, store):
    visits = on_monday(rep, street(store, 1, 2, 3))
    services.shift_visit(visit=visits[2], actor=rep, step=-1)
    assert order_of(rep) == ["No 1", "No 3", "No 2"]
    services.shift_visit(visit=visits[0], actor=rep, step=1)
    assert order_of(rep) == ["No 3", "No 1", "No 2"]
    services.shift_visit(visit=visits[2], actor=rep, step=-1)  # it is the first already
    assert order_of(rep) == ["No 3", "No 1", "No 2"]


def test_visits_that_come_later_find_their_place_by_their_time():
    def visit(pk, place, at):
        return Visit(pk=pk, route_order=place, planned_at=at)

    day = [visit(1, 2, time(14)), visit(2, 1, time(9)), visit(3, None, time(11)), visit(4, None, None), visit(5, None, time(16))]
    assert [one.pk for one in in_route_order(day)] == [2, 3, 1, 5, 4]


# -- handing in ------------------------------------------------------------------------------------------------------------------
def submit(rep, **values):
    return services.submit_plan(**{"person": rep, "week_starts_on": MONDAY, "actor": rep, "now": NOW, "today": MONDAY, **values})


def test_a_plan_is_handed_in_and_approved(rep, boss, store):
    on_monday(rep, [store])
    plan = submit(rep)
    assert (plan.status, plan.submitted_at) == ("submitted", NOW)
    approval = Approval.objects.get()
    assert (approval.kind, approval.requested_by, approval.note) == ("visits.plan", rep, "1 visit")
    decide(approval_id=approval.pk, actor=boss, decision="approve", note="Good")
    plan.refresh_from_db()
    assert (plan.status, plan.decided_by, plan.decision_note) == ("approved", boss, "Good")


def test_a_plan_comes_back_with_a_note_and_is_handed_in_again(rep, boss, store):
    on_monday(rep, [store])
    plan = submit(rep)
    decide(approval_id=Approval.objects.get().pk, actor=boss, decision="return", note="Add the mall.")
    plan.refresh_from_db()
    assert (plan.status, plan.decision_note) == ("returned", "Add the mall.")
    assert submit(rep).status == "submitted"


def test_nobody_approves_the_own_plan(rep, boss, store):
    on_monday(rep, [store])
    submit(rep)
    with pytest.raises(NotAllowed, match="Nobody approves their own request"):
        decide(approval_id=Approval.objects.get().pk, actor=rep, decision="approve")


def test_an_empty_week_is_not_handed_in(rep, boss):
    with pytest.raises(DomainError, match="No visit is planned in this week"):
        submit(rep)
    assert VisitPlan.objects.count() == 0


def test_a_plan_is_handed_in_once(rep, boss, store):
    on_monday(rep, [store])
    submit(rep)
    with pytest.raises(IllegalMove):
        submit(rep)


def test_a_week_that_is_over_is_not_handed_in(rep, boss, store):
    on_monday(rep, [store])
    with pytest.raises(DomainError, match="This week is over"):
        submit(rep, today=MONDAY + timedelta(days=7))


def test_a_supervisor_does_not_hand_in_for_others_and_a_deputy_does(rep, boss, store):
    today = date.today()  # deputies' rights are asked of the clock
    on_monday(rep, [store])
    with pytest.raises(NotAllowed, match="Ana Field hands in the own plan, or their deputy does"):
        submit(rep, actor=boss)
    deputy = UserFactory(field_rep=True)
    DelegationFactory(absent=rep, deputy=deputy, starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=1))
    plan = submit(rep, actor=deputy)
    event = AuditEvent.objects.about(plan).get(verb="visit_plan.submitted")
    assert (event.actor, event.on_behalf_of) == (deputy, rep)


def test_a_plan_is_taken_back_before_and_after_it_was_approved(rep, boss, store):
    on_monday(rep, [store])
    submit(rep)
    services.take_plan_back(person=rep, week_starts_on=MONDAY, actor=rep)
    assert (VisitPlan.objects.get().status, Approval.objects.get().status) == ("draft", "withdrawn")
    submit(rep)
    decide(approval_id=Approval.objects.pending().get().pk, actor=boss, decision="approve")
    services.take_plan_back(person=rep, week_starts_on=MONDAY, actor=rep)
    assert VisitPlan.objects.get().status == "draft"


def test_the_plan_of_next_week_is_due_on_friday_evening(rep):
    deadline = plan_deadline(date(2026, 3, 9), UTC)
    assert deadline == datetime(2026, 3, 6, 18, tzinfo=UTC)
    in_time = VisitPlanFactory(person=rep, week_starts_on=date(2026, 3, 9), submitted_at=deadline)
    assert not services.is_late(in_time, rep, date(2026, 3, 9), NOW)
    assert services.is_late(None, rep, date(2026, 3, 9), deadline + timedelta(seconds=1))


def test_the_deadline_is_in_the_persons_own_zone(rep):
    rep.time_zone = "Asia/Shanghai"
    noon = datetime(2026, 3, 6, 12, tzinfo=UTC)  # 20:00 in Shanghai
    assert services.is_late(None, rep, date(2026, 3, 9), noon)


def test_priorities_are_kept_and_the_second_writer_sees_the_first(rep):
    plan = services.set_priorities(person=rep, week_starts_on=MONDAY, actor=rep, priorities="Win end caps\x00", version=None)
    assert (plan.priorities, plan.version) == ("Win end caps", 2)
    with pytest.raises(StaleRecord):
        services.set_priorities(person=rep, week_starts_on=MONDAY, actor=rep, priorities="Other", version=1)
