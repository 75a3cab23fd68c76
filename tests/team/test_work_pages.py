"""Pages of the inbox, approvals, tasks, notifications and routes: what they show to whom, and what their forms do."""

from datetime import date

import pytest
from django.urls import reverse
from icalendar import Calendar

from team.models import Approval, ApprovalRoute, AuditEvent, Notification, NotificationPreference, Task, User
from team.services.approvals import decide
from team.services.notifications import notify
from team.services.preferences import change_preferences, hashed, renew_calendar
from team.services.tasks import close_task, open_task
from tests.factories import AccountAssignmentFactory, DelegationFactory, KeyAccountFactory, StoreFactory, UserFactory, VisitFactory

from .approving import KIND, ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("told")]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to("2026-03-05 10:00Z", tick=False)


@pytest.fixture
def visit_as(client):
    def visit(person):
        client.force_login(person)
        return client

    return visit


def page(answer):
    return answer.content.decode()


# --- inbox --------------------------------------------------------------------------------------------------------------------
def test_the_inbox_shows_decisions_due_tasks_and_mentions(visit_as, people):
    ask(people["requester"], note="Please look")
    open_task(title="Late one", assignee=people["leader"], due_on=date(2026, 3, 4))
    open_task(title="Later one", assignee=people["leader"], due_on=date(2026, 3, 6))
    notify([people["leader"]], "records.mentioned", actor="Rita", record="Harbor Mart")
    shown = page(visit_as(people["leader"]).get(reverse("team:inbox")))
    for word in ("A thing", "Please look", "Rita", "Late one", "Overdue", "Harbor Mart"):
        assert word in shown
    assert "Later one" not in shown


@pytest.mark.parametrize(("show", "has", "has_not"), [("approvals", "A thing", "Late one"), ("tasks", "Late one", "A thing")])
def test_the_filter_shows_one_part(visit_as, people, show, has, has_not):
    ask(people["requester"])
    open_task(title="Late one", assignee=people["leader"], due_on=date(2026, 3, 4))
    shown = page(visit_as(people["leader"]).get(reverse("team:inbox"), {"show": show}))
    assert has in shown
    assert has_not not in shown


@pytest.mark.parametrize("show", ["", "nonsense", "approvals", "七"])
def test_an_empty_inbox_says_what_comes_here(visit_as, people, show):
    shown = page(visit_as(people["finance"]).get(reverse("team:inbox"), {"show": show}))
    assert "Nothing waits for you." in shown


def test_others_decisions_are_not_in_my_inbox(visit_as, people):
    ask(people["requester"])
    for name in ("requester", "boss", "administrator", "stranger"):
        assert "A thing" not in page(visit_as(people[name]).get(reverse("team:inbox")))


def test_a_deputys_inbox_says_for_whom(visit_as, people):
    ask(people["requester"])
    DelegationFactory(absent=people["leader"], deputy=people["deputy"])
    shown = page(visit_as(people["deputy"]).get(reverse("team:inbox")))
    assert "You also decide for Lee." in shown
    assert "for Lee" in shown


def test_the_inbox_asks_as_often_for_three_as_for_one(visit_as, people, assert_same_statements):
    client = visit_as(people["leader"])

    def grow(count=2):
        for number in range(count):
            ask(people["requester"])
            open_task(title=f"T{number}", assignee=people["leader"], actor=people["boss"], due_on=date(2026, 3, 4))

    grow(1)
    assert_same_statements(lambda: client.get(reverse("team:inbox")), grow, most=25)


def test_the_counts_in_the_bar(visit_as, people, client):
    ask(people["requester"])
    open_task(title="Due", assignee=people["leader"], due_on=date(2026, 3, 5))
    shown = page(visit_as(people["leader"]).get(reverse("team:work_counts")))
    assert "Waiting for you: 2" in shown
    assert "Notifications: 2 unread" in shown
    client.logout()
    answer = client.get(reverse("team:work_counts"))
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_counts_are_no_click_of_the_person(visit_as, people, time_machine, settings):
    settings.KA_SESSION_IDLE_MINUTES = 30
    client = visit_as(people["finance"])
    assert client.get(reverse("team:inbox")).status_code == 200
    for minute in range(5, 35, 5):
        time_machine.move_to(f"2026-03-05 10:{minute:02d}Z", tick=False)
        client.get(reverse("team:work_counts"))
    time_machine.move_to("2026-03-05 10:31Z", tick=False)
    assert client.get(reverse("team:work_counts"), headers=HTMX).status_code == 204  # and does not turn the page away
    assert client.get(reverse("team:inbox")).status_code == 302


