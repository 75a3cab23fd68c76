"""Who works while the house is shaken."""

import pytest

from tests.factories import AccountAssignmentFactory, StoreFactory, UserFactory


@pytest.fixture
def rep(transactional_db):
    """A field rep; ``rep.store`` is a store in their care."""
    person = UserFactory(field_rep=True)
    person.store = StoreFactory()
    AccountAssignmentFactory(account=person.store.account, user=person, duty="field_rep")
    return person
