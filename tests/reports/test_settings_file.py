"""All settings as one file: out of one place, into an empty one, and what a wrong file meets."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from ka_crm import company, settings_file
from ka_crm.models import Setting
from reports.models import DeadlineRule
from sales.models import ImportProfile
from team import roles
from team.models import ApprovalRoute, ApprovalRouteStep, AuditEvent, CalendarDay, WorkCalendar
from team.services import calendars
from team.services import settings as services
from tests.factories import (
    PASSWORD,
    ImportProfileFactory,
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    UserFactory,
)
from visits.models import Cadence

pytestmark = pytest.mark.django_db
SETTING = "company.backup_days"


@pytest.fixture
def admin():
    return UserFactory(administrator=True, email="admin@example.com")


@pytest.fixture
def furnished(admin):
    """Something of every part."""
    account, product = KeyAccountFactory(code="NORTH"), ProductFactory(sku="0001")
    store = StoreFactory(account=account, code="N1")
    services.change_setting(key=SETTING, raw=5, actor=admin)
    held = roles.CAPABILITIES[roles.Role.VIEWER] | {"audit.view"}
    services.change_capabilities(role="viewer", held=held - {"reports.view"}, actor=admin)
    china = calendars.create_calendar(code="CN", name="China", country="CN", is_default=True, actor=admin)
    calendars.fill_holidays(calendar_id=china.pk, country="CN", year=2026, actor=admin)
    route = ApprovalRoute.objects.create(kind="visits.leave")
    ApprovalRouteStep.objects.create(route=route, position=1, name="Leader", approvers="leader")
    ApprovalRouteStep.objects.create(route=route, position=2, name="Office", approvers="person", person=admin, quorum=1, minimum_minor=500)
    ImportProfileFactory(code="MINE", definition=ImportProfile.objects.get(code="D01").definition)
    MustStockRuleFactory(account=account, product=product, store_format="Hyper")
    MustStockRuleFactory(account=None, product=product, store_format="", ends_on="2026-12-31")
    Cadence.objects.create(account=account, every_days=14, starts_on="2026-01-01")
    Cadence.objects.create(store=store, every_days=7, starts_on="2026-01-01", ends_on="2026-06-30")
    DeadlineRule.objects.update_or_create(
        kind="monthly", subject_kind="account", defaults={"day": 5, "counting": "working", "calendar": china}
    )


def empty():
    """Take away everything that the file holds; accounts, products, stores and people stay, as in a place with its master data."""
    for model in (Cadence, DeadlineRule, ApprovalRouteStep, ApprovalRoute, CalendarDay, WorkCalendar, Setting):
        model.objects.all().delete()
    ImportProfile.objects.filter(code="MINE").delete()
    from contracts.models import MustStockRule  # read only here

    MustStockRule.objects.all().delete()


def problems(document):
    return [one.problem for one in settings_file.compare(document, actor=None) if one.state == settings_file.WRONG]


# --- there and back -----------------------------------------------------------------------------------------------------------
def test_out_of_one_place_and_into_an_empty_one_is_equal(furnished, admin):
    before = settings_file.as_text(settings_file.export())
    document = settings_file.read(before.encode())
    assert {name for name, items in document.items() if name not in ("format", "version") and items} == {
        part.name for part in settings_file.parts()
    }  # no part is compared empty
    empty()
    assert settings_file.as_text(settings_file.export()) != before  # control
    settings_file.apply(document, actor=admin)
    assert settings_file.as_text(settings_file.export()) == before
    assert AuditEvent.objects.filter(verb="setting.changed", actor=admin).count() == 2  # once furnished, once imported


def test_applying_again_changes_nothing(furnished):
    document = settings_file.read(settings_file.as_text(settings_file.export()))
    trail = AuditEvent.objects.count()
    states = {one.state for one in settings_file.apply(document, actor=None)}
    assert (states, AuditEvent.objects.count()) == ({settings_file.SAME}, trail)


def test_what_the_file_does_not_name_stays(furnished):
    settings_file.apply({"format": settings_file.FORMAT, "version": 1, "calendars": {}}, actor=None)
    assert (company.value(SETTING), WorkCalendar.objects.count()) == (5, 1)


def test_a_preview_says_everything_and_writes_nothing(furnished):
    document = settings_file.export()
    document["settings"][SETTING] = 6
    document["calendars"]["US"] = {"name": "US", "country": "US", "working_weekdays": "1111100", "is_default": False, "days": {}}
    trail = AuditEvent.objects.count()
    told = {(one.part.name, one.key): one for one in settings_file.compare(document, actor=None) if one.state != settings_file.SAME}
    assert {key: one.state for key, one in told.items()} == {("settings", SETTING): "changed", ("calendars", "US"): "new"}
    assert told["settings", SETTING].lines == (("", "5", "6"),)
    assert (company.value(SETTING), WorkCalendar.objects.count(), AuditEvent.objects.count()) == (5, 1, trail)


# --- wrong files ----------------------------------------------------------------------------------------------------------------
def bad(part, key, value):
    return {"format": settings_file.FORMAT, "version": 1, part: {key: value}}


CALENDAR = {"name": "US", "country": "US", "working_weekdays": "1111100", "is_default": False, "days": {}}
STEP = {"name": "Office", "approvers": "person", "role": "", "person": "nobody@example.com", "quorum": 1}
MUST = {"account": "NONE", "store_format": "", "product": "0001", "starts_on": "2026-01-01", "ends_on": None}
CADENCE = {"account": "", "store": "", "store_format": "", "starts_on": "2026-01-01", "every_days": 0}
RULE = {
    "anchor": "after",
    "day": 5,
    "counting": "working",
    "roll": "none",
    "calendar": "XX",
    "draft_days_before": 3,
    "remind_days_before": "1",
    "is_active": True,
}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (bad("settings", SETTING, 61), "settings.company.backup_days = 61: 61 is out of bounds: it can be 1 to 60."),
        (bad("settings", SETTING, [5]), "settings.company.backup_days = [5]: “[5]” is not a whole number."),
        (bad("settings", "no.such", 1), "settings.no.such = 1: there is no setting of this name."),
        (
            bad("roles", "viewer", {"granted": ["settings.manage"], "taken": []}),
            "Only administrators can change settings; give somebody that role instead.",
        ),
        (
            bad("roles", "viewer", {"granted": [1], "taken": []}),
            'roles.viewer = {"granted": [1], "taken": []}: There is nothing called “1” that a role may do.',
        ),
        (
            bad("roles", "emperor", {}),
            "roles.emperor = {}: there is no such role; there are ka_manager, field_rep, supervisor, finance, administrator, viewer.",
        ),
        (bad("calendars", "US", {**CALENDAR, "working_weekdays": "0000000"}), "A week needs at least one working day."),
        (
            bad("calendars", "US", {**CALENDAR, "days": {"2026-02-30": {"is_working": False, "name": ""}}}),
            "“2026-02-30” is not a day; write 2026-03-31.",
        ),
        (bad("calendars", "US", {**CALENDAR, "is_default": 1}), "is_default: “1” is not what belongs there."),
        (
            bad("calendars", "US", {**CALENDAR, "extra": 1}),
            "“extra” is no field of it; there are name, country, working_weekdays, is_default, days.",
        ),
        (bad("calendars", "US", "x"), 'calendars.US = "x": it has to be an object with name, country, working_weekdays, is_default, days.'),
        (bad("approval_routes", "visits.leave", [STEP]), "nobody who may sign in has the address “nobody@example.com”."),
        (bad("approval_routes", "visits.leave", []), "approval_routes.visits.leave = []: a route is a list of steps."),
        (bad("must_stock", "NONE / * / 0001 / 2026-01-01", MUST), "account: there is no key account “NONE” here."),
        (bad("must_stock", "x", MUST), "account: there is no key account “NONE” here."),
        (bad("cadences", "* / * / * / 2026-01-01", CADENCE), "0 days are no cadence: 1 to 366 are possible."),
        (bad("deadline_rules", "monthly/account", RULE), "calendar: there is no calendar “XX” here."),
        (
            bad("import_profiles", "X", {"name": "X", "kind": "sellout", "definition": {"container": "stone"}, "is_active": True}),
            "definition: ",
        ),
    ],
)
def test_a_wrong_item_is_named_with_its_path_and_value_and_nothing_is_applied(document, said):
    document["settings"] = {**document.get("settings", {}), "company.backup_days": document.get("settings", {}).get(SETTING, 7)}
    found = problems(document)
    assert len(found) == 1
    assert said in found[0]
    with pytest.raises(settings_file.FileRefused, match="1 item cannot be applied, so nothing was changed."):
        settings_file.apply(document, actor=None)
    assert (company.value(SETTING), AuditEvent.objects.count()) == (2, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is not JSON: something is wrong near line 1."),
        (b"\xff\xfe\x00x", "The file is not UTF-8 text. Download one from this page and change that."),
        (b"[]", "This is no file of settings: it has to say “format”: “ka-crm-settings”."),
        (b'{"format": "ka-crm-settings", "version": 2}', "The file is of version 2; this program reads version 1."),
        (b'{"format": "ka-crm-settings", "version": 1, "magic": {}}', "magic: there is no such part; there are "),
        (b'{"format": "ka-crm-settings", "version": 1, "roles": []}', "roles: “[]” is not a set of items by name."),
        (b'{"format": "ka-crm-settings", "format": "x"}', "“format” stands in the file twice."),
        (b'{"a": NaN}', "The file is not JSON: “NaN” is no number."),
        (b'{"a": ' + b"1" * 5000 + b"}", "The file is not JSON: something is wrong near line 0."),
        (b"[" * 100_000, "The file is not JSON: something is wrong near line "),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_with_the_reason(content, said):
    with pytest.raises(settings_file.UnreadableFile) as refusal:
        settings_file.read(content)
    assert str(refusal.value).startswith(said)


# --- pages and commands -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def signed_in(client, admin):
    client.post(reverse("account_login"), {"login": admin.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def upload(client, document):
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post(reverse("company:settings_preview"), {"file": SimpleUploadedFile("settings.json", text)})


def test_download_preview_and_apply_on_the_page(signed_in, furnished):
    answer = signed_in.get(reverse("company:settings_download"))
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(verb="data.exported").count() == 1
    document = json.loads(answer.content)
    document["settings"][SETTING] = 6
    preview = upload(signed_in, document)
    assert (preview.status_code, preview.context["counts"]["changed"], company.value(SETTING)) == (200, 1, 5)
    entry = {"text": preview.context["text"], "seen": preview.context["seen"]}
    assert signed_in.post(reverse("company:settings_apply"), entry).status_code == 302
    assert company.value(SETTING) == 6


def test_what_changed_since_the_preview_is_shown_again(signed_in, admin):
    preview = upload(signed_in, bad("settings", SETTING, 6))
    services.change_setting(key=SETTING, raw=9, actor=admin)
    entry = {"text": preview.context["text"], "seen": preview.context["seen"]}
    again = signed_in.post(reverse("company:settings_apply"), entry)
    assert (again.status_code, company.value(SETTING)) == (409, 9)
    entry = {"text": again.context["text"], "seen": again.context["seen"]}
    assert signed_in.post(reverse("company:settings_apply"), entry).status_code == 302
    assert company.value(SETTING) == 6


def test_a_wrong_file_is_shown_and_cannot_be_applied(signed_in):
    preview = upload(signed_in, bad("settings", SETTING, 61))
    assert (preview.status_code, preview.context["can_apply"]) == (200, False)
    assert "61 is out of bounds: it can be 1 to 60." in preview.content.decode()
    assert upload(signed_in, b"{").status_code == 422
    answer = signed_in.post(reverse("company:settings_apply"), {"text": "{", "seen": ""}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["The file is not JSON: something is wrong near line 1."]


def test_applying_asks_for_the_password_first(client, admin):
    client.force_login(admin)
    text = json.dumps(bad("settings", SETTING, 6))
    answer = client.post(reverse("company:settings_apply"), {"text": text, "seen": ""})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_reauthenticate"))
    assert company.value(SETTING) == 2


def test_the_commands_write_tell_and_apply(furnished, tmp_path):
    path, said = tmp_path / "settings.json", StringIO()
    call_command("settings_export", str(path))
    services.change_setting(key=SETTING, raw=9, actor=None)
    call_command("settings_import", str(path), "--dry-run", stdout=said)
    assert company.value(SETTING) == 9
    assert "changed: settings.company.backup_days: 9 → 5" in said.getvalue()
    call_command("settings_import", str(path), stdout=StringIO())
    assert company.value(SETTING) == 5


@pytest.mark.parametrize("arguments", [[], ["--dry-run"]])
def test_the_command_refuses_a_wrong_file(tmp_path, arguments):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(bad("settings", SETTING, 61)))
    with pytest.raises(CommandError):
        call_command("settings_import", str(path), *arguments, stdout=StringIO(), stderr=StringIO())
