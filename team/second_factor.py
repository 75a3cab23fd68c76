"""Who has to turn on the second factor, and who has."""

from allauth.mfa.models import Authenticator
from django.conf import settings


def needs_second_factor(user):
    """Whether ``user``'s role, or one that they stand in for today, is named in KA_MFA_ROLES."""
    wanted = set(settings.KA_MFA_ROLES)
    return bool(wanted) and (user.role in wanted or any(person.role in wanted for person in user.acts_for))


def has_second_factor(user):
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
