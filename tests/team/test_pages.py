"""Pages of people, teams, deputies, the profile and the audit trail: who sees what, and what their forms do."""

from datetime import date

import pytest
from django.core.cache import cache
from django.urls import reverse

from ka_crm.jobs.models import Job
from team.audit import record
from team.models import AuditEvent, Delegation, Team, User
from team.roles import Role
from tests.factories import PASSWORD, DelegationFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    """``signed_in(person)``: the test client, signed in through the page; ``proven`` gives the password once more."""

    def sign_in(person, *, proven=False):
        client.logout()
        answer = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        assert answer.status_code == 302
        if proven:
            assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
        return client

    return sign_in


@pytest.fixture
def house():
    """A team with its supervisor and a manager, and somebody of another team."""
    east = TeamFactory(name="East")
    return {
        "administrator": UserFactory(administrator=True, name="Ada Admin"),
        "supervisor": UserFactory(supervisor=True, name="Sun Super", team=east),
        "manager": UserFactory(ka_manager=True, name="Mei Manager", team=east),
        "stranger": UserFactory(ka_manager=True, name="Stan Stranger", team=TeamFactory(name="West")),
    }


# --- people -----------------------------------------------------------------------------------------------------------------
def test_a_supervisor_lists_the_own_team_only(signed_in, house):
    page = signed_in(house["supervisor"]).get(reverse("team:person_list")).content.decode()
    assert "Mei Manager" in page
    assert "Stan Stranger" not in page


def test_a_manager_has_no_people_pages(signed_in, house):
    client = signed_in(house["manager"])
    assert client.get(reverse("team:person_list")).status_code == 403
    assert client.get(house["manager"].get_absolute_url()).status_code == 403


def test_a_person_of_another_team_is_not_found(signed_in, house):
    client = signed_in(house["supervisor"])
    assert client.get(house["manager"].get_absolute_url()).status_code == 200
    assert client.get(house["stranger"].get_absolute_url()).status_code == 404


@pytest.mark.parametrize("verb", ["person_edit", "person_role", "person_deactivate", "person_reactivate", "person_invite", "person_unlock"])
def test_a_supervisor_manages_nobody(signed_in, house, verb):
    client = signed_in(house["supervisor"])
    assert client.post(reverse(f"team:{verb}", args=[house["manager"].pk]), {"role": "administrator"}).status_code == 403
    assert User.objects.get(pk=house["manager"].pk).role == Role.KA_MANAGER


def test_an_administrator_lets_somebody_in(signed_in, house):
    client = signed_in(house["administrator"], proven=True)
    answer = client.post(
        reverse("team:person_create"),
        {"name": "李娜", "email": "Li.Na@example.com", "role": "finance", "language": "zh-hans", "time_zone": ""},
    )
    person = User.objects.get(email="li.na@example.com")
    assert (answer.status_code, answer["Location"]) == (302, person.get_absolute_url())
    assert (person.name, person.role, person.language) == ("李娜", "finance", "zh-hans")
    assert Job.objects.get().args == {"person_id": person.pk}


def test_a_taken_address_is_told_at_its_field(signed_in, house):
    answer = signed_in(house["administrator"], proven=True).post(
        reverse("team:person_create"), {"name": "Twin", "email": house["manager"].email.upper(), "role": "viewer", "language": "en"}
    )
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["email"])


def test_editing_tells_the_second_editor(signed_in, house):
    manager = house["manager"]
    address = reverse("team:person_edit", args=[manager.pk])
    client = signed_in(house["administrator"])
    entry = {"name": "First", "email": manager.email, "team": manager.team_id, "language": "en", "time_zone": "", "seen_version": 1}
    assert client.post(address, entry).status_code == 302
    answer = client.post(address, {**entry, "name": "Second"})
    assert (answer.status_code, User.objects.get(pk=manager.pk).name) == (409, "First")
    assert "Now saved here: “First”." in answer.content.decode()


def test_changing_a_role_asks_for_the_password_first(client, house):
    """``force_login`` proves no password, so the page leads to proving it and nothing changes."""
    client.force_login(house["administrator"])
    address = reverse("team:person_role", args=[house["manager"].pk])
    answer = client.post(address, {"role": "finance", "reason": "Moves"})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_reauthenticate"))
    assert User.objects.get(pk=house["manager"].pk).role == Role.KA_MANAGER


