"""The inbox on a phone: a decision and a task in place, and the counts in the bar that follow."""

import pytest
from django.urls import reverse
from django.utils import timezone

from team.models import Approval, Task
from team.services.tasks import open_task
from tests.browser import PHONE

from .approving import ask

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("told")]


@pytest.fixture
def phone(new_page, sign_in, people):
    """A page at the size of a phone, signed in as the supervisor."""
    page = new_page(PHONE)
    sign_in(page, people["leader"])
    return page


def test_deciding_and_doing_in_place(phone, people):
    approval = ask(people["requester"])
    task = open_task(title="Bring the labels", assignee=people["leader"], due_on=timezone.localdate())
    phone.goto(reverse("team:inbox"))
    waiting = phone.locator(".work-count").first
    waiting.wait_for()
    assert waiting.inner_text() == "2"
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]

    card = phone.locator(f"#approval-{approval.pk}")
    card.locator("textarea").fill("Good.")
    card.get_by_role("button", name="Approve").tap()
    card.get_by_role("status").wait_for()
    assert "“A thing” is approved." in card.inner_text()

    row = phone.locator(f"#task-{task.pk}")
    row.locator("input[name=outcome]").fill("Brought.")
    row.get_by_role("button", name="Done").tap()
    row.get_by_role("status").wait_for()

    phone.locator('.work-counts a[href="/inbox/"] .work-count').wait_for(state="detached")
    assert Approval.objects.get().status == "approved"
    assert Task.objects.get().outcome == "Brought."
