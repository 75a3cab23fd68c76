"""All routes; each app owns its own below."""

from django.urls import include, path

from . import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics_page, name="metrics"),
    path("", include("ka_crm.shell_urls")),
    path("jobs/", include("ka_crm.jobs.urls")),
    path("", include("team.urls")),
    path("settings/", include("team.settings_urls")),
    path("records/", include("team.records.urls")),
    path("", include("accounts.urls")),
    path("", include("sales.urls")),
    path("", include("contracts.urls")),
    path("", include("promotions.urls")),
    path("", include("fees.urls")),
    path("", include("visits.urls")),
    path("reports/", include("reports.urls")),
    path("dashboards/", include("reports.dashboards.urls")),
    path("account/", include("team.closed_urls")),
    path("account/", include("allauth.urls")),
]
handler400 = "ka_crm.views.bad_request"
handler403 = "ka_crm.views.forbidden"
handler404 = "ka_crm.views.not_found"
handler500 = "ka_crm.views.server_error"
