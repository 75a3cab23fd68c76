"""Settings and what each role may do: one row, one version and one audit entry per change."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ka_crm import company, remembered
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.models import Setting

from .. import roles
from ..audit import record


@transaction.atomic
def change_setting(*, key, raw, actor, expected_version=None):
    """Give the setting ``key`` the value ``raw``, as typed in a form or a file; a value equal to the default is kept as none.

    ``expected_version`` is the version the person saw, 0 where nothing was stored. Raises company.WrongValue, StaleRecord, and
    KeyError for a name that no app declared.
    """
    setting = company.find(key)
    typed = company.checked(key, raw)
    row = _locked(key, expected_version)
    before = company.as_json(setting.default) if row.value is None else row.value
    after = company.as_json(typed)
    if before != after:
        _write(row, None if typed == setting.default else after, actor)
        record(row, "setting.changed", actor=actor, changes={key: [company.shown(before), company.shown(after)]})
    return row


@transaction.atomic
def reset_setting(*, key, actor, expected_version=None):
    """Back to the value that the program comes with."""
    return change_setting(key=key, raw=company.find(key).default, actor=actor, expected_version=expected_version)


@transaction.atomic
def change_capabilities(*, role, held, actor, expected_version=None, reason=""):
    """Let ``role`` do exactly what ``held`` names, from the next click on; only the differences to the shipped role are stored.

    Raises DomainError naming the first capability that the role may not hold, cannot lose or that lacks another, StaleRecord.
    """
    role = roles.Role(role)
    held = frozenset(held)
    _check_capabilities(role, held)
    row = _locked(roles.setting_of(role), expected_version)
    before = roles.capabilities_of(role) if row.value is None else roles.applied(role, **row.value)
    if before != held:
        shipped = roles.CAPABILITIES[role]
        differences = {"granted": sorted(held - shipped), "taken": sorted(shipped - held)}
        _write(row, differences if any(differences.values()) else None, actor)
        changes = {name: ["", "+"] for name in sorted(held - before)} | {name: ["+", ""] for name in sorted(before - held)}
        record(row, "role.capabilities_changed", actor=actor, changes=changes, reason=reason)
    return row


def _check_capabilities(role, held):
    words = {"role": role.label}
    if unknown := sorted(held - roles.ALL_CAPABILITIES):
        raise DomainError(_("There is nothing called “%(name)s” that a role may do.") % {"name": unknown[0][:60]})
    if role == roles.Role.ADMINISTRATOR and (missing := sorted(roles.ONLY_ADMINISTRATOR - held)):
        raise DomainError(
            _("An administrator always has to be able to %(what)s: otherwise nobody could give it back.")
            % {"what": roles.CAPABILITY_LABELS[missing[0]]}
        )
    for name in sorted(held):
        words["what"] = roles.CAPABILITY_LABELS.get(name, name)
        if not roles.may_hold(role, name):
            if name in roles.ONLY_ADMINISTRATOR:
                raise DomainError(_("Only administrators can %(what)s; give somebody that role instead.") % words)
            raise DomainError(_("%(role)s does not see all accounts, so it cannot %(what)s: that reaches over all of them.") % words)
        needed = roles.NEEDS.get(name)
        if needed and needed not in held:
            words["needed"] = roles.CAPABILITY_LABELS.get(needed, needed)
            raise DomainError(_("Who may %(what)s has to be able to %(needed)s too.") % words)


def _locked(key, expected_version):
    """The row of ``key``, locked; a new one of version 0 where nothing was stored. Raises StaleRecord."""
    row = Setting.objects.select_for_update().filter(key=key).first() or Setting(key=key, version=0)
    if expected_version is not None and row.version != expected_version:
        raise StaleRecord(_("Somebody else changed this setting while you were editing it. Look at what it is now and decide again."))
    return row


def _write(row, value, actor):
    row.value, row.changed_by = value, actor
    row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # two people changed it for the first time at once
        raise StaleRecord(
            _("Somebody else changed this setting while you were editing it. Look at what it is now and decide again.")
        ) from error
    transaction.on_commit(remembered.forget)
