"""Ordering, building, building again, being killed in between."""

import os
import random
import signal
import sys
import time

import pytest
from django.db import close_old_connections

from ka_crm.errors import DomainError, NotAllowed
from ka_crm.files import open_stored
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import RunningJob, run_due_jobs, run_job
from ka_crm.jobs.services import cancel_job, claim_job, take_over
from ka_crm.jobs.states import JobState
from ka_crm.periods import month, quarter
from reports import builder, services
from reports.models import Report, ReportFile, ReportRun, ReportSection
from reports.sections import sections_of
from reports.states import ReportStatus
from tests.factories import UserFactory

from .conftest import MARCH, TODAY, data_of, sell

MARCH_2026 = month(2026, 3)
SECTIONS = sections_of("monthly")


def order(**values):
    values.setdefault("actor", None)
    return services.order_reports(kind="monthly", period=MARCH_2026, today=TODAY, **values)


def test_an_order_writes_reports_and_job_and_the_worker_makes_drafts(world):
    run = order(accounts=[world.northgate], formats=("json",))
    assert [report.status for report in run.reports.all()] == [ReportStatus.BUILDING]
    assert run.job.state == JobState.DUE

    run_due_jobs()

    report = Report.objects.get()
    assert report.status == ReportStatus.DRAFT
    assert (report.subject_label, report.period_label, report.currency, report.version, report.owner) == (
        "Northgate",
        "2026-03",
        "USD",
        1,
        world.mei,
    )
    assert [section.key for section in report.sections.all()] == [section.key for section in SECTIONS]
    assert [file.format for file in report.files.all()] == ["json"]


def test_without_a_choice_all_accounts_people_teams_and_the_company_are_built(world, build):
    build()

    kinds = list(Report.objects.order_by("subject_kind", "subject_label").values_list("subject_kind", "subject_label"))
    assert kinds == [("account", "Lakeside"), ("account", "Northgate"), ("company", "KA CRM"), ("person", "Mei Lin"), ("team", "East")]


def test_a_ka_manager_without_a_choice_gets_only_their_own(world, build):
    build(actor=world.mei)

    assert set(Report.objects.values_list("subject_kind", flat=True)) == {"account", "person"}


def test_what_is_out_of_scope_cannot_be_ordered(world):
    for foreign in ({"accounts": [world.northgate]}, {"people": [world.mei]}, {"teams": [world.team]}, {"company": True}):
        with pytest.raises(NotAllowed):
            order(actor=world.omar, **foreign)
    assert not Report.objects.exists()


def test_a_kind_needs_its_own_period(world):
    with pytest.raises(DomainError, match="needs a period such as 2026-03, not 2026Q1"):
        services.order_reports(kind="monthly", period=quarter(2026, 1), actor=None)
    with pytest.raises(DomainError, match="needs a period such as 2026-W10, not 2026-03"):
        services.order_reports(kind="weekly", period=MARCH_2026, actor=None)


def test_the_same_order_twice_while_it_waits_is_one_run(world):
    assert order(accounts=[world.northgate], actor=world.mei) == order(accounts=[world.northgate], actor=world.mei)
    assert (ReportRun.objects.count(), Job.objects.count(), Report.objects.count()) == (1, 1, 1)


def test_building_a_draft_again_refreshes_its_numbers_and_keeps_its_words(world, build, northgate_report):
    services.comment_section(report_id=northgate_report.pk, key="headline", text="A good month.", edit_version=1, actor=world.mei)
    sell(world.second, world.apple, MARCH, 1, 10_000)

    build(accounts=[world.northgate])

    report = Report.objects.get()
    assert (report.pk, report.version, report.status) == (northgate_report.pk, 1, ReportStatus.DRAFT)
    assert data_of(report)["headline"]["net_value"] == "600.00"
    assert report.sections.get(key="headline").commentary == "A good month."


def test_building_a_submitted_report_again_makes_the_next_version(world, build, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)
    sell(world.second, world.apple, MARCH, 1, 10_000)

    build(accounts=[world.northgate])

    old, new = Report.objects.order_by("version")
    assert (old.status, old.superseded_by, data_of(old)["headline"]["net_value"]) == (ReportStatus.SUBMITTED, new, "500.00")
    assert (new.version, new.status, data_of(new)["headline"]["net_value"]) == (2, ReportStatus.DRAFT, "600.00")
    assert list(Report.objects.current()) == [new]


def test_until_the_next_version_is_built_the_old_one_is_the_current_one(world, northgate_report):
    services.submit_report(report_id=northgate_report.pk, actor=world.mei)

    order(accounts=[world.northgate])

    northgate_report.refresh_from_db()
    assert northgate_report.superseded_by is None


def test_a_later_order_takes_the_reports_of_an_earlier_one_over(world):
    early = order(accounts=[world.northgate, world.lakeside], formats=())
    late = order(accounts=[world.northgate], formats=())
    run_due_jobs()

    assert {report.subject_label: report.run for report in Report.objects.all()} == {"Northgate": late, "Lakeside": early}
    assert set(Report.objects.values_list("status", flat=True)) == {ReportStatus.DRAFT}


def test_a_run_that_stopped_after_some_sections_goes_on_with_the_next(world, monkeypatch):
    run = order(accounts=[world.northgate], formats=())
    scope = builder.scope_of(run)
    for position, section in enumerate(SECTIONS[:4]):
        builder.write_section(run, position, section, section.compute(scope))
    done_before = {section.pk for section in ReportSection.objects.all()}
    computed = []
    for section in SECTIONS[:4]:
        monkeypatch.setitem(section.__dict__, "compute", lambda scope, key=section.key: computed.append(key))

    assert run_job(run.job.pk) == JobState.DONE
    assert computed == []
    assert done_before < {section.pk for section in ReportSection.objects.all()}


