"""The timeline of a record: three sources in one order, by kind and in pages, to each reader what they may know."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts import services as accounts
from sales.services import products
from team.audit import record
from team.models import AuditEvent
from team.records.attachments import attach_file
from team.records.comments import write_comment
from team.records.timeline import SIZE, read_timeline
from tests.factories import ContactFactory, ProductFactory, ReportFactory, StoreFactory, UserFactory, VisitFactory
from tests.team.test_attachments import upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(account):
    return StoreFactory(account=account, name="Store 7", city="Chicago")


def fill(store, manager, rounds, *, apart):
    """A change, a comment and a file in each of ``rounds`` rounds, ``apart`` from the round before."""
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    for number in range(rounds):
        with time_machine.travel(at + number * apart, tick=False):
            record(store, "store.changed", actor=manager, changes={"city": [str(number), str(number + 1)]})
            write_comment(record=store, text=f"Comment {number}", actor=manager)
            attach_file(record=store, upload=upload(), actor=manager)


def walked(store, reader, only=""):
    """(kind, key) of every entry, page after page."""
    met, before = [], ""
    while True:
        page = read_timeline(store, reader, only=only, before=before)
        for entry in page.entries:
            row = entry.get("comment") or entry.get("attachment")
            met.append((entry["kind"], row.pk if row else entry["text"]))
        if page.older is None:
            return met
        before = page.older


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_page_after_page_holds_everything_once_newest_first(store, manager, apart):
    fill(store, manager, 17, apart=apart)

    met = walked(store, manager)

    assert len(met) == len(set(met)) == 51
    assert [key for kind, key in met if kind == "comment"] == sorted((key for kind, key in met if kind == "comment"), reverse=True)


def test_what_comes_in_meanwhile_moves_no_page(store, manager):
    fill(store, manager, 10, apart=timedelta(days=1))
    first = read_timeline(store, manager)
    before = [entry["at"] for entry in read_timeline(store, manager, before=first.older).entries]

    write_comment(record=store, text="new", actor=manager)

    assert [entry["at"] for entry in read_timeline(store, manager, before=first.older).entries] == before
    assert len(first.entries) == SIZE


@pytest.mark.parametrize(("only", "kind"), [("changes", "change"), ("comments", "comment"), ("files", "file")])
def test_one_kind_alone(store, manager, only, kind):
    fill(store, manager, 3, apart=timedelta(days=1))

    assert {met for met, _key in walked(store, manager, only)} == {kind}


@pytest.mark.parametrize("older", ["x", "1-3-1", "-1-0-1", "99999999999999999-0-1", "1-0-999999999999999999", "١-0-1", "1-0-1 ", "\ud7ff"])
def test_a_place_that_makes_no_sense_is_the_beginning_or_the_end(client, store, manager, older):
    write_comment(record=store, text="words", actor=manager)
    client.force_login(manager)

    assert (
        client.get(reverse("records:timeline", args=["accounts.store", store.pk]), {"older": older, "kind": "no such"}).status_code == 200
    )


def test_a_page_leads_to_the_older_one_with_and_without_scripts(client, store, manager):
    fill(store, manager, 10, apart=timedelta(days=1))
    client.force_login(manager)
    page = client.get(store.get_absolute_url()).content.decode()
    older = re.search(r'hx-get="([^"]+older=[^"]+)"', page)[1].replace("&amp;", "&")

    whole, part = client.get(older).content.decode(), client.get(older, headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole and "<html" not in part
    for answer in (whole, part):
        assert "Comment 0" in answer and "Comment 9" not in answer


def test_who_and_when_to_the_second_for_whoever_points_at_it(client, store, manager):
    with time_machine.travel(datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC), tick=False):
        write_comment(record=store, text="words", actor=manager)
    manager.time_zone = "Asia/Shanghai"
    manager.save()
    client.force_login(manager)

    page = client.get(store.get_absolute_url()).content.decode()

    assert 'title="2026-03-02 17:30:15 CST">2026-03-02 17:30</time> · <span title="KA manager">Ana Lopez</span>' in page


def test_changes_are_told_in_words(client, manager, store):
    contact = ContactFactory(account=store.account, function="buyer", store=None)
    values = {"function": "finance", "store": store, "notes": ""}
    accounts.change_contact(contact=contact, values=values, actor=manager, expected_version=1)
    client.force_login(manager)

    page = client.get(contact.get_absolute_url()).content.decode()

    assert "function: Buyer → Retailer&#x27;s finance<br>store: – → Store 7" in page
    assert AuditEvent.objects.get(verb="contact.changed").changes["store_id"] == [None, store.pk]


def test_costs_are_told_to_those_who_see_costs(client):
    product, admin = ProductFactory(unit_cost_e4=10_000), UserFactory(administrator=True)
    products.change_product(product=product, values={"unit_cost": 2, "name": "New name"}, actor=admin, expected_version=1)

    def told(person):
        client.force_login(person)
        return client.get(product.get_absolute_url()).content.decode()

    assert "unit cost: 1.0000 → 2.0000" in told(admin)
    assert "unit cost: " not in told(UserFactory(field_rep=True))
    assert "→ New name" in told(UserFactory(field_rep=True))


def test_sign_ins_of_a_person_are_told_to_who_reads_the_trail(client):
    admin, person = UserFactory(administrator=True), UserFactory()
    record(person, "session.started", actor=person)

    client.force_login(admin)
    assert "Signed in" in client.get(person.get_absolute_url()).content.decode()
    client.force_login(UserFactory(viewer=True))
    assert client.get(reverse("records:timeline", args=["team.user", person.pk])).status_code == 404


def test_the_same_again_and_again_is_one_line(client, store, manager):
    visit = VisitFactory(store=store, visitor=manager)
    for _count in range(5):
        record(visit, "visit.recorded", actor=manager)
    client.force_login(manager)

    assert "Recorded in the store, 5 times" in client.get(visit.get_absolute_url()).content.decode()


def test_every_record_page_has_its_timeline(client, store, manager):
    client.force_login(manager)
    rows = [store, store.account, ContactFactory(account=store.account), VisitFactory(store=store, visitor=manager), ProductFactory()]
    rows.append(ReportFactory(account=store.account, owner=manager))

    for row in rows:
        page = client.get(row.get_absolute_url()).content.decode()
        assert 'id="timeline"' in page, row
        assert f'action="/records/{row._meta.label_lower}/{row.pk}/comment/"' in page, row


def test_the_page_of_a_record_asks_as_often_with_one_entry_as_with_many(client, store, manager, assert_same_statements):
    fill(store, manager, 1, apart=timedelta(days=1))
    client.force_login(manager)

    assert_same_statements(lambda: client.get(store.get_absolute_url()), lambda: fill(store, manager, 3, apart=timedelta(days=1)), most=16)
