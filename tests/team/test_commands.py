"""Letting somebody in from the command line, and settings that name roles."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from team.checks import role_settings
from team.models import AuditEvent, User
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("create_person", *arguments, stdout=out)
    return out.getvalue().split()


def test_the_first_administrator_is_created_with_a_password_printed_once():
    TeamFactory(name="Head office")
    email, password = run("Ada@Example.com", "--name", "Ada", "--role", "administrator", "--team", "Head office")
    person = User.objects.get()
    assert (email, person.role, person.team.name, person.check_password(password)) == (
        "ada@example.com",
        "administrator",
        "Head office",
        True,
    )
    assert (AuditEvent.objects.get().verb, password in str(list(AuditEvent.objects.values()))) == ("person.created", False)


def test_a_taken_address_and_an_unknown_team_are_refused():
    UserFactory(email="ada@example.com")
    with pytest.raises(CommandError, match="already exists"):
        run("ada@example.com", "--name", "Ada")
    with pytest.raises(CommandError, match="There is no team “Moon”"):
        run("bob@example.com", "--name", "Bob", "--team", "Moon")
    assert User.objects.count() == 1


@pytest.mark.parametrize("setting", ["KA_MFA_ROLES", "KA_FIELD_ROLES"])
def test_a_role_that_does_not_exist_is_an_error_at_the_start(settings, setting):
    assert role_settings(None) == []
    setattr(settings, setting, ["finance", "financce"])
    (error,) = role_settings(None)
    assert error.msg.startswith(f"{setting} names financce; there are the roles ka_manager, field_rep,")
