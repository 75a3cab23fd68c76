"""Who decides what, in which order, and what happens when people are away, leave, or decide at once."""

from datetime import date

import pytest

from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from team import approvals
from team.models import Approval, ApprovalRoute, ApprovalRouteStep, ApprovalSeat, AuditEvent, Notification, User
from team.services import change_role, deactivate_person
from team.services.approvals import decide, fill_empty_steps, request_approval, withdraw
from team.states import ApprovalStatus, StepStatus
from tests.factories import DelegationFactory, KeyAccountFactory, TeamFactory, UserFactory

from .approving import KIND, ask, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to("2026-03-05 10:00Z")


def route(*steps):
    """The administrator's route of the kind: each step a dict of ApprovalRouteStep's fields."""
    row = ApprovalRoute.objects.create(kind=KIND)
    for position, step in enumerate(steps, start=1):
        ApprovalRouteStep.objects.create(route=row, position=position, name=f"Step {position}", **step)


def seated(approval, position=1):
    step = approval.steps.get(position=position)
    newest = max(seat.round for seat in step.seats.all())
    return {seat.approver.name for seat in step.seats.filter(round=newest)}


def stand_in(absent, deputy):
    DelegationFactory(absent=absent, deputy=deputy, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
    return User.objects.get(pk=deputy.pk)


# --- the table: state × action × who ------------------------------------------------------------------------------------------
STATES = ApprovalStatus.values
ACTIONS = ("approve", "return", "withdraw")
ACTORS = ("requester", "leader", "leaders_deputy", "requesters_deputy", "stranger", "administrator", "boss", "barred", "inactive_leader")
MAY = {
    ("approve", "leader"),
    ("approve", "leaders_deputy"),
    ("return", "leader"),
    ("return", "leaders_deputy"),
    ("withdraw", "requester"),
    ("withdraw", "requesters_deputy"),
}


def actor_of(name, people):
    if name == "leaders_deputy":
        return stand_in(people["leader"], people["deputy"])
    if name == "requesters_deputy":
        return stand_in(people["requester"], people["deputy"])
    if name == "barred":
        return people["finance"]
    if name == "inactive_leader":
        User.objects.filter(pk=people["leader"].pk).update(is_active=False)
        return User.objects.get(pk=people["leader"].pk)
    return people[name]


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_action_and_person(state, action, who, people, told):
    register(told, barred=lambda subject: {people["finance"].pk})
    approval = ask(people["requester"])
    Approval.objects.filter(pk=approval.pk).update(status=state)
    actor = actor_of(who, people)

    def act():
        if action == "withdraw":
            return withdraw(approval_id=approval.pk, actor=actor)
        return decide(approval_id=approval.pk, actor=actor, decision=action, note="Because.")

    allowed = state == ApprovalStatus.PENDING and (action, who) in MAY
    if allowed:
        act()
        approval.refresh_from_db()
        assert approval.status == {"approve": "approved", "return": "returned", "withdraw": "withdrawn"}[action]
        assert [word for word, *_rest in told] == [approval.status]
    else:
        with pytest.raises((NotAllowed, StaleRecord, IllegalMove)):
            act()
        approval.refresh_from_db()
        assert approval.status == state
        assert told == []
        assert not ApprovalSeat.objects.exclude(decision="").exists()


# --- asking -------------------------------------------------------------------------------------------------------------------
def test_asking_opens_the_first_step_tells_the_leader_and_is_on_record(people):
    account = KeyAccountFactory(name="Harbor Mart")
    approval = ask(people["requester"], account, note="Please", amount_minor=500, currency="USD")

    assert (approval.status, approval.position, approval.object_label) == ("pending", 1, str(account))
    assert seated(approval) == {"Lee"}
    told_to = Notification.objects.get()
    assert (told_to.user, told_to.kind, told_to.words["person"]) == (people["leader"], "approvals.asked", "Rita")
    entry = AuditEvent.objects.get(verb="approval.requested")
    assert (entry.actor, entry.reason) == (people["requester"], "Please")


def test_the_same_is_not_asked_twice(people):
    account = KeyAccountFactory()
    ask(people["requester"], account)
    with pytest.raises(IllegalMove, match="“A thing” is waiting for approval already"):
        ask(people["requester"], account)


def test_after_a_return_it_is_asked_anew(people, told):
    account = KeyAccountFactory()
    first = ask(people["requester"], account)
    decide(approval_id=first.pk, actor=people["leader"], decision="return", note="Cheaper.")
    second = ask(people["requester"], account)
    decide(approval_id=second.pk, actor=people["leader"], decision="approve")
    assert told == [("returned", account, people["leader"], "Cheaper."), ("approved", account, people["leader"], "")]
    assert Notification.objects.filter(user=people["requester"]).values_list("kind", flat=True).count() == 2


def test_a_kind_that_nobody_registered_is_a_programming_error(people):
    with pytest.raises(LookupError, match="No app registered approvals of kind “tests.nothing”"):
        request_approval(kind="tests.nothing", subject=KeyAccountFactory(), title="x", requested_by=people["requester"])


def test_a_supervisors_own_request_goes_up_the_tree(people):
    assert seated(ask(people["leader"])) == {"Bo"}


def test_at_the_top_the_administrators_decide_and_never_oneself(people):
    second = UserFactory(administrator=True, name="Abe")
    assert seated(ask(people["boss"])) == {"Ada", "Abe"}
    assert seated(ask(people["administrator"])) == {"Abe"}
    assert second.is_active


def test_inactive_supervisors_are_passed_by(people):
    User.objects.filter(pk=people["leader"].pk).update(is_active=False)
    assert seated(ask(people["requester"])) == {"Bo"}


def test_in_a_company_of_one_it_is_refused_in_words():
    only = UserFactory(administrator=True, name="Ada")
    with pytest.raises(DomainError, match="Nobody else than Ada could approve “A thing”. Ask an administrator to name somebody."):
        ask(only)
    assert Approval.objects.count() == 0


# --- routes -------------------------------------------------------------------------------------------------------------------
def test_steps_go_in_order(people, told):
    route({"approvers": "leader"}, {"approvers": "role", "role": "finance"})
    approval = ask(people["requester"])

    with pytest.raises(NotAllowed):
        decide(approval_id=approval.pk, actor=people["finance"], decision="approve")
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve")
    assert told == []
    assert [step.status for step in approval.steps.all()] == [StepStatus.APPROVED, StepStatus.OPEN]
    decide(approval_id=approval.pk, actor=people["finance"], decision="approve", note="Fine")
    assert [(word, actor.name, note) for word, _subject, actor, note in told] == [("approved", "Fin", "Fine")]


@pytest.mark.parametrize(("quorum", "needed"), [(1, 1), (2, 2), (0, 3), (9, 3)])
def test_parallel_approvers_and_quorum(people, told, quorum, needed):
    others = [people["finance"], UserFactory(finance=True), UserFactory(finance=True)]
    route({"approvers": "role", "role": "finance", "quorum": quorum})
    approval = ask(people["requester"])
    for number, person in enumerate(others[:needed], start=1):
        assert told == []
        decide(approval_id=approval.pk, actor=person, decision="approve", version=1)
        approval.refresh_from_db()
        assert approval.status == ("approved" if number == needed else "pending")
    assert len(told) == 1


def test_one_return_is_enough_even_where_all_are_asked(people, told):
    UserFactory(finance=True)
    route({"approvers": "role", "role": "finance", "quorum": 0})
    approval = ask(people["requester"])
    decide(approval_id=approval.pk, actor=people["finance"], decision="return", note="No.")
    approval.refresh_from_db()
    assert approval.status == "returned"


def test_nobody_fills_a_quorum_alone_by_standing_in(people, told):
    second = UserFactory(finance=True)
    route({"approvers": "role", "role": "finance", "quorum": 2})
    approval = ask(people["requester"])
    deputy = stand_in(people["finance"], second)
    decide(approval_id=approval.pk, actor=deputy, decision="approve")
    with pytest.raises(NotAllowed, match="You have decided this step already. It waits for the others."):
        decide(approval_id=approval.pk, actor=deputy, decision="approve")
    assert not Approval.objects.waiting_for(User.objects.get(pk=deputy.pk)).exists()


@pytest.mark.parametrize(("amount", "currency", "steps"), [(99_999, "USD", 1), (100_000, "USD", 2), (None, "", 2), (5, "CNY", 2)], ids=str)
def test_small_amounts_skip_steps_but_only_in_the_base_currency(people, settings, amount, currency, steps):
    settings.KA_BASE_CURRENCY = "USD"
    route({"approvers": "leader"}, {"approvers": "role", "role": "finance", "minimum_minor": 100_000})
    approval = ask(people["requester"], amount_minor=amount, currency=currency)
    assert approval.steps.count() == steps


def test_a_route_of_large_amounts_only_still_asks_somebody(people):
    route({"approvers": "leader", "minimum_minor": 1_000}, {"approvers": "person", "person": people["boss"], "minimum_minor": 5_000})
    assert seated(ask(people["requester"], amount_minor=1, currency="")) == {"Bo"}


def test_a_named_person_who_left_is_replaced_by_their_leader(people):
    route({"approvers": "person", "person": people["leader"]})
    User.objects.filter(pk=people["leader"].pk).update(is_active=False)
    assert seated(ask(people["requester"])) == {"Bo"}


def test_a_named_person_does_not_decide_their_own(people):
    route({"approvers": "person", "person": people["requester"]})
    assert seated(ask(people["requester"])) == {"Lee"}


# --- deputies -----------------------------------------------------------------------------------------------------------------
def test_a_deputy_decides_and_history_shows_both_names(people, told):
    approval = ask(people["requester"])
    deputy = stand_in(people["leader"], people["deputy"])
    assert list(Approval.objects.waiting_for(deputy)) == [approval]
    decide(approval_id=approval.pk, actor=deputy, decision="approve")
    seat = ApprovalSeat.objects.get()
    assert (seat.approver, seat.decided_by, seat.is_by_deputy) == (people["leader"], deputy, True)
    entry = AuditEvent.objects.get(verb="approval.approved")
    assert (entry.actor, entry.on_behalf_of) == (deputy, people["leader"])


def test_nobody_decides_their_own_request_as_the_deputy_of_the_approver(people, told):
    approval = ask(people["requester"])
    requester = stand_in(people["leader"], people["requester"])
    assert not Approval.objects.waiting_for(requester).exists()
    with pytest.raises(NotAllowed, match="Nobody approves their own request. Somebody else has to decide it."):
        decide(approval_id=approval.pk, actor=requester, decision="approve")
    assert told == []


def test_the_deputy_of_today_is_told_too(people):
    stand_in(people["leader"], people["deputy"])
    ask(people["requester"])
    assert set(Notification.objects.values_list("user__name", flat=True)) == {"Lee", "Dan"}


def test_a_deputy_whose_days_are_over_decides_no_more(people, time_machine):
    approval = ask(people["requester"])
    deputy = stand_in(people["leader"], people["deputy"])
    time_machine.move_to("2026-04-01 10:00Z")
    with pytest.raises(NotAllowed, match="You are not asked to decide this now."):
        decide(approval_id=approval.pk, actor=User.objects.get(pk=deputy.pk), decision="approve")


# --- returning ----------------------------------------------------------------------------------------------------------------
def test_a_return_needs_words(people):
    approval = ask(people["requester"])
    with pytest.raises(DomainError, match="Say what has to change: who asked reads it."):
        decide(approval_id=approval.pk, actor=people["leader"], decision="return", note="  ")


def test_an_earlier_step_is_asked_again_in_a_new_round(people, told):
    route({"approvers": "leader"}, {"approvers": "role", "role": "finance"})
    approval = ask(people["requester"])
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve")
    decide(approval_id=approval.pk, actor=people["finance"], decision="return", note="Check the sum.", to_step=1)
    approval.refresh_from_db()
    assert (approval.status, approval.position) == ("pending", 1)
    assert list(Approval.objects.waiting_for(people["leader"])) == [approval]
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve", note="Checked")
    decide(approval_id=approval.pk, actor=people["finance"], decision="approve")
    assert [word for word, *_rest in told] == ["approved"]
    rounds = ApprovalSeat.objects.order_by("pk").values_list("step__position", "round", "decision")
    assert list(rounds) == [(1, 1, "approve"), (2, 1, "return"), (1, 2, "approve"), (2, 2, "approve")]


@pytest.mark.parametrize("to_step", [1, 2, -1, 7])
def test_only_an_earlier_step_can_be_returned_to(people, to_step):
    approval = ask(people["requester"])
    with pytest.raises(DomainError, match=f"Step {to_step} is not before this one"):
        decide(approval_id=approval.pk, actor=people["leader"], decision="return", note="Why", to_step=to_step)
    approval.refresh_from_db()
    assert approval.status == "pending"


def test_a_word_that_is_no_decision_is_refused(people):
    approval = ask(people["requester"])
    with pytest.raises(DomainError, match="“perhaps” is no decision: approve or return."):
        decide(approval_id=approval.pk, actor=people["leader"], decision="perhaps")


def test_a_refusal_of_the_kind_undoes_the_decision(people, told):
    def refuse(subject, **rest):
        raise DomainError("The fund is empty.")

    approvals.register(KIND, label="Thing", model="accounts.KeyAccount", on_approved=refuse, on_returned=refuse)
    approval = ask(people["requester"])
    with pytest.raises(DomainError, match="The fund is empty."):
        decide(approval_id=approval.pk, actor=people["leader"], decision="approve")
    approval.refresh_from_db()
    assert (approval.status, ApprovalSeat.objects.get().decision) == ("pending", "")


# --- at once ------------------------------------------------------------------------------------------------------------------
def test_the_second_of_two_is_told_what_the_first_did(people):
    other = UserFactory(supervisor=True, team=people["leader"].team, name="Lu")
    approval = ask(people["requester"])
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve", version=1)
    with pytest.raises(StaleRecord, match=r"“A thing” is decided already \(Approved, by Lee\)"):
        decide(approval_id=approval.pk, actor=other, decision="return", note="No", version=1)


def test_a_step_that_moved_on_is_not_decided_by_an_old_page(people):
    route({"approvers": "leader"}, {"approvers": "person", "person": people["leader"]})
    approval = ask(people["requester"])
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve", version=1)
    with pytest.raises(StaleRecord, match="Lee has decided about “A thing” in the meantime"):
        decide(approval_id=approval.pk, actor=people["leader"], decision="approve", version=1)


# --- leaving ------------------------------------------------------------------------------------------------------------------
def test_the_seat_of_who_leaves_goes_to_their_leader(people, told):
    approval = ask(people["requester"])
    deactivate_person(person_id=people["leader"].pk, actor=people["administrator"])
    assert seated(approval) == {"Bo"}
    entry = AuditEvent.objects.get(verb="approval.reassigned")
    assert (entry.actor, entry.changes) == (people["administrator"], {"approver": ["Lee", "Bo"]})
    decide(approval_id=approval.pk, actor=people["boss"], decision="approve")
    assert len(told) == 1


def test_without_a_leader_an_administrator_gets_it(people):
    approval = ask(people["leader"])
    deactivate_person(person_id=people["boss"].pk, actor=people["administrator"])
    assert seated(approval) == {"Ada"}


def test_who_loses_the_role_loses_the_seat(people):
    second = UserFactory(finance=True, name="Flo")
    route({"approvers": "role", "role": "finance", "quorum": 0})
    approval = ask(people["requester"])
    change_role(person_id=people["finance"].pk, role="viewer", actor=people["administrator"])
    assert seated(approval) == {"Flo", "Ada"}
    assert second.is_active


def test_seats_of_later_steps_move_too(people):
    route({"approvers": "leader"}, {"approvers": "person", "person": people["stranger"]})
    approval = ask(people["requester"])
    deactivate_person(person_id=people["stranger"].pk, actor=people["administrator"])
    assert seated(approval, 2) == {"Ada"}


def test_the_requesters_leaving_stops_nothing(people, told):
    approval = ask(people["requester"])
    deactivate_person(person_id=people["requester"].pk, actor=people["administrator"])
    decide(approval_id=approval.pk, actor=people["leader"], decision="approve")
    assert len(told) == 1
    assert not Notification.objects.filter(user=people["requester"]).exists()


def test_the_clock_finds_somebody_for_a_step_without_anybody(told):
    register(told, step_in="reports.approve")
    requester = UserFactory(ka_manager=True, team=TeamFactory())
    approval = ask(requester)
    assert approval.steps.get().seats.count() == 0
    assert fill_empty_steps() == 0
    UserFactory(supervisor=True, team=requester.team, name="New")
    assert fill_empty_steps() == 1
    assert seated(approval) == {"New"}
    assert fill_empty_steps() == 0


# --- stepping in --------------------------------------------------------------------------------------------------------------
def test_who_holds_the_capability_and_sees_the_record_may_step_in(people, told):
    register(told, step_in="reports.approve")
    approval = ask(people["requester"])
    with pytest.raises(NotAllowed):  # sees no account
        decide(approval_id=approval.pk, actor=people["stranger"], decision="approve")
    decide(approval_id=approval.pk, actor=people["administrator"], decision="approve")
    assert set(ApprovalSeat.objects.values_list("approver__name", "decision")) == {("Lee", ""), ("Ada", "approve")}


def test_nobody_steps_into_a_step_of_named_people(people, told):
    register(told, step_in="reports.approve")
    route({"approvers": "role", "role": "finance"})
    approval = ask(people["requester"])
    with pytest.raises(NotAllowed):
        decide(approval_id=approval.pk, actor=people["administrator"], decision="approve")
