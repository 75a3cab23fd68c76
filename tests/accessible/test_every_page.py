"""Every page that answers is looked at by axe-core, on a desk in the light and on a phone in the dark, empty and full.

Pages come from the resolver and rows from the world of the permission matrix, so a new page is looked at without being named here.
"""

from pathlib import Path

import axe_playwright_python
import pytest
from django.core.cache import cache
from django.test import Client

from tests import browser
from tests.access.matrix import address_of, routes, rows_for
from tests.access.world import World
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.once("a page looks the same on both databases", even_in_all=True),
]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
GRAVE = {"serious", "critical"}
LOOKS = [("desk", browser.DESK, "light"), ("phone", browser.PHONE, "dark")]
# A walk through all pages takes a minute: one of them is in every run, the others in bin/test --all.
WALKS = [
    pytest.param("ka_manager", LOOKS[1], id="ka_manager-phone"),
    pytest.param("administrator", LOOKS[0], id="administrator-desk", marks=pytest.mark.slow),
    pytest.param("administrator", LOOKS[1], id="administrator-phone", marks=pytest.mark.slow),
    pytest.param("field_rep", LOOKS[1], id="field_rep-phone", marks=pytest.mark.slow),
    pytest.param("supervisor", LOOKS[0], id="supervisor-desk", marks=pytest.mark.slow),
]
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    found => ({id: found.id, impact: found.impact, where: found.nodes.slice(0, 3).map(node => node.target.join(" "))}))"""


def violations(page):
    """What axe-core finds serious or critical on the page that is open, as lines."""
    page.evaluate(AXE)
    return [f"{found['id']}: {', '.join(found['where'])}" for found in page.evaluate(RUN) if found["impact"] in GRAVE]


def addresses(person):
    """(route name, address) of each page that answers ``person`` with HTML, with a row of their own where it needs one."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    for route in routes():
        if "GET" not in route.methods:
            continue
        for which, keywords in rows_for(route, person).items():
            address = address_of(route, keywords) if keywords is not None and which in ("own", "only") else None
            if address is None or "logout" in route.name:
                continue
            cache.clear()
            answer = client.get(address)
            is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
            if is_page and not answer.streaming and b"<html" in answer.content:
                yield route.name, address


def look_at_all(new_page, sign_in, person, look):
    """Lines “route: rule: element” of all that is wrong on the pages of ``person``; fails where there are hardly any pages."""
    _name, screen, theme = look
    page = new_page({**screen, "color_scheme": theme, "reduced_motion": "reduce"})
    sign_in(page, person)
    wrong, seen = [], 0
    for name, address in list(addresses(person)):
        page.goto(address, wait_until="load")
        seen += 1
        wrong += [f"{name}: {line}" for line in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{name}: wider than the screen")
    assert seen > 40
    return wrong


@pytest.mark.parametrize(("role", "look"), WALKS)
def test_pages_with_rows(new_page, sign_in, role, look):
    world = World()
    assert look_at_all(new_page, sign_in, world.people[role], look) == []


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look[0])
def test_pages_of_an_empty_company(new_page, sign_in, look):
    assert look_at_all(new_page, sign_in, UserFactory(administrator=True), look) == []


def test_a_page_with_a_fault_is_noticed(new_page, sign_in):
    page = new_page(browser.DESK)
    page.goto("/account/login/")
    page.evaluate("() => { const box = document.createElement('input'); document.querySelector('main').append(box) }")
    assert any(line.startswith("label:") for line in violations(page))