# --- deciding -----------------------------------------------------------------------------------------------------------------
def decide_url(approval):
    return reverse("team:approval_decide", args=[approval.public_id])


def test_a_decision_without_scripts_goes_back_to_the_inbox(visit_as, people, told):
    approval = ask(people["requester"])
    answer = visit_as(people["leader"]).post(decide_url(approval), {"decision": "approve", "version": 1, "from": "inbox"}, follow=True)
    assert answer.redirect_chain == [(reverse("team:inbox"), 302)]
    assert "“A thing” is approved." in page(answer)
    assert len(told) == 1


def test_a_decision_in_place_answers_with_the_card(visit_as, people):
    approval = ask(people["requester"])
    answer = visit_as(people["leader"]).post(decide_url(approval), {"decision": "return", "note": "Cheaper.", "version": 1}, headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "ka:counts")
    assert "“A thing” goes back to Rita." in page(answer)
    assert "<html" not in page(answer)


def test_a_return_without_words_keeps_the_card_open(visit_as, people):
    approval = ask(people["requester"])
    answer = visit_as(people["leader"]).post(decide_url(approval), {"decision": "return", "note": "  ", "version": 1}, headers=HTMX)
    assert answer.status_code == 422
    assert "Say what has to change: who asked reads it." in page(answer)
    assert 'value="approve"' in page(answer)


def test_who_comes_second_is_told_in_place(visit_as, people):
    other = UserFactory(supervisor=True, team=people["leader"].team)
    approval = ask(people["requester"])
    decide(approval_id=approval.pk, actor=other, decision="approve")
    answer = visit_as(people["leader"]).post(decide_url(approval), {"decision": "approve", "version": 1}, headers=HTMX)
    assert answer.status_code == 422
    assert "is decided already (Approved, by" in page(answer)
    assert 'value="approve"' not in page(answer)


@pytest.mark.parametrize(
    "body", [{}, {"decision": "x"}, {"decision": "approve", "version": "9" * 40}, {"decision": "approve", "to_step": "-1"}]
)
def test_a_body_that_makes_no_sense_is_a_message(visit_as, people, body, told):
    approval = ask(people["requester"])
    answer = visit_as(people["leader"]).post(decide_url(approval), body)
    assert answer.status_code == 302
    approval.refresh_from_db()
    assert (approval.status, told) == ("pending", [])


@pytest.mark.parametrize("who", ["stranger", "deputy"])
def test_a_stranger_finds_no_approval(visit_as, people, who):
    approval = ask(people["requester"])
    client = visit_as(people[who])
    assert client.get(approval.get_absolute_url()).status_code == 404
    assert client.post(decide_url(approval), {"decision": "approve"}).status_code == 404
    assert client.post(reverse("team:approval_withdraw", args=[approval.public_id])).status_code == 404


def test_the_page_of_an_approval_has_history_and_the_way_to_its_record(visit_as, people):
    account = KeyAccountFactory(name="Harbor Mart")
    approval = ask(people["requester"], account)
    decide(approval_id=approval.pk, actor=people["leader"], decision="return", note="Cheaper.")
    shown = page(visit_as(people["administrator"]).get(approval.get_absolute_url()))
    for word in ("Cheaper.", "Asked for approval", "Returned", account.get_absolute_url()):
        assert word in shown
    assert account.get_absolute_url() not in page(visit_as(people["requester"]).get(approval.get_absolute_url()))  # sees no such account


def test_the_requester_reads_why_they_do_not_decide_and_takes_it_back(visit_as, people, told):
    approval = ask(people["requester"])
    client = visit_as(people["requester"])
    shown = page(client.get(approval.get_absolute_url()))
    assert "Nobody approves their own request. Somebody else has to decide it." in shown
    answer = client.post(reverse("team:approval_withdraw", args=[approval.public_id]), {"note": "Wrong sum"}, follow=True)
    assert "“A thing” is taken back." in page(answer)
    assert [word for word, *_rest in told] == ["withdrawn"]
    answer = client.post(reverse("team:approval_withdraw", args=[approval.public_id]), follow=True)
    assert "This step is not possible" in page(answer)


