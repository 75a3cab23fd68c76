"""Every route × GET, POST × every role and nobody × own, foreign and missing rows, as declared (reliability A1, A2, A6, S5, S6)."""

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

from accounts.models import KeyAccount
from ka_crm import policy, policy_examples, urls
from ka_crm.routes import ALL_METHODS, Route, all_routes

from .matrix import BY_WORD, ONCE, address_of, header_problems, problems_of, routes, rows_for, search_problems

pytestmark = [pytest.mark.django_db, pytest.mark.once(ONCE)]
ROUTES = routes()
LISTS = [route for route in ROUTES if not route.keywords and "GET" in route.methods and route.policy not in ("", policy.PUBLIC)]


def told(problems):
    """All problems, one a line, so that a failing test shows each."""
    return "\n".join(problems)


def name_of(route):
    return route.name or route.pattern


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_the_route_answers_as_declared(route, visitors):
    assert told(problems_of(route, visitors)) == ""


@pytest.mark.parametrize("route", LISTS, ids=name_of)
def test_no_search_filter_or_file_tells_of_foreign_rows(route, visitors):
    assert told(search_problems(route, visitors)) == ""


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_post_without_its_token_is_refused(route, visitors):
    assert told(csrf_problem(route, visitors)) == ""


def csrf_problem(route, visitors):
    """As somebody who may do everything, but from another site's form."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies = visitors.cookies["administrator"].copy()
    rows = rows_for(route, visitors.world.people["administrator"])
    keywords = rows.get("only", rows.get("own")) if route.keywords else {}
    if keywords is None:
        return [f"{route.name}: no row of the administrator's to ask with"]
    problems = []
    for method in sorted(set(route.methods) - {"GET", "HEAD", "OPTIONS"}) or ["POST"]:
        answer = client.generic(method, address_of(route, keywords), b"", content_type="application/x-www-form-urlencoded")
        if answer.status_code != 403:
            problems.append(f"{method} {route.name} without a token: {answer.status_code}")
    return problems


# A wrong key of a password link gets the same page whatever the verb.
@pytest.mark.parametrize("route", [route for route in ROUTES if route.name != "account_reset_password_from_key"], ids=name_of)
def test_a_verb_that_the_route_map_does_not_name_is_refused(route, visitors):
    assert told(verb_problems(route, visitors)) == ""


def verb_problems(route, visitors):
    """As somebody who may do everything: a page must not answer DELETE as if it had been asked for. A view class tells its OPTIONS."""
    rows = rows_for(route, visitors.world.people["administrator"])
    keywords = rows.get("only", rows.get("own")) if route.keywords else {}
    address, client, problems = address_of(route, keywords), visitors.clients["administrator"], []
    client.cookies = visitors.cookies["administrator"].copy()
    for verb in sorted(set(ALL_METHODS) - set(route.methods)):
        answer = client.generic(verb, address)
        tells_its_verbs = verb == "OPTIONS" and answer.status_code == 200 and answer.content == b"" and "Allow" in answer.headers
        if answer.status_code not in (302, 404, 405) and not tells_its_verbs:
            problems.append(f"{verb} {route.name}: {answer.status_code}")
    return problems


def test_every_route_declares_a_policy():
    assert [route.pattern for route in all_routes() if not route.policy] == []


@pytest.mark.parametrize("address", ["/no-such-page/", "/people/999999999999999999999999/", "/%00", "/accounts/?q=%00"])
def test_pages_of_refusal_have_the_headers_too(address, visitors):
    for who in ("anonymous", "ka_manager"):
        answer = visitors.ask(who, "GET", address)
        assert (answer.status_code in (302, 400, 403, 404), list(header_problems(answer, signed_in=False))) == (True, [])


def test_a_broken_page_has_the_headers_too(visitors):
    with planted(path("planted/", policy.signed_in(broken), name="planted")):
        answer = visitors.ask("ka_manager", "GET", "/planted/")
    assert (answer.status_code, list(header_problems(answer, signed_in=True))) == (500, [])


# --- controls: the matrix finds what is planted -------------------------------------------------------------------------------
def broken(request):
    raise RuntimeError


def leaking(request, pk):
    """Forgets visible_to."""
    return HttpResponse(KeyAccount.objects.get(pk=pk).name)


def telling(request, pk):
    """Knows visible_to, but says more of a foreign row than of a missing one."""
    visible = KeyAccount.objects.visible_to(request.user).filter(pk=pk)
    there = KeyAccount.objects.filter(pk=pk).exists()
    return HttpResponse(status=200 if visible else 404, content="" if visible else f"not yours: {there}")


def listing(request):
    return HttpResponse("".join(KeyAccount.objects.values_list("name", flat=True)))


class planted:
    """Adds one route to the program for the length of a block."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __enter__(self):
        module = type("planted_urls", (), {})()
        module.urlpatterns = [self.pattern, *urls.urlpatterns]
        for name in ("handler400", "handler403", "handler404", "handler500"):
            setattr(module, name, getattr(urls, name))
        self.override = override_settings(ROOT_URLCONF=module)
        self.override.enable()
        return next(route for route in all_routes() if route.name == "planted" or "planted" in route.pattern)

    def __exit__(self, *error):
        self.override.disable()


