"""``manage.py url_map``: every route with its declared policy, and what an access test from outside needs to try it."""

import json

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.urls import NoReverseMatch, reverse

from ka_crm import policy_examples
from ka_crm.demo import demo_people
from ka_crm.routes import all_routes

FIRST_ROLE = "ka_manager"


class Command(BaseCommand):
    help = "Print every route as JSON: its policy, one demo person per role, and an own, a foreign and a missing row for each. " \
           "Exit code 1 if a route has no declared policy."  # fmt: skip

    def add_arguments(self, parser):
        parser.add_argument("--routes-only", action="store_true", help="no people and no rows: asks no database")

    def handle(self, *, routes_only, **options):
        routes = all_routes()
        people = {} if routes_only else demo_people()
        users = {role: get_user_model().objects.get(email=person["email"]) for role, person in people.items()}
        answer = {"routes": [_described(route, users) for route in routes], "users": people}
        self.stdout.write(json.dumps(answer, indent=1, default=str, ensure_ascii=False))
        undeclared = [f"{route.pattern} ({route.name or 'no name'})" for route in routes if not route.policy]
        if undeclared:
            self.stderr.write(f"{len(undeclared)} routes without a declared policy (ka_crm/policy.py): {', '.join(undeclared)}")
            raise SystemExit(1)


def _described(route, users):
    """One route; ``example`` is the first KA manager's, ``examples`` hold each role's own, foreign and missing address."""
    described = {"name": route.name, "pattern": route.pattern, "methods": list(route.methods), "policy": route.policy}
    if not route.keywords:
        address = _address(route.name, {})
        return {**described, "example": {"own": address, "foreign": None, "missing": None}, "examples": {}}
    example = policy_examples.example_for(route.name, route.keywords)
    if example is None:
        return {**described, "example": None, "examples": {}}
    missing = _address(route.name, policy_examples.missing(example, route.keywords))
    by_role = {}
    for role, user in users.items():
        own, foreign = policy_examples.own_and_foreign(example, user, route.keywords)
        by_role[role] = {"own": _address(route.name, own), "foreign": _address(route.name, foreign), "missing": missing}
    first = by_role.get(FIRST_ROLE) or next(iter(by_role.values()), {"own": None, "foreign": None, "missing": missing})
    return {**described, "example": first, "examples": by_role}


def _address(name, keywords):
    """The address, or None where there is no row, no name, or no such address for these keywords."""
    if keywords is None or not name:
        return None
    try:
        return reverse(name, kwargs=keywords)
    except NoReverseMatch:
        return None
