"""The shell as a person meets it: keyboard, phone, light and dark, back and forth; and axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser
from tests.factories import KeyAccountFactory, StoreFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened(new_page, sign_in):
    """``opened(device, address)`` is the page as an administrator sees it."""

    def opened(device=browser.DESK, address="/", **options):
        page = new_page(device, **options)
        sign_in(page, UserFactory(administrator=True))
        page.goto(address)
        return page

    return opened


@pytest.fixture
def stores():
    account = KeyAccountFactory()
    # Codes and numbers of their own: those that the factory counts up hold the digits that a test searches for.
    return [
        StoreFactory(
            account=account, name=f"Harbor {number:02}", code=f"H-{chr(65 + number)}", retailer_store_no="", city=f"City {number % 3}"
        )
        for number in range(60)
    ]


def serious(page):
    """What axe finds to mend, as “rule: element”."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:100]}" for one in found if one["impact"] in ("serious", "critical") for node in one["nodes"]]


@pytest.mark.parametrize(("device", "scheme"), [(browser.PHONE, "light"), (browser.DESK, "dark")], ids=["phone-light", "desk-dark"])
def test_everybody_can_read_every_component(opened, stores, device, scheme):
    page = opened(device, color_scheme=scheme)
    for address in ("/styleguide/", "/stores/", "/account/2fa/", "/"):
        page.goto(address)
        page.wait_for_timeout(300)

        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_keyboard_alone_finds_and_opens_a_row(opened, stores):
    page = opened(address="/stores/")

    page.keyboard.press("/")
    page.keyboard.type("harbor 07")
    page.wait_for_selector(".list-count:has-text('1 row')")
    page.wait_for_url("**07**")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stores/*/")

    assert page.locator("h1").inner_text().startswith("Harbor 07")


def test_search_sort_page_and_back_keep_each_other(opened, stores):
    page = opened(address="/stores/?size=25")

    page.fill("#list-filter [name=q]", "harbor")
    page.wait_for_url("**q=harbor**")
    page.click("thead a:has-text('City')")
    page.wait_for_url("**sort=city**")
    page.wait_for_selector("th[aria-sort=ascending]")
    page.click(".pager a[rel=next]")
    page.wait_for_url("**page=2**")
    assert all(part in page.url for part in ("size=25", "q=harbor", "sort=city"))

    page.go_back()
    page.wait_for_selector(".pager a[aria-current]:has-text('1')")
    assert page.locator(".sidebar").count() == 1
    assert page.input_value("#list-filter [name=q]") == "harbor"


def test_a_phone_reaches_every_page_from_the_bar_and_the_sheet(opened):
    page = opened(browser.PHONE)

    page.click(".bottombar button")
    page.click("#more-sheet a:has(span:text-is('Stores'))")

    page.wait_for_url("**/stores/")
    assert not page.locator(".sidebar").is_visible()


