"""What it comes to: reports over everything before, frozen, commented, approved."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Reports")

    def ready(self):
        from .dashboards import registration  # its models are there only now

        registration.register()
        navigation.register("insight", _("Reports"), "reports:report_list", icon="report", capability="reports.view", order=40, phone=True)
        panels.register("key_account", title=_("Reports"), url_name="reports:account_panel", order=60, capability="reports.view")
        panels.register("home", title=_("Reports"), url_name="reports:home_panel", order=50, capability="reports.view")
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
