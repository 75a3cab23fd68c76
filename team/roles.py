"""Roles and what each may do: data that pages, policies, tests and the route map share.

A capability opens a route; which rows it shows there is decided by ``visible_to(user)``.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    KA_MANAGER = "ka_manager", _("KA manager")
    FIELD_REP = "field_rep", _("Field rep")
    SUPERVISOR = "supervisor", _("Supervisor")
    FINANCE = "finance", _("Finance")
    ADMINISTRATOR = "administrator", _("Administrator")
    VIEWER = "viewer", _("Viewer")


_VIEW = frozenset({"accounts.view", "products.view", "sales.view", "visits.view", "reports.view"})
_FIELD = frozenset({"accounts.view", "products.view", "visits.view", "visits.record", "reports.view", "reports.write"})
_MANAGER = (
    _VIEW | _FIELD | {"accounts.change", "stores.change", "contacts.change", "imports.view", "imports.run", "reports.build", "data.export"}
)
_SUPERVISOR = _MANAGER | {"people.view", "assignments.manage", "accounts.create", "reports.approve", "must_stock.manage", "audit.view"}
_FINANCE = _VIEW | {"costs.view", "imports.view", "imports.run", "reports.build", "data.export", "audit.view"}

CAPABILITIES = {
    Role.KA_MANAGER: _MANAGER,
    Role.FIELD_REP: _FIELD,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.FINANCE: _FINANCE,
    Role.VIEWER: _VIEW,
    Role.ADMINISTRATOR: _SUPERVISOR
    | _FINANCE
    | {"people.manage", "settings.manage", "jobs.manage", "products.change", "profiles.manage", "imports.master"},
}

# Roles whose work is the whole company: every account, and all money for finance.
SEES_ALL = frozenset({Role.FINANCE, Role.ADMINISTRATOR, Role.VIEWER})

# What a deputy never takes over: these stay with the person (requirements A3, reliability S4).
NOT_DELEGATED = frozenset({"people.manage", "settings.manage", "jobs.manage", "profiles.manage"})
