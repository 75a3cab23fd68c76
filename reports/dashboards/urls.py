"""Routes of the dashboards."""

from django.urls import path

from . import findings_views, views

app_name = "dashboards"
urlpatterns = [
    path("day/", views.day, name="day"),
    path("team/", views.team, name="team"),
    path("figures/", views.figures, name="figures"),
    path("accounts/<int:pk>/", views.account, name="account"),
    path("stores/<int:pk>/", views.store, name="store"),
    path("findings/", findings_views.findings, name="findings"),
    path("findings/set-aside/", findings_views.set_aside, name="findings_set_aside"),
    path("findings/bring-back/", findings_views.bring_back, name="findings_bring_back"),
    path("findings/task/", findings_views.make_task, name="findings_task"),
]
