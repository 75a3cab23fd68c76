"""How somebody wants to be told, and the secret address of their calendar feed."""

import secrets
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import StaleRecord

from ..audit import changed_fields, record
from ..models import NotificationPreference, User


@transaction.atomic
def change_preferences(*, actor, expected_version=None, **values):
    """Keep one's own choices; what is not given stays. Raises StaleRecord, ValidationError by field."""
    preference = _locked(actor)
    if expected_version is not None and preference.version != expected_version:
        raise StaleRecord(_("Your settings were changed in another window in the meantime."))
    changes = changed_fields(preference, values)
    if not changes:
        return preference
    for field, value in values.items():
        setattr(preference, field, value)
    preference.version += 1
    preference.full_clean()
    preference.save()
    record(actor, "person.notifications_changed", actor=actor, changes=changes)
    return preference


@transaction.atomic
def renew_calendar(*, actor):
    """Open the calendar feed, or give it a new address so that the old one leads nowhere; returns the secret, which is kept hashed only."""
    secret = secrets.token_urlsafe(32)
    _keep_secret(actor, hashed(secret), "person.calendar_opened")
    return secret


@transaction.atomic
def close_calendar(*, actor):
    """Close the calendar feed: its address leads nowhere."""
    _keep_secret(actor, "", "person.calendar_closed")


def owner_of_calendar(secret):
    """Whose feed has this secret; None for a wrong one, a closed feed, and people who may no longer sign in."""
    if not secret:
        return None
    return User.objects.active().filter(notification_preference__calendar_secret=hashed(secret)).first()


def hashed(secret):
    """A secret of 32 random bytes needs no slow hash: it cannot be guessed."""
    return sha256(secret.encode()).hexdigest()


def _keep_secret(actor, digest, verb):
    preference = _locked(actor)
    preference.calendar_secret = digest
    preference.save(update_fields=["calendar_secret"])
    record(actor, verb, actor=actor)


def _locked(user):
    NotificationPreference.objects.get_or_create(user=user)
    return NotificationPreference.objects.select_for_update(of=("self",)).get(user=user)