@pytest.fixture
def account_example():
    policy_examples.register("planted", model="accounts.KeyAccount")
    yield
    policy_examples._EXAMPLES.pop("planted")


def test_control_a_view_without_scope_is_found(visitors, account_example):
    with planted(path("planted/<int:pk>/", policy.requires("accounts.view")(leaking), name="planted")) as route:
        found = problems_of(route, visitors)
    assert any("ka_manager GET" in line and "answered 200" in line for line in found)
    assert any("shows a foreign row's text" in line for line in found)


def test_control_a_view_that_tells_of_existence_is_found(visitors, account_example):
    with planted(path("planted/<int:pk>/", policy.requires("accounts.view")(telling), name="planted")) as route:
        found = problems_of(route, visitors)
    assert any("a foreign row answers otherwise than a missing one" in line for line in found)


def test_control_a_view_that_forgot_its_decorator_is_found(visitors):
    with planted(path("planted/", listing, name="planted")) as route:
        assert problems_of(route, visitors) == ["/planted/: no declared policy"]
        declared_only = Route(route.name, route.pattern, route.methods, "people.manage", ())
        found = problems_of(declared_only, visitors)
    assert any(line.startswith("anonymous GET") for line in found)
    assert any(line.startswith("field_rep GET") and "answered 200" in line for line in found)


def test_control_a_list_without_scope_is_found(visitors):
    with planted(path("planted/", policy.signed_in(listing), name="planted")) as route:
        assert any("ka_manager GET /planted/?_export=csv" in line for line in search_problems(route, visitors))


def test_control_a_view_outside_csrf_is_found(visitors):
    with planted(path("planted/", policy.signed_in(csrf_exempt(lambda request: HttpResponse())), name="planted")) as route:
        assert csrf_problem(route, visitors) == ["POST planted without a token: 200"]


def test_control_a_page_that_answers_every_verb_is_found(visitors):
    def answering(request):
        return HttpResponse("as if it had been asked for")

    answering.policy = policy.SIGNED_IN
    with planted(path("planted/", answering, name="planted")) as route:
        assert verb_problems(route, visitors) == [f"{verb} planted: 200" for verb in ("DELETE", "OPTIONS", "PATCH", "PUT")]


def test_control_a_page_with_a_weak_policy_is_found(visitors):
    answer = visitors.ask("ka_manager", "GET", reverse("team:profile"))
    assert list(header_problems(answer, signed_in=True)) == []
    answer.headers["Content-Security-Policy"] = "default-src 'none'; script-src 'self' 'unsafe-inline'; frame-ancestors *"
    del answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]
    assert len(list(header_problems(answer, signed_in=True))) == 4


def test_every_word_route_is_still_there():
    assert set(BY_WORD) <= {route.name for route in ROUTES}
