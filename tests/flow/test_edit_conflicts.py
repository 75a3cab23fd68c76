"""Two people edit one record: the second is told what the first changed, keeps their own words, and may then decide (reliability C1).

Every model that counts its versions has a case here, or a line that says which test elsewhere shows the same.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from django.utils.timezone import localdate

from ka_crm.models import SavedView
from sales.models import ImportProfile
from team.models import User, WorkCalendar
from team.records.comments import write_comment
from team.services.tasks import open_task
from tests.factories import (
    AccountAssignmentFactory,
    CadenceFactory,
    ContactFactory,
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    TeamFactory,
    UserFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """``make(bob, ana)`` → the record; ``first`` is what Bob writes into ``field``, ``second`` what Ana does; ``old`` stood there."""

    make: Callable
    route: str
    field: str
    old: str
    first: str
    second: str
    key: str = "pk"
    label: str = "name"


def own_window(make):
    """A record that only one person edits: both windows are Ana's."""
    make.same_person = True
    return make


def visit(bob, ana):
    """Ana's own visit, and Bob leads her team."""
    team = TeamFactory()
    User.objects.filter(pk=ana.pk).update(role="ka_manager", team=team)
    User.objects.filter(pk=bob.pk).update(role="supervisor", team=team)
    assignment = AccountAssignmentFactory(user=User.objects.get(pk=ana.pk))
    return VisitFactory(
        store=StoreFactory(account=assignment.account), visitor=assignment.user, objective="Old words", planned_on=localdate()
    )


def profile(bob, ana):
    return ImportProfile.objects.order_by("pk").first()


CASES = {
    "accounts.KeyAccount": Case(
        lambda bob, ana: KeyAccountFactory(name="Old words"), "accounts:account_edit", "name", "Old words", "Bob's", "Ana's"
    ),
    "accounts.Store": Case(
        lambda bob, ana: StoreFactory(city="Old words"), "accounts:store_edit", "city", "Old words", "Bob's", "Ana's", label="city"
    ),
    "accounts.Contact": Case(
        lambda bob, ana: ContactFactory(name="Old words"), "accounts:contact_edit", "name", "Old words", "Bob's", "Ana's"
    ),
    "sales.Product": Case(lambda bob, ana: ProductFactory(name="Old words"), "sales:product_edit", "name", "Old words", "Bob's", "Ana's"),
    "sales.ImportProfile": Case(profile, "sales:profile_edit", "name", None, "Bob's", "Ana's"),
    "contracts.MustStockRule": Case(
        lambda bob, ana: MustStockRuleFactory(starts_on=date(2026, 1, 1)),
        "contracts:must_stock_update", "starts_on", "2026-01-01", "2026-02-01", "2026-03-01", label="from",
    ),
    "visits.Visit": Case(visit, "visits:visit_change", "objective", "Old words", "Bob's", "Ana's", label="what to achieve"),
    "visits.Cadence": Case(
        lambda bob, ana: CadenceFactory(every_days=7), "visits:cadence_update", "every_days", "7", "14", "28", label="every so many days"
    ),
    "team.Team": Case(lambda bob, ana: TeamFactory(name="Old words"), "team:team_edit", "name", "Old words", "Bob's", "Ana's"),
    "team.User": Case(lambda bob, ana: UserFactory(name="Old words"), "team:person_edit", "name", "Old words", "Bob's", "Ana's"),
    "team.Task": Case(
        lambda bob, ana: open_task(title="Old words", assignee=ana, actor=bob),
        "team:task_edit", "title", "Old words", "Bob's", "Ana's", key="public_id", label="task",
    ),
    "team.WorkCalendar": Case(
        lambda bob, ana: WorkCalendar.objects.create(code="old", name="Old words"),
        "company:calendar_edit", "name", "Old words", "Bob's", "Ana's",
    ),
    "team.Comment": Case(
        own_window(lambda bob, ana: write_comment(record=StoreFactory(), text="Old words", actor=ana)[0]),
        "records:comment_edit", "text", "Old words", "Bob's", "Ana's", key="public_id", label="comment",
    ),
    "ka_crm.SavedView": Case(
        own_window(lambda bob, ana: SavedView.objects.create(list_name="accounts:store_list", owner=ana, name="Old words", query="q=a")),
        "view_edit", "name", "Old words", "Bob's", "Ana's", key="public_id",
    ),
}  # fmt: skip
# Forms of their own kind, with the test that shows the same of them.
ELSEWHERE = {
    "reports.Report": "tests/reports/test_pages.py",
    "reports.ReportSection": "tests/reports/test_pages.py",
    "reports.DeadlineRule": "tests/reports/test_deadline_pages.py",
    "visits.VisitPlan": "tests/visits/planning/test_weeks.py",
    "team.Approval": "tests/team/test_approval_engine.py",
    "team.ApprovalRoute": "tests/team/test_work_pages.py",
    "team.NotificationPreference": "tests/team/test_work_pages.py",
    "ka_crm.Setting": "tests/team/test_settings_pages.py",
}
# Rows without a form over their fields: they go from state to state, by a conditional update that one of two wins.
ONLY_MOVED = {"visits.Leave"}


