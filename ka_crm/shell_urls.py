"""Routes of the shell itself."""

from django.urls import path

from . import preferences, styleguide, views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("preferences/language/", preferences.set_language, name="set_language"),
    path("preferences/theme/", preferences.set_theme, name="set_theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
]
