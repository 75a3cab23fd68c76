"""A visit on a phone, from the plan to the check-out, in a real browser."""

import io

import pytest
from django.utils import timezone
from PIL import Image

from tests import browser
from tests.factories import PASSWORD, AccountAssignmentFactory, MustStockRuleFactory, StoreFactory, TeamFactory, UserFactory, VisitFactory
from visits.models import CompetitorFact, Observation, Photo, ShelfFact, Visit

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
def phone(new_page, rep):
    """The rep's phone, signed in and standing 50 m from the store."""
    page = new_page(browser.PHONE, **IN_THE_STORE)
    page.goto("/account/login/")
    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    return page


def photo():
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 2000), (200, 30, 30)).save(buffer, "JPEG")
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def saved(page):
    page.wait_for_selector("#save-state[data-tone=saved]")


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
    assert "50 m from the store" in phone.inner_text("#check-in")

    cards = phone.locator("form[data-part=shelf]")
    cards.nth(0).locator(".toggle-on_shelf").click()
    cards.nth(0).locator("[data-step='1']").click(click_count=3)
    cards.nth(0).locator("[name=price]").fill("2,49")
    cards.nth(1).locator(".toggle-out_of_stock").click()
    phone.fill("#gap-list input", "Delivery on Friday")
    cards.nth(2).locator(".toggle-absent").click()
    cards.nth(2).locator(".toggle-absent").click()  # a second tap takes it back: not checked
    phone.click("#display .toggle-no")
    phone.fill("#competitors [name=brand]", "Rival")
    phone.fill("#note textarea", "Buyer is on leave 😀")
    phone.set_input_files("[data-photos] input[name=file]", photo())
    phone.wait_for_selector("#photo-grid img[src*='/photos/']")
    saved(phone)
    phone.click("#check-out button")
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
    assert (Observation.objects.get().is_as_agreed, CompetitorFact.objects.get().brand) == (False, "Rival")
    assert Photo.objects.get().file.size_bytes < len(photo()["buffer"])
    assert "50\u00a0%\n1 of 2 checked" in phone.inner_text(".kpis")


def test_what_was_said_without_a_connection_survives_a_reload(phone, rep, store):
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    saved(phone)
    phone.route("**/visits/api/**", lambda route: route.abort())
    phone.locator("form[data-part=shelf]").nth(0).locator(".toggle-on_shelf").click()
    phone.fill("#note textarea", "Said in the cellar")
    phone.set_input_files("[data-photos] input[name=file]", photo())
    phone.wait_for_selector("text=No connection")
    phone.wait_for_selector("#photo-grid .far")
    assert (ShelfFact.objects.count(), Photo.objects.count()) == (0, 0)

    phone.unroute("**/visits/api/**")
    phone.reload()
    phone.wait_for_selector("#photo-grid img[src*='/photos/']")
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
    card.locator("[name=price]").fill("dear")
    phone.fill("#note textarea", "All well")
    phone.wait_for_selector("text=“dear” is not a number")
    phone.wait_for_selector("#save-state[data-tone=danger]")
    card.locator("[name=price]").fill("2.49")
    saved(phone)
    visit.refresh_from_db()
    assert (visit.note, ShelfFact.objects.get().price_minor) == ("All well", 249)
    phone.complaints[:] = [one for one in phone.complaints if "400" not in one]  # the refusal that was asked for


def test_every_target_is_large_enough_for_a_thumb(phone, rep, store):
    """44 px for whatever is tapped on the recording page, and nothing wider than the phone."""
    visit = VisitFactory(store=store, visitor=rep, planned_on=timezone.localdate(), in_progress=True)
    phone.goto(f"/visits/{visit.pk}/record/")
    phone.locator("form[data-part=shelf] .toggle-on_shelf").first.click()
    small = phone.evaluate(
        """() => [...document.querySelectorAll('#visit :is(button, .toggle, .photo-button, input, textarea, select, .visit-steps a)')]
            .filter((one) => !['hidden', 'radio', 'checkbox', 'file'].includes(one.type))
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
            .map((one) => `${one.outerHTML.slice(0, 80)} ${one.getBoundingClientRect().height}`)"""
    )
    assert small == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
