"""Posts to one route what no page offers: read-only fields, and ids of rows that are not this person's (reliability A3, A4).

Nothing is written by hand: forms are taken from the page that a route answers with, filled so that they would be accepted, and then
one thing is added that must not be. What the database holds afterwards decides, not what the page says.
"""

import datetime as dt
import uuid
from decimal import Decimal

from django import forms
from django.apps import apps
from django.core.cache import cache
from django.db import connection, models, transaction

from ka_crm import policy, policy_examples
from team.models import User

from .matrix import address_of, expected_statuses, forms_of, rows_for

HOSTILE = "zq9hostile"
NUMBER = 31_415
DAY = dt.date(1999, 9, 9)
MISSING_ID = 2**53
# Rows that one reaches through the record that they hang on, so that ``visible_to`` tells only one's own.
BY_THEIR_RECORD = {"team.Attachment"}
# What a save writes by itself, so that it may not be compared.
OWN_WORK = {"version", "edit_version", "updated_at", "changed_at", "search", "sort_key", "last_login"}


def of_the_program(model):
    return model.__module__.split(".")[0] in {"accounts", "contracts", "fees", "ka_crm", "promotions", "reports", "sales", "team", "visits"}


def scoped_models():
    """Models whose rows have a scope of their own and live in tables of ours."""
    ours = [model for model in apps.get_models() if of_the_program(model) and model._meta.label not in BY_THEIR_RECORD]
    return [model for model in ours if hasattr(model._default_manager.all(), "visible_to")]


class Written:
    """Notes whether any statement wrote into a table that is not the sessions': else the database need not be looked at."""

    anything = False

    def __call__(self, execute, sql, params, many, context):
        verb = sql.lstrip().partition(" ")[0].upper()
        if verb not in ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK") and "django_session" not in sql:
            self.anything = True
        return execute(sql, params, many, context)


class Intruder:
    """One person with the rows that are not theirs: ``ids`` by field name, and how all of them looked at first."""

    def __init__(self, visitors, who):
        self.visitors, self.who = visitors, who
        self.person = visitors.world.people[who]
        reader = User.objects.get(pk=self.person.pk)
        self.foreign = {model: _foreign_keys(model, reader) for model in scoped_models()}
        self.before = self.look()
        self.ids = self._ids()

    def look(self):
        """Every foreign row, value by value."""
        return {
            model: list(model._base_manager.filter(pk__in=keys[:200]).order_by("pk").values_list())
            for model, keys in self.foreign.items()
            if keys
        }

    def _ids(self):
        """Field name → id of a foreign row, for every relation of the program, and under the names that addresses use."""
        ids = {}
        for model in apps.get_models():
            if not of_the_program(model):
                continue
            for field in model._meta.fields:
                if field.is_relation and self.foreign.get(field.related_model):
                    foreign = self.foreign[field.related_model][0]
                    ids.setdefault(field.name, foreign)
                    ids.setdefault(field.attname, foreign)
        return ids

    def post(self, address, entries, model):
        """(status, errors by field, what is wrong in the database afterwards); the database is as before when this returns.

        ``model`` is the one whose read-only fields are posted, or None.
        """
        client = self.visitors.clients[self.who]
        client.cookies = self.visitors.cookies[self.who].copy()
        cache.clear()
        with transaction.atomic(), connection.execute_wrapper(written := Written()):
            answer = client.post(address, entries)
            look = answer.status_code < 400 and written.anything
            wrong = self.changed() + hostile_rows([model] if model else []) if look else []
            errors = {name for _form_name, form in forms_of(answer) if form.is_bound for name in form.errors}
            transaction.set_rollback(True)
        return answer.status_code, errors, wrong

    def changed(self):
        """Foreign models of which a row changed or is gone."""
        after = self.look()
        return [f"changes a foreign {model._meta.label}" for model, rows in self.before.items() if after[model] != rows]


def _foreign_keys(model, person):
    visible = model._default_manager.visible_to(person).order_by().values("pk")
    return list(model._base_manager.exclude(pk__in=visible).order_by("pk").values_list("pk", flat=True))


def hostile_rows(among=None):
    """Models with a value in a read-only field that only this test posts; what a form offers is never filled with these values."""
    found = []
    for model in [model for model in apps.get_models() if of_the_program(model)] if among is None else among:
        suspicious = models.Q()
        for field in model._meta.fields:
            if (value := hostile_value(field)) is not None and not isinstance(field, models.BooleanField) and not field.is_relation:
                suspicious |= models.Q(**{field.attname: value})
        if suspicious and model._base_manager.filter(suspicious).exists():
            found.append(f"writes a read-only field of {model._meta.label}")
    return found


