"""The page door upward: a later app adds a panel to an earlier app's record page without being imported by it.

    panels.register("key_account", title=_("Visits"), url_name="visits:account_panel", order=40, capability="visits.view")

in ``AppConfig.ready()``; the record page draws each by ``hx-get`` of ``reverse(url_name, args=[pk])``.
"""

from dataclasses import dataclass

_PANELS = {}


@dataclass(frozen=True)
class Panel:
    """One block of a record page; ``url_name`` takes the record's pk."""

    title: str
    url_name: str
    order: int
    capability: str | None


def register(noun, *, title, url_name, order=50, capability=None):
    """Add a panel to the page of ``noun``; registering the same url again replaces it."""
    _PANELS.setdefault(noun, {})[url_name] = Panel(title, url_name, order, capability)


def panels_for(noun, user):
    """The panels of ``noun`` that ``user``'s capabilities open, in order."""
    panels = (panel for panel in _PANELS.get(noun, {}).values() if panel.capability is None or user.has_capability(panel.capability))
    return sorted(panels, key=lambda panel: (panel.order, panel.url_name))