def test_a_role_is_changed_with_a_reason(signed_in, house):
    client = signed_in(house["administrator"], proven=True)
    address = reverse("team:person_role", args=[house["manager"].pk])
    assert client.post(address, {"role": "finance"}).status_code == 422
    assert client.post(address, {"role": "finance", "reason": "Moves"}).status_code == 302
    assert AuditEvent.objects.get(verb="person.role_changed").reason == "Moves"


def test_the_last_administrator_is_told_why(signed_in, house):
    answer = signed_in(house["administrator"]).post(reverse("team:person_deactivate", args=[house["administrator"].pk]), {"reason": ""})
    assert answer.status_code == 422
    assert "Ada Admin is the last administrator." in answer.content.decode()


def test_taking_away_and_giving_back_access(signed_in, house):
    client, manager = signed_in(house["administrator"]), house["manager"]
    client.post(reverse("team:person_deactivate", args=[manager.pk]), {"reason": "Left"})
    assert not User.objects.get(pk=manager.pk).is_active
    client.post(reverse("team:person_reactivate", args=[manager.pk]))
    assert User.objects.get(pk=manager.pk).is_active


def test_unlocking_lets_a_slowed_person_try_again(client, signed_in, house):
    manager = house["manager"]
    for _attempt in range(11):
        client.post(reverse("account_login"), {"login": manager.email, "password": "wrong wrong wrong"})
    assert client.post(reverse("account_login"), {"login": manager.email, "password": PASSWORD}).status_code == 200
    signed_in(house["administrator"]).post(reverse("team:person_unlock", args=[manager.pk]))
    client.logout()
    assert client.post(reverse("account_login"), {"login": manager.email, "password": PASSWORD}).status_code == 302
    assert AuditEvent.objects.filter(verb="person.unlocked").count() == 1
    cache.clear()


def test_the_list_asks_the_same_for_one_and_for_many(signed_in, house, assert_same_statements):
    client = signed_in(house["administrator"])
    assert_same_statements(
        lambda: client.get(reverse("team:person_list")), lambda: UserFactory.create_batch(20, ka_manager=True, team=house["manager"].team)
    )


# --- teams ------------------------------------------------------------------------------------------------------------------
def test_the_tree_shows_members_in_scope(signed_in, house):
    page = signed_in(house["supervisor"]).get(reverse("team:team_tree")).content.decode()
    assert ("Mei Manager" in page, "Stan Stranger" in page, "West" in page) == (True, False, True)


def test_a_team_is_made_moved_and_deleted(signed_in, house):
    client = signed_in(house["administrator"])
    east, west = Team.objects.get(name="East"), Team.objects.get(name="West")
    client.post(reverse("team:team_create"), {"name": "Shops", "parent": east.pk})
    shops = Team.objects.get(name="Shops")
    client.post(reverse("team:team_edit", args=[shops.pk]), {"name": "Stores", "parent": west.pk, "seen_version": 1})
    shops.refresh_from_db()
    assert (shops.name, shops.path) == ("Stores", f"{west.path}{shops.pk}/")
    client.post(reverse("team:team_delete", args=[shops.pk]))
    assert not Team.objects.filter(pk=shops.pk).exists()


def test_a_team_is_not_offered_its_own_subtree(signed_in, house):
    east = Team.objects.get(name="East")
    below = TeamFactory(name="Below", parent=east)
    answer = signed_in(house["administrator"]).post(
        reverse("team:team_edit", args=[east.pk]), {"name": "East", "parent": below.pk, "seen_version": 1}
    )
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["parent"])


def test_a_supervisor_changes_no_team(signed_in, house):
    client = signed_in(house["supervisor"])
    east = Team.objects.get(name="East")
    assert client.post(reverse("team:team_edit", args=[east.pk]), {"name": "Mine"}).status_code == 403
    assert client.post(reverse("team:team_delete", args=[east.pk])).status_code == 403


# --- deputies ---------------------------------------------------------------------------------------------------------------
def test_a_manager_names_a_deputy_for_themselves(signed_in, house, time_machine_march):
    client = signed_in(house["manager"])
    entry = {
        "absent": house["manager"].pk,
        "deputy": house["stranger"].pk,
        "starts_on": "2026-03-09",
        "ends_on": "2026-03-13",
        "handover": "Call Li.",
    }
    answer = client.post(reverse("team:delegation_create"), entry)
    delegation = Delegation.objects.get()
    assert (answer.status_code, delegation.deputy, delegation.handover) == (302, house["stranger"], "Call Li.")
    page = client.get(delegation.get_absolute_url()).content.decode()
    assert "Call Li." in page
    client.post(reverse("team:delegation_end", args=[delegation.pk]))
    delegation.refresh_from_db()
    assert delegation.ended_by == house["manager"]