def test_the_list_of_approvals_narrows_and_asks_the_same(visit_as, people, assert_same_statements):
    mine = ask(people["requester"])
    client = visit_as(people["leader"])
    listed = page(client.get(reverse("team:approval_list"), {"show": "waiting", "q": "thing"}))
    assert mine.get_absolute_url() in listed
    assert mine.get_absolute_url() not in page(client.get(reverse("team:approval_list"), {"show": "asked"}))
    assert mine.get_absolute_url() not in page(visit_as(people["stranger"]).get(reverse("team:approval_list")))
    client = visit_as(people["leader"])
    assert_same_statements(
        lambda: client.get(reverse("team:approval_list")), lambda: [ask(people["requester"]) for _number in range(2)], most=25
    )


# --- routes -------------------------------------------------------------------------------------------------------------------
def steps(*forms, version=""):
    body = {"step-TOTAL_FORMS": len(forms), "step-INITIAL_FORMS": 0, "version": version}
    for number, form in enumerate(forms):
        body |= {f"step-{number}-{name}": value for name, value in form.items()}
    return body


def test_an_administrator_writes_a_route_and_it_counts_from_then_on(visit_as, people, settings):
    settings.KA_BASE_CURRENCY = "USD"
    client, url = visit_as(people["administrator"]), reverse("team:route_edit", args=[KIND])
    before = ask(people["requester"])
    answer = client.post(
        url,
        steps({"approvers": "leader", "name": "Boss"}, {"approvers": "role", "role": "finance", "quorum": "0", "minimum": "1000.50"}, {}),
        follow=True,
    )
    assert "The route is saved. It counts for what is asked from now on." in page(answer)
    assert "1,000.50" in page(answer)
    assert before.steps.count() == 1
    assert ask(people["requester"], amount_minor=100_050, currency="USD").steps.count() == 2
    assert "Boss leader 1; role finance 0 100050" in AuditEvent.objects.get(verb="approval_route.changed").changes["steps"][1]
    assert "1000.50" in page(client.get(url))


@pytest.mark.parametrize(
    ("forms", "message"),
    [
        ([{"approvers": "role"}], "Step 1: choose the role."),
        ([{"approvers": "leader"}, {"approvers": "person"}], "Step 2: choose the person."),
        ([{"approvers": "leader", "minimum": "5"}], "Leave one step without an amount."),
        ([{"approvers": "leader", "quorum": "-1"}], "greater than or equal to 0"),
        ([{"approvers": "leader", "minimum": "1e30"}], "Ensure that there are no more than"),
        ([{"approvers": "nobody"}], "Select a valid choice"),
    ],
)
def test_a_route_that_could_not_work_is_refused_in_words(visit_as, people, forms, message):
    answer = visit_as(people["administrator"]).post(reverse("team:route_edit", args=[KIND]), steps(*forms))
    assert answer.status_code == 422
    assert message in page(answer)
    assert not ApprovalRoute.objects.filter(steps__isnull=False).exists()


def test_two_administrators_do_not_write_over_each_other(visit_as, people):
    client, url = visit_as(people["administrator"]), reverse("team:route_edit", args=[KIND])
    client.post(url, steps({"approvers": "leader"}))
    client.post(url, steps({"approvers": "leader"}, version=2))
    answer = client.post(url, steps({"approvers": "leader"}, version=2))
    assert answer.status_code == 409
    assert "Somebody else has changed this route in the meantime." in page(answer)


def test_routes_are_the_administrators(visit_as, people):
    for name in ("leader", "finance"):
        assert visit_as(people[name]).get(reverse("team:route_list")).status_code == 403
    client = visit_as(people["administrator"])
    assert "Thing" in page(client.get(reverse("team:route_list")))
    assert client.get(reverse("team:route_edit", args=["no.such"])).status_code == 404


