"""People and a kind of approval for the tests of approvals, tasks and the inbox."""

import pytest

from team import approvals
from tests.factories import TeamFactory, UserFactory

from .approving import Told, register


@pytest.fixture
def told(monkeypatch):
    """The kind, registered for this test alone: a supervisor decides."""
    calls = Told()
    monkeypatch.setattr(approvals, "_KINDS", dict(approvals._KINDS))
    register(calls)
    return calls


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
