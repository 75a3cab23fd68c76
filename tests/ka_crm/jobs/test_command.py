"""``manage.py jobs``, and the checks that keep bad settings from starting."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ka_crm.jobs.checks import queue_settings
from ka_crm.jobs.models import Job
from ka_crm.jobs.states import JobState

pytestmark = pytest.mark.usefixtures("kinds", "no_wakeups")


def run(capsys, *arguments):
    call_command("jobs", *arguments)
    return capsys.readouterr().out


def test_the_queue_as_one_json_object(db, capsys):
    dead = Job.objects.create(kind="lab.effect", state=JobState.FAILED, attempts=5, last_error="KeyError: 7", subject="Spring")
    Job.objects.create(kind="lab.effect", created_at=timezone.now() - timedelta(minutes=3))
    told = json.loads(run(capsys, "--json"))

    assert told["counts"] == {"due": 1, "running": 0, "done": 0, "failed": 1, "cancelled": 0}
    assert told["oldest_due_seconds"] == pytest.approx(180, abs=5)
    assert told["dead_letters"] == [
        {"uuid": str(dead.uuid), "kind": "lab.effect", "subject": "Spring", "attempts": 5, "last_error": "KeyError: 7"}
    ]
    assert told["steered"] == []


def test_an_empty_queue(db, capsys):
    told = json.loads(run(capsys, "--json"))

    assert (told["oldest_due_seconds"], told["dead_letters"]) == (0, [])


def test_running_one_job_and_all_failed_again(db, capsys):
    jobs = [Job.objects.create(kind="lab.effect", state=JobState.FAILED) for _number in range(3)]
    first = json.loads(run(capsys, "--retry", str(jobs[0].uuid), "--json"))
    rest = json.loads(run(capsys, "--retry", "failed", "--json"))

    assert first["steered"] == [{"uuid": str(jobs[0].uuid), "state": "due"}]
    assert {job["uuid"] for job in rest["steered"]} == {str(job.uuid) for job in jobs[1:]}
    assert rest["counts"]["due"] == 3


def test_cancelling(db, capsys):
    job = Job.objects.create(kind="lab.effect")

    assert f"{job.uuid} is cancelled" in run(capsys, "--cancel", str(job.uuid))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--retry", "nonsense"), 2), (("--retry", "00000000-0000-0000-0000-000000000000"), 1), (("--cancel", "nonsense"), 2)],
)
def test_wrong_numbers_are_refused_by_exit_code(db, arguments, code):
    with pytest.raises(CommandError) as refusal:
        call_command("jobs", *arguments)

    assert refusal.value.returncode == code


def test_what_cannot_be_run_again_is_exit_1_with_the_reason(db):
    job = Job.objects.create(kind="lab.effect", state=JobState.DONE)

    with pytest.raises(CommandError, match="only failed and cancelled") as refusal:
        call_command("jobs", "--retry", str(job.uuid))
    assert refusal.value.returncode == 1


def test_the_shipped_settings_have_no_problem():
    assert queue_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CELERY_VISIBILITY_TIMEOUT", 600, "jobs.E001"),
        ("CELERY_BROKER_TRANSPORT_OPTIONS", {"visibility_timeout": 500}, "jobs.E001"),
        ("CELERY_TASK_SOFT_TIME_LIMIT", 600, "jobs.E002"),
        ("JOBS_LEASE_SECONDS", 20, "jobs.E003"),
    ],
)
def test_settings_that_make_jobs_run_twice_are_named(settings, name, value, problem):
    setattr(settings, name, value)

    assert [found.id for found in queue_settings()] == [problem]
