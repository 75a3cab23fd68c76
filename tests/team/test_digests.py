"""Notifications and the e-mails about them: when they go, what they list, and that nothing goes twice or to the wrong person."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import get_language

from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_due_jobs
from ka_crm.jobs.states import JobState
from team import notices
from team.digests import is_due, is_quiet, last_slot
from team.models import Notification, NotificationPreference, Task, User
from team.notices import wording
from team.services.notifications import mark_read, notify
from team.services.preferences import change_preferences
from team.tasks import order_digests
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, UserFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")
Digest = NotificationPreference.Digest


# --- when, as pure rules ------------------------------------------------------------------------------------------------------
def preference(**values):
    return NotificationPreference(**{"digest": Digest.DAILY, "digest_hour": 8, **values})


@pytest.mark.parametrize(
    ("since", "until", "clock", "quiet"),
    [
        ("21:00", "07:00", "20:59", False),
        ("21:00", "07:00", "21:00", True),
        ("21:00", "07:00", "00:00", True),
        ("21:00", "07:00", "06:59", True),
        ("21:00", "07:00", "07:00", False),
        ("12:00", "13:00", "12:30", True),
        ("12:00", "13:00", "13:00", False),
        (None, None, "03:00", False),
    ],
)
def test_quiet_hours_also_across_midnight(since, until, clock, quiet):
    hours = {name: value and time.fromisoformat(value) for name, value in (("quiet_from", since), ("quiet_until", until))}
    assert is_quiet(preference(**hours), datetime.combine(date(2026, 3, 5), time.fromisoformat(clock), tzinfo=SHANGHAI)) is quiet


def test_the_last_slot_of_a_day_and_of_a_week():
    thursday = datetime(2026, 3, 5, 7, 59, tzinfo=SHANGHAI)
    assert last_slot(preference(), thursday) == datetime(2026, 3, 4, 8, tzinfo=SHANGHAI)
    assert last_slot(preference(), thursday.replace(hour=8, minute=0)) == datetime(2026, 3, 5, 8, tzinfo=SHANGHAI)
    assert last_slot(preference(digest=Digest.WEEKLY), thursday) == datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)
    monday_early = datetime(2026, 3, 2, 7, tzinfo=SHANGHAI)
    assert last_slot(preference(digest=Digest.WEEKLY), monday_early) == datetime(2026, 2, 23, 8, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("digest", "oldest", "now", "due"),
    [
        (Digest.NONE, "2026-03-01T00:00Z", "2026-03-05T12:00Z", False),
        (Digest.AT_ONCE, "2026-03-05T11:59Z", "2026-03-05T12:00Z", True),
        (Digest.DAILY, "2026-03-05T00:00Z", "2026-03-05T00:00Z", True),  # 08:00 in Shanghai
        (Digest.DAILY, "2026-03-05T00:01Z", "2026-03-05T23:59Z", False),  # came after the hour: tomorrow
        (Digest.DAILY, "2026-03-05T00:01Z", "2026-03-06T00:00Z", True),
        (Digest.DAILY, "2026-03-01T00:01Z", "2026-03-05T09:00Z", True),  # the hour was missed: caught up
        (Digest.WEEKLY, "2026-03-03T00:00Z", "2026-03-08T23:59Z", False),
        (Digest.WEEKLY, "2026-03-03T00:00Z", "2026-03-09T00:00Z", True),
    ],
)
def test_when_a_digest_is_due(digest, oldest, now, due):
    instants = [datetime.fromisoformat(text) for text in (now, oldest)]
    assert is_due(preference(digest=digest), SHANGHAI, *instants) is due


def test_nothing_goes_in_quiet_hours_however_urgent():
    quiet = preference(digest=Digest.AT_ONCE, quiet_from=time(21), quiet_until=time(7))
    night, morning = (datetime(2026, 3, 5, hour, tzinfo=SHANGHAI) for hour in (23, 7))
    assert (is_due(quiet, SHANGHAI, night, night), is_due(quiet, SHANGHAI, morning, night)) == (False, True)


# --- telling ------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def reader(db):
    return UserFactory(ka_manager=True, name="Rea", email="rea@example.com", time_zone="Asia/Shanghai")


@pytest.fixture
def clock(time_machine):
    """``clock("2026-03-05T10:00Z")``; stands still."""

    def move(text):
        time_machine.move_to(datetime.fromisoformat(text), tick=False)
        return datetime.fromisoformat(text)

    return move


def tell(reader, **words):
    return notify([reader], "tasks.given_due", **{"task": "Call", "due_on": date(2026, 3, 9), **words})


def beat(clock, text):
    """The clock's hook asks at that instant, twice as two beats do, and the workers work."""
    now = clock(text)
    order_digests(now)
    order_digests(now)
    run_due_jobs()


def test_words_are_plain_and_read_in_the_readers_language(reader):
    tell(reader)
    row = Notification.objects.get()
    assert row.words == {"task": "Call", "due_on": "2026-03-09"}
    assert wording(row) == "A task for you: “Call”, due on 2026-03-09."


