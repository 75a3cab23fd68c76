"""Letting people in and out, and what they may be changed to."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.jobs.models import Job
from team import services
from team.models import AuditEvent, User
from team.roles import Role
from team.tasks import send_invitation
from tests.factories import PASSWORD, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return UserFactory(administrator=True)


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


class Step:
    """What a handler needs of its job when a test calls it."""

    def once(self, step):
        from contextlib import nullcontext

        return nullcontext(True)


# --- create -----------------------------------------------------------------------------------------------------------------
def test_a_new_person_gets_a_link_by_mail(admin):
    person = services.create_person(email=" Li.Na@Example.com ", name="李娜", role=Role.KA_MANAGER, actor=admin)
    assert (person.email, person.has_usable_password(), person.search) == ("li.na@example.com", False, "李娜 li.na@example.com")
    job = Job.objects.get()
    assert (job.kind, job.args) == ("team.send_invitation", {"person_id": person.pk})
    assert verbs() == ["person.created", "person.invited"]


def test_the_link_leads_to_choosing_a_password(admin, settings):
    settings.KA_SITE_URL = "https://crm.example.com"
    person = services.create_person(email="li.na@example.com", name="李娜", role=Role.KA_MANAGER, actor=admin)
    send_invitation(Step(), person_id=person.pk)
    (letter,) = mail.outbox
    assert letter.to == ["li.na@example.com"]
    (address,) = [line for line in letter.body.splitlines() if line.startswith("https://crm.example.com/account/password/reset/key/")]
    client = Client()
    page = client.get(address.removeprefix("https://crm.example.com"), follow=True)
    assert page.status_code == 200
    client.post(page.request["PATH_INFO"], {"password1": "four random words 7", "password2": "four random words 7"})
    assert User.objects.get(pk=person.pk).check_password("four random words 7")


def test_a_taken_address_is_refused_whatever_its_case(admin):
    with pytest.raises(ValidationError) as refusal:
        services.create_person(email=admin.email.upper(), name="Twin", role=Role.VIEWER, actor=admin)
    assert list(refusal.value.message_dict) == ["email"]
    assert verbs() == []


@pytest.mark.parametrize("password", ["short", "password1234", "x" * 129, "li.na@example.com"])
def test_weak_passwords_are_refused(admin, password):
    with pytest.raises(ValidationError):
        services.create_person(email="li.na@example.com", name="Li Na", role=Role.VIEWER, actor=admin, password=password)
    assert not User.objects.filter(email="li.na@example.com").exists()


def test_an_unknown_role_or_zone_is_refused(admin):
    with pytest.raises(ValidationError, match="not a valid choice"):
        services.create_person(email="a@example.com", name="A", role="owner", actor=admin)
    with pytest.raises(ValidationError, match="is not a time zone"):
        services.create_person(email="a@example.com", name="A", role=Role.VIEWER, actor=admin, time_zone="Mars/Base")


# --- change -----------------------------------------------------------------------------------------------------------------
def test_changing_a_person_notes_old_and_new(admin):
    team, person = TeamFactory(name="East"), UserFactory(name="Old")
    services.change_person(person_id=person.pk, actor=admin, expected_version=1, name="New", team=team, phone="")
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.actor, entry.changes) == ("person.changed", admin, {"name": ["Old", "New"], "team": [None, "East"]})
    assert User.objects.get(pk=person.pk).version == 2


def test_a_change_that_changes_nothing_leaves_no_entry(admin):
    person = UserFactory(name="Same")
    services.change_person(person_id=person.pk, actor=admin, name="Same")
    assert verbs() == []


def test_the_second_of_two_editors_is_told(admin):
    person = UserFactory()
    services.change_person(person_id=person.pk, actor=admin, expected_version=1, name="First")
    with pytest.raises(StaleRecord):
        services.change_person(person_id=person.pk, actor=admin, expected_version=1, name="Second")
    assert User.objects.get(pk=person.pk).name == "First"


def test_the_old_address_is_no_way_in_after_a_change(admin):
    person = UserFactory(email="old@example.com")
    EmailAddress.objects.create(user=person, email="old@example.com", primary=True, verified=True)
    services.change_person(person_id=person.pk, actor=admin, email="new@example.com")
    signed_in = [Client().login(email=email, password=PASSWORD) for email in ("old@example.com", "new@example.com")]
    assert signed_in == [False, True]


@pytest.mark.parametrize("field", ["role", "is_active", "password", "version", "email", "team"])
def test_nobody_changes_more_of_themselves_than_the_profile(field):
    person = UserFactory()
    with pytest.raises((NotAllowed, TypeError)):
        services.change_own_profile(actor=person, **{field: Role.ADMINISTRATOR})


# --- role and access ----------------------------------------------------------------------------------------------------------
def test_a_role_changes_with_a_reason_on_record(admin):
    person = UserFactory(viewer=True)
    services.change_role(person_id=person.pk, role=Role.FINANCE, actor=admin, reason="Joins finance")
    entry = AuditEvent.objects.get()
    assert (entry.verb, entry.changes, entry.reason) == ("person.role_changed", {"role": ["viewer", "finance"]}, "Joins finance")
    assert User.objects.get(pk=person.pk).has_capability("costs.view")


def test_the_last_administrator_stays(admin):
    UserFactory(administrator=True, inactive=True)
    with pytest.raises(DomainError, match="is the last administrator"):
        services.change_role(person_id=admin.pk, role=Role.VIEWER, actor=admin)
    with pytest.raises(DomainError, match="is the last administrator"):
        services.deactivate_person(person_id=admin.pk, actor=admin)
    admin.refresh_from_db()
    assert (admin.role, admin.is_active, verbs()) == (Role.ADMINISTRATOR, True, [])


def test_one_of_two_administrators_may_go(admin):
    other = UserFactory(administrator=True)
    services.deactivate_person(person_id=other.pk, actor=admin)
    assert not User.objects.get(pk=other.pk).is_active


def test_deactivation_ends_sessions_at_once(admin):
    person = UserFactory(viewer=True)
    phone, desk = Client(), Client()
    for client in (phone, desk):
        client.post("/account/login/", {"login": person.email, "password": PASSWORD})
        assert client.get("/people/me/").status_code == 200
    services.deactivate_person(person_id=person.pk, actor=admin, reason="Left")
    assert [client.get("/people/me/").status_code for client in (phone, desk)] == [302, 302]
    assert Session.objects.count() == 0
    assert not Client().login(email=person.email, password=PASSWORD)


def test_a_reactivated_person_signs_in_again(admin):
    person = UserFactory(inactive=True)
    services.reactivate_person(person_id=person.pk, actor=admin)
    assert Client().login(email=person.email, password=PASSWORD)
    assert verbs()[0] == "person.reactivated"


def test_setting_a_password_ends_sessions_and_leaves_no_secret(admin):
    person = UserFactory(viewer=True)
    client = Client()
    client.post("/account/login/", {"login": person.email, "password": PASSWORD})
    services.set_password(person_id=person.pk, password="another long password", actor=admin)
    assert client.get("/people/me/").status_code == 302
    assert Client().login(email=person.email, password="another long password")
    assert "another long password" not in str(list(AuditEvent.objects.values()))


def test_the_deactivated_are_not_invited(admin):
    person = UserFactory(inactive=True)
    with pytest.raises(DomainError, match="may not sign in now"):
        services.invite(person_id=person.pk, actor=admin)
    send_invitation(Step(), person_id=person.pk)
    assert (mail.outbox, Job.objects.count()) == ([], 0)
