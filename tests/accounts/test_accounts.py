"""The tree of accounts: its paths, its archive, and who changed what."""

import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import Contact, KeyAccount
from ka_crm.errors import DomainError, StaleRecord
from team.models import AuditEvent
from tests.factories import ContactFactory, KeyAccountFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_new_account_takes_its_place_in_the_tree_and_leaves_a_trail():
    chain = KeyAccountFactory(name="Northgate")
    actor = UserFactory(administrator=True)

    banner = services.create_account(account=KeyAccount(code="N-1", name="Northgate Express", parent=chain), actor=actor)

    assert banner.path == f"/{chain.pk}/{banner.pk}/"
    event = AuditEvent.objects.get(object_type="accounts.keyaccount", object_id=str(banner.pk))
    assert (event.verb, event.actor) == ("account.created", actor)


def test_a_gln_with_a_wrong_check_digit_is_refused_and_nothing_is_saved():
    with pytest.raises(ValidationError) as refused:
        services.create_account(
            account=KeyAccount(code="N-1", name="Northgate", gln="9521000000019"), actor=UserFactory(administrator=True)
        )

    assert list(refused.value.error_dict) == ["gln"]
    assert KeyAccount.objects.count() == AuditEvent.objects.count() == 0


def test_moving_an_account_moves_all_that_lies_below_it():
    old, new = KeyAccountFactory(), KeyAccountFactory()
    banner = KeyAccountFactory(parent=old)
    region = KeyAccountFactory(parent=banner)

    services.change_account(account=banner, values={"parent": new}, actor=UserFactory(administrator=True))

    region.refresh_from_db()
    assert region.path == f"/{new.pk}/{banner.pk}/{region.pk}/"


@pytest.mark.parametrize("place", ["itself", "below"])
def test_an_account_cannot_belong_to_itself_or_below_itself(place):
    chain = KeyAccountFactory()
    parent = chain if place == "itself" else KeyAccountFactory(parent=chain)

    with pytest.raises(DomainError, match="cannot belong to itself"):
        services.change_account(account=chain, values={"parent": parent}, actor=UserFactory(administrator=True))

    chain.refresh_from_db()
    assert chain.parent is None


def test_the_second_of_two_editors_is_told_and_overwrites_nothing():
    account = KeyAccountFactory(name="Northgate")
    actor = UserFactory(administrator=True)
    services.change_account(account=account, values={"name": "Northgate Markets"}, actor=actor, expected_version=1)

    with pytest.raises(StaleRecord, match="while you were editing it"):
        services.change_account(account=account, values={"name": "North Gate"}, actor=actor, expected_version=1)

    account.refresh_from_db()
    assert (account.name, account.version) == ("Northgate Markets", 2)
    assert AuditEvent.objects.get(verb="account.changed").changes == {"name": ["Northgate", "Northgate Markets"]}


def test_saving_what_is_there_already_writes_nothing():
    account = KeyAccountFactory(name="Northgate")

    services.change_account(account=account, values={"name": "Northgate"}, actor=UserFactory(administrator=True))

    account.refresh_from_db()
    assert account.version == 1
    assert AuditEvent.objects.count() == 0


def test_an_account_with_active_stores_stays_out_of_the_archive():
    account = KeyAccountFactory(name="Northgate")
    store = StoreFactory(account=account)
    actor = UserFactory(administrator=True)

    with pytest.raises(DomainError, match="still has 1 active stores and 0 accounts below it"):
        services.archive_account(account=account, actor=actor)
    services.archive_store(store=store, actor=actor)
    services.archive_account(account=account, actor=actor)

    account.refresh_from_db()
    assert account.archived_at is not None
    with pytest.raises(DomainError, match="is in the archive already"):
        services.archive_account(account=account, actor=actor)


def test_paths_can_be_rebuilt_from_the_parents():
    chain = KeyAccountFactory()
    banner = KeyAccountFactory(parent=chain)
    KeyAccount.objects.update(path="")

    services.rebuild_paths()

    banner.refresh_from_db()
    assert banner.path == f"/{chain.pk}/{banner.pk}/"