def signed_in(person):
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def entries_of(answer):
    """What the form on a page would send if one pressed its button now."""
    form = answer.context["form"]
    values = {}
    for name in form.fields:
        value = form[name].value()
        if value is True:
            values[name] = "on"
        elif value not in (None, False):
            values[name] = form.fields[name].prepare_value(value) if not isinstance(value, list) else value
    return values


@pytest.fixture
def people():
    return UserFactory(administrator=True, name="Bob"), UserFactory(administrator=True, name="Ana")


@pytest.mark.parametrize("label", CASES)
def test_the_second_sees_what_the_first_changed_and_keeps_their_own(label, people):
    case, (bob, ana) = CASES[label], people
    record = case.make(bob, ana)
    assert record._meta.label == label
    first = ana if getattr(case.make, "same_person", False) else bob
    address = reverse(case.route, args=[getattr(record, case.key)])
    bobs, anas = signed_in(first), signed_in(ana)
    seen = entries_of(anas.get(address))
    old = case.old if case.old is not None else str(getattr(record, case.field))

    assert bobs.post(address, {**entries_of(bobs.get(address)), case.field: case.first}).status_code == 302
    answer = anas.post(address, {**seen, case.field: case.second})

    page = answer.content.decode()
    assert answer.status_code == 409
    (change,) = [one for one in answer.context["theirs"] if one["name"] == case.field] or [None]
    if change is not None:
        assert (change["field"], str(change["old"]), str(change["new"]), change["who"]) == (case.label, old, case.first, first.name)
        assert f"<del>{escape(old)}</del> → <ins>{escape(case.first)}</ins>" in page
    assert change is not None or label == "ka_crm.SavedView"  # one's own view leaves no trail; the field says what it is now
    assert f"Now saved here: “{escape(case.first)}”." in page
    assert entries_of(answer)[case.field] == case.second
    record.refresh_from_db()
    assert str(getattr(record, case.field)) == case.first

    assert anas.post(address, entries_of(answer)).status_code == 302
    record.refresh_from_db()
    assert str(getattr(record, case.field)) == case.second


def test_every_model_that_counts_versions_has_its_case():
    counted = {
        model._meta.label for model in apps.get_models() if {"version", "edit_version"} & {field.name for field in model._meta.fields}
    }

    assert counted == set(CASES) | set(ELSEWHERE) | ONLY_MOVED
    for name in ELSEWHERE.values():
        assert re.search(r"409|StaleRecord", Path(name).read_text()), name


def test_fields_that_the_other_left_alone_say_nothing(people):
    bob, ana = people
    store = StoreFactory(name="Store 7", city="Chicago")
    address = reverse("accounts:store_edit", args=[store.pk])
    seen = entries_of(signed_in(ana).get(address))
    signed_in(bob).post(address, {**seen, "city": "Boston"})

    answer = signed_in(ana).post(address, {**seen, "name": "Store 8"})

    assert set(answer.context["form"].errors) == {"__all__", "city"}
    assert [(one["field"], one["old"], one["new"]) for one in answer.context["theirs"]] == [("city", "Chicago", "Boston")]


def test_several_saves_are_all_told_newest_first(people):
    bob, ana = people
    store = StoreFactory(name="Store 7", city="Chicago")
    address = reverse("accounts:store_edit", args=[store.pk])
    seen = entries_of(signed_in(ana).get(address))
    for city in ("Boston", "Denver"):
        bobs = signed_in(bob)
        bobs.post(address, {**entries_of(bobs.get(address)), "city": city})

    answer = signed_in(ana).post(address, {**seen, "name": "Store 8"})

    assert [(one["old"], one["new"]) for one in answer.context["theirs"]] == [("Boston", "Denver"), ("Chicago", "Boston")]
