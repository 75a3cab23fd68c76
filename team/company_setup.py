"""What the settings pages need to know at the start: the company's own settings, the pages to link to, the parts of the file."""

from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from ka_crm import company, navigation, policy_examples, settings_file

from . import settings_parts


def register_company():
    _declare_settings()
    _list_places()
    _add_parts()
    navigation.register("admin", _("Settings"), "company:settings", icon="settings", capability="settings.manage", order=5)
    policy_examples.register("company:calendar", model="team.WorkCalendar")
    policy_examples.register("company:setting_edit", model="ka_crm.Setting", only={"key__startswith": "company."})
    policy_examples.register("company:role_edit", model="team.User", kwargs=lambda person: {"role": person.role})


def _declare_settings():
    company.declare(
        "company.fiscal_year_starts",
        kind="choice",
        default="1",
        choices=[(str(number), name) for number, name in MONTHS.items()],
        group="company",
        label=_("The fiscal year begins in"),
        help_text=_("“Year to date” in reports and on dashboards counts from it. Quarters and years stay those of the calendar."),
    )
    company.declare(
        "company.backup_days",
        kind="int",
        default=2,
        minimum=1,
        maximum=60,
        group="company",
        unit=_("days"),
        label=_("A backup is late after"),
        help_text=_("The page “Settings” warns when the last good backup is older than this."),
    )


def _list_places():
    pages = [
        ("company:role_list", _("Roles"), _("What each role may do."), "shield-lock", "settings.manage"),
        ("team:person_list", _("People"), _("Who may sign in, in which role and team."), "users", "people.manage"),
        ("team:team_tree", _("Teams"), _("Whose work a supervisor sees."), "hierarchy", "people.manage"),
        (
            "company:calendar_list",
            _("Working-day calendars"),
            _("Working days and holidays of each country."),
            "calendar",
            "settings.manage",
        ),
        (
            "company:settings_file",
            _("Settings as a file"),
            _("Take all settings to another place, or back."),
            "download",
            "settings.manage",
        ),
    ]
    for order, (url_name, label, text, icon, capability) in enumerate(pages, start=1):
        company.place(url_name, label=label, text=text, icon=icon, capability=capability, order=order)


def _add_parts():
    parts = [
        ("settings", _("Settings"), settings_parts.dump_values, settings_parts.write_value),
        ("roles", _("Roles"), settings_parts.dump_roles, settings_parts.write_role),
        ("calendars", _("Working-day calendars"), settings_parts.dump_calendars, settings_parts.write_calendar),
        ("approval_routes", _("Approval routes"), settings_parts.dump_routes, settings_parts.write_route),
    ]
    for order, (name, label, dump, write) in enumerate(parts, start=1):
        settings_file.register(name, label=label, dump=dump, write=write, order=order)
