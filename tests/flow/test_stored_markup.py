"""Markup and scripts that somebody stored in a text are shown as text (reliability W4): in every field, on every page.

Quick: what the pages answer holds none of it unescaped. Slow: each of the thirty in every field; and a browser without the content
policy, in which whatever got through would run.
"""

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import models, transaction
from django.http import HttpResponse
from django.urls import path

from accounts.models import Contact, KeyAccount
from ka_crm import policy
from tests import browser
from tests.access.intruder import of_the_program
from tests.access.matrix import ONCE
from tests.access.test_matrix import planted
from tests.access.world import World
from tests.accessible.test_every_page import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.once(ONCE)]
RUN = "document.title='ran'"
PAYLOADS = [
    f"<script data-zq>{RUN}</script>",
    f"<img data-zq src=x onerror={RUN}>",
    f"<svg data-zq onload={RUN}>",
    f'"><i data-zq onclick={RUN}>',
    f"'><i data-zq onclick={RUN}>",
    f'" data-zq autofocus onfocus="{RUN}',
    f"' data-zq autofocus onfocus='{RUN}",
    f"</textarea><b data-zq><script>{RUN}</script>",
    f"</title><b data-zq><script>{RUN}</script>",
    f"</script><b data-zq><script>{RUN}</script>",
    f"</style><b data-zq><script>{RUN}</script>",
    f"--><b data-zq><script>{RUN}</script>",
    f"]]><b data-zq><script>{RUN}</script>",
    f"<iframe data-zq srcdoc='<script>parent.{RUN}</script>'>",
    f"<details data-zq open ontoggle={RUN}>",
    f"<video data-zq><source onerror={RUN}></video>",
    f"<body data-zq onload={RUN}>",
    f"<a data-zq href=javascript:{RUN}>x</a>",
    f"<math><mi data-zq xlink:href=javascript:{RUN}>x",
    "<base data-zq href=//elsewhere.example/>",
    "<meta data-zq http-equiv=refresh content=0;url=//elsewhere.example>",
    "<form data-zq action=//elsewhere.example><button>x",
    "<link data-zq rel=stylesheet href=//elsewhere.example/x.css>",
    f"<b data-zq hx-get=/ hx-trigger=load hx-on:htmx:load={RUN}>",
    "<template data-zq><slot></template>",
    "{{ 7|add:7 }}<b data-zq>{% now 'Y' %}",
    "${7*7}<b data-zq>#{7*7}",
    f"<scr<script data-zq>ipt>{RUN}</scr</script>ipt>",
    "\u02bascript data-zq\u02ba <b data-zq>",
    f"<xss data-zq style=animation-name:x onanimationstart={RUN}>",
]
# Texts that are keys of something, or that a rule reads: another value would only break the page that asks for them.
KEYS = {
    *("search", "sort_key", "path", "key", "kind", "status", "object_type", "object_id", "storage_name", "sha256", "content_type"),
    *("currency", "claim_currency", "language", "time_zone", "theme", "password", "verb", "query", "list_name", "url", "country"),
    *("request_id", "subject_kind", "subject_key", "unique_key", "target", "profile_code", "email", "calendar_secret", "typed", "gln"),
    *("gtin", "code", "sku", "sellout_format", "article_no", "capability", "sha", "digest", "perceptual_hash", "working_weekdays"),
}


def text_fields(model):
    for field in model._meta.fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not isinstance(field, models.JSONField)
        if is_text and not field.choices and not field.unique and field.name not in KEYS:
            yield field


def store_everywhere(turn):
    """Put a payload into every text of every row, another one into each field; returns how many fields were filled."""
    filled = 0
    for model in apps.get_models():
        if not of_the_program(model) or model._meta.label in {"team.AuditEvent", "jobs.Job", "ka_crm.Setting"}:
            continue
        for field in text_fields(model):
            payload = PAYLOADS[(turn + filled) % len(PAYLOADS)]
            try:
                with transaction.atomic():
                    model._base_manager.update(**{field.name: payload[: field.max_length]})
            except Exception:  # a constraint that reads the text: such a field takes no markup
                continue
            filled += 1
    KeyAccount.objects.update(website=f"javascript:{RUN}")
    return filled


def company():
    """A company with markup in its texts; somebody who sees all of it."""
    world = World()
    return world, world.people["administrator"]


def unescaped(client, pages):
    """Addresses of pages that hold a payload as markup, or a link that runs."""
    found = []
    for _name, address in pages:
        cache.clear()
        text = client.get(address).content.decode()
        outside = text.replace("&lt;", "").replace("&quot;", "").replace("&#x27;", "")
        if any(payload in text for payload in PAYLOADS) or "<b data-zq" in outside or 'href="javascript:' in text:
            found.append(address)
    return found


def looked_at(client, *, turn):
    world, person = company()
    client.force_login(person)
    pages = list(addresses(person))
    filled = store_everywhere(turn)
    return unescaped(client, pages), len(pages), filled


def test_no_page_holds_stored_markup(client):
    found, pages, filled = looked_at(client, turn=0)

    assert found == []
    assert (pages > 80, filled > 60) == (True, True)


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(1, len(PAYLOADS)))
def test_none_of_the_thirty_in_any_field(client, turn):
    assert looked_at(client, turn=turn)[0] == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_nothing_runs_in_a_browser_without_the_content_policy(new_page, sign_in):
    _world, person = company()
    page = new_page(browser.DESK, bypass_csp=True)
    sign_in(page, person)
    pages = list(addresses(person))
    store_everywhere(0)

    ran = []
    for _name, address in pages:
        cache.clear()
        page.goto(address)
        if page.title() == "ran" or page.locator("[data-zq]").count() or page.locator("a[href^='javascript:']").count():
            ran.append(address)
    assert ran == []


# -- controls: what is planted is found ------------------------------------------------------------------------------------------
def trusting(request):
    return HttpResponse(f"<html><p>{Contact.objects.values_list('notes', flat=True)[0]}</p></html>")


def test_control_a_page_that_trusts_its_texts_is_found(client):
    _world, person = company()
    client.force_login(person)
    Contact.objects.update(notes=PAYLOADS[1])

    with planted(path("planted/", policy.signed_in(trusting), name="planted")):
        assert unescaped(client, [("planted", "/planted/")]) == ["/planted/"]


@pytest.mark.browser
@pytest.mark.parametrize("payload", [PAYLOADS[0], PAYLOADS[1], PAYLOADS[2]])
def test_control_the_browser_runs_what_a_page_trusts(chromium_browser, payload):
    page = chromium_browser.new_page()
    page.set_content(f"<html><title>still</title><p>{payload}</p></html>")
    page.wait_for_function("document.title === 'ran'")
    assert page.locator("[data-zq]").count() == 1
    page.close()
