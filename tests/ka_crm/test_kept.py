"""The frame of a list is kept: each thing that it depends on shows at once, and nothing of one person reaches another."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ka_crm import kept
from tests.factories import UserFactory
from tests.ka_crm.lists.every_list import all_lists

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(kept, "_kept", {})


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def page(client, address="/stores/"):
    """The page without the tokens of its forms, which differ at each request."""
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return re.sub(r'(csrfmiddlewaretoken" value=")[^"]*', r"\1", answer.content.decode())


def test_every_list_is_the_same_the_second_time_and_for_a_process_that_kept_the_pages_of_others(monkeypatch):
    clients = [signed_in(UserFactory(administrator=True)), signed_in(UserFactory(administrator=True, language="zh-hans", theme="dark"))]
    addresses = [name for name, _view in all_lists()]
    first = {}
    for name in addresses:
        for place, client in enumerate(clients):
            monkeypatch.setattr(kept, "_kept", {})
            first[name, place] = page(client, reverse(name))
    monkeypatch.setattr(kept, "_kept", {})
    for name in addresses * 2:
        for place, client in enumerate(clients):
            assert page(client, reverse(name)) == first[name, place], (name, place)


def test_what_a_frame_depends_on_shows_at_once(settings):
    person = UserFactory(administrator=True, name="Ana Lopez")
    client = signed_in(person)
    assert 'data-theme="auto"' in page(client) and "Ana Lopez" in page(client) and 'lang="en"' in page(client)

    for field, value, shown in (
        ("theme", "dark", 'data-theme="dark"'),
        ("language", "zh-hans", '<html lang="zh-hans"'),
        ("name", "Ana Ruiz", "Ana Ruiz"),
    ):
        setattr(person, field, value)
        person.save()
        assert shown in page(client)
    settings.KA_COMPANY_NAME = "Another company"
    assert "· Another company</title>" in page(client)


def test_a_capability_that_is_gone_takes_its_links_along():
    person = UserFactory(administrator=True)
    client = signed_in(person)
    assert "/stores/new/" in page(client) and "/settings/" in page(client)

    person.role = "viewer"
    person.save()
    assert "/stores/new/" not in page(client) and "/settings/" not in page(client)


def test_nothing_of_one_person_stands_in_the_page_of_another():
    ana, bob = UserFactory(administrator=True, name="Ana Lopez"), UserFactory(administrator=True, name="Bob Stone")
    assert "Ana Lopez" in page(signed_in(ana))
    shown = page(signed_in(bob))
    assert "Bob Stone" in shown and "Ana Lopez" not in shown and ana.email not in shown


def test_each_page_has_its_own_tokens_and_address():
    client = signed_in(UserFactory(administrator=True))
    tokens = [re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', client.get("/stores/?q=" + word).content.decode()) for word in "ab"]
    assert all(tokens) and not set(tokens[0]) & set(tokens[1])
    assert 'name="next" value="/stores/?q=%3Cb%3E"' in page(client, "/stores/?q=%3Cb%3E")


def test_a_message_is_told_once_and_not_kept():
    client = signed_in(UserFactory(administrator=True))
    assert 'class="toast-note tone-' not in page(client)
    client.post(reverse("view_save"), {"list": "accounts:store_list", "query": "", "name": "Mine"})

    assert 'class="toast-note tone-ok"' in page(client)
    assert 'class="toast-note tone-' not in page(client)


def test_words_that_look_like_a_hole_stay_words():
    client = signed_in(UserFactory(administrator=True, name="\x02token\x03 \x02rows\x03 \x02nothing\x03"))
    assert client.get("/stores/").status_code == 200
    assert client.get("/stores/").content.count(b'id="list-part"') == 1
