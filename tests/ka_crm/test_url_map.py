"""The route map is complete and true: every route has a policy, every row's route an example, and installed packages keep theirs."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.views.decorators.http import require_POST

from ka_crm import policy, policy_examples
from ka_crm.management.commands import url_map
from ka_crm.routes import Route, all_routes
from tests.factories.team import UserFactory


def test_every_route_declares_its_policy():
    assert [route.pattern for route in all_routes() if not route.policy] == []


def test_every_route_has_a_name_of_its_own():
    names = [route.name for route in all_routes()]

    assert sorted(name for name in set(names) if names.count(name) > 1 or not name) == []


def test_every_route_about_a_row_knows_which_rows():
    unknown = [
        route.name
        for route in all_routes()
        if route.keywords and route.name not in policy.OF_PACKAGES and policy_examples.example_for(route.name, route.keywords) is None
    ]

    assert [name for name in unknown if name not in policy_examples.WITHOUT_ROWS] == []


def test_a_route_without_a_policy_fails_the_command(monkeypatch, capsys):
    undeclared = Route(name="open:door", pattern="/door/", methods=("GET",), policy="", keywords=())
    monkeypatch.setattr(url_map, "all_routes", lambda: [undeclared])

    with pytest.raises(SystemExit) as refused:
        call_command("url_map", "--routes-only")

    assert refused.value.code == 1
    assert "1 routes without a declared policy (ka_crm/policy.py): /door/ (open:door)" in capsys.readouterr().err


def test_methods_are_read_from_the_decorator_under_the_policy():
    from ka_crm.routes import _methods  # the reading itself, on a view of this test

    @policy.signed_in
    @require_POST
    def settle(request):
        raise AssertionError

    assert _methods(settle) == ("POST",)


def test_the_map_names_people_and_own_foreign_and_missing_rows(db, capsys):
    own = UserFactory(email="kim@demo.example", role="ka_manager")
    other = UserFactory(email="other@elsewhere.example", role="ka_manager")

    call_command("url_map")

    answer = json.loads(capsys.readouterr().out)
    assert answer["users"]["ka_manager"]["email"] == "kim@demo.example"
    assert {route["policy"] for route in answer["routes"]} >= {"public", "signed_in"}
    found = policy_examples.own_and_foreign(policy_examples.Example("team.User"), own, ("pk",))
    assert found == ({"pk": own.pk}, {"pk": other.pk})


PACKAGE_ROUTES = [route for route in all_routes() if route.name in policy.OF_PACKAGES and not route.keywords]


@pytest.mark.parametrize("route", PACKAGE_ROUTES, ids=lambda route: route.name)
def test_the_routes_of_packages_ask_for_what_the_table_says(client, db, route):
    response = client.get(reverse(route.name))

    sent_to_sign_in = response.status_code == 302 and response["Location"].startswith(reverse("account_login") + "?next=")
    assert sent_to_sign_in == (route.policy == policy.SIGNED_IN)
