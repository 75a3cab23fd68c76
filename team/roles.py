"""Roles and what each may do: data that pages, policies, tests and the route map share.

A capability opens a route; which rows it shows there is decided by ``visible_to(user)``. An administrator grants and takes
away single capabilities on the page “Roles”: the differences are settings, read with ``capabilities_of``.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ka_crm import company


class Role(TextChoices):
    KA_MANAGER = "ka_manager", _("KA manager")
    FIELD_REP = "field_rep", _("Field rep")
    SUPERVISOR = "supervisor", _("Supervisor")
    FINANCE = "finance", _("Finance")
    ADMINISTRATOR = "administrator", _("Administrator")
    VIEWER = "viewer", _("Viewer")


_VIEW = frozenset({"accounts.view", "products.view", "sales.view", "visits.view", "reports.view"})
_FIELD = frozenset({"accounts.view", "products.view", "visits.view", "visits.record", "reports.view", "reports.write", "records.comment"})
_MANAGER = (
    _VIEW | _FIELD | {"accounts.change", "stores.change", "contacts.change", "imports.view", "imports.run", "reports.build", "data.export"}
)
_SUPERVISOR = _MANAGER | {"people.view", "assignments.manage", "accounts.create", "reports.approve", "must_stock.manage", "audit.view"}
_SUPERVISOR |= {"cadence.manage"}
_FINANCE = _VIEW | {"costs.view", "imports.view", "imports.run", "reports.build", "data.export", "audit.view", "records.comment"}

# What each role may do as shipped; what it may do here is ``capabilities_of``.
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
ALL_CAPABILITIES = frozenset().union(*CAPABILITIES.values())

# Roles whose work is the whole company: every account, and all money for finance.
SEES_ALL = frozenset({Role.FINANCE, Role.ADMINISTRATOR, Role.VIEWER})

# What a deputy never takes over: these stay with the person (requirements A3, reliability S4).
NOT_DELEGATED = frozenset({"people.manage", "settings.manage", "jobs.manage", "profiles.manage"})

# An administrator without these could not undo what they did, and anybody else with them could make themselves administrator.
ONLY_ADMINISTRATOR = frozenset({"people.manage", "settings.manage"})
# These reach over all accounts at once, so that only a role that sees them all may hold them.
ONLY_WHO_SEES_ALL = frozenset({"jobs.manage", "products.change", "profiles.manage", "imports.master", "costs.view"})
# What makes no sense without another: its pages are reached from there.
NEEDS = {
    "accounts.change": "accounts.view",
    "accounts.create": "accounts.view",
    "stores.change": "accounts.view",
    "contacts.change": "accounts.view",
    "assignments.manage": "people.view",
    "people.manage": "people.view",
    "products.change": "products.view",
    "costs.view": "products.view",
    "imports.run": "imports.view",
    "imports.master": "imports.run",
    "profiles.manage": "imports.view",
    "visits.record": "visits.view",
    "must_stock.manage": "visits.view",
    "cadence.manage": "visits.view",
    "reports.write": "reports.view",
    "reports.build": "reports.view",
    "reports.approve": "reports.view",
}
CAPABILITY_LABELS = {
    "accounts.view": _("see key accounts, stores and contacts"),
    "accounts.create": _("create key accounts"),
    "accounts.change": _("change key accounts"),
    "stores.change": _("create and change stores"),
    "contacts.change": _("create and change contacts"),
    "assignments.manage": _("say who looks after which account"),
    "products.view": _("see products"),
    "products.change": _("create and change products"),
    "costs.view": _("see what products cost"),
    "sales.view": _("see sell-out"),
    "imports.view": _("see imports"),
    "imports.run": _("import files"),
    "imports.master": _("import master data"),
    "profiles.manage": _("create and change import profiles"),
    "must_stock.manage": _("change must-stock lists"),
    "cadence.manage": _("change how often stores are visited"),
    "visits.view": _("see visits"),
    "visits.record": _("record visits"),
    "reports.view": _("see reports"),
    "reports.write": _("write reports"),
    "reports.build": _("have reports built"),
    "reports.approve": _("approve and return reports"),
    "data.export": _("export lists"),
    "records.comment": _("write comments and attach files"),
    "audit.view": _("read the audit trail"),
    "people.view": _("see people and teams"),
    "people.manage": _("let people in, change roles and teams"),
    "settings.manage": _("change settings"),
    "jobs.manage": _("see and repeat all jobs"),
}


def setting_of(role):
    """The name under which a role's differences are stored."""
    return f"team.capabilities.{role}"


def capabilities_of(role):
    """What ``role`` may do here: as shipped, with what an administrator granted and took away."""
    shipped = CAPABILITIES[role]
    stored = company.stored_value(setting_of(role))
    if not stored:
        return shipped
    return applied(role, granted=stored.get("granted", ()), taken=stored.get("taken", ()))


def applied(role, *, granted, taken):
    """The role's capabilities after the differences; what no guard allows, or nobody knows any more, has no effect."""
    held = (CAPABILITIES[role] - frozenset(taken)) | {one for one in granted if may_hold(role, one)}
    if role == Role.ADMINISTRATOR:
        held |= ONLY_ADMINISTRATOR | {"people.view"}
    return held & ALL_CAPABILITIES


def may_hold(role, capability):
    """Whether the house's rules let ``role`` hold ``capability`` at all."""
    if capability in ONLY_ADMINISTRATOR:
        return role == Role.ADMINISTRATOR
    return capability not in ONLY_WHO_SEES_ALL or role in SEES_ALL


def roles_with(capability):
    """The roles that hold ``capability`` here."""
    return [role for role in Role if capability in capabilities_of(role)]
