"""The tree of accounts: its paths, its archive, and who changed what."""

import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import KeyAccount
from ka_crm.errors import DomainError, StaleRecord
from team.models import AuditEvent
from tests.factories import KeyAccountFactory, StoreFactory, UserFactory

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
