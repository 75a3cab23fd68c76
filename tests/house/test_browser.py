"""The browser fixtures work: a page opens, and what it should not do would be noticed."""

import pytest

from tests import browser

pytestmark = pytest.mark.browser


def test_the_sign_in_page_opens_on_a_phone_without_complaints(new_page):
    page = new_page(browser.PHONE)

    page.goto("/account/login/")

    assert page.locator("input[name=login]").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_request_to_another_host_and_an_inline_script_are_noticed(new_page):
    page = new_page()
    page.goto("/account/login/")

    page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true'; document.body.append(script);"
        " const image = new Image(); image.src = 'https://elsewhere.example/pixel.png'; }"
    )
    page.wait_for_timeout(300)

    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in page.complaints)
    page.complaints.clear()  # seen, as wanted
