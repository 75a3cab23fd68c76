"""Hostile text in every field of every form, under every name of every button, in every parameter of every page: never a 5xx (W3).

Nothing is written by hand: forms and names are taken from the page that a route answers with. Both databases: a NUL and a great
number trouble PostgreSQL, a lone surrogate both.
"""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from django import forms
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.urls import path

from accounts.models import Contact
from ka_crm import policy

from .intruder import acceptable, of_the_program
from .matrix import address_of, expected_statuses, forms_of, routes, rows_for
from .test_mass_assignment import OF_THE_SIGN_IN_PACKAGE
from .test_matrix import name_of, planted

pytestmark = pytest.mark.django_db
# As a browser or a script would send them, percent-encoded: a lone surrogate has no other way.
WORST = {"NUL": "a%00b", "lone surrogate": "%ED%A0%80", "10^20": "1" + "0" * 20, "year 0": "0000-01-01"}
FURTHER = {
    "emoji": "%F0%9F%92%A9",
    "right to left": "%E2%80%AE%D7%90",
    "year 9999": "9999-12-31",
    "no day": "2026-02-30",
    "not a number": "NaN",
    "infinite": "1e999",
    "negative": "-1",
    "blank": "%20",
    "1 MB": "x" * 1_000_000,
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "format": "%25s%25(x)s{0}{x}",
    "sql": quote("x' OR 1=1 --"),
}
SOURCE = "\n".join(file.read_text() for app in apps.get_app_configs() if of_the_program(app) for file in Path(app.path).rglob("*.py"))
# What buttons without a form of their own are read for: every name that the program takes from a post.
BUTTONS = sorted(set(re.findall(r"""POST(?:\.get(?:list)?\(|\[)"(\w+)\"""", SOURCE)) | {"version", "at", "reason", "text"})
ROUTES = [route for route in routes() if route.policy and not route.name.startswith(OF_THE_SIGN_IN_PACKAGE)]
POSTS = [route for route in ROUTES if "POST" in route.methods]
GETS = [route for route in ROUTES if "GET" in route.methods]


def visit(visitors, who, verb, address, body=""):
    """The answer; the database is as before when this returns."""
    client = visitors.clients[who]
    client.cookies = visitors.cookies[who].copy()
    cache.clear()
    with transaction.atomic():
        if verb == "GET":
            answer = client.get(address)
        else:
            answer = client.post(address, body, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return answer


def place_of(route, visitors):
    """(who may go there, address of a row of theirs), or None: the first role that the declaration lets in."""
    for who, person in visitors.world.people.items():
        if expected_statuses(route, who, "own") == {403}:
            continue
        rows = rows_for(route, person)
        keywords = rows.get("only", rows.get("own"))
        if keywords is not None and (address := address_of(route, keywords)) is not None:
            return who, address
    return None


def bodies(answer, value):
    """(field, body) of posts that would be accepted but for ``value`` in one field; without a form, in every name that buttons use."""
    yield "every button's name", "&".join(f"{name}={value}" for name in BUTTONS)
    for _name, form in forms_of(answer) if answer is not None and answer.status_code == 200 else ():
        if form.is_bound:
            continue
        entries = acceptable(form)
        for field_name, field in form.fields.items():
            if field.disabled or isinstance(field, forms.FileField):
                continue
            name = form.add_prefix(field_name)
            rest = urlencode({key: one for key, one in entries.items() if key != name}, doseq=True)
            yield f"{type(form).__name__}.{field_name}", f"{rest}&{quote(name)}={value}"


def hurt_by_posts(route, visitors, values):
    if (place := place_of(route, visitors)) is None:
        return []
    who, address = place
    answer = visit(visitors, who, "GET", address) if "GET" in route.methods else None
    broken = []
    for what, value in values.items():
        for field, body in bodies(answer, value):
            status = visit(visitors, who, "POST", address, body).status_code
            if status >= 500:
                broken.append(f"{who} POST {address} with {what} in {field}: {status}")
    return broken


def parameters_of(answer):
    """Names that the page's own links and forms put behind an address."""
    if answer.streaming or "text/html" not in answer.headers.get("Content-Type", ""):
        return []
    text = answer.content.decode()
    links = (name for query in re.findall(r'(?:href|action|hx-get)="[^"?]*\?([^"#]+)', text) for name, _value in parse_qsl(unescape(query)))
    fields = re.findall(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"', text)
    return sorted({*links, *fields} - {"csrfmiddlewaretoken"})


def hurt_by_parameters(route, visitors, values):
    if (place := place_of(route, visitors)) is None:
        return []
    who, address = place
    names = ["q", "period", "account", *parameters_of(visit(visitors, who, "GET", address))]
    broken = []
    for what, value in values.items():
        if len(value) > 10_000:
            continue  # no server takes an address of that length
        status = visit(visitors, who, "GET", f"{address}?" + "&".join(f"{quote(name)}={value}" for name in names)).status_code
        if status >= 500:
            broken.append(f"{who} GET {address} with {what} in {', '.join(names)}: {status}")
    return broken


@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_no_text_in_a_form_is_a_5xx(route, visitors):
    assert hurt_by_posts(route, visitors, WORST) == []


@pytest.mark.parametrize("route", GETS, ids=name_of)
def test_no_text_in_a_parameter_is_a_5xx(route, visitors):
    assert hurt_by_parameters(route, visitors, WORST) == []


@pytest.mark.slow
@pytest.mark.parametrize("route", POSTS, ids=name_of)
def test_no_further_text_in_a_form_is_a_5xx(route, visitors):
    assert hurt_by_posts(route, visitors, FURTHER) == []


@pytest.mark.slow
@pytest.mark.parametrize("route", GETS, ids=name_of)
def test_no_further_text_in_a_parameter_is_a_5xx(route, visitors):
    assert hurt_by_parameters(route, visitors, FURTHER) == []


# -- controls: what breaks is found ------------------------------------------------------------------------------------------------
class NumberForm(forms.Form):
    number = forms.CharField(required=False)


def trusting(request):
    """Believes that a number comes back from its own form."""
    from django.shortcuts import render

    if request.method == "POST":
        return HttpResponse(Contact.objects.filter(pk=int(request.POST.get("number", "0"))).count())
    context = {"form": NumberForm(), "page_title": "Planted", "back_url": "/", "submit_label": "Save"}
    return render(request, "components/form_page.html", context)


def counting(request):
    """Believes its own links."""
    return HttpResponse(f'<a href="?month={int(request.GET.get("month", "1")) + 1}">next</a>')


def test_the_names_of_buttons_are_found():
    assert {"key", "next", "note", "_seal", "order", "decision"} <= set(BUTTONS)


def test_control_a_form_that_trusts_is_found(visitors):
    with planted(path("planted/", policy.signed_in(trusting), name="planted")) as route:
        broken = hurt_by_posts(route, visitors, {"no number": "x"})
    assert [line.split(" with ")[1] for line in broken] == ["no number in NumberForm.number: 500"]


def test_control_a_parameter_that_is_trusted_is_found(visitors):
    with planted(path("planted/", policy.signed_in(counting), name="planted")) as route:
        broken = hurt_by_parameters(route, visitors, {"no number": "x"})
    assert [line.split(" in ")[1] for line in broken] == ["q, period, account, month: 500"]
