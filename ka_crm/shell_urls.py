"""Routes of the shell itself."""

from django.urls import path

from . import preferences, savedview_pages, styleguide, views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("preferences/language/", preferences.set_language, name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("views/", savedview_pages.view_save, name="view_save"),
    path("views/<uuid:public_id>/", savedview_pages.view_edit, name="view_edit"),
    path("views/<uuid:public_id>/update/", savedview_pages.view_update, name="view_update"),
    path("views/<uuid:public_id>/delete/", savedview_pages.view_delete, name="view_delete"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