# --- tasks --------------------------------------------------------------------------------------------------------------------
def test_a_task_is_created_edited_and_done_on_pages(visit_as, people):
    client = visit_as(people["requester"])
    body = {"title": "Call", "assignee": people["requester"].pk, "due_on": "2026-03-09", "priority": 3, "details": "Now"}
    answer = client.post(reverse("team:task_create"), body, follow=True)
    task = Task.objects.get()
    assert "The task is given." in page(answer)
    assert "High" in page(answer)
    answer = client.post(reverse("team:task_edit", args=[task.public_id]), {**body, "title": "Call Ana", "seen_version": 1}, follow=True)
    assert "“Call Ana” is saved." in page(answer)
    answer = client.post(reverse("team:task_done", args=[task.public_id]), {"outcome": "Listed.", "version": 2}, follow=True)
    assert "“Call Ana” is done." in page(answer)
    assert "Listed." in page(answer)
    answer = client.post(reverse("team:task_reopen", args=[task.public_id]), {"version": 3}, follow=True)
    assert "“Call Ana” is open again." in page(answer)


def test_the_second_editor_sees_what_the_first_did(visit_as, people):
    task = open_task(title="Call", assignee=people["requester"])
    Task.objects.filter(pk=task.pk).update(title="Call Bob", version=2)
    body = {"title": "Call Ana", "assignee": people["requester"].pk, "priority": 2, "seen_version": 1}
    answer = visit_as(people["requester"]).post(reverse("team:task_edit", args=[task.public_id]), body)
    assert answer.status_code == 409
    assert "Call Bob" in page(answer)


def test_handing_over_and_taking_back_on_pages(visit_as, people):
    task = open_task(title="Call", assignee=people["requester"], actor=people["leader"])
    client = visit_as(people["requester"])
    url = reverse("team:task_hand_over", args=[task.public_id])
    answer = client.post(url, {"assignee": "999999999", "version": 1}, follow=True)
    assert "Select a valid choice" in page(answer)
    answer = client.post(url, {"assignee": people["deputy"].pk, "version": 1})
    task.refresh_from_db()
    assert task.assignee == people["deputy"]
    answer = visit_as(people["leader"]).post(reverse("team:task_cancel", args=[task.public_id]), {"outcome": "Solved"}, follow=True)
    assert "“Call” is taken back." in page(answer)


def test_a_task_is_done_in_place(visit_as, people):
    task = open_task(title="Call", assignee=people["leader"], due_on=date(2026, 3, 4))
    answer = visit_as(people["leader"]).post(
        reverse("team:task_done", args=[task.public_id]), {"outcome": "ok", "version": 1}, headers=HTMX
    )
    assert (answer.status_code, answer["HX-Trigger"]) == (200, "ka:counts")
    assert "“Call” is done." in page(answer)


def test_a_stranger_finds_no_task(visit_as, people):
    task = open_task(title="Secret call", assignee=people["requester"])
    client = visit_as(people["stranger"])
    for name in ("task_detail", "task_edit"):
        assert client.get(reverse(f"team:{name}", args=[task.public_id])).status_code == 404
    for name in ("task_done", "task_cancel", "task_reopen", "task_hand_over"):
        assert client.post(reverse(f"team:{name}", args=[task.public_id])).status_code == 404
    assert "Secret call" not in page(client.get(reverse("team:task_list"), {"whose": "all", "state": "all"}))


def test_who_only_sees_a_task_is_told_who_changes_it(visit_as, people):
    task = open_task(title="Call", assignee=people["requester"])
    answer = visit_as(people["finance"]).get(reverse("team:task_edit", args=[task.public_id]), follow=True)
    assert "is changed by whose task it is" in page(answer)
    assert "Hand it over" not in page(answer)


def test_the_list_begins_with_my_open_tasks(visit_as, people):
    open_task(title="Mine open", assignee=people["leader"], due_on=date(2026, 3, 4))
    done = open_task(title="Mine done", assignee=people["leader"])
    close_task(task_id=done.pk, actor=people["leader"])
    open_task(title="Of my team", assignee=people["requester"], actor=people["leader"])
    client, url = visit_as(people["leader"]), reverse("team:task_list")

    def listed(**query):
        shown = page(client.get(url, query))
        return {title for title in ("Mine open", "Mine done", "Of my team") if title in shown}

    assert listed() == {"Mine open"}
    assert listed(state="all") == {"Mine open", "Mine done"}
    assert listed(state="done") == {"Mine done"}
    assert listed(state="late") == {"Mine open"}
    assert listed(whose="team") == {"Mine open", "Of my team"}
    assert listed(whose="given") == {"Of my team"}
    assert listed(whose="all", q="team") == {"Of my team"}
    assert "Overdue" in page(client.get(url))


