"""A record page as a person meets it: the keys of the neighbours, “@” as one types, undo from the corner; axe finds nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Store
from team.models import Comment, User
from tests import browser
from tests.factories import AccountAssignmentFactory, StoreFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stores():
    assignment = AccountAssignmentFactory(user=UserFactory(ka_manager=True, name="Ana Lopez", email="ana@example.com"))
    AccountAssignmentFactory(account=assignment.account, user=UserFactory(field_rep=True, name="Bo Rep"))
    return [StoreFactory(account=assignment.account, name=f"Harbor {letter}", city="Boston") for letter in "ABC"]


@pytest.fixture
def open_list(new_page, sign_in, stores):
    def open_list(device=browser.DESK):
        page = new_page(device)
        sign_in(page, User.objects.get(email="ana@example.com"))
        page.goto("/stores/?sort=-name")
        return page

    return open_list


def test_from_the_list_to_a_store_and_on_by_keys(open_list):
    page = open_list()
    page.click("text=Harbor C")
    page.wait_for_selector("h1:has-text('Harbor C')")

    page.keyboard.press("]")
    page.wait_for_selector("h1:has-text('Harbor B')")
    page.keyboard.press("]")
    page.wait_for_selector("h1:has-text('Harbor A')")
    page.keyboard.press("[")
    page.wait_for_selector("h1:has-text('Harbor B')")
    page.get_by_role("link", name="List", exact=True).click()
    page.wait_for_selector("h1:has-text('Stores')")
    assert page.url.endswith("/stores/?sort=-name")


@pytest.mark.parametrize("device", [browser.DESK, browser.PHONE], ids=["desk", "phone"])
def test_a_colleague_is_called_an_edit_is_undone(open_list, stores, device):
    page = open_list(device)
    page.goto(stores[0].get_absolute_url())
    page.locator("#comment-text").press_sequentially("Please look, @bo")
    page.click(".mention-choice")
    assert page.input_value("#comment-text") == "Please look, @Bo Rep "
    page.click(".comment-actions button")
    page.wait_for_selector(".timeline-words .mention")
    assert [str(person) for person in Comment.objects.get().mentions.all()] == ["Bo Rep"]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"] == []

    page.goto(f"{stores[0].get_absolute_url()}edit/")
    page.fill("[name=city]", "Chicago")
    page.click(".form-actions button")
    page.click(".toast-undo button")

    page.wait_for_selector(".toast-note:has-text('Undone.')")
    assert Store.objects.get(pk=stores[0].pk).city == "Boston"
