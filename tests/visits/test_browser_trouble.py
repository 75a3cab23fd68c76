"""A visit on a phone that loses its connection, its clock, its session or its page: what was said arrives, once, or says why not."""

import re

import pytest
from django.utils import timezone

from tests import browser
from tests.factories import (
    AccountAssignmentFactory,
    MustStockRuleFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)
from visits.models import Observation, Photo, ShelfFact, Visit

from .test_photos import picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY_MS = 86_400_000


@pytest.fixture
def rep():
    person = UserFactory(field_rep=True, name="Ana Field", team=TeamFactory())
    AccountAssignmentFactory(user=person, duty="field_rep")
    return person


@pytest.fixture
def visit(rep):
    """A visit under way today at a store with one must-stock product."""
    store = StoreFactory(account=rep.assignments.get().account, name="Lakeshore Plaza")
    MustStockRuleFactory(account=store.account, product__name="Green tea")
    return VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)


@pytest.fixture
def phone(new_page, sign_in, rep):
    page = new_page(browser.PHONE)
    sign_in(page, rep)
    return page


def record(page, visit, step=""):
    page.goto(f"/visits/{visit.pk}/record/#{step}")


def saved(page):
    page.wait_for_selector("#save-state[data-tone=saved]")


def cut(page, pattern="**/visits/api/**"):
    page.context.route(pattern, lambda route: route.abort())


def expected_noise(page, *words):
    """Takes the console's complaints about a trouble that the test made on purpose off the list that has to be empty."""
    page.complaints[:] = [one for one in page.complaints if not any(word in one for word in words)]


def test_two_tabs_without_a_connection_lose_nothing_of_each_other(phone, visit):
    record(phone, visit, "shelf")
    other = phone.context.new_page()
    record(other, visit, "display")
    cut(phone)
    phone.click("form[data-part=shelf] .toggle-on_shelf")
    other.click("#display .toggle-no")
    for page in (phone, other):
        page.wait_for_selector("#save-state[data-tone=danger]")
    other.close()
    phone.goto("/visits/today/")

    phone.context.unroute("**/visits/api/**")
    phone.click("#unsent a")
    saved(phone)

    assert (ShelfFact.objects.get().is_present, Observation.objects.get().is_as_agreed) == (True, False)
    assert phone.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('ka.visits.'))") == []
    expected_noise(phone, "ERR_FAILED")


def test_a_clock_that_was_two_days_ahead_does_not_outlive_its_correction(phone, visit):
    phone.clock.install()
    phone.clock.fast_forward(2 * DAY_MS)
    record(phone, visit, "shelf")
    phone.click("form[data-part=shelf] .toggle-out_of_stock")
    phone.clock.run_for(1000)
    saved(phone)
    said_at = ShelfFact.objects.get().changed_at
    assert (said_at - timezone.now()).days == 1  # nearly two

    phone.clock.set_system_time(timezone.now())
    phone.reload()
    phone.click("form[data-part=shelf] .toggle-on_shelf")
    phone.clock.run_for(1000)
    saved(phone)

    fact = ShelfFact.objects.get()
    assert (fact.is_present, fact.changed_at > said_at) == (True, True)


def test_a_check_out_that_is_refused_says_why_and_can_be_tapped_again(phone, visit):
    record(phone, visit, "check-out")
    saved(phone)
    phone.wait_for_selector("#check-out .lacks")
    answer = {"code": "refused", "message": "x", "errors": {"check_out.at": "This time is still to come."}}
    phone.route("**/visits/api/record/", lambda route: route.fulfill(status=400, json=answer))
    phone.click("#check-out button[type=submit]")
    phone.wait_for_selector("#check-out [data-errors]:not([hidden])")
    assert phone.inner_text("#check-out [data-errors]") == "This time is still to come."

    phone.unroute("**/visits/api/record/")
    phone.click("#check-out button[type=submit]")
    phone.wait_for_url(re.compile(r"/visits/\d+/$"))
    assert Visit.objects.get().status == "completed"
    expected_noise(phone, "400")