def test_a_key_tells_once_per_person(reader):
    other = UserFactory()
    assert notify([reader], "tasks.given", key="k:1", task="x") == 1
    assert notify([reader, other], "tasks.given", key="k:1", task="x") == 1
    assert Notification.objects.count() == 2


def test_who_may_not_sign_in_is_told_nothing(reader):
    assert notify([UserFactory(inactive=True), None], "tasks.given", task="x") == 0


def test_an_unknown_kind_is_a_programming_error(reader):
    with pytest.raises(LookupError, match="No app registered notifications of kind “x.y”"):
        notify([reader], "x.y")


def test_words_that_no_longer_fit_fall_back_to_the_label(reader):
    row = Notification(kind="tasks.given_due", words={}, object_label="Call")
    assert wording(row) == "You are given a task: Call"


def test_a_muted_kind_rings_no_bell_and_goes_into_no_mail(reader, clock):
    clock("2026-03-04T10:00Z")
    change_preferences(actor=reader, muted_kinds=["tasks.given", "approvals.asked"])
    tell(reader)
    notify([reader], "approvals.asked", person="P", request="R")  # urgent: cannot be muted
    assert list(Notification.objects.unread().values_list("kind", flat=True)) == ["approvals.asked"]
    beat(clock, "2026-03-05T00:00Z")
    assert "P asks you to approve “R”." in mail.outbox[0].body
    assert "Call" not in mail.outbox[0].body


def test_one_reads_only_the_own(reader):
    tell(reader)
    stranger = UserFactory()
    assert mark_read(user=stranger, pks=[Notification.objects.get().pk]) == 0
    assert mark_read(user=reader) == 1
    assert mark_read(user=reader, is_read=False) == 1


# --- mailing ------------------------------------------------------------------------------------------------------------------
def test_one_mail_at_the_hour_lists_everything_in_text_and_html(reader, clock, settings):
    settings.KA_SITE_URL = "https://crm.example.com/"
    clock("2026-03-04T10:00Z")
    task = Task.objects.create(title="Visit", assignee=reader)
    notify([reader], "tasks.given", subject=task, task="Visit <b>")
    clock("2026-03-04T11:00Z")
    tell(reader)
    beat(clock, "2026-03-04T23:59Z")
    assert mail.outbox == []
    beat(clock, "2026-03-05T00:00Z")
    beat(clock, "2026-03-05T00:01Z")
    message = mail.outbox[0]
    assert len(mail.outbox) == 1
    assert message.to == ["rea@example.com"]
    assert message.subject.endswith(": 2 messages")
    assert f"https://crm.example.com{task.get_absolute_url()}" in message.body
    assert "due on 2026-03-09" in message.body
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    assert "Visit &lt;b&gt;" in html
    assert message.extra_headers["List-Unsubscribe"] == "<https://crm.example.com/notifications/settings/>"
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_what_was_read_in_the_app_is_not_mailed(reader, clock):
    clock("2026-03-04T10:00Z")
    tell(reader)
    mark_read(user=reader)
    beat(clock, "2026-03-05T00:00Z")
    assert mail.outbox == []


def test_a_missed_hour_is_caught_up_once(reader, clock):
    clock("2026-03-02T10:00Z")
    tell(reader)
    beat(clock, "2026-03-05T07:30Z")
    beat(clock, "2026-03-05T07:31Z")
    assert len(mail.outbox) == 1


def test_at_once_waits_for_the_end_of_quiet_hours(reader, clock):
    clock("2026-03-04T13:30Z")
    change_preferences(actor=reader, digest=Digest.AT_ONCE, quiet_from=time(21), quiet_until=time(7))
    tell(reader)  # 21:30 in Shanghai
    beat(clock, "2026-03-04T13:31Z")
    assert mail.outbox == []
    beat(clock, "2026-03-04T23:00Z")
    assert len(mail.outbox) == 1


class Killed(BaseException):
    """Nothing runs any more, not even an except clause."""


def kill_the_first_run(clock, monkeypatch, send):
    """The job's first run dies in ``send``, where the mail is given to the server; then the sweeper frees it and it runs again."""
    really_send, deaths = EmailMultiAlternatives.send, []

    def die_once(self):
        if deaths:
            return really_send(self)
        deaths.append(send(self, really_send))
        raise Killed

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", die_once)
    order_digests(clock("2026-03-05T00:00Z"))
    with pytest.raises(Killed):
        run_due_jobs()
    Job.objects.update(state=JobState.DUE, claimed_by="")
    clock("2026-03-05T00:04Z")


