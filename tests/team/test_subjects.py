"""Rows that hang on any record find it again only within the reader's scope, and by any text that an address can hold."""

import pytest

from team.subjects import about, may_open, subject_of
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, StoreFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_record_is_named_as_in_the_trail():
    store = StoreFactory(name="Store 7")

    assert about(store) == {
        "object_type": "accounts.store",
        "object_id": str(store.pk),
        "object_label": "Store 7",
        "account_ref": store.account_id,
    }
    assert about(store.account)["account_ref"] == store.account_id
    assert about(UserFactory())["account_ref"] is None


def test_one_comes_back_to_what_one_sees():
    assignment = AccountAssignmentFactory()
    store = StoreFactory(account=assignment.account)

    assert subject_of(assignment.user, "accounts.store", str(store.pk)) == store
    assert subject_of(UserFactory(ka_manager=True), "accounts.store", str(store.pk)) is None


@pytest.mark.parametrize(
    ("object_type", "object_id"),
    [
        ("accounts.store", "0"),
        ("accounts.store", "-1"),
        ("accounts.store", "9" * 30),
        ("accounts.store", "٣"),
        ("accounts.store", "\x00"),
        ("accounts.store", ""),
        ("accounts.nothing", "1"),
        ("accounts", "1"),
        ("", ""),
        ("..", "1"),
        ("sessions.session", "abc"),
        ("contenttypes.contenttype", "1"),
    ],
)
def test_what_names_no_record_finds_none(object_type, object_id):
    assert subject_of(UserFactory(administrator=True), object_type, object_id) is None


def test_a_page_opens_by_its_routes_capability():
    rep, supervisor, person = UserFactory(field_rep=True), UserFactory(supervisor=True), UserFactory()

    assert [may_open(user, person) for user in (rep, supervisor)] == [False, True]
    assert may_open(rep, KeyAccountFactory())
    assert not may_open(UserFactory(field_rep=True, inactive=True), KeyAccountFactory())