def test_targets_on_a_phone_fit_a_thumb(opened, stores):
    page = opened(browser.PHONE, "/stores/")

    low = page.evaluate(
        "[...document.querySelectorAll('.btn:not(.btn-sm), .form-control, .bottombar a, .bottombar button, .tool')]"
        ".filter((one) => one.offsetParent && one.offsetHeight < 44).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert low == []


def test_the_theme_is_chosen_in_two_clicks_and_stays(opened):
    page = opened(color_scheme="light")

    page.click("summary[aria-label=Appearance]")
    page.click("button[value=dark]")
    page.wait_for_selector("html[data-bs-theme=dark]")

    page.goto("/stores/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_what_is_hard_to_take_back_asks_first(opened):
    page = opened(address="/styleguide/")

    page.click("form[data-confirm] button")
    assert page.locator("#confirm").is_visible()
    page.click("#confirm [data-close]")
    assert page.url.endswith("/styleguide/")
    page.click("form[data-confirm] button")
    page.click("#confirm-yes")
    page.wait_for_url("**/styleguide/?")


def test_a_server_that_fails_is_told_with_the_number_of_the_request(opened, stores):
    page = opened(address="/stores/")
    page.route("**/stores/?q=zz", lambda route: route.fulfill(status=500, headers={"X-Request-Id": "abc123"}))

    page.fill("#list-filter [name=q]", "zz")
    page.wait_for_selector("#toasts .tone-danger:has-text('abc123')")
    assert page.locator("#toasts .tone-danger").count() == 1

    page.complaints.clear()  # the failure was wanted


def test_charts_are_drawn_and_their_figures_are_a_table(opened):
    page = opened(address="/styleguide/")

    page.wait_for_selector("[data-chart] canvas")
    page.click(".chart-table summary >> nth=0")

    assert page.locator(".chart-table tbody th >> nth=0").inner_text() == "2026-01"


def test_g_and_a_letter_open_a_page_and_the_help_says_which(opened):
    page = opened()

    page.keyboard.press("?")
    assert "g s Stores" in [" ".join(words.split()) for words in page.locator(".keys-pages div").all_inner_texts()]
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")

    page.wait_for_url("**/stores/")


def test_leaving_a_form_with_words_in_it_asks_and_saving_it_does_not(opened):
    account = KeyAccountFactory(name="Harbor")
    page = opened(address=f"/accounts/{account.pk}/edit/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.click(".form-actions a")
    page.wait_for_url(f"**/accounts/{account.pk}/")
    assert asked == []

    page.goto(f"/accounts/{account.pk}/edit/")
    page.fill("[name=name]", "Harbour")
    page.click(".form-actions a")
    page.wait_for_url(f"**/accounts/{account.pk}/")
    assert asked == ["beforeunload"]

    page.goto(f"/accounts/{account.pk}/edit/")
    page.fill("[name=name]", "Harbour")
    page.click(".form-actions button")
    page.wait_for_url(f"**/accounts/{account.pk}/")
    assert asked == ["beforeunload"]
    assert page.inner_text("h1").startswith("Harbour")


def test_a_panel_that_the_network_lost_is_fetched_again_in_its_place(opened):
    account = KeyAccountFactory()
    page = opened(address="/accounts/")
    away = f"**/accounts/{account.pk}/sellout/"
    page.route(away, lambda route: route.abort())
    page.goto(f"/accounts/{account.pk}/")
    page.wait_for_selector(".panel-wait button")
    assert page.locator(".panel-wait:has(button)").inner_text().startswith("This part could not be loaded.")

    page.unroute(away)
    page.click(".panel-wait button")

    page.wait_for_selector(".panel-wait button", state="detached")
    page.wait_for_function("document.querySelector('.panel h2 ~ *:not(.panel-wait)')")
    page.complaints.clear()  # the browser's own words about the lost request


def test_what_is_said_every_minute_is_said_once(opened):
    page = opened(address="/stores/")
    page.route("**/inbox/counts/", lambda route: route.abort())

    for _time in range(3):
        page.evaluate("htmx.trigger(document.body, 'ka:counts')")
        page.wait_for_timeout(150)

    assert page.locator(".toast-note.tone-danger").count() == 1
    page.complaints.clear()  # the browser's own words about the lost requests


def test_the_navigation_shows_the_current_page_however_far_down_it_stands(opened):
    page = opened(address="/people/audit/", viewport={"width": 1280, "height": 600})

    box = page.locator(".sidebar [aria-current]").bounding_box()

    assert 0 < box["y"] < 600 - box["height"]


def test_a_table_wider_than_the_screen_scrolls_in_itself_and_not_the_page(opened):
    page = opened(address="/styleguide/", viewport={"width": 768, "height": 900})

    page.evaluate("document.querySelectorAll('.table-wrap .table-data').forEach((table) => { table.style.width = '1600px' })")

    assert page.locator(".table-wrap .delta .visually-hidden").count() > 0  # what is read aloud only, beyond the edge
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
