"""In a real browser: from a bad number to the visit behind it in three clicks; a new rep's first visit on a phone."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import browser
from tests.factories import (
    AccountAssignmentFactory,
    KeyAccountFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)
from tests.reports.conftest import sell
from visits.models import Visit, VisitScore

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _on_a_fixed_day():
    """The browser has the real day, and so has the server beside it."""


@pytest.fixture
def company():
    """Northgate lost half of its sell-out in one store, where the last visit found the shelf in a poor state; Lakeside grows."""
    team = TeamFactory(name="North")
    rep = UserFactory(field_rep=True, team=team, name="Ravi")
    sam = UserFactory(supervisor=True, team=team, name="Sam Ortega")
    mei = UserFactory(ka_manager=True, team=team, name="Mei Lin")
    gouda = ProductFactory(name="Gouda")
    first_of_month = timezone.localdate().replace(day=1)
    month = (first_of_month - timedelta(days=1)).replace(day=1)
    year_ago = month.replace(year=month.year - 1)
    northgate, lakeside = KeyAccountFactory(name="Northgate"), KeyAccountFactory(name="Lakeside")
    stores = {}
    for account, name, now, then in (
        (northgate, "North 1", 50_000, 100_000),
        (northgate, "North 2", 90_000, 80_000),
        (lakeside, "Lake 1", 90_000, 80_000),
    ):
        stores[name] = StoreFactory(account=account, name=name)
        sell(stores[name], gouda, month, 10, now)
        sell(stores[name], gouda, year_ago, 10, then)
    for account in (northgate, lakeside):
        AccountAssignmentFactory(account=account, user=mei, starts_on=date(2020, 1, 1))
        AccountAssignmentFactory(account=account, user=rep, duty="field_rep", starts_on=date(2020, 1, 1))
    visit = VisitFactory(store=stores["North 1"], visitor=rep, planned_on=timezone.localdate(), completed=True)
    VisitScore.objects.create(visit=visit, score_e2=4_200)
    return {"sam": sam, "rep": rep, "visit": visit, "lakeside": lakeside}


class Clicks:
    """Clicks and counts them."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def on(self, locator, address):
        self.count += 1
        locator.click()
        self.page.wait_for_url(f"**{address}**")


@pytest.mark.parametrize("device", [browser.DESK, browser.PHONE], ids=["desk", "phone"])
def test_from_a_bad_number_to_the_visit_in_three_clicks(new_page, sign_in, company, device):
    page = new_page(device)
    sign_in(page, company["sam"])
    page.goto("/")
    clicks = Clicks(page)
    worst = page.locator("#accounts tbody tr").first
    assert "Northgate" in worst.inner_text()
    assert "22.2" in worst.inner_text()  # 140,000 against 180,000

    clicks.on(worst.get_by_role("link"), "/dashboards/accounts/")
    worst_store = page.locator("#stores tbody tr").first
    assert "North 1" in worst_store.inner_text()
    assert "42.0" in worst_store.inner_text()
    clicks.on(worst_store.get_by_role("link"), "/dashboards/stores/")
    clicks.on(page.locator("#visits a").first, f"/visits/{company['visit'].pk}/")

    assert clicks.count == 3
    assert "North 1" in page.inner_text("main")


def test_no_dashboard_scrolls_sideways_on_a_phone(new_page, sign_in, company):
    page = new_page(browser.PHONE)
    sign_in(page, company["sam"])
    store = company["visit"].store
    drill = reverse("dashboards:account", args=[store.account_id]), reverse("dashboards:store", args=[store.pk])
    for address in ("/", "/dashboards/day/", "/dashboards/figures/", "/dashboards/findings/", *drill):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_the_period_changes_without_a_button(new_page, sign_in, company):
    page = new_page()
    sign_in(page, company["sam"])
    page.goto("/dashboards/figures/")

    page.select_option("#picker-period", index=2)

    page.wait_for_url("**/dashboards/figures/?period=*")
    page.locator("#accounts").wait_for()
    assert page.locator("#picker-period").input_value() == page.url.partition("period=")[2].partition("&")[0]


def test_a_chart_opens_what_was_clicked_and_has_a_table(new_page, sign_in, company):
    page = new_page()
    sign_in(page, company["sam"])
    page.goto("/dashboards/figures/")
    chart = page.locator(".chart").first
    chart.locator("canvas").wait_for()

    chart.locator("summary").click()

    assert chart.locator("tbody tr").count() >= 1
    assert page.locator("[data-chart]").first.get_attribute("aria-label").startswith("Net sell-out by month")


def test_a_new_rep_starts_the_first_visit_with_two_taps(new_page, company):
    page = new_page(browser.PHONE)
    newcomer = UserFactory(field_rep=True, team=company["rep"].team, name="Nia")
    AccountAssignmentFactory(account=company["lakeside"], user=newcomer, duty="field_rep", starts_on=date(2020, 1, 1))
    browser.sign_in_by_form(page, newcomer)

    start = page.get_by_role("link", name="Start a visit").first
    box = start.bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 844  # in sight without scrolling
    start.click()
    page.get_by_role("button", name="Lake 1").click()

    page.wait_for_url("**/record/**")
    assert Visit.objects.filter(visitor=newcomer, store__name="Lake 1").count() == 1


def test_setting_aside_and_undoing_in_place(new_page, sign_in, company):
    page = new_page(browser.PHONE)
    VisitFactory(store=company["visit"].store, visitor=company["rep"], planned_on=date(2026, 1, 5))
    sign_in(page, company["rep"])
    page.goto("/")
    card = page.locator(".finding").first
    card.wait_for()

    card.locator("summary").click()
    card.get_by_role("button", name="For 7 days").click()
    page.locator(".finding-aside").wait_for()
    page.locator(".finding-aside").get_by_role("button", name="Undo").click()

    page.locator(".finding h3").first.wait_for()
    assert "left over" in page.locator(".finding h3").first.inner_text()
