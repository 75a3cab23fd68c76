"""People and a kind of approval for the tests of approvals, tasks, records and the inbox."""

import pytest

from team import approvals
from tests.factories import AccountAssignmentFactory, TeamFactory, UserFactory

from .approving import Told, register


@pytest.fixture
def told(monkeypatch):
    """The kind, registered for this test alone: a supervisor decides."""
    calls = Told()
    monkeypatch.setattr(approvals, "_KINDS", dict(approvals._KINDS))
    register(calls)
    return calls


@pytest.fixture
def manager(db):
    """A KA manager who looks after one account."""
    return AccountAssignmentFactory(user=UserFactory(ka_manager=True, name="Ana Lopez")).user


@pytest.fixture
def account(manager):
    """The manager's account."""
    return manager.assignments.get().account


@pytest.fixture
def people(db):
    """A requester below a supervisor, people with nothing to do with it, and an administrator."""
    top = TeamFactory()
    team = TeamFactory(parent=top)
    return {
        "requester": UserFactory(ka_manager=True, team=team, name="Rita"),
        "leader": UserFactory(supervisor=True, team=team, name="Lee"),
        "boss": UserFactory(supervisor=True, team=top, name="Bo"),
        "deputy": UserFactory(ka_manager=True, name="Dan"),
        "stranger": UserFactory(supervisor=True, team=TeamFactory(), name="Sam"),
        "administrator": UserFactory(administrator=True, name="Ada"),
        "finance": UserFactory(finance=True, name="Fin"),
    }