def test_a_server_that_is_away_is_not_called_a_session_that_ended(phone, visit):
    record(phone, visit, "note")
    phone.route("**/visits/api/record/", lambda route: route.fulfill(status=503, body="<h1>away</h1>", content_type="text/html"))
    phone.fill("#note textarea", "Said meanwhile")
    phone.wait_for_selector("#save-state[data-tone=danger]")
    assert (
        phone.inner_text("[data-save-words]") == "The server does not answer. Everything stays on this phone and is sent again by itself."
    )

    phone.unroute("**/visits/api/record/")
    phone.click("[data-save-retry]")
    saved(phone)
    assert Visit.objects.get().note == "Said meanwhile"
    expected_noise(phone, "503")


def test_signing_in_again_in_another_tab_is_enough(phone, visit, settings, live_server):
    """A new session brings a new token; the page that was open has the old one."""
    record(phone, visit, "note")
    saved(phone)
    phone.context.add_cookies([{"name": settings.CSRF_COOKIE_NAME, "value": "n" * 32, "url": live_server.url}])
    phone.fill("#note textarea", "Said after the break")
    phone.wait_for_selector("#save-state[data-tone=danger]")
    saved(phone)
    assert Visit.objects.get().note == "Said after the break"
    expected_noise(phone, "403")


def test_after_the_check_out_the_page_waits_for_its_photos(phone, visit):
    record(phone, visit, "photos")
    cut(phone, "**/visits/api/photos/")
    phone.set_input_files("[data-photos] input[name=file]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    phone.wait_for_selector("#photo-grid .far")
    phone.click(".visit-steps a[href='#check-out']")
    phone.wait_for_selector("#check-out .lacks")
    assert phone.is_hidden("#check-out .lacks a[href='#photos']")  # the photo is there, only not with the server
    phone.click("#check-out button[type=submit]")
    phone.wait_for_selector("#visit-notices >> text=Stay on this page until the photos are sent.")
    assert (Visit.objects.get().status, Photo.objects.count()) == ("completed", 0)

    phone.goto("/visits/today/")
    assert phone.inner_text("#unsent a .quiet") == "Entries: 0 · photos: 1"

    phone.context.unroute("**/visits/api/photos/")
    phone.click("#unsent a")
    phone.wait_for_selector("#photo-grid img[src*='/photos/']", state="attached")
    assert Photo.objects.get().visit == visit
    phone.goto("/visits/today/")
    assert phone.is_hidden("#unsent")
    expected_noise(phone, "ERR_FAILED")


LOCKED = """() => {
    const field = document.querySelector('#note textarea')
    field.focus()
    field.value = 'Half a sen'
    field.dispatchEvent(new Event('input', { bubbles: true }))
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
    const queue = Object.keys(localStorage).find((name) => name.startsWith('ka.visits.'))
    return Object.values(JSON.parse(localStorage[queue]).statements)[0].value.text
}"""


def test_a_phone_that_is_locked_in_the_middle_of_a_word_has_it_already(phone, visit):
    record(phone, visit, "note")
    saved(phone)
    assert phone.evaluate(LOCKED) == "Half a sen"
    saved(phone)
    assert Visit.objects.get().note == "Half a sen"


def test_what_was_there_and_then_was_not_keeps_no_facings(phone, visit):
    record(phone, visit, "shelf")
    phone.click("form[data-part=shelf] .toggle-on_shelf")
    phone.click("form[data-part=shelf] [data-step='1']", click_count=3)
    phone.click("form[data-part=shelf] .toggle-absent")
    phone.wait_for_function("document.querySelector('[data-count=gaps]').textContent === '1'")
    saved(phone)
    fact = ShelfFact.objects.get()
    assert (fact.is_present, fact.facings) == (False, None)


def test_a_currency_without_decimals_has_a_keypad_without_a_point(phone, visit):
    visit.account.currency = "JPY"
    visit.account.save(update_fields=["currency"])
    record(phone, visit, "price")
    keys = phone.eval_on_selector_all(
        "#price-list input, #competitors [name=price], [name=monthly_value]", "all => all.map(one => one.inputMode)"
    )
    assert keys == ["numeric"] * len(keys) and len(keys) >= 2
    phone.click(".visit-steps a[href='#shelf']")
    phone.click("form[data-part=shelf] .toggle-on_shelf")
    phone.click(".visit-steps a[href='#price']")
    phone.fill("#price-list input", "12.5")
    phone.wait_for_selector("#price-list [data-row-error]:not([hidden]) >> text=JPY has no decimals.")
    phone.fill("#price-list input", "12")
    saved(phone)
    assert ShelfFact.objects.get().price_minor == 12
    expected_noise(phone, "400")