def test_a_worker_killed_before_the_mail_goes_loses_nothing(reader, clock, monkeypatch):
    clock("2026-03-04T10:00Z")
    tell(reader)
    kill_the_first_run(clock, monkeypatch, lambda mail, really_send: None)
    run_due_jobs()
    beat(clock, "2026-03-05T00:05Z")
    assert len(mail.outbox) == 1
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_the_control_rows_marked_before_the_mail_goes_are_lost(reader, clock, monkeypatch):
    clock("2026-03-04T10:00Z")
    tell(reader)
    mark = Notification.objects.all().update
    kill_the_first_run(clock, monkeypatch, lambda mail, really_send: mark(mailed_at=datetime(2026, 3, 5, tzinfo=UTC)))
    run_due_jobs()
    beat(clock, "2026-03-05T00:05Z")
    assert mail.outbox == []


def test_a_worker_killed_after_the_mail_went_sends_the_same_mail_under_the_same_id(reader, clock, monkeypatch):
    """Nobody can know whether the server took it. What came meanwhile waits for the next mail, or a mailbox would hide it."""
    clock("2026-03-04T10:00Z")
    tell(reader)
    kill_the_first_run(clock, monkeypatch, lambda mail, really_send: really_send(mail))
    change_preferences(actor=reader, digest=Digest.AT_ONCE)
    tell(reader, task="Meanwhile")
    run_due_jobs()
    first, second = mail.outbox
    assert (first.body, first.extra_headers["Message-ID"]) == (second.body, second.extra_headers["Message-ID"])
    beat(clock, "2026-03-05T00:05Z")
    assert mail.outbox[2].extra_headers["Message-ID"] != first.extra_headers["Message-ID"]
    assert [("Call" in message.body, "Meanwhile" in message.body) for message in mail.outbox] == [(True, False)] * 2 + [(False, True)]
    assert len(mail.outbox) == 3


def test_a_mail_server_that_refuses_gets_the_mail_again(reader, clock, monkeypatch):
    clock("2026-03-04T10:00Z")
    tell(reader)
    really_send, refusals = EmailMultiAlternatives.send, [OSError("connection refused")]

    def refuse_once(self):
        if refusals:
            raise refusals.pop()
        return really_send(self)

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse_once)
    beat(clock, "2026-03-05T00:00Z")
    assert (mail.outbox, Notification.objects.filter(mailed_at=None).count()) == ([], 1)
    beat(clock, "2026-03-05T01:00Z")
    assert len(mail.outbox) == 1


def test_a_mail_server_that_stays_down_is_not_asked_each_minute(reader, clock, monkeypatch):
    clock("2026-03-04T10:00Z")
    tell(reader)
    order_digests(clock("2026-03-05T00:00Z"))
    Job.objects.update(state=JobState.FAILED, finished_at=datetime(2026, 3, 5, 0, 0, tzinfo=UTC))
    order_digests(clock("2026-03-05T00:09Z"))
    assert Job.objects.count() == 1
    order_digests(clock("2026-03-05T00:11Z"))
    assert Job.objects.count() == 2


@pytest.mark.parametrize("digest", [Digest.NONE, Digest.WEEKLY])
def test_no_mail_for_who_wants_none_or_not_yet(reader, clock, digest):
    clock("2026-03-03T10:00Z")
    change_preferences(actor=reader, digest=digest)
    tell(reader)
    beat(clock, "2026-03-05T00:00Z")
    assert mail.outbox == []


def test_who_was_let_go_between_order_and_mail_gets_none(reader, clock):
    clock("2026-03-04T10:00Z")
    tell(reader)
    order_digests(clock("2026-03-05T00:00Z"))
    User.objects.filter(pk=reader.pk).update(is_active=False)
    run_due_jobs()
    assert mail.outbox == []


def test_rights_are_asked_again_when_the_mail_goes(reader, clock):
    clock("2026-03-04T10:00Z")
    mine, lost = KeyAccountFactory(name="Mine"), KeyAccountFactory(name="Lost")
    AccountAssignmentFactory(account=mine, user=reader, starts_on=date(2026, 1, 1))
    notify([reader], "tasks.given", subject=mine, task="about mine")
    notify([reader], "tasks.given", subject=lost, task="about lost")
    beat(clock, "2026-03-05T00:00Z")
    assert "about mine" in mail.outbox[0].body
    assert "about lost" not in mail.outbox[0].body


def test_the_mail_speaks_the_readers_language(reader, clock, monkeypatch):
    User.objects.filter(pk=reader.pk).update(language="zh-hans")
    clock("2026-03-04T10:00Z")
    tell(reader)
    spoken = []
    monkeypatch.setattr("team.digests.wording", lambda row: spoken.append(get_language()) or "x")
    beat(clock, "2026-03-05T00:00Z")
    assert spoken == ["zh-hans"]
    assert '<html lang="zh-hans">' in mail.outbox[0].alternatives[0][0]


def test_every_kind_has_words_that_fit(db):
    """Each registered text draws with words of its own names, in both ways a day may come."""
    for kind in notices.kinds():
        names = re.findall(r"%\((\w+)\)", str(kind.text))
        row = Notification(kind=kind.key, words={name: "2026-03-05" if name.endswith("_on") else "w" for name in names})
        assert wording(row) == str(kind.text) % {name: "2026-03-05" if name.endswith("_on") else "w" for name in names}