def test_two_moves_that_cross_make_no_circle():
    """Both editors opened their forms before either saved: the second is judged by the tree as it stands then."""
    one, two = KeyAccountFactory(), KeyAccountFactory()
    as_seen = {account.pk: KeyAccount.objects.get(pk=account.pk) for account in (one, two)}
    actor = UserFactory(administrator=True)
    services.change_account(account=one, values={"parent": two}, actor=actor)

    with pytest.raises(DomainError, match="cannot belong to itself or to an account below it"):
        services.change_account(account=as_seen[two.pk], values={"parent": as_seen[one.pk]}, actor=actor)

    assert dict(KeyAccount.objects.values_list("pk", "path")) == {two.pk: f"/{two.pk}/", one.pk: f"/{two.pk}/{one.pk}/"}


def test_a_name_saved_while_the_account_above_moves_leaves_the_tree_alone():
    top, chain = KeyAccountFactory(), KeyAccountFactory()
    banner = KeyAccountFactory(parent=chain, name="Express")
    as_seen = KeyAccount.objects.select_related("parent").get(pk=banner.pk)
    actor = UserFactory(administrator=True)
    services.change_account(account=chain, values={"parent": top}, actor=actor)

    services.change_account(account=as_seen, values={"name": "Express 24", "parent": as_seen.parent}, actor=actor)

    banner.refresh_from_db()
    assert (banner.name, banner.path) == ("Express 24", f"/{top.pk}/{chain.pk}/{banner.pk}/")


def chain_of(count):
    """``count`` accounts, each below the one before it."""
    accounts = [KeyAccountFactory()]
    while len(accounts) < count:
        accounts.append(KeyAccountFactory(parent=accounts[-1]))
    return accounts


def test_the_tree_ends_where_its_paths_do(monkeypatch):
    """PostgreSQL refuses a longer path with an error of its own, SQLite keeps it."""
    actor, accounts, other = UserFactory(administrator=True), chain_of(3), KeyAccountFactory()
    monkeypatch.setattr(services, "LONGEST_PATH", len(accounts[-1].path))

    for refused in (
        lambda: services.create_account(account=KeyAccount(code="D", name="Deep", parent=accounts[-1]), actor=actor),
        lambda: services.change_account(account=accounts[0], values={"parent": other}, actor=actor),
        lambda: services.tree_paths({1: None, **{pk: pk - 1 for pk in range(2, 30)}}),
    ):
        with pytest.raises(DomainError, match="nested too deep"):
            refused()

    assert KeyAccount.objects.count() == 4
    assert KeyAccount.objects.get(pk=accounts[2].pk).path == accounts[2].path


def test_nothing_comes_back_to_what_is_in_the_archive():
    chain, actor = KeyAccountFactory(name="Northgate"), UserFactory(administrator=True)
    store, banner, contact = StoreFactory(account=chain), KeyAccountFactory(parent=chain), ContactFactory(account=chain)
    services.archive_contact(contact=contact, actor=actor)
    services.archive_store(store=store, actor=actor)
    services.archive_account(account=banner, actor=actor)
    services.archive_account(account=chain, actor=actor)

    for restore, row in (
        (services.restore_store, {"store": store}),
        (services.restore_account, {"account": banner}),
        (services.restore_contact, {"contact": contact}),
    ):
        with pytest.raises(DomainError, match="“Northgate” is in the archive. Bring that back first."):
            restore(**row, actor=actor)

    services.restore_account(account=chain, actor=actor)
    chain.refresh_from_db()
    store.account.refresh_from_db()
    services.restore_store(store=store, actor=actor)
    assert store.archived_at is None


def test_the_contacts_of_a_store_go_with_it_to_another_account():
    """Else who looks after the old account would go on seeing people, and the name, of a store that is none of theirs."""
    old, new, actor = KeyAccountFactory(name="Old"), KeyAccountFactory(name="New"), UserFactory(administrator=True)
    store = StoreFactory(account=old)
    inside, outside = ContactFactory(account=old, store=store), ContactFactory(account=old)

    services.change_store(store=store, values={"account": new}, actor=actor)

    assert dict(Contact.objects.values_list("pk", "account")) == {inside.pk: new.pk, outside.pk: old.pk}
    event = AuditEvent.objects.get(verb="contact.changed")
    assert (event.object_id, event.changes) == (str(inside.pk), {"account": ["Old", "New"], "account_id": [old.pk, new.pk]})
