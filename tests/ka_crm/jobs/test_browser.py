"""Following a job in a real browser: the page moves by itself, under the strict content policy, at both widths."""

import os
import threading

import pytest
from django.db import connection

from ka_crm.jobs.handlers import job_handler
from ka_crm.jobs.models import Job
from ka_crm.jobs.runner import run_job
from ka_crm.jobs.states import JobState
from tests import browser
from tests.factories.team import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("kinds", "no_wakeups", "real_tables")]


def show(page, name):
    if folder := os.environ.get("KA_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("device", ["PHONE", "DESK"])
def test_the_page_follows_the_job_to_its_result(new_page, sign_in, device):
    person = UserFactory(ka_manager=True)
    seen = threading.Event()

    @job_handler("lab.watched")
    def watched(job):
        job.progress(30, 120, "Section 3")
        seen.wait(60)
        return {"url": "/jobs/"}

    job = Job.objects.enqueue("lab.watched", requested_by=person, subject="Spring report")
    page = new_page(getattr(browser, device))
    sign_in(page, person)
    page.goto(f"/jobs/{job.uuid}/")
    page.get_by_text("Waiting for a free worker").wait_for()
    worker = threading.Thread(target=_run, args=(job.pk,))
    worker.start()
    page.get_by_text("Section 3").wait_for()
    assert page.locator("progress").get_attribute("value") == "25"
    show(page, f"job-running-{device}")
    seen.set()
    page.get_by_role("link", name="Show the result").wait_for()
    page.get_by_text("1 of 5").wait_for()  # the facts below are fetched afresh
    show(page, f"job-done-{device}")
    worker.join()

    assert page.locator("[hx-trigger='every 1s']").count() == 0


def test_cancel_in_the_browser_stops_the_job(new_page, sign_in):
    person = UserFactory(ka_manager=True)
    job = Job.objects.enqueue("lab.patient", requested_by=person, subject="Spring report", name="0000", steps=2000, seconds=0.1)
    page = new_page(browser.DESK)
    sign_in(page, person)
    page.goto(f"/jobs/{job.uuid}/")
    worker = threading.Thread(target=_run, args=(job.pk,))
    worker.start()
    page.get_by_text("Step").first.wait_for()
    page.locator(f"#job-cancel-{job.uuid}").click()
    page.locator("[data-state=cancelled]").wait_for()
    worker.join()

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_the_list_of_an_administrator(new_page, sign_in):
    administrator = UserFactory(administrator=True, name="Ada Admin")
    for number, state in enumerate(JobState):
        error = "KeyError: 'GTIN'" if state == JobState.FAILED else ""
        Job.objects.create(kind="lab.effect", requested_by=administrator, subject=f"Report {number}", state=state, last_error=error)
    page = new_page(browser.DESK)
    sign_in(page, administrator)
    page.goto("/jobs/")
    page.get_by_text("1 job failed").wait_for()
    show(page, "job-list")
    page.get_by_role("link", name="Report 3").click()
    page.get_by_role("button", name="Run again").click()
    page.get_by_text("Waiting for a free worker").wait_for()

    assert Job.objects.get(subject="Report 3").state == JobState.DUE


def _run(job_id):
    try:
        run_job(job_id)
    finally:
        connection.close()
