"""Asks one route as everybody, for own, foreign and missing rows, and lists what answers otherwise than declared.

Nothing is sampled: routes come from the resolver, roles from team.roles. Each request runs in a savepoint of its own, so a
POST that does something leaves the next request the same world.
"""

import re
import uuid
from itertools import product

from django import forms
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from ka_crm import policy, policy_examples
from ka_crm.routes import all_routes
from team.models import User
from team.roles import CAPABILITIES

from .world import NOBODY, SENTINEL, WORD

# Routes whose keywords are a secret or a word, not a row: what to ask them with.
BY_WORD = {
    "team:calendar_feed": {"secret": "no-such-secret"},
    "team:route_edit": {"kind": "reports.report"},
    "account_confirm_email": {"key": "no-such-key"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "no-such-key"},
}
# Pages of the sign-in package that are closed: nobody finds them (team.closed_urls).
CLOSED = {"account_signup", "account_email", "account_set_password"}
# Visible to more people than may do this: who only sees the row is told that there is nothing to do here.
OWN_MAY_BE_ANOTHERS = {"visits:visit_change", "visits:visit_cancel", "visits:visit_missed"}
ONCE = "ten thousand cells ask who may do what, which no database decides"
VERBS = ("GET", "POST")
ANSWERS = {200, 204, 302, 304, 400, 405, 409, 413, 422, 429}  # what a permitted request may come to; never 403, 404 or 5xx
_CHANGING = re.compile(rb'[0-9a-f]{32}|name="csrfmiddlewaretoken" value="[^"]*"')


def routes():
    """Every route once, the first of those that share an address: the resolver never reaches the second."""
    seen = {}
    for route in all_routes():
        seen.setdefault(route.pattern, route)
    return list(seen.values())


class Visitors:
    """Clients signed in as each role, and one that is not."""

    def __init__(self, world):
        self.world = world
        self.clients = {"anonymous": Client(raise_request_exception=False)}
        for role, person in world.people.items():
            self.clients[role] = Client(raise_request_exception=False)
            self.clients[role].force_login(person)
        self.cookies = {name: client.cookies.copy() for name, client in self.clients.items()}

    def ask(self, who, verb, address, query=""):
        """The answer with its body, after which the database is as before."""
        client = self.clients[who]
        client.cookies = self.cookies[who].copy()
        cache.clear()  # rate limits: the hundredth question of this test is its first
        with transaction.atomic():
            if verb == "GET":
                answer = client.get(address + query)
            else:
                answer = client.post(address, {})
            answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        return answer


def rows_for(route, person):
    """{"own": keywords, "foreign": keywords, "missing": keywords}; {"only": {}} for a route without keywords."""
    if not route.keywords:
        return {"only": {}}
    if route.name in BY_WORD:
        return {"only": BY_WORD[route.name]}
    example = policy_examples.example_for(route.name, route.keywords)
    if example is None:
        return {}
    own, foreign = policy_examples.own_and_foreign(example, person, route.keywords)
    return {"own": own, "foreign": foreign, "missing": policy_examples.missing(example, route.keywords)}


def address_of(route, keywords):
    """The route's address for ``keywords``; a made-up word becomes a number of the kind that the address wants. None if none fits."""
    for made_up in ("no-such-row", uuid.UUID(int=0), 2**53):
        try:
            return reverse(route.name, kwargs={name: made_up if value == "no-such-row" else value for name, value in keywords.items()})
        except NoReverseMatch:
            continue
    return None


def problems_of(route, visitors):
    """What is wrong with ``route``, as lines; empty if every cell answers as declared."""
    if not route.policy:
        return [f"{route.pattern}: no declared policy"]
    if route.keywords and route.name not in BY_WORD and policy_examples.example_for(route.name, route.keywords) is None:
        return [f"{route.name}: no row to ask with; register it in policy_examples"]
    problems = []
    for who in visitors.clients:
        rows = rows_for(route, visitors.world.people.get(who) or visitors.world.people["viewer"])
        answers = {}
        for verb, (which, keywords) in product(VERBS, rows.items()):
            if keywords is None:
                continue
            address = address_of(route, keywords)
            if address is None:
                problems.append(f"{route.name}: the example {keywords} does not fit the address")
                continue
            answers[verb, which] = answer = visitors.ask(who, verb, address)
            cell = f"{who} {verb} {address} ({which})"
            problems += [f"{cell}: {problem}" for problem in _cell_problems(route, who, verb, which, answer, visitors)]
        problems += [
            f"{who} {verb} {route.name}: a foreign row answers otherwise than a missing one" for verb in VERBS if _tells(answers, verb)
        ]
    return problems


def _cell_problems(route, who, verb, which, answer, visitors):
    found = list(header_problems(answer, signed_in=who != "anonymous"))
    if verb not in route.methods and answer.status_code == 405:
        return found  # whether one may is not even asked
    expected = expected_statuses(route, who, which)
    if answer.status_code not in expected:
        found.append(f"answered {answer.status_code}, declared “{route.policy}” means {sorted(expected)}")
    if route.policy != policy.PUBLIC and who == "anonymous" and not _leads_to_sign_in(answer):
        found.append(f"leads an unknown visitor to {answer.headers.get('Location', 'nowhere')}")
    if leaks(answer, who, visitors):
        found.append("shows a foreign row's text")
    if who != "anonymous" and verb == "GET":
        found += foreign_choices(answer, visitors.world.people[who])
    return found