def test_the_list_of_tasks_asks_the_same_for_three(visit_as, people, assert_same_statements):
    client = visit_as(people["leader"])
    open_task(title="One", assignee=people["leader"], actor=people["boss"])

    def grow():
        for number in range(2):
            open_task(title=f"More {number}", assignee=people["leader"], actor=people["boss"])

    assert_same_statements(lambda: client.get(reverse("team:task_list")), grow, most=25)


# --- panels -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("noun", ["account", "store", "visit"])
def test_tasks_are_added_on_the_pages_of_records(visit_as, people, noun):
    account = KeyAccountFactory()
    AccountAssignmentFactory(account=account, user=people["requester"], starts_on=date(2026, 1, 1))
    store = StoreFactory(account=account)
    record = {"account": account, "store": store, "visit": VisitFactory(store=store, visitor=people["requester"])}[noun]
    url = reverse(f"team:{noun}_tasks", args=[record.pk])
    client = visit_as(people["requester"])
    assert "No task is open here." in page(client.get(url))
    body = {"task-title": "Check the shelf", "task-assignee": people["requester"].pk, "task-due_on": ""}
    answer = client.post(url, body, headers=HTMX)
    assert answer.status_code == 200
    assert "Check the shelf" in page(answer)
    assert list(Task.objects.about(record).values_list("title", flat=True)) == ["Check the shelf"]
    assert client.post(url, body).status_code == 302
    for headers in (HTMX, {}):
        answer = client.post(url, {"task-title": "", "task-due_on": "31.02."}, headers=headers)
        assert answer.status_code == 422
        assert "This field is required." in page(answer)
    assert Task.objects.count() == 2
    client = visit_as(people["stranger"])
    assert client.get(url).status_code == 404
    assert client.post(url, body).status_code == 404


# --- notifications ------------------------------------------------------------------------------------------------------------
def test_notifications_are_listed_opened_and_read(visit_as, people):
    task = open_task(title="Call", assignee=people["requester"], actor=people["leader"])
    client, note = visit_as(people["requester"]), Notification.objects.get()
    assert "A task for you: “Call”." in page(client.get(reverse("team:notification_list")))
    answer = client.get(reverse("team:notification_open", args=[note.pk]))
    assert answer["Location"] == task.get_absolute_url()
    note.refresh_from_db()
    assert note.read_at is not None
    client.post(reverse("team:notification_toggle", args=[note.pk]))
    assert "A task for you" in page(client.get(reverse("team:notification_list"), {"show": "unread"}))
    assert "All notifications are read." in page(client.post(reverse("team:notification_read_all"), follow=True))
    assert "Nothing new." in page(client.get(reverse("team:notification_list"), {"show": "unread"}))


def test_words_about_what_one_may_no_longer_see_are_not_shown(visit_as, people):
    notify([people["requester"]], "tasks.given", subject=KeyAccountFactory(), task="secret words")
    shown = page(visit_as(people["requester"]).get(reverse("team:notification_list")))
    assert "About a record that you may not see any more." in shown
    assert "secret words" not in shown


def test_others_notifications_are_not_there(visit_as, people):
    notify([people["requester"]], "tasks.given", task="x")
    note, client = Notification.objects.get(), visit_as(people["stranger"])
    assert client.get(reverse("team:notification_open", args=[note.pk])).status_code == 404
    for name in ("notification_toggle", "notification_mute"):
        assert client.post(reverse(f"team:{name}", args=[note.pk])).status_code == 404


def test_a_foreign_address_is_not_followed(visit_as, people):
    notify([people["requester"]], "tasks.given", url="//evil.example/", task="x")
    answer = visit_as(people["requester"]).get(reverse("team:notification_open", args=[Notification.objects.get().pk]))
    assert answer["Location"] == reverse("team:notification_list")