@pytest.fixture
def time_machine_march():
    import time_machine

    with time_machine.travel("2026-03-02 09:00Z"):
        yield


def test_nobody_is_offered_an_absent_person_they_may_not_arrange_for(signed_in, house, time_machine_march):
    client = signed_in(house["manager"])
    entry = {"absent": house["stranger"].pk, "deputy": house["manager"].pk, "starts_on": "2026-03-09", "ends_on": "2026-03-13"}
    answer = client.post(reverse("team:delegation_create"), entry)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["absent"])
    assert Delegation.objects.count() == 0


def test_dates_in_the_past_are_told_at_their_field(signed_in, house, time_machine_march):
    entry = {"absent": house["manager"].pk, "deputy": house["stranger"].pk, "starts_on": "2026-02-09", "ends_on": "2026-03-13"}
    answer = signed_in(house["manager"]).post(reverse("team:delegation_create"), entry)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["starts_on"])


def test_a_foreign_delegation_is_not_found(signed_in, house):
    delegation = DelegationFactory()
    client = signed_in(house["manager"])
    assert client.get(delegation.get_absolute_url()).status_code == 404
    assert client.post(reverse("team:delegation_end", args=[delegation.pk])).status_code == 404


# --- profile ----------------------------------------------------------------------------------------------------------------
def test_a_profile_changes_language_and_nothing_else(signed_in, house):
    manager = house["manager"]
    entry = {
        "name": "Mei", "phone": "1", "language": "zh-hans", "time_zone": "Asia/Shanghai", "theme": "dark", "seen_version": 1,
        "role": "administrator", "email": "x@example.com", "is_active": "", "team": "",
    }  # fmt: skip
    assert signed_in(manager).post(reverse("team:profile"), entry).status_code == 302
    saved = User.objects.get(pk=manager.pk)
    assert (saved.name, saved.language, saved.time_zone, saved.theme) == ("Mei", "zh-hans", "Asia/Shanghai", "dark")
    assert (saved.role, saved.email, saved.is_active, saved.team) == (manager.role, manager.email, True, manager.team)


def test_an_unknown_time_zone_is_refused(signed_in, house):
    entry = {"name": "Mei", "language": "en", "time_zone": "Mars/Base", "theme": "auto", "seen_version": 1}
    answer = signed_in(house["manager"]).post(reverse("team:profile"), entry)
    assert list(answer.context["form"].errors) == ["time_zone"]


# --- audit trail --------------------------------------------------------------------------------------------------------------
def test_the_trail_is_scoped_and_filtered(signed_in, house):
    record(house["manager"], "person.changed", actor=house["manager"], changes={"phone": ["1", "2"]})
    record(house["stranger"], "person.changed", actor=house["stranger"], changes={"phone": ["sentinel-77", "2"]})
    client = signed_in(house["supervisor"])
    page = client.get(reverse("team:audit_list"), {"verb": "changed"}).content.decode()
    assert ("phone: 1 → 2" in page, "sentinel-77" in page) == (True, False)
    nothing = client.get(reverse("team:audit_list"), {"verb": "changed", "until": "2020-01-01"})
    assert nothing.context["count"] == 0
    only = client.get(
        reverse("team:audit_list"), {"actor": house["manager"].pk, "object_id": house["manager"].pk, "since": date.today().isoformat()}
    )
    assert only.context["count"] == 1


def test_an_export_of_the_trail_is_in_the_trail(signed_in, house):
    client = signed_in(house["administrator"])
    answer = client.get(reverse("team:audit_list"), {"_export": "csv"})
    assert (answer.status_code, b"".join(answer.streaming_content)[:3]) == (200, b"\xef\xbb\xbf")
    entry = AuditEvent.objects.get(verb="data.exported")
    assert (entry.actor, entry.changes["rows"][1] >= 1) == (house["administrator"], True)


def test_a_manager_reads_no_trail(signed_in, house):
    assert signed_in(house["manager"]).get(reverse("team:audit_list")).status_code == 403


def test_the_trail_names_fields_in_the_readers_language(signed_in, house):
    record(
        house["manager"],
        "person.changed",
        actor=house["manager"],
        changes={"phone": ["1", "2"], "not_a_field": ["", "x"], "visits": ["", 1]},
    )
    house["supervisor"].language = "zh-hans"
    house["supervisor"].save()

    page = signed_in(house["supervisor"]).get(reverse("team:audit_list"), {"verb": "changed"}).content.decode()

    assert "not_a_field：– → x; 电话：1 → 2; visits：– → 1" in page