def hostile_value(field):
    """A value for ``field`` that nothing else in the test writes, or None for a kind that has none."""
    match field:
        case models.DateTimeField():
            return dt.datetime(1999, 9, 9, 9, 9, tzinfo=dt.UTC)
        case models.DateField():
            return DAY
        case models.UUIDField():
            return uuid.UUID(int=NUMBER)
        case models.BooleanField():
            return None
        case models.AutoField() | models.BigAutoField():
            return None
        case models.IntegerField() if not field.is_relation:
            return NUMBER
        case models.DecimalField():
            return Decimal(3)
        case models.CharField() | models.TextField() if not field.choices:
            return HOSTILE[: field.max_length] if field.max_length is None or field.max_length >= len(HOSTILE) else None
    return None


def read_only_entries(model, offered):
    """Field → hostile value for everything of ``model`` that the form does not offer; ids of the row itself too."""
    entries = {"id": MISSING_ID, "pk": MISSING_ID}
    for field in model._meta.fields:
        if field.name in offered or field.attname in offered or field.name in OWN_WORK:
            continue
        if (value := hostile_value(field)) is not None:
            entries[field.name] = value.isoformat() if hasattr(value, "isoformat") else str(value)
        if isinstance(field, models.BooleanField):
            entries[field.name] = "on"
    return entries


def acceptable(form):
    """Entries that ``form`` would take: what it is prefilled with, and something fitting where it is empty."""
    entries = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if value in (None, "", []) and field.required:
            value = _fitting(field)
        if value in (None, "", [], False):
            continue
        entries[form.add_prefix(name)] = "on" if value is True else value
    return entries


def _fitting(field):
    match field:
        case forms.ModelMultipleChoiceField():
            return [row.pk for row in field.queryset[:1]]
        case forms.ModelChoiceField():
            first = field.queryset.first()
            return first.pk if first is not None else None
        case forms.ChoiceField():
            values = [value for value, _label in field.choices if value not in (None, "") and not isinstance(_label, list | tuple)]
            return values[0] if values else None
        case forms.DateField():
            return (dt.date.today() + dt.timedelta(days=3)).isoformat()
        case forms.TimeField():
            return "09:30"
        case forms.IntegerField() | forms.DecimalField():
            return max(field.min_value or 0, 1)
        case forms.EmailField():
            return "new.person@example.com"
        case forms.UUIDField():
            return str(uuid.uuid4())
        case forms.CharField():
            return "New words"[: field.max_length]
    return None


def intrusions(route, visitors, intruders):
    """What any role can do at ``route`` that it must not, as lines; and how many posts were accepted, so that a test can tell it tried."""
    problems, accepted = [], 0
    for who, intruder in intruders.items():
        if expected_statuses(route, who, "own") == {403} or route.policy == policy.PUBLIC:
            continue
        rows = rows_for(route, intruder.person)
        keywords = rows.get("only", rows.get("own"))
        if keywords is None or (address := address_of(route, keywords)) is None:
            continue
        for what, field_name, entries, model in _attempts(route, visitors, intruder, address):
            status, errors, wrong = intruder.post(address, entries, model)
            accepted += status == 302 and not errors
            cell = f"{who} POST {address} with {what}"
            if status >= 500:
                wrong = [*wrong, f"answers {status}"]
            if field_name and status == 302 and field_name not in errors:
                wrong = [*wrong, "is accepted"]
            problems += [f"{cell}: {one}" for one in wrong]
    return problems, accepted


def _attempts(route, visitors, intruder, address):
    """(what is tried, the field that has to complain or None, what is posted, whose read-only fields), one after the other."""
    answer = visitors.ask(intruder.who, "GET", address) if "GET" in route.methods else None
    drawn = forms_of(answer) if answer is not None and answer.status_code == 200 else []
    found = [form for _name, form in drawn if not form.is_bound]
    example = policy_examples.example_for(route.name, route.keywords) if route.keywords else None
    row_model = apps.get_model(example.model) if example else None
    yield "foreign ids under every name", None, intruder.ids, row_model
    for form in found:
        model = getattr(getattr(form, "_meta", None), "model", None) or row_model
        entries = acceptable(form)
        names = {form.add_prefix(name) for name in form.fields}
        added = {name: value for name, value in intruder.ids.items() if name not in names}
        if model is not None:
            added |= read_only_entries(model, names)
        yield f"read-only fields beside {type(form).__name__}", None, {**added, **entries}, model
        for name, field in form.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                foreign = _not_offered(field, intruder)
                given = [foreign] if isinstance(field, forms.ModelMultipleChoiceField) else foreign
                yield f"a foreign {name}", name, {**entries, form.add_prefix(name): given}, None


def _not_offered(field, intruder):
    """The id of a foreign row that the field does not offer; of one that is not there where nothing is foreign.

    A row that is one's own may be missing among the choices of an empty form only because they follow from another field.
    """
    foreign = intruder.foreign.get(field.queryset.model, [])[:50]
    offered = set(field.queryset.filter(pk__in=foreign).values_list("pk", flat=True))
    return next((pk for pk in foreign if pk not in offered), MISSING_ID)
