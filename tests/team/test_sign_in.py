"""Signing in: guessing is slowed, answers tell nothing, sessions end, the second factor is asked for where the role needs it."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher, make_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ka_crm.jobs.models import Job
from team import services
from team.hashers import Argon2idHasher
from team.models import AuditEvent, User
from team.tasks import send_password_link
from tests.factories import PASSWORD, DelegationFactory, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"
WRONG = "wrong wrong wrong"


def sign_in(person, password=PASSWORD, client=None, **headers):
    client = client or Client()
    return client, client.post(LOGIN, {"login": person if isinstance(person, str) else person.email, "password": password}, **headers)


def is_in(client):
    return client.get(reverse("team:profile")).status_code == 200


# --- passwords and guessing -----------------------------------------------------------------------------------------------------
def test_passwords_are_hashed_by_argon2id_of_the_shipped_strength(settings):
    settings.PASSWORD_HASHERS = ["team.hashers.Argon2idHasher"]
    encoded = make_password(PASSWORD)
    assert identify_hasher(encoded).__class__ is Argon2idHasher
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_unknown_address_and_a_wrong_password_answer_alike():
    person = UserFactory(email="known@example.com")
    bodies = []
    for email in (person.email, "nobody@example.com"):
        _client, answer = sign_in(email, WRONG)
        words = re.sub(r'[0-9a-f]{32}|value="[^"]*"', "*", answer.content.decode())
        bodies.append((answer.status_code, words.replace(email, "*")))
    assert bodies[0] == bodies[1]


def test_the_eleventh_attempt_is_refused_even_with_the_right_password():
    person = UserFactory()
    for _attempt in range(10):
        sign_in(person, WRONG)
    client, answer = sign_in(person)
    assert (answer.status_code, is_in(client)) == (200, False)
    assert sign_in(UserFactory())[1].status_code == 302  # control: somebody else is not slowed


def test_ten_minutes_are_not_enough_but_fifteen_are():
    person = UserFactory()
    with time_machine.travel("2026-03-02 09:00Z", tick=False) as clock:
        for _attempt in range(10):
            sign_in(person, WRONG)
        clock.shift(timedelta(minutes=10))
        assert sign_in(person)[1].status_code == 200
        clock.shift(timedelta(minutes=16))
        assert sign_in(person)[1].status_code == 302


def test_one_address_guessing_at_many_people_is_slowed():
    for number in range(50):
        sign_in(f"guess{number}@example.com", WRONG)
    assert sign_in(UserFactory())[1].status_code == 429
    assert sign_in(UserFactory(), REMOTE_ADDR="203.0.113.9")[1].status_code == 302  # control: from elsewhere one gets in


def test_a_deactivated_person_does_not_get_in():
    client, _answer = sign_in(UserFactory(inactive=True))
    assert not is_in(client)


@pytest.mark.parametrize("page", ["/account/signup/", "/account/email/", "/account/password/set/"])
def test_what_the_house_does_not_offer_is_not_there(page):
    client, _answer = sign_in(UserFactory())
    assert [client.get(page).status_code, client.post(page, {"email": "x@example.com"}).status_code] == [404, 404]


# --- the trail --------------------------------------------------------------------------------------------------------------------
def test_sign_ins_refusals_and_sign_outs_are_on_record_without_secrets():
    person = UserFactory()
    sign_in(person, "my-secret-typo")
    sign_in("my-secret@example.com", WRONG)
    client, _answer = sign_in(person, REMOTE_ADDR="203.0.113.7")
    client.post(reverse("account_logout"))
    trail = list(AuditEvent.objects.order_by("pk").values_list("verb", "actor", "object_id"))
    assert trail == [
        ("session.refused", None, str(person.pk)),
        ("session.refused", None, ""),
        ("session.started", person.pk, str(person.pk)),
        ("session.ended", person.pk, str(person.pk)),
    ]
    assert AuditEvent.objects.get(verb="session.started").ip_address == "203.0.113.7"
    assert "my-secret" not in str(list(AuditEvent.objects.values()))


# --- a new password by mail -----------------------------------------------------------------------------------------------------
class Step:
    """What a handler needs of its job when a test calls it."""

    def once(self, step):
        from contextlib import nullcontext

        return nullcontext(True)


def reset_address(person):
    mail.outbox.clear()
    send_password_link(Step(), email=person.email)
    return re.search(r"/account/password/reset/key/\S+", mail.outbox[0].body)[0]


def choose_password(client, address, password):
    page = client.get(address, follow=True)
    return client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})


def test_asking_for_a_link_tells_nothing_and_mails_later():
    UserFactory(email="known@example.com")
    answers = [Client().post(reverse("account_reset_password"), {"email": email}) for email in ("known@example.com", "nobody@example.com")]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, reverse("account_reset_password_done"))] * 2
    assert (Job.objects.filter(kind="team.send_password_link").count(), mail.outbox) == (2, [])
    send_password_link(Step(), email="nobody@example.com")
    send_password_link(Step(), email="known@example.com")
    assert [letter.to for letter in mail.outbox] == [["known@example.com"]]


def test_the_link_works_once_ends_sessions_and_unlocks():
    person = UserFactory()
    elsewhere, _answer = sign_in(person)
    for _attempt in range(10):
        sign_in(person, WRONG)
    address = reset_address(person)
    client = Client()
    choose_password(client, address, "a new and long password")
    assert not is_in(elsewhere)
    assert sign_in(person, "a new and long password")[1].status_code == 302
    again = Client()
    choose_password(again, address, "a third and long password")
    assert User.objects.get(pk=person.pk).check_password("a new and long password")
    assert AuditEvent.objects.filter(verb="person.password_changed").count() == 1


def test_a_weak_new_password_is_refused_with_a_reason():
    person = UserFactory()
    client = Client()
    answer = choose_password(client, reset_address(person), "short")
    assert answer.status_code == 200
    assert "at least 12 characters" in answer.content.decode()


# --- sessions ---------------------------------------------------------------------------------------------------------------------
def test_signing_in_makes_a_new_session():
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["kept"] = 1
    session.save()
    before = session.session_key
    client.cookies["ka_session"] = before
    sign_in(UserFactory(), client=client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


@pytest.mark.parametrize(
    ("role", "minutes_still_in", "minutes_out"), [("viewer", 29, 31), ("supervisor", 29, 31), ("field_rep", 11 * 60, 13 * 60)]
)
def test_a_sign_in_ends_after_so_long_without_a_click(role, minutes_still_in, minutes_out):
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        client, _answer = sign_in(UserFactory(role=role))
        assert is_in(client)
        clock.shift(timedelta(minutes=minutes_still_in))
        assert is_in(client)
        clock.shift(timedelta(minutes=minutes_out))
        answer = client.get(reverse("team:profile"))
        assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?next=/people/me/")
        assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)


@pytest.mark.parametrize(("role", "hours"), [("viewer", 12), ("field_rep", 7 * 24)])
def test_a_sign_in_ends_after_so_long_in_all(role, hours):
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        client, _answer = sign_in(UserFactory(role=role))
        end = datetime(2026, 3, 2, 6, tzinfo=UTC) + timedelta(hours=hours)
        while datetime.now(UTC) < end - timedelta(minutes=25):
            assert is_in(client)
            clock.shift(timedelta(minutes=25) if role == "viewer" else timedelta(hours=6))
        clock.move_to(end + timedelta(minutes=1))
        assert not is_in(client)


def test_a_part_of_a_page_that_comes_too_late_reloads_the_page():
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        client, _answer = sign_in(UserFactory())
        is_in(client)
        clock.shift(timedelta(hours=1))
        answer = client.get(reverse("team:delegation_list"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")


def test_the_own_devices_are_listed_and_ended():
    person = UserFactory()
    here, _answer = sign_in(person)
    there, _answer = sign_in(person)
    assert UserSession.objects.filter(user=person).count() == 2
    page = here.get(reverse("usersessions_list"))
    assert page.status_code == 200
    assert page.content.decode().count("unknown browser") == 2
    here.post(reverse("usersessions_list"))
    assert (is_in(here), is_in(there)) == (True, False)


def test_changing_the_password_signs_out_everywhere():
    person = UserFactory()
    here, _answer = sign_in(person)
    there, _answer = sign_in(person)
    new = "a new and long password"
    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_in(here), is_in(there), UserSession.objects.count()) == (False, False, 0)
    assert sign_in(person, new)[1].status_code == 302


# --- second factor ----------------------------------------------------------------------------------------------------------------
def code_of(secret, *, steps=0):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter + steps))


@pytest.fixture
def guarded(settings):
    """Roles as in a real company, and a helper that turns the factor on: (client, secret)."""
    settings.KA_MFA_ROLES = ["finance", "administrator"]

    def turn_on(person):
        client, _answer = sign_in(person)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        page = client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
        assert answer.status_code == 302
        return client, secret

    return turn_on


def test_a_role_that_needs_it_gets_nowhere_without_the_second_factor(guarded):
    client, _answer = sign_in(UserFactory(finance=True))
    for page in (reverse("home"), reverse("team:profile"), reverse("accounts:account_list")):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp"))
    part = client.get(reverse("accounts:account_list"), headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, reverse("mfa_activate_totp"))


def test_a_role_that_does_not_need_it_is_left_alone(guarded):
    client, _answer = sign_in(UserFactory(ka_manager=True))
    assert is_in(client)


def test_a_deputy_of_finance_needs_it_too(guarded):
    deputy = UserFactory(ka_manager=True)
    DelegationFactory(absent=UserFactory(finance=True), deputy=deputy)
    with time_machine.travel("2026-03-10 12:00Z"):
        client, _answer = sign_in(deputy)
        assert client.get(reverse("team:profile")).status_code == 302


def test_turning_it_on_opens_the_house_and_is_on_record(guarded, django_capture_on_commit_callbacks):
    person = UserFactory(finance=True)
    with django_capture_on_commit_callbacks(execute=True):
        client, secret = guarded(person)
    assert is_in(client)
    assert "second_factor.added" in AuditEvent.objects.values_list("verb", flat=True)
    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored


def test_the_next_sign_in_asks_for_a_code_that_works_once(guarded):
    person = UserFactory(finance=True)
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        _client, secret = guarded(person)
        clock.shift(timedelta(minutes=5))
        client, answer = sign_in(person)
        assert (answer["Location"], is_in(client)) == (reverse("mfa_authenticate"), False)
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
        assert not is_in(client)
        code = code_of(secret)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(client)
        again, _answer = sign_in(person)
        again.post(reverse("mfa_authenticate"), {"code": code})
        assert not is_in(again)


def test_a_new_password_does_not_go_round_the_second_factor(guarded):
    person = UserFactory(finance=True)
    guarded(person)
    client = Client()
    choose_password(client, reset_address(person), "a new and long password")
    assert not is_in(client)
    client, answer = sign_in(person, "a new and long password")
    assert (answer["Location"], is_in(client)) == (reverse("mfa_authenticate"), False)


def test_codes_cannot_be_guessed_for_long(guarded):
    person = UserFactory(finance=True)
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        _client, secret = guarded(person)
        clock.shift(timedelta(minutes=5))
        client, _answer = sign_in(person)
        for number in range(10):
            client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert not is_in(client)


def test_a_role_that_needs_it_cannot_turn_it_off(guarded):
    client, _secret = guarded(UserFactory(finance=True))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1


def test_an_administrator_takes_away_a_lost_one(guarded):
    person, admin = UserFactory(finance=True), UserFactory(administrator=True)
    client, _secret = guarded(person)
    services.reset_second_factor(person_id=person.pk, actor=admin, reason="Phone lost")
    assert (Authenticator.objects.count(), is_in(client)) == (0, False)
    entry = AuditEvent.objects.first()
    assert (entry.verb, entry.actor, entry.reason) == ("second_factor.removed", admin, "Phone lost")


def test_each_recovery_code_works_once(guarded):
    person = UserFactory(finance=True)
    client, _secret = guarded(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    codes = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    results = []
    for code in (codes[0], codes[0], codes[1]):
        again, _answer = sign_in(person)
        again.post(reverse("mfa_authenticate"), {"code": code})
        results.append(is_in(again))
    assert results == [True, False, True]
    assert codes[2] not in str(list(Authenticator.objects.values()))


@pytest.mark.parametrize(("wrong", "gets_in"), [(4, True), (5, False)])
def test_five_wrong_codes_close_the_second_factor_for_a_quarter_of_an_hour(guarded, wrong, gets_in):
    """Four are the control: the right code still opens."""
    person = UserFactory(finance=True)
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        _client, secret = guarded(person)
        clock.shift(timedelta(minutes=5))
        client, _answer = sign_in(person)
        for number in range(wrong):
            client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})
        answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert (is_in(client), answer.status_code) == (gets_in, 302 if gets_in else 200)
        clock.shift(timedelta(minutes=16))
        client, _answer = sign_in(person)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert is_in(client)


def test_wrong_codes_are_counted_apart_from_wrong_passwords_and_over_all_sessions(guarded):
    person = UserFactory(finance=True)
    with time_machine.travel("2026-03-02 06:00Z", tick=False) as clock:
        _client, secret = guarded(person)
        clock.shift(timedelta(minutes=5))
        for number in range(5):  # a new session for each guess
            client, answer = sign_in(person)
            assert answer["Location"] == reverse("mfa_authenticate")  # the password is not locked by codes
            client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})
        client, _answer = sign_in(person)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert not is_in(client)
        get_adapter().unlock(RequestFactory().post("/"), person.email)
        client, _answer = sign_in(person)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert is_in(client)


# --- what an answer's time tells ----------------------------------------------------------------------------------------------------
def work_of(ask):
    """What an answer costs: passwords hashed and statements by kind, the same on any machine however busy."""
    hashed = []
    with pytest.MonkeyPatch.context() as monkeypatch, CaptureQueriesContext(connection) as asked:
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given))
        ask()
    return len(hashed), [query["sql"].split(" ", 1)[0] for query in asked.captured_queries]


def test_signing_in_wrongly_costs_the_same_whoever_it_is():
    """An unknown address, a known one with a wrong password, somebody without access: one password hashed each."""
    known, gone = UserFactory(), UserFactory(inactive=True)
    sign_in("warm-up@example.com", WRONG)
    costs = [work_of(lambda email=email: sign_in(email, WRONG))[0] for email in (known.email, gone.email, "nobody@example.com")]
    assert costs == [1, 1, 1]
    unusable = UserFactory(password=None)
    User.objects.filter(pk=unusable.pk).update(password="!none")
    assert work_of(lambda: sign_in(unusable.email, WRONG))[0] == 1


def test_asking_for_a_link_costs_the_same_whoever_it_is():
    known = UserFactory()
    Client().post(reverse("account_reset_password"), {"email": "warm-up@example.com"})
    costs = [
        work_of(lambda email=email: Client().post(reverse("account_reset_password"), {"email": email}))
        for email in (known.email, "nobody@example.com")
    ]
    assert costs[0] == costs[1]


def median_of(tries):
    """Median seconds of each kind of try; the kinds take turns, so that a busy moment of the machine meets both."""
    took = {name: [] for name in tries}
    for _round in range(200):
        for name, ask in tries.items():
            began = time.perf_counter()
            ask()
            took[name].append(time.perf_counter() - began)
    return {name: sorted(seconds)[len(seconds) // 2] for name, seconds in took.items()}


@pytest.mark.slow
@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_the_medians_of_200_answers_are_within_a_tenth(settings, page):
    settings.PASSWORD_HASHERS = ["team.hashers.Argon2idHasher"]
    settings.ACCOUNT_RATE_LIMITS = False
    known = UserFactory().email
    entries = {"known": {"login": known, "email": known}, "nobody": {"login": "nobody@example.com", "email": "nobody@example.com"}}
    medians = median_of(
        {name: lambda entry=entry: Client().post(reverse(page), {**entry, "password": WRONG}) for name, entry in entries.items()}
    )
    assert abs(medians["known"] - medians["nobody"]) <= max(medians.values()) / 10, medians
