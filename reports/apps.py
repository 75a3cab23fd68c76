"""What it comes to: reports over everything before, frozen, commented, approved."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples
from team import agenda, notices


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self):
        from . import settings_parts  # its models are there only now, as below
        from .dashboards import registration

        settings_parts.register()
        registration.register()
        navigation.register(
            "insight", _("Reports"), "reports:report_list", icon="report", capability="reports.view", order=40, phone=True, key="r"
        )
        panels.register("key_account", title=_("Reports"), url_name="reports:account_panel", order=60, capability="reports.view")
        panels.register("home", title=_("Reports"), url_name="reports:home_panel", order=50, capability="reports.view")
        from . import approvals, receivers, services  # noqa: F401 – connects them; their models are there only now
        from .agenda import deadlines_of

        approvals.register(services.conclude)
        agenda.register("deadlines", deadlines_of)
        notices.register_kind("reports.due_soon", label=_("Report due"), text=_("“%(report)s” is due on %(due_on)s."))
        notices.register_kind("reports.late", label=_("Report late"), text=_("“%(report)s” was due on %(due_on)s and is not handed in."))
        notices.register_kind(
            "reports.team_late",
            label=_("Reports of the team late"),
            text=_("%(report)s, due on %(due_on)s: %(count)s not handed in (%(people)s)."),
        )
        post_migrate.connect(_make_default_rules, sender=self)
        policy_examples.register("reports:rule", model="reports.DeadlineRule")
        navigation.register("insight", _("Deadlines"), "reports:deadline_list", icon="clock", capability="reports.view", order=45)
        navigation.register("insight", _("League tables"), "reports:league", icon="trending-up", capability="reports.view", order=46)
        policy_examples.register("reports:run", model="reports.ReportRun")
        policy_examples.register("reports:account_panel", model="accounts.KeyAccount")
        policy_examples.register(
            "reports:section",
            model="reports.ReportSection",
            kwargs=lambda section: {"public_id": section.report.public_id, "key": section.key},
        )
        policy_examples.register(
            "reports:report_file",
            model="reports.Report",
            kwargs=lambda report: {"public_id": report.public_id, "language": "en", "file_format": "pdf"},
        )


def _make_default_rules(sender, using, **kwargs):
    """A new installation has its deadlines from the first day; rules that are there stay."""
    from .deadlines.services import make_default_rules  # models are there only now

    try:
        kwargs.get("apps", apps).get_model("reports", "DeadlineRule")
    except LookupError:
        return  # migrated to a state before there were rules
    if using == "default":
        make_default_rules()
