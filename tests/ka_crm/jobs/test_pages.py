"""Following, cancelling and running again, by who may and who may not."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ka_crm.jobs import services
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_job
from ka_crm.jobs.states import JobState
from tests.factories.team import UserFactory

pytestmark = [pytest.mark.usefixtures("kinds", "no_wakeups"), pytest.mark.django_db]


@pytest.fixture
def person(client):
    """A KA manager who is signed in."""
    user = UserFactory(ka_manager=True)
    client.force_login(user)
    return user


@pytest.fixture
def administrator(client):
    user = UserFactory(administrator=True, name="Ada Admin")
    client.force_login(user)
    return user


def page(name, job):
    return reverse(f"jobs:{name}", args=[job.uuid])


def job_of(user, **fields):
    return Job.objects.create(kind="lab.effect", requested_by=user, subject="Spring report", **fields)


# --- following -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [JobState.DUE, JobState.RUNNING])
def test_the_fragment_asks_for_itself_until_the_job_has_ended(client, person, state):
    job = job_of(person, state=state, progress_done=30, progress_total=120, progress_message="Section 3")
    answer = client.get(page("job_progress", job), headers={"HX-Request": "true"})
    html = answer.content.decode()

    assert f'hx-get="{page("job_progress", job)}" hx-trigger="every 1s"' in html
    assert "HX-Trigger" not in answer
    assert ("25" in html and "Section 3" in html) == (state == JobState.RUNNING)


def test_an_ended_job_stops_asking_and_tells_the_page(client, person):
    job = job_of(person, state=JobState.DONE, result={"url": "/reports/7/"})
    answer = client.get(page("job_progress", job))

    assert "hx-trigger" not in answer.content.decode()
    assert 'href="/reports/7/"' in answer.content.decode()
    assert json.loads(answer["HX-Trigger"]) == {"job-done": {"uuid": str(job.uuid), "state": "done", "url": "/reports/7/"}}


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_a_job_that_ended_without_its_work_tells_that(client, person, state):
    answer = client.get(page("job_progress", job_of(person, state=state)))

    assert list(json.loads(answer["HX-Trigger"])) == ["job-stopped"]


def test_a_refusal_is_told_in_the_rules_own_words(client, person):
    job = job_of(person, state=JobState.FAILED, refused=True, last_error="Fund F-1 has 10.00 USD left.")

    assert "Fund F-1 has 10.00 USD left." in client.get(page("job_progress", job)).content.decode()


def test_a_bug_is_told_to_the_administrator_only(client, person):
    job = job_of(person, state=JobState.FAILED, last_error="KeyError: 'secret detail'", attempts=5)
    assert "secret detail" not in client.get(page("job_detail", job)).content.decode()

    client.force_login(UserFactory(administrator=True))
    assert "secret detail" in client.get(page("job_detail", job)).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"refused": True, "last_error": "Fund F-1 has 10.00 USD left."}, "A rule refused it"),
        ({"last_error": "The worker process ended during the run. (attempt 5 of 5)"}, "Its process ended in the middle"),
        ({"last_error": "The worker gave no sign of life for 60 s."}, "Its process ended in the middle"),
        ({"last_error": "SoftTimeLimitExceeded: SoftTimeLimitExceeded()"}, "It took longer than a job may"),
        ({"last_error": "KeyError: 7"}, "A fault of the program"),
    ],
)
def test_a_dead_letter_says_to_administrators_what_to_do_and_to_nobody_else(client, administrator, fields, words):
    person = UserFactory(ka_manager=True)
    job = job_of(person, state=JobState.FAILED, attempts=5, **fields)
    told = client.get(page("job_detail", job)).content.decode()
    client.force_login(person)
    untold = client.get(page("job_detail", job)).content.decode()

    assert (words in told, words in untold) == (True, False)
    assert ("is not done twice" in told, "is not done twice" in untold) == (True, False)


def test_what_waits_for_its_next_attempt_shows_what_it_had_reached(client, person):
    job = job_of(person, attempts=1, progress_done=30, progress_total=40, run_after=timezone.now() + timedelta(minutes=5))

    assert 'max="100" value="75"' in client.get(page("job_progress", job)).content.decode()


def test_a_job_that_waits_long_says_that_no_worker_may_be_running(client, person):
    job = job_of(person, created_at=timezone.now() - timedelta(minutes=2))

    assert "whether a worker is running" in client.get(page("job_progress", job)).content.decode()


def test_what_rests_between_two_attempts_says_when_it_goes_on(client, person):
    job = job_of(person, attempts=2, run_after=timezone.now() + timedelta(minutes=5))

    assert "Attempt 2 of 5 failed" in client.get(page("job_progress", job)).content.decode()


@pytest.mark.parametrize("name", ["job_detail", "job_progress"])
def test_somebody_elses_job_is_not_there(client, person, name):
    foreign, missing = job_of(UserFactory()), Job(kind="lab.effect")

    assert client.get(page(name, foreign)).status_code == client.get(page(name, missing)).status_code == 404


@pytest.mark.parametrize("name", ["job_detail", "job_progress"])
def test_who_is_not_signed_in_is_sent_to_the_door(client, name):
    assert client.get(page(name, job_of(UserFactory()))).status_code == 302


def test_text_of_a_job_is_text(client, person):
    job = job_of(person, state=JobState.RUNNING, progress_message="<script>alert(1)</script>")

    assert "<script>alert(1)" not in client.get(page("job_progress", job)).content.decode()


# --- cancelling ------------------------------------------------------------------------------------------------------------
def test_people_cancel_their_own_jobs(client, person):
    job = job_of(person)
    answer = client.post(page("job_cancel", job))

    assert (answer.status_code, answer.url) == (302, page("job_detail", job))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_cancelling_by_htmx_answers_with_the_fragment(client, person):
    job = job_of(person, state=JobState.RUNNING)
    answer = client.post(page("job_cancel", job), headers={"HX-Request": "true"})

    assert "Stops at the next safe point" in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_a_second_click_on_cancel_says_that_it_has_ended(client, person):
    job = job_of(person)
    client.post(page("job_cancel", job))
    answer = client.post(page("job_cancel", job), follow=True)

    assert "has ended already" in answer.content.decode()


def test_who_only_watches_a_job_cannot_cancel_it(client, person):
    job = job_of(UserFactory(name="First Person"))
    job.watchers.add(person)
    answer = client.post(page("job_cancel", job), follow=True)

    assert "First Person asked for" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.DUE


def test_nobody_cancels_a_foreign_job(client, person):
    job = job_of(UserFactory())

    assert client.post(page("job_cancel", job)).status_code == 404
    assert Job.objects.get().state == JobState.DUE


@pytest.mark.parametrize("name", ["job_cancel", "job_retry"])
def test_steering_needs_a_post(client, administrator, name):
    assert client.get(page(name, job_of(administrator))).status_code == 405


# --- the administrators' list ----------------------------------------------------------------------------------------------
def test_administrators_list_all_jobs_with_their_errors(client, administrator):
    job_of(UserFactory(name="Mei Manager"), state=JobState.FAILED, last_error="KeyError: 7", attempts=5)
    html = client.get(reverse("jobs:job_list")).content.decode()

    assert re.search(r"Spring report.*Failed.*Mei Manager.*KeyError: 7", html, re.S)
    assert "1 job failed" in html


def test_the_list_narrows_by_state_and_word(client, administrator):
    job_of(administrator, state=JobState.FAILED)
    Job.objects.create(kind="lab.effect", subject="Autumn import")
    failed = client.get(reverse("jobs:job_list"), {"state": "failed"}).content.decode()
    autumn = client.get(reverse("jobs:job_list"), {"q": "autumn"}).content.decode()

    assert ("Spring report" in failed, "Autumn import" in failed) == (True, False)
    assert ("Spring report" in autumn, "Autumn import" in autumn) == (False, True)


@pytest.mark.parametrize("role", ["ka_manager", "field_rep", "supervisor", "finance", "viewer"])
def test_nobody_else_has_the_list_or_the_buttons(client, role):
    user = UserFactory(**{role: True})
    client.force_login(user)
    job = job_of(user, state=JobState.FAILED)

    assert client.get(reverse("jobs:job_list")).status_code == 403
    assert client.post(page("job_retry", job)).status_code == 403
    assert client.post(reverse("jobs:job_retry_failed")).status_code == 403
    assert Job.objects.get().state == JobState.FAILED


def test_a_dead_letter_is_run_again(client, administrator, no_wakeups, django_capture_on_commit_callbacks):
    job = job_of(UserFactory(), state=JobState.FAILED, attempts=5, last_error="KeyError: 7")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page("job_retry", job), follow=True)

    assert "runs again as soon as a worker is free" in answer.content.decode()
    assert no_wakeups == [job.pk]


def test_running_again_twice_says_so_the_second_time(client, administrator):
    job = job_of(administrator, state=JobState.FAILED)
    client.post(page("job_retry", job))

    assert "only failed and cancelled" in client.post(page("job_retry", job), follow=True).content.decode()


def test_all_dead_letters_at_once(client, administrator):
    for _number in range(3):
        job_of(administrator, state=JobState.FAILED)
    waiting = job_of(administrator, state=JobState.FAILED, unique_key="5")
    Job.objects.create(kind="lab.effect", unique_key="5")
    html = client.post(reverse("jobs:job_retry_failed"), follow=True).content.decode()

    assert "3 jobs run again" in html
    assert "asked for again" in html
    assert list(Job.objects.filter(state=JobState.FAILED)) == [waiting]


def test_steering_is_heard_by_the_audit_trail(administrator):
    heard = []

    def listen(sender, job, verb, actor, **kwargs):
        heard.append((job.pk, verb, actor))

    services.job_steered.connect(listen)
    try:
        job = services.cancel_job(job_id=job_of(administrator).pk, actor=administrator)
        services.retry_job(job_id=job.pk, actor=administrator)
    finally:
        services.job_steered.disconnect(listen)
    assert heard == [(job.pk, "job.cancelled", administrator), (job.pk, "job.retried", administrator)]


def test_the_list_asks_the_same_statements_for_three_jobs_and_for_many(client, administrator, assert_same_statements):
    def grow():
        for number in range(40):
            Job.objects.create(kind="lab.effect", requested_by=UserFactory(), state=JobState.values[number % 5], subject=f"Job {number}")

    grow()
    assert_same_statements(lambda: client.get(reverse("jobs:job_list")), grow)


def test_the_fragment_is_cheap_enough_to_be_asked_every_second(client, person, django_assert_max_num_queries):
    job = job_of(person, state=JobState.RUNNING)
    client.get(page("job_progress", job))
    with django_assert_max_num_queries(6):
        client.get(page("job_progress", job))


def test_a_failed_run_is_seen_on_the_page_as_it_happened(client, person, tables):
    job = Job.objects.enqueue("lab.refused", requested_by=person, name="one")
    run_job(job.pk)

    assert "Fund F-1 has 10.00 USD left." in client.get(page("job_progress", job)).content.decode()
