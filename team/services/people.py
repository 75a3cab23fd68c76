"""People: who may sign in, in which role and team."""

import zoneinfo

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from ka_crm.jobs.models import Job
from ka_crm.text import clean_text

from ..audit import changed_fields, record
from ..models import User
from ..roles import Role
from .approvals import reseat
from .sessions import end_sessions
from .tasks import hand_over_all

OWN_FIELDS = frozenset({"name", "phone", "language", "time_zone", "theme"})
CHANGEABLE = OWN_FIELDS | {"email", "team"}


@transaction.atomic
def create_person(*, email, name, role, actor, team=None, language="en", time_zone="", phone="", password=None, send_invitation=True):
    """Let a new person in. Without ``password`` they get a link by mail to choose one.

    ``actor`` is None for commands. Raises ValidationError (by field) for a bad or taken address or a weak password.
    """
    user = User(
        email=clean_text(email).lower(),
        name=clean_text(name),
        role=role,
        team=team,
        language=language,
        time_zone=_known_zone(time_zone),
        phone=clean_text(phone),
    )
    if password is None:
        user.set_unusable_password()
    else:
        validate_password(password, user)
        user.set_password(password)
    user.full_clean()
    user.save()
    record(user, "person.created", actor=actor, changes={"role": [None, user.role], "email": [None, user.email]})
    if password is None and send_invitation:
        invite(person_id=user.pk, actor=actor)
    return user


@transaction.atomic
def invite(*, person_id, actor):
    """Mail the person a link to choose a password; an earlier password keeps working until they do. Refuses the deactivated."""
    user = User.objects.get(pk=person_id)
    if not user.is_active:
        raise DomainError(_("%(name)s may not sign in now. Let them in again first, then send the link.") % {"name": user})
    Job.objects.enqueue("team.send_invitation", unique_key=str(user.pk), requested_by=actor, subject=user.name, person_id=user.pk)
    record(user, "person.invited", actor=actor)


@transaction.atomic
def change_person(*, person_id, actor, expected_version=None, **values):
    """Change name, e-mail, phone, team, language, time zone or appearance; returns the person.

    Raises StaleRecord if ``expected_version`` is given and somebody else saved since, ValidationError by field. The role,
    the password and being let in have verbs of their own.
    """
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"change_person does not change {', '.join(sorted(unknown))}.")
    user = User.objects.select_for_update().get(pk=person_id)
    if expected_version is not None and user.version != expected_version:
        raise StaleRecord(_("Somebody else has changed %(name)s in the meantime.") % {"name": user})
    if "email" in values:
        values["email"] = clean_text(values["email"]).lower()
    if "time_zone" in values:
        values["time_zone"] = _known_zone(values["time_zone"])
    changes = changed_fields(user, values)
    if not changes:
        return user
    for field, value in values.items():
        setattr(user, field, value)
    user.version += 1
    user.full_clean(exclude={"password"})
    user.save(update_fields=[*values, "version"])
    if "email" in changes:
        EmailAddress.objects.filter(user=user).delete()  # allauth's own copy would keep the old address as a way in
        end_sessions(user)
    record(user, "person.changed", actor=actor, changes=changes)
    return user


def change_own_profile(*, actor, expected_version=None, **values):
    """``change_person`` on oneself, for what everybody may choose: name, phone, language, time zone, appearance."""
    if set(values) - OWN_FIELDS:
        raise NotAllowed(_("Your e-mail address and team are changed by an administrator."))
    return change_person(person_id=actor.pk, actor=actor, expected_version=expected_version, **values)


@transaction.atomic
def change_role(*, person_id, role, actor, reason=""):
    """Give the person another role; it counts from their next click. Refuses to take it from the last administrator."""
    admins = _locked_administrators()
    user = User.objects.select_for_update(no_key=True).get(pk=person_id)
    role = Role(role)
    if user.role == role:
        return user
    if user.role == Role.ADMINISTRATOR:
        _refuse_last(user, admins)
    changes = changed_fields(user, {"role": role})
    user.role = role
    user.version += 1
    user.save(update_fields=["role", "version"])
    record(user, "person.role_changed", actor=actor, changes=changes, reason=clean_text(reason))
    reseat(person=user, actor=actor)
    return user


@transaction.atomic
def deactivate_person(*, person_id, actor, reason=""):
    """Let the person in no more: their sessions end at once. Their records stay; what waits for them goes to who leads them.

    Refuses the last administrator.
    """
    admins = _locked_administrators()
    user = User.objects.select_for_update(no_key=True).get(pk=person_id)
    if not user.is_active:
        return user
    if user.role == Role.ADMINISTRATOR:
        _refuse_last(user, admins)
    user.is_active = False
    user.version += 1
    user.save(update_fields=["is_active", "version"])
    end_sessions(user)
    record(user, "person.deactivated", actor=actor, changes={"is_active": [True, False]}, reason=clean_text(reason))
    reseat(person=user, actor=actor)
    hand_over_all(person=user, actor=actor)
    return user


@transaction.atomic
def reactivate_person(*, person_id, actor):
    """Let the person in again, with the password and second factor they had."""
    user = User.objects.select_for_update().get(pk=person_id)
    if user.is_active:
        return user
    user.is_active = True
    user.version += 1
    user.save(update_fields=["is_active", "version"])
    record(user, "person.reactivated", actor=actor, changes={"is_active": [False, True]})
    return user


@transaction.atomic
def set_password(*, person_id, password, actor):
    """Set a password by command or for an invitation; ends the person's sessions. Raises ValidationError("password")."""
    user = User.objects.select_for_update().get(pk=person_id)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    record(user, "person.password_set", actor=actor)
    return user


@transaction.atomic
def reset_second_factor(*, person_id, actor, reason=""):
    """Take away a lost second factor with its recovery codes; sessions end, and a role that needs one has to turn on a new one."""
    user = User.objects.select_for_update().get(pk=person_id)
    if Authenticator.objects.filter(user=user).delete()[0]:
        end_sessions(user)
        record(user, "second_factor.removed", actor=actor, reason=clean_text(reason))
    return user


def note_unlocked(*, person_id, actor):
    """Put the unlocking of a sign-in, which happens in the cache, on record."""
    record(User.objects.get(pk=person_id), "person.unlocked", actor=actor)


def _locked_administrators():
    """The administrators who can sign in, locked in one order, so that two of them cannot remove each other at once.

    Not against rows that name them: somebody who decides an approval meanwhile holds that and notes who decided.
    """
    return {person.pk for person in User.objects.administrators().select_for_update(no_key=True).order_by("pk")}


def _refuse_last(user, admins):
    if admins <= {user.pk}:
        raise DomainError(_("%(name)s is the last administrator. Make somebody else one first.") % {"name": user})


def _known_zone(name):
    """``name`` if it is a time zone, "" for the company's. Raises ValidationError("time_zone")."""
    if name and name not in zoneinfo.available_timezones():
        raise ValidationError({"time_zone": _("“%(name)s” is not a time zone. Choose one such as Asia/Shanghai.") % {"name": name}})
    return name
