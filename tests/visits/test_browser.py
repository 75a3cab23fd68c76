"""A visit on a phone, from the plan to the check-out, in a real browser."""

import io
import re
import time

import pytest
from django.utils import timezone
from PIL import Image

from tests import browser
from tests.factories import (
    PASSWORD,
    AccountAssignmentFactory,
    MustStockRuleFactory,
    ShelfFactFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)
from visits.models import CompetitorFact, Observation, Photo, ShelfFact, Visit, VisitScore

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IN_THE_STORE = {"geolocation": {"latitude": 41.87856, "longitude": -87.62980}, "permissions": ["geolocation"]}


@pytest.fixture
def rep():
    person = UserFactory(field_rep=True, name="Ana Field", team=TeamFactory())
    AccountAssignmentFactory(user=person, duty="field_rep")
    return person


@pytest.fixture
def store(rep):
    store = StoreFactory(account=rep.assignments.get().account, name="Lakeshore Plaza")
    for name in ("Green tea", "Lemon tea", "Peach tea"):
        MustStockRuleFactory(account=store.account, product__name=name)
    return store


@pytest.fixture
def phone(new_page, sign_in, rep):
    """The rep's phone, signed in and standing 50 m from the store."""
    page = new_page(browser.PHONE, **IN_THE_STORE)
    sign_in(page, rep)
    return page


def photo():
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 2000), (200, 30, 30)).save(buffer, "JPEG")
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def saved(page):
    page.wait_for_selector("#save-state[data-tone=saved]")


def step(page, title):
    """On to the next step, which has to be the one called ``title``."""
    page.click(".guide-bar [data-guide='1']")
    page.wait_for_function("(title) => document.querySelector('[data-guide-title]').textContent === title", arg=title)


def go_to(page, key):
    page.click(f".visit-steps a[href='#{key}']")


def test_a_visit_from_the_plan_to_the_check_out(phone, rep, store):
    phone.goto("/visits/plan/")
    phone.fill("#plan-words", "lakeshore")
    phone.click("[data-choose-store]")
    phone.fill("input[name=objective]", "Win the end cap")
    phone.click("text=Plan the visit")
    phone.wait_for_url("**/visits/*/")

    phone.goto("/visits/today/")
    phone.click("text=Check in")
    phone.wait_for_url("**/record/**")
    phone.click(".visit-steps a[href='#check-in']")
    assert "50 m from the store" in phone.inner_text("#check-in")
    step(phone, "Shelf")

    cards = phone.locator("form[data-part=shelf]")
    cards.nth(0).locator(".toggle-on_shelf").click()
    cards.nth(0).locator("[data-step='1']").click(click_count=3)
    cards.nth(1).locator(".toggle-out_of_stock").click()
    cards.nth(2).locator(".toggle-absent").click()
    cards.nth(2).locator(".toggle-absent").click()  # a second tap takes it back: not checked
    step(phone, "Out of stock")
    phone.fill("#gap-list input", "Delivery on Friday")
    step(phone, "Price")
    phone.fill("#price-list > li:not([hidden]) input", "2,49")
    step(phone, "Promotion")
    phone.click("#promotion .toggle-na")
    step(phone, "Display")
    phone.click("#display .toggle-no")
    step(phone, "Competitors")
    phone.fill("#competitors [name=brand]", "Rival")
    for title in ("Category", "Stock room", "Promoters", "Photos"):
        step(phone, title)
    phone.set_input_files("[data-photos] input[name=file]", photo())
    phone.wait_for_selector("#photo-grid img[src*='/photos/']")
    step(phone, "Note")
    phone.fill("#note textarea", "Buyer is on leave 😀")
    step(phone, "Check-out")
    phone.wait_for_selector("#check-out .lacks >> text=1 product is not checked.")
    saved(phone)
    phone.click("#check-out button[type=submit]")
    phone.wait_for_url("**/visits/*/")

    visit = Visit.objects.get()
    assert (visit.status, visit.distance_m, visit.note, visit.objective) == ("completed", 50, "Buyer is on leave 😀", "Win the end cap")
    assert list(
        ShelfFact.objects.order_by("product__name").values_list(
            "product__name", "is_present", "is_out_of_stock", "facings", "price_minor", "note"
        )
    ) == [
        ("Green tea", True, False, 3, 249, ""),
        ("Lemon tea", False, True, None, None, "Delivery on Friday"),
        ("Peach tea", None, False, None, None, ""),
    ]
    answers = Observation.objects.order_by("topic").values_list("topic", "is_as_agreed", "does_not_apply")
    assert list(answers) == [("display", False, False), ("promotion", None, True)]
    assert (CompetitorFact.objects.get().brand, Photo.objects.get().file.size_bytes < len(photo()["buffer"])) == ("Rival", True)
    assert (str(Photo.objects.get().latitude), VisitScore.objects.get().must_stock_present) == ("41.87856", 1)
    assert "50\u00a0%\n1 of 2 checked" in phone.inner_text(".kpis")


def test_what_was_said_without_a_connection_survives_a_reload(phone, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    saved(phone)
    phone.route("**/visits/api/**", lambda route: route.abort())
    phone.locator("form[data-part=shelf]").nth(0).locator(".toggle-on_shelf").click()
    go_to(phone, "note")
    phone.fill("#note textarea", "Said in the cellar")
    phone.set_input_files("[data-photos] input[name=file]", photo())
    phone.wait_for_selector("text=No connection")
    phone.wait_for_selector("#photo-grid .far", state="attached")
    assert (ShelfFact.objects.count(), Photo.objects.count()) == (0, 0)

    phone.unroute("**/visits/api/**")
    phone.reload()
    phone.wait_for_selector("#photo-grid img[src*='/photos/']", state="attached")
    saved(phone)

    visit.refresh_from_db()
    assert (visit.note, ShelfFact.objects.get().is_present, Photo.objects.count()) == ("Said in the cellar", True, 1)
    assert phone.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('ka.visits'))") == []
    phone.complaints[:] = [one for one in phone.complaints if "ERR_FAILED" not in one]  # the connection that was cut on purpose


