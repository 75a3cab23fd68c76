"""Settings that name roles have to name real ones: a typing error would quietly leave a role without its second factor."""

from django.conf import settings
from django.core.checks import Error, register

from .roles import Role


@register("settings")
def role_settings(app_configs, **kwargs):
    errors = []
    for setting in ("KA_MFA_ROLES", "KA_FIELD_ROLES"):
        unknown = sorted(set(getattr(settings, setting)) - set(Role.values))
        if unknown:
            known = ", ".join(Role.values)
            errors.append(Error(f"{setting} names {', '.join(unknown)}; there are the roles {known}.", id="team.E001"))
    return errors
