"""A form that is sent twice has one effect; what was typed anew, or was refused before, is sent anew."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Contact, KeyAccount
from ka_crm.jobs.tasks import KEEP_SENT_FORMS, tidy
from ka_crm.models import SentForm
from ka_crm.once import new_key
from tests.factories import AccountAssignmentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(client):
    """What the manager of an account types about a contact, with the key of the form."""
    assigned = AccountAssignmentFactory()
    client.force_login(assigned.user)
    return {"account": assigned.account_id, "name": "Ana Lopez", "function": "buyer", "_once": new_key()}


def send(client, entry):
    return client.post(reverse("accounts:contact_create"), entry)


def test_the_second_click_leads_where_the_first_did(client, entry):
    answers = [send(client, entry) for _click in range(2)]

    contact = Contact.objects.get()
    assert [answer.headers["Location"] for answer in answers] == [contact.get_absolute_url()] * 2


def test_a_form_that_was_refused_is_sent_again_with_the_same_key(client, entry):
    assert send(client, {**entry, "name": ""}).status_code == 422

    send(client, entry)

    assert Contact.objects.get().name == "Ana Lopez"


def test_what_a_service_refused_leaves_no_key(client, entry):
    client.force_login(UserFactory(administrator=True))
    account = KeyAccount.objects.get(pk=entry["account"])
    person, key = UserFactory(ka_manager=True), entry["_once"]
    values = {"user": person.pk, "duty": "support", "style": "farmer", "starts_on": "2026-03-01"}
    client.post(reverse("accounts:assignment_create", args=[account.pk]), {**values, "_once": new_key()})

    answer = client.post(reverse("accounts:assignment_create", args=[account.pk]), {**values, "_once": key})

    assert (answer.status_code, SentForm.objects.filter(key=key).count()) == (422, 0)


def test_a_kept_page_that_is_filled_in_anew_is_another_form(client, entry):
    """A browser's way back may show the form with its old key."""
    send(client, entry)
    send(client, {**entry, "name": "Ben Ito"})

    assert sorted(Contact.objects.values_list("name", flat=True)) == ["Ana Lopez", "Ben Ito"]


def test_somebody_elses_key_is_nobodys(client, entry):
    send(client, entry)
    client.force_login(UserFactory(administrator=True))

    send(client, entry)

    assert Contact.objects.count() == 2


@pytest.mark.parametrize("key", ["", "no key", "0" * 31, "a\x00b"])
def test_without_a_key_each_form_counts(client, entry, key):
    for _click in range(2):
        send(client, {**entry, "_once": key})

    assert (Contact.objects.count(), SentForm.objects.count()) == (2, 0)


def test_keys_go_after_a_week(client, entry):
    send(client, entry)
    now = timezone.now()

    tidy(now + KEEP_SENT_FORMS - timedelta(minutes=1))
    assert SentForm.objects.count() == 1
    tidy(now + KEEP_SENT_FORMS + timedelta(minutes=1))
    assert SentForm.objects.count() == 0


def test_every_form_page_carries_a_key_of_its_own(client, entry):
    pages = [client.get(reverse("accounts:contact_create")).content.decode() for _visit in range(2)]
    keys = [page.partition('name="_once" value="')[2][:32] for page in pages]

    assert [len(key) for key in keys] == [32, 32]
    assert keys[0] != keys[1]


def test_a_double_click_on_archive_does_not_bring_it_back(client, entry):
    send(client, entry)
    contact = Contact.objects.get()
    address = reverse("accounts:contact_archive", args=[contact.pk])
    assert 'name="to" value="archive"' in client.get(contact.get_absolute_url()).content.decode()

    for _click in range(2):
        client.post(address, {"to": "archive"})
    contact.refresh_from_db()
    assert contact.archived_at is not None
    for _click in range(2):
        client.post(address, {"to": "restore"})
    contact.refresh_from_db()
    assert contact.archived_at is None
