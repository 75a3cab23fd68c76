"""Lists under people's hands: rows chosen by mouse, keyboard and thumb, views kept, a filter that searches, the way back."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Store
from ka_crm.models import SavedView
from tests import browser
from tests.factories import KeyAccountFactory, StoreFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stores():
    accounts = [KeyAccountFactory(name="Northgate", code="NG"), KeyAccountFactory(name="Southgate", code="SG")]
    return [StoreFactory(account=accounts[number % 2], name=f"Harbor {number:02}", code=f"H-{number:02}") for number in range(60)]


@pytest.fixture
def opened(new_page, sign_in, stores):
    """``opened(device, address)`` is the list as an administrator sees it."""

    def opened(device=browser.DESK, address="/stores/", **options):
        page = new_page(device, **options)
        sign_in(page, UserFactory(administrator=True))
        page.goto(address)
        return page

    return opened


def archived():
    return set(Store.objects.exclude(archived_at=None).values_list("name", flat=True))


def test_the_keyboard_chooses_opens_helps_and_finds_its_way_back(opened):
    page = opened()
    assert not page.locator("#bulk").is_visible()

    for key in "jxjjx":
        page.keyboard.press(key)
    assert page.locator(".bulk-count").inner_text() == "2 chosen"
    page.keyboard.press("x")
    assert page.locator(".bulk-count").inner_text() == "1 chosen"
    page.keyboard.press("k")
    page.keyboard.press("?")
    assert "Choose the marked row" in page.locator("#keyboard-help").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.wait_for_url("**/stores/*/")
    assert page.locator("h1").inner_text().startswith("Harbor 01")

    page.go_back()
    page.wait_for_selector("tr.is-marked:has-text('Harbor 01')")


def test_back_above_a_record_leads_to_the_list_as_it_was(opened):
    page = opened(address="/accounts/?q=gate&sort=-name&size=25")
    page.click("tbody a:has-text('Northgate')")
    page.wait_for_selector("h1:has-text('Northgate')")

    page.click("a.crumb")

    page.wait_for_url("**/accounts/?q=gate&sort=-name&size=25")
    page.wait_for_selector("tr.is-marked:has-text('Northgate')")
    assert page.locator("tr.is-marked").count() == 1


def test_rows_are_archived_by_two_clicks_and_a_yes(opened):
    page = opened()
    page.check("tr:has-text('Harbor 02') .pick input")
    page.locator("tr:has-text('Harbor 04') .pick input").click(modifiers=["Shift"])
    assert page.locator(".bulk-count").inner_text() == "3 chosen"

    page.click("#bulk button[value=archive]")
    page.wait_for_selector("h1:has-text('Archive: 3 rows')")
    page.click("main form button[type=submit]")

    page.wait_for_selector(".toast-note:has-text('Archive: 3 rows are done.')")
    assert archived() == {"Harbor 02", "Harbor 03", "Harbor 04"}


def test_a_thumb_chooses_all_that_match(opened):
    page = opened(browser.PHONE, "/stores/?q=h-1")
    page.locator("tr:has-text('Harbor 10') .pick input").tap()
    page.locator("#bulk [name=_all]").check()
    page.locator("#bulk button[value=archive]").tap()
    page.wait_for_selector("h1:has-text('Archive: 10 rows')")

    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_scripts_everything_is_still_a_form(opened):
    page = opened(java_script_enabled=False)
    page.check("tr:has-text('Harbor 00') .pick input")
    page.click("#bulk button[value=archive]")
    page.click("main form button[type=submit]")
    assert archived() == {"Harbor 00"}

    page.click("summary:has-text('Filter')")
    page.fill("[name=account]", "southgate")
    page.click("#list-filter button[type=submit]")
    assert page.locator(".list-count").inner_text().strip() == "30 rows"


def test_an_account_is_found_as_one_types(opened):
    page = opened()
    page.fill("[data-row-choice]", "south")
    page.click(".row-offers li:has-text('Southgate · SG')")

    page.wait_for_selector(".list-count:has-text('30 rows')")
    assert "account=" in page.url
    page.click(".chip:has-text('Southgate')")
    page.wait_for_selector(".list-count:has-text('60 rows')")


def test_the_keyboard_alone_finds_an_account(opened):
    page = opened()
    page.focus("[data-row-choice]")
    page.keyboard.type("north")
    page.wait_for_selector(".row-offers [aria-selected=true]:has-text('Northgate · NG')")
    page.keyboard.press("Enter")

    page.wait_for_selector(".list-count:has-text('30 rows')")
    assert "account=" in page.url


def test_a_view_is_kept_from_the_menu_and_opened_again(opened):
    page = opened(address="/stores/?q=h-1&sort=-name")
    page.click("summary:has-text('Views')")
    page.fill("#view-name", "Tens")
    page.click(".menu-save button")
    page.wait_for_selector("summary:has-text('Tens')")

    page.goto("/stores/")
    page.click("summary:has-text('Views')")
    page.click(".menu-views a:has-text('Tens')")
    page.wait_for_selector(".list-count:has-text('10 rows')")
    assert SavedView.objects.get().query == "q=h-1&sort=-name"


@pytest.mark.parametrize(("device", "scheme"), [(browser.PHONE, "dark"), (browser.DESK, "light")], ids=["phone-dark", "desk-light"])
def test_everybody_can_use_what_lists_offer(opened, device, scheme):
    page = opened(device, color_scheme=scheme)
    page.locator("tr:has-text('Harbor 01') .pick input").check()
    for menu in ("Views", "Columns"):
        page.locator(f".list-menus summary:has-text('{menu}')").click()
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