def expected_statuses(route, who, which):
    """The statuses that the declaration allows in this cell."""
    if route.name in CLOSED and (who != "anonymous" or route.policy == policy.PUBLIC):
        return {404}
    if route.policy == policy.PUBLIC:
        return ANSWERS | ({404} if route.name in BY_WORD else set()) | ({403} if route.name == "metrics" else set())
    if who == "anonymous":
        return {302}
    if route.policy != policy.SIGNED_IN and not set(route.policy.split(" | ")) & CAPABILITIES[who]:
        return {403}
    if which in ("foreign", "missing"):
        return {404, 405}
    # A page may ask for more than its declaration, such as a draft's author; a row of one's own is never “not found”.
    # Somebody without a second factor has none to show.
    return ANSWERS | ({404} if route.name.startswith("mfa_") or route.name in OWN_MAY_BE_ANOTHERS else set())


def _leads_to_sign_in(answer):
    return answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))


def leaks(answer, who, visitors):
    """Whether the answer holds a text of the other half that is not this visitor's to see."""
    person = visitors.world.people.get(who)
    if person is not None and visitors.world.sees_foreign(person):
        return False
    return SENTINEL.lower().encode() in answer.body.lower()


def _tells(answers, verb):
    """Whether a foreign row and a missing one differ in their answers, to the byte but for the request's own number and token."""
    foreign, missing = answers.get((verb, "foreign")), answers.get((verb, "missing"))
    if foreign is None or missing is None:
        return False
    bodies = {_CHANGING.sub(b"*", answer.body.replace(_path(answer), b"/")) for answer in (foreign, missing)}
    return foreign.status_code != missing.status_code or (len(bodies) > 1 and foreign.status_code == 404)


def _count(answer):
    return answer.context.get("count") if answer.context else None


def _path(answer):
    return answer.wsgi_request.path.encode()


def foreign_choices(answer, person):
    """Choices of rows, in any form of the page, that the person may not see. Colleagues' names are everybody's (querysets.py)."""
    person = User.objects.get(pk=person.pk)
    for name, form in forms_of(answer):
        for field_name, field in form.fields.items():
            if not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
                continue
            model = field.queryset.model
            if model is User or not hasattr(model._default_manager.all(), "visible_to"):
                continue
            visible = model._default_manager.visible_to(person).order_by().values("pk")
            if foreign := field.queryset.exclude(pk__in=visible).first():
                yield f"offers the foreign {model._meta.verbose_name} “{foreign}” in {name}.{field_name}"


def forms_of(answer):
    """(name, form) of each form on the page, once: every part of the page has it in its own context again."""
    found = {}
    for context in answer.context or ():
        for layer in getattr(context, "dicts", [context]):
            for name, value in layer.items():
                if isinstance(value, forms.BaseForm):
                    found.setdefault(id(value), (name, value))
    return list(found.values())


def header_problems(answer, *, signed_in):
    """What the answer's headers leave open."""
    csp = answer.headers.get("Content-Security-Policy", "")
    directives = {name: values for name, *values in (part.split() for part in csp.split(";") if part.strip())}
    if directives.get("default-src") != ["'none'"] or "'unsafe-inline'" in csp or "'unsafe-eval'" in csp:
        yield f"has the content policy “{csp}”"
    if directives.get("frame-ancestors", ["'none'"] if "sandbox" in directives else []) != ["'none'"]:
        yield "may be framed"
    for name, wanted in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", settings.SECURE_REFERRER_POLICY),
    ):
        if answer.headers.get(name) != wanted:
            yield f"has {name} {answer.headers.get(name)!r}, not {wanted!r}"
    if signed_in and not re.search(r"no-store", answer.headers.get("Cache-Control", "")):
        yield f"may be stored: Cache-Control is {answer.headers.get('Cache-Control')!r}"


def search_problems(route, visitors):
    """Lists and exports: the other half is found by no search, filter, order or file, nor counted."""
    problems = []
    for who, person in visitors.world.people.items():
        if visitors.world.sees_foreign(person) or expected_statuses(route, who, "only") == {403}:
            continue
        address = reverse(route.name)
        for query in (f"?q={WORD}", f"?search={WORD}", "?_export=csv", "?_export=xlsx", "?sort=-pk&size=200", f"?q={WORD}&_export=csv"):
            answer = visitors.ask(who, "GET", address, query)
            if answer.status_code >= 500 or leaks(answer, who, visitors):
                problems.append(f"{who} GET {address}{query}: {answer.status_code}, or a foreign row's text")
            if "q=" in query and _count(answer) != _count(visitors.ask(who, "GET", address, query.replace(WORD, NOBODY))):
                problems.append(f"{who} GET {address}{query}: counts foreign rows")
    return problems