def test_muting_a_kind_but_no_urgent_one(visit_as, people):
    client = visit_as(people["requester"])
    notify([people["requester"]], "tasks.given", task="x")
    notify([people["requester"]], "approvals.asked", person="P", request="R")
    given, asked = Notification.objects.order_by("pk")
    client.post(reverse("team:notification_mute", args=[given.pk]))
    answer = client.post(reverse("team:notification_mute", args=[asked.pk]), follow=True)
    assert "You are always told of this: others wait for you." in page(answer)
    assert NotificationPreference.objects.get().muted_kinds == ["tasks.given"]


def test_the_page_asks_the_same_for_three(visit_as, people, assert_same_statements):
    client = visit_as(people["requester"])
    account = KeyAccountFactory()

    def grow(count=2):
        for number in range(count):
            notify([people["requester"]], "tasks.given", subject=account, task=str(number))

    grow(1)
    assert_same_statements(lambda: client.get(reverse("team:notification_list")), grow, most=20)


# --- settings -----------------------------------------------------------------------------------------------------------------
def settings_body(**values):
    return {"digest": "daily", "digest_hour": "9", "quiet_from": "", "quiet_until": "", **values}


def test_everybody_chooses_how_they_are_told(visit_as, people):
    client, url = visit_as(people["requester"]), reverse("team:notification_settings")
    assert client.get(url).status_code == 200
    body = settings_body(digest="at_once", quiet_from="21:00", quiet_until="07:00", muted_kinds=["tasks.given"])
    assert "Your notification settings are saved." in page(client.post(url, body, follow=True))
    row = NotificationPreference.objects.get(user=people["requester"])
    assert (row.digest, row.digest_hour, str(row.quiet_from), row.muted_kinds) == ("at_once", 9, "21:00:00", ["tasks.given"])
    change_preferences(actor=people["requester"], digest_hour=7)
    assert client.post(url, settings_body(seen_version=row.version)).status_code == 409


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"quiet_from": "21:00"}, "Give both times, or none."),
        ({"quiet_from": "21:00", "quiet_until": "21:00"}, "From and until are the same time."),
        ({"quiet_from": "25:00", "quiet_until": "07:00"}, "Enter a valid time."),
        ({"digest_hour": "24"}, "Select a valid choice"),
        ({"digest": "hourly"}, "Select a valid choice"),
        ({"muted_kinds": ["approvals.asked"]}, "Select a valid choice"),
    ],
)
def test_settings_that_make_no_sense_are_told_at_the_field(visit_as, people, values, message):
    answer = visit_as(people["requester"]).post(reverse("team:notification_settings"), settings_body(**values))
    assert answer.status_code == 422
    assert message in page(answer)


