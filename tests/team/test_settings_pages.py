"""The page “Settings”, the page of each setting, and what a role may do."""

import pytest
from django.urls import reverse

from ka_crm import company, navigation
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.models import Setting
from team import roles
from team.models import AuditEvent, User
from team.roles import Role
from team.services import settings as services
from tests.factories import PASSWORD, DelegationFactory, UserFactory

pytestmark = pytest.mark.django_db
KEY = "company.backup_days"


@pytest.fixture
def admin():
    return UserFactory(administrator=True, name="Ada Admin")


@pytest.fixture
def signed_in(client, admin):
    """The administrator, who has just given the password once more."""
    client.post(reverse("account_login"), {"login": admin.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


@pytest.fixture
def every_kind(monkeypatch):
    """One setting of each kind, so that each kind of field is drawn and read."""
    monkeypatch.setattr(company, "_DECLARED", dict(company._DECLARED))
    words = {"group": "visits", "label": "Label", "help_text": "What it means."}
    company.declare("test.share", kind="rate", default="0.25", minimum="0", maximum="1", **words)
    company.declare("test.begin", kind="time", default="08:30", **words)
    company.declare("test.words", kind="text", default="", **words)
    company.declare("test.on", kind="bool", default=True, **words)
    company.declare("test.pick", kind="choice", default="a", choices=[("a", "Ah"), ("b", "Beh")], **words)
    company.declare("test.days", kind="int_list", default=[3, 1], **words)
    company.declare("test.weights", kind="weights", default={"osa": 60, "price": 40}, choices=[("osa", "On shelf")], **words)


def address(key=KEY):
    return reverse("company:setting_edit", args=[key])


# --- one setting ----------------------------------------------------------------------------------------------------------------
def test_a_change_is_stored_with_who_made_it_and_one_entry_in_the_trail(signed_in, admin):
    assert signed_in.post(address(), {"value": "5", "seen_version": 0}).status_code == 302
    row, event = Setting.objects.get(key=KEY), AuditEvent.objects.get(verb="setting.changed")
    assert (company.value(KEY), row.value, row.version, row.changed_by) == (5, 5, 1, admin)
    assert (event.actor, event.object_label, event.changes) == (admin, KEY, {KEY: ["2", "5"]})


def test_the_same_value_again_changes_nothing(signed_in):
    signed_in.post(address(), {"value": "2", "seen_version": 0})
    assert (Setting.objects.filter(key=KEY).exists(), AuditEvent.objects.filter(verb="setting.changed").count()) == (False, 0)


def test_back_to_the_default_keeps_the_row_and_its_version(signed_in):
    signed_in.post(address(), {"value": "5", "seen_version": 0})
    assert signed_in.post(address(), {"reset": "1", "seen_version": 1}).status_code == 302
    row = Setting.objects.get(key=KEY)
    assert (company.value(KEY), row.value, row.version) == (2, None, 2)


def test_the_second_editor_sees_what_the_first_chose_and_decides(signed_in, admin):
    services.change_setting(key=KEY, raw=5, actor=admin)
    answer = signed_in.post(address(), {"value": "9", "seen_version": 0})
    assert (answer.status_code, company.value(KEY)) == (409, 5)
    assert "Now saved here: “5 days”." in answer.content.decode()
    assert answer.context["form"]["seen_version"].value() == 1
    assert signed_in.post(address(), {"value": "9", "seen_version": 1}).status_code == 302
    assert company.value(KEY) == 9


def test_a_reset_of_something_changed_meanwhile_is_told_too(signed_in, admin):
    services.change_setting(key=KEY, raw=5, actor=admin)
    services.change_setting(key=KEY, raw=6, actor=admin)
    assert (signed_in.post(address(), {"reset": "1", "seen_version": 1}).status_code, company.value(KEY)) == (409, 6)


def test_a_value_out_of_bounds_is_told_at_the_field(signed_in):
    answer = signed_in.post(address(), {"value": "61", "seen_version": 0})
    assert (answer.status_code, answer.context["form"].errors["value"]) == (422, ["61 is out of bounds: it can be 1 to 60."])
    assert not Setting.objects.filter(key=KEY).exists()


@pytest.mark.parametrize("typed", ["", "x", "1" * 400, "\x00", "٣", "1e3", "NaN", "😀"])
def test_nonsense_is_refused_at_the_field(signed_in, typed):
    answer = signed_in.post(address(), {"value": typed, "seen_version": 0})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["value"])


@pytest.mark.parametrize(
    ("key", "entry", "stored"),
    [
        ("test.share", {"value": "12,5 %"}, "0.125"),
        ("test.begin", {"value": "07:15"}, "07:15"),
        ("test.words", {"value": "Hello"}, "Hello"),
        ("test.on", {}, False),
        ("test.pick", {"value": "b"}, "b"),
        ("test.days", {"value": "7, 3"}, [7, 3]),
        ("test.weights", {"weight_osa": 30, "weight_price": 70}, {"osa": 30, "price": 70}),
    ],
)
def test_each_kind_is_changed_on_its_page(signed_in, every_kind, key, entry, stored):
    assert signed_in.get(address(key)).status_code == 200
    assert signed_in.post(address(key), {**entry, "seen_version": 0}).status_code == 302
    assert Setting.objects.get(key=key).value == stored
    assert signed_in.get(address(key)).status_code == 200


def test_a_page_of_a_setting_says_meaning_default_bounds_and_who_changed_it(signed_in, admin):
    services.change_setting(key=KEY, raw=5, actor=admin)
    page = signed_in.get(address()).content.decode()
    for words in ("The page “Settings” warns when", "2 days", "1 days to 60 days", "Ada Admin", "Back to the default"):
        assert words in page


def test_a_name_that_nobody_declared_is_not_found(signed_in):
    assert signed_in.get(address("no.such_setting")).status_code == 404
    assert signed_in.post(address("team.capabilities.viewer"), {"value": "1"}).status_code == 404


# --- the hub --------------------------------------------------------------------------------------------------------------------
def test_the_hub_lists_every_declared_setting_and_page(signed_in):
    page = signed_in.get(reverse("company:settings"))
    listed = {line["key"] for group in page.context["groups"] for line in group["lines"]}
    assert listed == {setting.key for setting in company.declared()}
    linked = {place["url"] for place in page.context["places"]}
    assert {reverse("company:role_list"), reverse("company:calendar_list"), reverse("contracts:must_stock_list")} <= linked
    assert len(linked) == sum(navigation.address_of(place.url_name) is not None for place in company.places())


def test_the_hub_is_searched(signed_in):
    page = signed_in.get(reverse("company:settings"), {"q": "backup LATE"})
    assert [line["key"] for group in page.context["groups"] for line in group["lines"]] == [KEY]
    assert signed_in.get(reverse("company:settings"), {"q": "nothing is called so"}).context["groups"] == []


def test_the_hub_asks_the_same_for_one_and_for_many(signed_in, admin, every_kind, assert_same_statements):
    def grow():
        for key, raw in (("test.on", False), ("test.words", "x"), ("test.pick", "b")):
            services.change_setting(key=key, raw=raw, actor=UserFactory())

    services.change_setting(key=KEY, raw=5, actor=admin)
    assert_same_statements(lambda: signed_in.get(reverse("company:settings")), grow)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_others_have_no_settings(client, role):
    client.force_login(UserFactory(role=role))
    for page in (reverse("company:settings"), address(), reverse("company:role_list"), reverse("company:settings_file")):
        assert client.get(page).status_code == 403
    assert client.post(address(), {"value": "5"}).status_code == 403
    assert not Setting.objects.filter(key=KEY).exists()


# --- roles ----------------------------------------------------------------------------------------------------------------------
def change(role, *, add=(), take=(), **options):
    held = (roles.capabilities_of(role) | set(add)) - set(take)
    return services.change_capabilities(role=role, held=held, **{"actor": None, **options})


def test_a_grant_and_a_taking_count_with_the_next_request(client):
    viewer = UserFactory(viewer=True)
    client.force_login(viewer)
    assert client.get(reverse("team:audit_list")).status_code == 403
    change(Role.VIEWER, add={"audit.view"})
    assert client.get(reverse("team:audit_list")).status_code == 200
    change(Role.VIEWER, take={"audit.view", "reports.view"})
    assert [client.get(reverse(name)).status_code for name in ("team:audit_list", "reports:report_list")] == [403, 403]


def test_only_differences_are_stored_and_none_is_the_role_as_shipped():
    row = change(Role.VIEWER, add={"audit.view"}, take={"reports.view"})
    assert row.value == {"granted": ["audit.view"], "taken": ["reports.view"]}
    row = change(Role.VIEWER, add={"reports.view"}, take={"audit.view"})
    assert (row.value, roles.capabilities_of(Role.VIEWER)) == (None, roles.CAPABILITIES[Role.VIEWER])


def test_a_deputy_takes_over_what_the_role_may_do_now():
    absent, deputy = UserFactory(supervisor=True), UserFactory(field_rep=True)
    DelegationFactory(absent=absent, deputy=deputy, starts_on="2000-01-01", ends_on="2100-01-01")
    assert User.objects.get(pk=deputy.pk).has_capability("must_stock.manage")
    change(Role.SUPERVISOR, take={"must_stock.manage"})
    assert not User.objects.get(pk=deputy.pk).has_capability("must_stock.manage")


@pytest.mark.parametrize(
    ("role", "add", "take", "said"),
    [
        (
            Role.ADMINISTRATOR,
            (),
            ("settings.manage",),
            "An administrator always has to be able to change settings: otherwise nobody could give it back.",
        ),
        (
            Role.ADMINISTRATOR,
            (),
            ("people.manage",),
            "An administrator always has to be able to let people in, change roles and teams: otherwise nobody could give it back.",
        ),
        (
            Role.FINANCE,
            ("people.manage", "people.view"),
            (),
            "Only administrators can let people in, change roles and teams; give somebody that role instead.",
        ),
        (Role.VIEWER, ("settings.manage",), (), "Only administrators can change settings; give somebody that role instead."),
        (
            Role.KA_MANAGER,
            ("costs.view",),
            (),
            "KA manager does not see all accounts, so it cannot see what products cost: that reaches over all of them.",
        ),
        (
            Role.SUPERVISOR,
            ("jobs.manage",),
            (),
            "Supervisor does not see all accounts, so it cannot see and repeat all jobs: that reaches over all of them.",
        ),
        (Role.VIEWER, ("imports.run",), (), "Who may import files has to be able to see imports too."),
        (Role.FIELD_REP, (), ("visits.view",), "Who may record visits has to be able to see visits too."),
        (Role.VIEWER, ("fly",), (), "There is nothing called “fly” that a role may do."),
    ],
)
def test_what_would_break_the_house_is_refused(role, add, take, said):
    with pytest.raises(DomainError) as refusal:
        change(role, add=add, take=take)
    assert (str(refusal.value), Setting.objects.count()) == (said, 0)


def test_a_difference_that_no_guard_allows_has_no_effect_even_if_stored():
    Setting.objects.create(
        key="team.capabilities.field_rep", value={"granted": ["settings.manage", "jobs.manage", "old.gone"], "taken": []}
    )
    Setting.objects.create(key="team.capabilities.administrator", value={"granted": [], "taken": ["settings.manage", "people.manage"]})
    assert roles.capabilities_of(Role.FIELD_REP) == roles.CAPABILITIES[Role.FIELD_REP]
    assert {"settings.manage", "people.manage"} <= roles.capabilities_of(Role.ADMINISTRATOR)


def test_every_capability_has_words_and_what_it_needs_exists():
    assert set(roles.CAPABILITY_LABELS) == set(roles.ALL_CAPABILITIES)
    assert set(roles.NEEDS) | set(roles.NEEDS.values()) <= roles.ALL_CAPABILITIES
    for role in Role:
        held = roles.CAPABILITIES[role]
        assert all(roles.may_hold(role, one) for one in held)
        assert {one for one in held if roles.NEEDS.get(one, one) not in held} == set()


def test_the_second_editor_of_a_role_is_told(admin):
    change(Role.VIEWER, add={"audit.view"}, expected_version=0)
    with pytest.raises(StaleRecord):
        change(Role.VIEWER, take={"audit.view"}, expected_version=0)


def test_a_role_is_changed_on_its_page_with_a_reason_and_a_trail(signed_in, admin):
    page = reverse("company:role_edit", args=["viewer"])
    held = sorted(roles.CAPABILITIES[Role.VIEWER] | {"audit.view"})
    assert signed_in.get(page).status_code == 200
    assert signed_in.post(page, {"held": held, "seen_version": 0}).status_code == 422  # no reason given
    assert signed_in.post(page, {"held": held, "seen_version": 0, "reason": "Auditors"}).status_code == 302
    event = AuditEvent.objects.get(verb="role.capabilities_changed")
    assert (event.actor, event.reason, event.changes) == (admin, "Auditors", {"audit.view": ["", "+"]})
    assert "read the audit trail" in signed_in.get(reverse("company:role_list")).content.decode()


def test_the_page_refuses_and_keeps_what_was_ticked(signed_in):
    page = reverse("company:role_edit", args=["field_rep"])
    answer = signed_in.post(page, {"held": ["visits.record"], "seen_version": 0, "reason": "x"})
    assert answer.status_code == 422
    assert "Who may record visits has to be able to see visits too." in answer.content.decode()
    assert [box["name"] for group in answer.context["boxes"] for box in group if box["ticked"]] == ["visits.record"]


def test_changing_a_role_asks_for_the_password_first(client, admin):
    """``force_login`` proves no password. Control: the same form with the password given, above, changes it."""
    client.force_login(admin)
    page = reverse("company:role_edit", args=["viewer"])
    answer = client.post(page, {"held": ["accounts.view", "audit.view"], "seen_version": 0, "reason": "x"})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_reauthenticate"))
    assert Setting.objects.count() == 0


@pytest.mark.parametrize("entry", [{"held": ["fly"]}, {"held": ["\x00"]}, {"held": ["x" * 10_000]}, {"held": [], "seen_version": 10**20}])
def test_hostile_entries_are_refused(signed_in, entry):
    answer = signed_in.post(reverse("company:role_edit", args=["viewer"]), {"reason": "x", "seen_version": 0, **entry})
    assert (answer.status_code, Setting.objects.count()) == (422, 0)


def test_a_role_that_is_none_is_not_found(signed_in):
    assert signed_in.get(reverse("company:role_edit", args=["emperor"])).status_code == 404
