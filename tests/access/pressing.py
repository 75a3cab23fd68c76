"""Sends the forms of a page as its person would, and tells which rows of the program that changed.

Nothing is written by hand: forms are taken from the page that a route answers with, and filled so that they are accepted.
"""

import re

from django import forms
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.urls import reverse

from ka_crm.once import FIELD
from team.models import AuditEvent
from tests.factories.team import PASSWORD

from .intruder import acceptable, of_the_program
from .matrix import address_of, expected_statuses, forms_of, rows_for

TABLES = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if of_the_program(model)}
_WRITE = re.compile(r'\s*(?:INSERT|UPDATE|DELETE)(?: OR IGNORE)?(?: INTO| FROM)? "(\w+)"', re.IGNORECASE)
_KEY = re.compile(rb'name="' + FIELD.encode() + rb'" value="([0-9a-f]{32})"')


class Watch:
    """Tables of the program into which something was written; what a transaction took back again too."""

    def __init__(self):
        self.written = set()

    def __call__(self, execute, sql, params, many, context):
        if (found := _WRITE.match(sql)) and found[1] in TABLES:
            self.written.add(found[1])
        return execute(sql, params, many, context)


def reauthenticated(visitors):
    """Everybody has just proved their password, as pages about rights ask for."""
    for who, client in visitors.clients.items():
        if who != "anonymous":
            client.cookies = visitors.cookies[who].copy()
            client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
            visitors.cookies[who] = client.cookies.copy()
    return visitors


def forms_to_send(route, visitors, *, everybody):
    """(who, address, entries) of all that one role, or all that may, can send on the route's page: its forms, and its bare button."""
    for who, person in visitors.world.people.items():
        rows = rows_for(route, person)
        keywords = rows.get("only", rows.get("own"))
        if keywords is None or expected_statuses(route, who, "own") == {403} or (address := address_of(route, keywords)) is None:
            continue
        answer = visitors.ask(who, "GET", address) if "GET" in route.methods else None
        key = {FIELD: found[1].decode()} if answer is not None and (found := _KEY.search(answer.body)) else {}
        drawn = forms_of(answer) if answer is not None and answer.status_code == 200 else []
        for _name, form in drawn:
            if not form.is_bound:
                yield who, address, {**anew(form), **key}
        yield who, address, key
        if not everybody:
            return


def anew(form):
    """Entries that the form takes, with other words in its texts where it shows a record: saving what is there changes nothing."""
    entries = acceptable(form)
    for name, field in form.fields.items():
        value = entries.get(form.add_prefix(name))
        if type(field) is forms.CharField and isinstance(value, str) and form.initial and name not in {"gln", "gtin", "time_zone"}:
            entries[form.add_prefix(name)] = f"{value} anew"[: field.max_length]
    return entries


def sent(visitors, who, address, entries, *, times=1):
    """(answers, rows of the tables that were written after each time, the trail's new rows, tables that then held other rows).

    The database is as before when this returns.
    """
    client, answers, counts = visitors.clients[who], [], []
    watch = Watch()
    client.cookies = visitors.cookies[who].copy()
    newest = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        for _time in range(times):
            cache.clear()
            with connection.execute_wrapper(watch):
                answers.append(client.post(address, entries))
            counts.append({table: TABLES[table]._base_manager.count() for table in sorted(watch.written)})
        events = list(AuditEvent.objects.filter(pk__gt=newest).order_by("pk"))
        after = {table: _rows(table) for table in watch.written}
        transaction.set_rollback(True)
    changed = {table for table, rows in after.items() if rows != _rows(table)}
    return answers, counts, events, changed


def _rows(table):
    return sorted(map(repr, TABLES[table]._base_manager.values_list()))
