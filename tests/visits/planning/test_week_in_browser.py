"""A week on a phone in a real browser: start the day, plan what is due, order the day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import browser
from tests.factories import AccountAssignmentFactory, CadenceFactory, StoreFactory, TeamFactory, UserFactory
from visits.models import Attendance, Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ON_THE_ROAD = {"geolocation": {"latitude": 41.87856, "longitude": -87.62980}, "permissions": ["geolocation"]}


@pytest.fixture
def rep():
    person = UserFactory(field_rep=True, name="Ana Field", team=TeamFactory())
    AccountAssignmentFactory(user=person, duty="field_rep")
    return person


@pytest.fixture
def phone(new_page, sign_in, rep):
    page = new_page(browser.PHONE, **ON_THE_ROAD)
    sign_in(page, rep)
    return page


def fits(page):
    """Whether nothing has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_day_begins_with_one_tap_place_and_clock(phone, rep, monkeypatch):
    monkeypatch.setattr("visits.planning.availability.is_working_day", lambda day, calendar=None: True)
    phone.goto("/visits/today/")
    phone.click("text=Start the day")
    phone.wait_for_selector("text=Your day began")
    begun = Attendance.objects.get()
    assert (begun.person, str(begun.latitude), begun.has_wrong_clock) == (rep, "41.87856", False)
    assert fits(phone)


def test_due_stores_are_planned_ordered_and_moved(phone, rep):
    CadenceFactory(every_days=14)
    account = rep.assignments.get().account
    for number in (1, 3, 2):
        StoreFactory(account=account, latitude="0", longitude=f"0.0{number}", name=f"Stop {number}")
    today = timezone.localdate()
    monday = today + timedelta(days=7 - today.weekday())
    phone.goto(f"/visits/week/?week={monday}")
    for box in phone.locator(".store-pick input").all():
        box.check()
    phone.click("text=Add the ticked stores")
    phone.wait_for_selector("text=3 visits are planned.")
    Visit.objects.filter(store__name="Stop 3").update(route_order=2)
    Visit.objects.filter(store__name="Stop 1").update(route_order=1)
    phone.click("text=Order by distance")
    phone.wait_for_selector("text=is ordered by distance")
    assert phone.locator(f"#day-{monday} .line-title a").all_inner_texts() == ["Stop 1", "Stop 2", "Stop 3"]
    phone.click("text=Undo")
    phone.wait_for_selector("text=The day is in its former order again.")
    phone.locator(f"#day-{monday} summary").first.click()
    phone.select_option(f"#day-{monday} .move-day select >> nth=0", str(monday + timedelta(days=2)))
    phone.click(f"#day-{monday} .move-day button >> nth=0")
    phone.wait_for_selector("text=is moved to")
    assert Visit.objects.filter(planned_on=monday + timedelta(days=2)).count() == 1
    assert fits(phone)