# --- calendar -----------------------------------------------------------------------------------------------------------------
def test_the_feed_has_visits_tasks_and_deadlines_of_its_owner(visit_as, people, client):
    owner = people["requester"]
    VisitFactory(visitor=owner, planned_on=date(2026, 3, 9), objective="Sell; in, new line")
    VisitFactory(visitor=people["deputy"], planned_on=date(2026, 3, 9))
    open_task(title="门店 call", assignee=owner, due_on=date(2026, 3, 10))
    secret = renew_calendar(actor=owner)
    client.logout()
    answer = client.get(reverse("team:calendar_feed", args=[secret]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert sorted(str(event["DTSTART"].dt) for event in events) == ["2026-03-09", "2026-03-10"]
    assert "门店 call" in {str(event["SUMMARY"]) for event in events}
    assert len({str(event["UID"]) for event in events}) == 2


def test_only_the_present_secret_of_somebody_who_may_sign_in_opens_it(people, client):
    owner = people["requester"]
    old, new = renew_calendar(actor=owner), renew_calendar(actor=owner)
    row = NotificationPreference.objects.get(user=owner)
    assert row.calendar_secret == hashed(new)
    assert new not in row.calendar_secret

    def status(secret):
        return client.get(reverse("team:calendar_feed", args=[secret])).status_code

    assert [status(secret) for secret in (old, new, row.calendar_secret, "x" * 500)] == [404, 200, 404, 404]
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert status(new) == 404


def test_the_address_is_shown_once_and_can_be_closed(visit_as, people):
    client = visit_as(people["requester"])
    shown = page(client.post(reverse("team:calendar_renew"), follow=True))
    address = shown.partition("http://testserver/calendar/")[2].partition(".ics")[0]
    feed = reverse("team:calendar_feed", args=[address])
    assert client.get(feed).status_code == 200
    assert address not in page(client.get(reverse("team:notification_settings")))
    answer = client.post(reverse("team:calendar_close"), follow=True)
    assert "The calendar feed is closed: its address leads nowhere now." in page(answer)
    assert client.get(feed).status_code == 404
    assert list(AuditEvent.objects.filter(verb__contains="calendar").order_by("pk").values_list("verb", flat=True)) == [
        "person.calendar_opened",
        "person.calendar_closed",
    ]
    assert Approval.objects.count() == 0


def test_due_tasks_of_who_is_away_wait_for_the_deputy(visit_as, people):
    open_task(title="Late one", assignee=people["leader"], due_on=date(2026, 3, 4))
    DelegationFactory(absent=people["leader"], deputy=people["deputy"])
    shown = page(visit_as(people["deputy"]).get(reverse("team:inbox")))
    assert "Late one" in shown
    assert "for Lee" in shown


def test_many_tasks_are_done_at_once_and_those_of_others_are_left(visit_as, people):
    mine = open_task(title="Mine", assignee=people["finance"])
    others = open_task(title="Not mine", assignee=people["requester"])
    client, url = visit_as(people["finance"]), reverse("team:task_list") + "?whose=all"
    asked = client.post(url, {"_bulk": "done", "row": [mine.pk, others.pk]})
    assert "2" in asked.context["page_title"]
    answer = client.post(url, {**dict(asked.context["hidden"]), "_bulk": "done", "row": [mine.pk, others.pk]}, follow=True)
    assert "is changed by whose task it is" in page(answer)
    assert list(Task.objects.order_by("pk").values_list("status", flat=True)) == ["done", "open"]


def test_the_counts_lead_nobody_away_from_turning_on_the_second_factor(visit_as, people, settings):
    settings.KA_MFA_ROLES = ["administrator"]
    client = visit_as(people["administrator"])
    assert client.get(reverse("team:inbox"), headers=HTMX)["HX-Redirect"] == reverse("mfa_activate_totp")
    answer = client.get(reverse("team:work_counts"), headers=HTMX)
    assert (answer.status_code, answer.content, answer.headers.get("HX-Redirect")) == (204, b"", None)


GREAT = "9" * 40


@pytest.mark.parametrize("value", [GREAT, "-1", "NaN", "\x00", "0x1", "１"])
def test_no_value_breaks_a_form(visit_as, people, value):
    client = visit_as(people["requester"])
    task = open_task(title="Call", assignee=people["requester"])
    approval = ask(people["requester"])
    bodies = {
        reverse("team:task_create"): {"title": value, "assignee": value, "due_on": value, "priority": value, "details": value},
        reverse("team:task_edit", args=[task.public_id]): {"title": value, "assignee": value, "priority": value, "seen_version": value},
        reverse("team:task_hand_over", args=[task.public_id]): {"assignee": value, "version": value},
        reverse("team:task_done", args=[task.public_id]): {"outcome": value, "version": value},
        reverse("team:notification_settings"): dict.fromkeys(("digest", "digest_hour", "quiet_from", "quiet_until", "muted_kinds"), value),
        reverse("team:approval_withdraw", args=[approval.public_id]): {"note": value * 200},
        decide_url(approval): {"decision": value, "note": value, "version": value, "to_step": value},
        f"/notifications/{GREAT}/mute/": {},
        f"/tasks/about/account/{GREAT}/": {"task-title": value},
    }
    for address, body in bodies.items():
        assert client.post(address, body).status_code in (302, 404, 422), address
    for address in (reverse("team:inbox"), reverse("team:notification_list"), reverse("team:task_list"), reverse("team:approval_list")):
        for name in ("show", "page", "whose", "state", "q", "assignee"):
            assert client.get(address, {name: value.replace("\x00", "~")}).status_code == 200
