"""Routes of work for later."""

from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("", views.job_list, name="job_list"),
    path("retry-failed/", views.job_retry_failed, name="job_retry_failed"),
    path("<uuid:uuid>/", views.job_detail, name="job_detail"),
    path("<uuid:uuid>/progress/", views.job_progress, name="job_progress"),
    path("<uuid:uuid>/retry/", views.job_retry, name="job_retry"),
    path("<uuid:uuid>/cancel/", views.job_cancel, name="job_cancel"),
]
