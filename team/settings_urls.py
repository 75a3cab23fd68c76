"""Routes of the settings pages."""

from django.urls import path

from ka_crm import policy

from .views import calendars, settings, settings_files

app_name = "company"
urlpatterns = [
    path("", settings.settings_hub, name="settings"),
    path("values/<str:key>/", settings.setting_edit, name="setting_edit"),
    path("roles/", settings.role_list, name="role_list"),
    path("roles/<str:role>/", settings.role_edit, name="role_edit"),
    path("calendars/", policy.requires("settings.manage")(calendars.CalendarList.as_view()), name="calendar_list"),
    path("calendars/new/", calendars.calendar_create, name="calendar_create"),
    path("calendars/<int:pk>/", calendars.calendar_detail, name="calendar_detail"),
    path("calendars/<int:pk>/edit/", calendars.calendar_edit, name="calendar_edit"),
    path("calendars/<int:pk>/day/", calendars.calendar_set_day, name="calendar_set_day"),
    path("calendars/<int:pk>/day/remove/", calendars.calendar_remove_day, name="calendar_remove_day"),
    path("calendars/<int:pk>/holidays/", calendars.calendar_fill, name="calendar_fill"),
    path("calendars/<int:pk>/delete/", calendars.calendar_delete, name="calendar_delete"),
    path("file/", settings_files.settings_page, name="settings_file"),
    path("file/download/", settings_files.settings_download, name="settings_download"),
    path("file/preview/", settings_files.settings_preview, name="settings_preview"),
    path("file/apply/", settings_files.settings_apply, name="settings_apply"),
]
