"""Undo for a minute: offered beside the message, applied only where nobody changed the same since, on record itself."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import KeyAccount
from ka_crm.errors import DomainError, NotAllowed
from sales.services import products
from team.models import AuditEvent, Comment
from team.records.attachments import attach_file, remove_file
from team.records.comments import change_comment, remove_comment, write_comment
from team.records.undo import undo
from team.services import change_person
from tests.factories import KeyAccountFactory, MustStockRuleFactory, ProductFactory, StoreFactory, UserFactory
from tests.team.test_attachments import upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(account):
    return StoreFactory(account=account, name="Old name", city="Chicago")


def newest():
    return AuditEvent.objects.order_by("-pk").first()


def take_back(actor, event=None, *, after=timedelta(seconds=10)):
    event = event or newest()
    return undo(event=event, actor=actor, now=event.at + after)


def offered(answer):
    """The address of the Undo form on a page, or None."""
    found = re.search(r'action="(/records/undo/\d+/)"', answer.content.decode())
    return found[1] if found else None


def test_an_edit_is_undone_from_the_message(client, manager, store):
    client.force_login(manager)
    form = client.get(reverse("accounts:store_edit", args=[store.pk])).context["form"]
    values = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    answer = client.post(reverse("accounts:store_edit", args=[store.pk]), {**values, "name": "New name"}, follow=True)
    assert "“New name” is saved." in answer.content.decode()

    answer = client.post(offered(answer), follow=True)

    store.refresh_from_db()
    assert (store.name, store.version) == ("Old name", 3)
    assert "Undone." in answer.content.decode()
    assert (newest().verb, newest().changes) == ("store.undone", {"name": ["New name", "Old name"]})
    assert offered(answer) is None


@pytest.mark.parametrize("noun", ["store", "contact", "account"])
def test_the_archive_gives_back_what_went_there_by_mistake(client, manager, store, noun):
    from tests.factories import ContactFactory

    record = {"store": store, "contact": ContactFactory(account=store.account), "account": KeyAccountFactory(parent=store.account)}[noun]
    if noun == "account":
        KeyAccount.objects.filter(pk=record.pk).update(path=f"{store.account.path}{record.pk}/")
    client.force_login(manager)
    answer = client.post(reverse(f"accounts:{noun}_archive", args=[record.pk]), follow=True)

    client.post(offered(answer))

    record.refresh_from_db()
    assert record.archived_at is None
    assert newest().verb == f"{noun}.undone"


def test_another_place_in_the_tree_comes_back_with_all_below(manager):
    admin = UserFactory(administrator=True)
    east, west = KeyAccountFactory(name="East"), KeyAccountFactory(name="West")
    chain = KeyAccountFactory(parent=east)
    below = KeyAccountFactory(parent=chain)
    accounts.change_account(account=chain, values={"parent": west}, actor=admin, expected_version=1)

    take_back(admin)

    chain.refresh_from_db()
    below.refresh_from_db()
    assert (chain.parent, chain.path) == (east, f"/{east.pk}/{chain.pk}/")
    assert below.path == f"/{east.pk}/{chain.pk}/{below.pk}/"


def test_a_product_gets_its_brand_and_price_back():
    admin, product = UserFactory(administrator=True), ProductFactory(list_price_e4=12_500)
    brand = product.brand
    products.change_product(product=product, values={"brand_name": "Other", "list_price": None}, actor=admin, expected_version=1)

    take_back(admin)

    product.refresh_from_db()
    assert (product.brand, product.list_price_e4) == (brand, 12_500)


def test_a_must_stock_rule_gets_its_days_back():
    from datetime import date

    from contracts.services import change_rule

    admin, rule = UserFactory(administrator=True), MustStockRuleFactory(starts_on=date(2026, 1, 1))
    change_rule(rule_id=rule.pk, actor=admin, version=1, starts_on=date(2026, 2, 1))

    take_back(admin)

    rule.refresh_from_db()
    assert rule.starts_on == date(2026, 1, 1)


def test_a_person_gets_the_name_back():
    admin, person = UserFactory(administrator=True), UserFactory(name="Old name")
    change_person(person_id=person.pk, actor=admin, name="New name", expected_version=1)

    take_back(admin)

    person.refresh_from_db()
    assert person.name == "Old name"


def test_comments_and_files_come_back(client, manager, store):
    comment, _refused = write_comment(record=store, text="words", actor=manager)
    change_comment(comment=comment, values={"text": "other words"}, actor=manager, expected_version=1)
    take_back(manager)
    assert Comment.objects.get().text == "words"
    remove_comment(comment=comment, actor=manager)
    take_back(manager)
    assert Comment.objects.get().removed_at is None
    attachment = attach_file(record=store, upload=upload(), actor=manager)
    remove_file(attachment=attachment, actor=manager)
    take_back(manager)
    attachment.refresh_from_db()
    assert (attachment.removed_at, attachment.removed_by) == (None, None)
    assert list(AuditEvent.objects.filter(verb__endswith=".undone").values_list("verb", flat=True).order_by("pk")) == [
        "comment.undone",
        "comment.undone",
        "file.undone",
    ]


@pytest.mark.parametrize(("verb", "noun"), [("comment_remove", "comment"), ("file_remove", "file")])
def test_the_buttons_of_the_timeline_offer_undo(client, manager, store, verb, noun):
    comment, _refused = write_comment(record=store, text="words", actor=manager)
    row = comment if noun == "comment" else attach_file(record=store, upload=upload(), actor=manager)
    client.force_login(manager)

    answer = client.post(reverse(f"records:{verb}", args=[row.public_id]), follow=True)
    answer = client.post(offered(answer), follow=True)

    row.refresh_from_db()
    assert row.removed_at is None
    assert answer.redirect_chain == [(f"/stores/{store.pk}/#timeline", 302)]


# -- refusals ------------------------------------------------------------------------------------------------------------------
def test_what_somebody_else_changed_since_stays_and_is_told(manager, store):
    accounts.change_store(store=store, values={"name": "Mine", "city": "Boston"}, actor=manager, expected_version=1)
    mine = newest()
    accounts.change_store(store=store, values={"name": "Theirs"}, actor=UserFactory(administrator=True, name="Bob"), expected_version=2)

    with pytest.raises(DomainError, match=r"^Bob changed this at .*: name: Mine → Theirs\. Nothing was undone\.$"):
        take_back(manager, mine)

    store.refresh_from_db()
    assert (store.name, store.city, AuditEvent.objects.filter(verb="store.undone").count()) == ("Theirs", "Boston", 0)


def test_what_somebody_changed_beside_it_does_not_hinder(manager, store):
    accounts.change_store(store=store, values={"name": "Mine"}, actor=manager, expected_version=1)
    mine = newest()
    accounts.change_store(store=store, values={"city": "Boston"}, actor=UserFactory(administrator=True), expected_version=2)

    take_back(manager, mine)

    store.refresh_from_db()
    assert (store.name, store.city) == ("Old name", "Boston")


def test_what_changed_past_the_trail_is_told_without_a_name(manager, store):
    accounts.change_store(store=store, values={"name": "Mine"}, actor=manager, expected_version=1)
    type(store).objects.update(name="Imported")

    with pytest.raises(DomainError, match="^“name” is “Imported” by now. Nothing was undone.$"):
        take_back(manager)


def test_an_archive_of_somebody_else_is_not_taken_back(manager, store):
    accounts.archive_store(store=store, actor=manager)
    mine, bob = newest(), UserFactory(administrator=True, name="Bob")
    accounts.restore_store(store=store, actor=bob)
    accounts.archive_store(store=store, actor=bob)

    with pytest.raises(DomainError, match="^Bob changed this at"):
        take_back(manager, mine)


def test_twice_is_once(manager, store):
    accounts.change_store(store=store, values={"name": "Mine"}, actor=manager, expected_version=1)
    mine = newest()
    take_back(manager, mine)

    with pytest.raises(DomainError, match="^Ana Lopez changed this at"):
        take_back(manager, mine)


@pytest.mark.parametrize(("seconds", "late"), [(60, False), (61, True)])
def test_a_minute_is_a_minute(manager, store, seconds, late):
    accounts.archive_store(store=store, actor=manager)

    if late:
        with pytest.raises(DomainError, match="^The minute in which this could be undone is over"):
            take_back(manager, after=timedelta(seconds=seconds))
    else:
        assert take_back(manager, after=timedelta(seconds=seconds)) == store


def test_nobody_undoes_for_another(client, manager, store):
    accounts.archive_store(store=store, actor=manager)
    admin = UserFactory(administrator=True)

    with pytest.raises(NotAllowed, match="^Only the person who did this can undo it.$"):
        take_back(admin)


def test_a_right_that_is_gone_undoes_nothing(client, manager, store):
    accounts.archive_store(store=store, actor=manager)
    event = newest()
    manager.role = "field_rep"
    manager.save()
    client.force_login(type(manager).objects.get(pk=manager.pk))

    answer = client.post(reverse("records:undo", args=[event.pk]), follow=True)

    assert "You may no longer change “Old name”." in answer.content.decode()
    manager.assignments.update(starts_on=timezone.localdate() + timedelta(days=1))
    assert client.post(reverse("records:undo", args=[event.pk])).status_code == 404
    store.refresh_from_db()
    assert store.archived_at is not None


def test_strangers_and_missing_entries_look_alike(client, manager, store):
    accounts.archive_store(store=store, actor=manager)
    client.force_login(UserFactory(ka_manager=True))

    assert client.post(reverse("records:undo", args=[newest().pk])).status_code == 404
    assert client.post(reverse("records:undo", args=[2**53])).status_code == 404
    assert client.get(reverse("records:undo", args=[newest().pk])).status_code == 405


def test_what_has_no_way_back_offers_none(client, manager, store):
    client.force_login(UserFactory(administrator=True))
    person = UserFactory(viewer=True)

    answer = client.post(reverse("team:person_deactivate", args=[person.pk]), {"reason": ""}, follow=True)

    assert "may not sign in" in answer.content.decode()
    assert offered(answer) is None
