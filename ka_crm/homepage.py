"""The first page after signing in, as a door upward: a later app says which page that is without being imported.

    homepage.register("reports.dashboards.views.home")

in ``AppConfig.ready()``; the view is imported when the first person asks for it. Without one the page draws the panels of “home”.
"""

from django.utils.module_loading import import_string

_REGISTERED = {}


def register(view):
    """Name the view that answers “/” for whoever is signed in; registering again replaces it."""
    _REGISTERED["view"] = view


def registered():
    """The view's function, or None where no app registered one."""
    return import_string(_REGISTERED["view"]) if "view" in _REGISTERED else None