def test_a_refused_value_is_told_at_its_field_and_the_rest_is_saved(phone, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    card = phone.locator("form[data-part=shelf]").nth(0)
    card.locator(".toggle-on_shelf").click()
    go_to(phone, "price")
    price = phone.locator("#price-list > li:not([hidden]) input")
    price.fill("dear")
    go_to(phone, "note")
    phone.fill("#note textarea", "All well")
    phone.wait_for_selector("#save-state[data-tone=danger]")
    assert "is-done" not in phone.get_attribute("[data-step-of=price]", "class")
    phone.click("[data-save-show]")  # leads to the field at fault
    assert "“dear” is not a number" in phone.inner_text("#price-list [data-row-error]:not([hidden])")
    price.fill("2.49")
    saved(phone)
    visit.refresh_from_db()
    assert (visit.note, ShelfFact.objects.get().price_minor) == ("All well", 249)
    phone.complaints[:] = [one for one in phone.complaints if "400" not in one]  # the refusal that was asked for


def test_every_target_is_large_enough_for_a_thumb(phone, rep, store):
    """44 px for whatever is tapped on the recording page, and nothing wider than the phone."""
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    phone.locator("form[data-part=shelf] .toggle-on_shelf").first.click()
    small = []
    for link in phone.locator(".visit-steps a").all():
        link.click()
        small += phone.evaluate(SMALL_TARGETS)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert small == []


def test_a_stores_history_fits_a_phone(phone, rep, store):
    for day in range(2, 8):
        visit = VisitFactory(store=store, visitor=rep, completed=True, planned_on=f"2026-03-{day:02d}")
        ShelfFactFactory(visit=visit, product=store.account.must_stock_rules.first().product, price_minor=123_456)
    phone.goto(f"/visits/stores/{store.pk}/history/")
    phone.wait_for_selector(".matrix")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


SMALL_TARGETS = """() =>
    [...document.querySelectorAll('#visit :is(button, .toggle, .photo-button, input, textarea, select, .visit-steps a, .lacks a)')]
        .filter((one) => !['hidden', 'radio', 'checkbox', 'file'].includes(one.type))
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
        .map((one) => `${one.outerHTML.slice(0, 80)} ${one.getBoundingClientRect().height}`)"""


def test_the_first_visit_is_logged_within_a_minute_of_the_first_sign_in(new_page, rep, store):
    """From the sign-in page to the check-out at 390 px, by the clock; the person taps what the page offers and knows no address."""
    StoreFactory(account=store.account, name="Far away", latitude="42.50000", longitude="-88.00000")
    page = new_page(browser.PHONE, **IN_THE_STORE)
    began = time.monotonic()
    page.goto("/")
    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.click("text=Start a visit")
    page.wait_for_selector("#start-stores .found-row:first-child >> text=50")
    page.click("#start-stores .found-row:first-child")
    page.wait_for_url("**/record/**")
    for card in page.locator("form[data-part=shelf]").all():
        card.locator(".toggle-on_shelf").click()
    while page.inner_text("[data-guide-title]") != "Check-out":
        page.click(".guide-bar [data-guide='1']")
    saved(page)
    page.click("#check-out button[type=submit]")
    page.wait_for_url(re.compile(r"/visits/\d+/$"))
    took = time.monotonic() - began

    visit = Visit.objects.get()
    assert (visit.store, visit.status, visit.distance_m, ShelfFact.objects.count()) == (store, "completed", 50, 3)
    assert took < 60, f"{took:.1f} s"


KEPT_ON_THE_PHONE = """async () => [
    Object.keys(localStorage).filter((name) => name.startsWith('ka.visits')).length,
    await new Promise((done) => {
        const asking = indexedDB.open('ka-visits')
        asking.onsuccess = () => {
            const all = asking.result.transaction('photos').objectStore('photos').count()
            all.onsuccess = () => { asking.result.close(); done(all.result) }
        }
    }),
]"""


def test_signing_out_warns_of_what_is_not_sent_and_clears_the_phone(phone, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    saved(phone)
    phone.route("**/visits/api/**", lambda route: route.abort())
    phone.locator("form[data-part=shelf]").nth(0).locator(".toggle-on_shelf").click()
    go_to(phone, "photos")
    phone.set_input_files("[data-photos] input[name=file]", photo())
    phone.wait_for_selector("#photo-grid .far")
    kept = KEPT_ON_THE_PHONE
    assert phone.evaluate(kept) == [1, 1]

    phone.evaluate("document.querySelector('[data-sign-out]').requestSubmit()")
    assert phone.inner_text("dialog[open] h2") == "Not sent yet. Entries: 1, photos: 1"
    phone.get_by_role("button", name="Stay").click()
    assert phone.evaluate(kept) == [1, 1]

    phone.evaluate("document.querySelector('[data-sign-out]').requestSubmit()")
    phone.get_by_role("button", name="Delete and sign out").click()
    phone.wait_for_url("**/account/login/**")
    assert phone.evaluate(kept) == [0, 0]
    phone.complaints[:] = [one for one in phone.complaints if "ERR_FAILED" not in one]  # the connection that was cut on purpose