def test_a_cancelled_build_can_be_ordered_again(world):
    run = order(accounts=[world.northgate], formats=(), actor=world.mei)
    cancel_job(job_id=run.job.pk, actor=world.mei)
    run_due_jobs()
    assert Report.objects.get().status == ReportStatus.BUILDING

    order(accounts=[world.northgate], formats=(), actor=world.mei)
    run_due_jobs()

    assert Report.objects.get().status == ReportStatus.DRAFT


def test_a_build_is_killed_after_each_section_and_ends_all_the_same(world):
    """Fifteen deaths of a job that has five attempts: each had one section more."""
    run = order(accounts=[world.northgate], formats=())
    deaths = 0
    for _section in SECTIONS:
        job = RunningJob(claim_job(job_id=run.job.pk, claim="claim"), "claim")
        written = len(ReportRun.objects.get().sections_done)
        job.raise_if_cancelled = lambda written=written: _die_if(len(ReportRun.objects.get().sections_done) > written)
        with pytest.raises(Killed):
            builder.build_run(job, ReportRun.objects.get())
        take_over(job=Job.objects.get(), because="killed")
        Job.objects.update(run_after=None)
        deaths += 1

    assert run_job(run.job.pk) == JobState.DONE
    assert (deaths, deaths > 5) == (len(SECTIONS), True)
    assert Report.objects.get().status == ReportStatus.DRAFT


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


def _die_if(claim):
    if claim:
        raise Killed


def test_a_build_that_kills_every_worker_gives_the_drafts_back(world, northgate_report, django_capture_on_commit_callbacks):
    numbers = data_of(northgate_report)
    run = order(accounts=[world.northgate], formats=())
    assert Report.objects.get().status == ReportStatus.BUILDING
    for _attempt in range(5):
        claim_job(job_id=run.job.pk, claim="claim")
        with django_capture_on_commit_callbacks(execute=True):
            take_over(job=Job.objects.get(pk=run.job.pk), because="killed")
        Job.objects.update(run_after=None)

    assert Job.objects.get(pk=run.job.pk).state == JobState.FAILED
    assert Report.objects.get().status == ReportStatus.DRAFT
    assert data_of(Report.objects.get()) == numbers


# --- real workers, really killed -----------------------------------------------------------------------------------------------
QUICK = {
    "KA_JOBS_SWEEP_SECONDS": "0.3",
    "KA_JOBS_LEASE_SECONDS": "2",
    "KA_JOBS_HEARTBEAT_SECONDS": "0.3",
    "KA_JOBS_BACKOFF_SECONDS": "0.1",
    "KA_LOG_LEVEL": "ERROR",
    "CELERY_SKIP_CHECKS": "1",
}


def after_each_kill(world, start_process, number, seed):
    """Order again and again; each time kill the worker at a random moment, let the next one finish, and yield what is there then."""
    moments = random.Random(seed)
    worker = [sys.executable, "-m", "celery", "--quiet", "-A", "ka_crm", "worker", "-c", "2", "--without-gossip", "--without-mingle"]
    process = start_process(worker, **QUICK)
    for _round in range(number):
        run = order(accounts=[world.northgate, world.lakeside], people=[world.mei], company=True, formats=("json", "html", "pdf", "xlsx"))
        _wait(lambda run=run: Job.objects.exclude(state=JobState.DUE).filter(pk=run.job_id).exists(), 60)
        time.sleep(moments.uniform(0, 1.5))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process = start_process(worker, **QUICK)
        _wait(lambda: not Job.objects.unfinished().exists(), 120)
        yield what_is_built()
    process.terminate()


def _wait(claim, seconds):
    give_up = time.monotonic() + seconds
    while True:
        close_old_connections()
        if claim():
            return
        assert time.monotonic() < give_up, (
            f"still not true after {seconds} s; {list(Job.objects.unfinished().values('kind', 'state', 'last_error'))}"
        )
        time.sleep(0.1)


BEGINNINGS = {"html": b"<!doctype", "json": b"{", "pdf": b"%PDF", "xlsx": b"PK"}


def what_is_built():
    """(failed jobs, reports, of these with all sections and whole files as drafts, all files)."""
    reports = list(Report.objects.filter(kind="monthly", starts_on=MARCH))  # the worker drafts what is due beside them
    assert sorted(report.subject_key for report in reports) == sorted({report.subject_key for report in reports})
    whole = [report for report in reports if report.status == ReportStatus.DRAFT and _has_all_parts(report)]
    return Job.objects.filter(state=JobState.FAILED).count(), len(reports), len(whole), ReportFile.objects.count()


def _has_all_parts(report):
    files = {file.format: file.file for file in report.files.select_related("file")}
    contents = {name: (stored, open_stored(stored).read()) for name, stored in files.items()}
    return (
        [section.key for section in report.sections.all()] == [section.key for section in SECTIONS]
        and contents.keys() == BEGINNINGS.keys()
        and all(len(content) == stored.size_bytes for stored, content in contents.values())
        and all(content.lstrip().startswith(BEGINNINGS[name]) for name, (_stored, content) in contents.items())
    )


ALL_ONCE = (0, 4, 4, 16)


@pytest.fixture
def committed_world(transactional_db, world):
    UserFactory()
    return world


def test_a_killed_worker_is_finished_by_another_once(committed_world, start_process):
    assert list(after_each_kill(committed_world, start_process, number=5, seed=1)) == [ALL_ONCE] * 5


@pytest.mark.slow
def test_fifty_killed_workers_lose_and_double_nothing(committed_world, start_process):
    assert list(after_each_kill(committed_world, start_process, number=50, seed=2)) == [ALL_ONCE] * 50
