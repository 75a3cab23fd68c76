"""Sign-ins, refusals, sign-outs, passwords, second factors and exports go to the audit trail; never a secret."""

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from ka_crm import remembered
from ka_crm.exports import exported
from ka_crm.jobs.signals import job_steered
from ka_crm.savedviews import view_changed

from .audit import on_behalf_in_lists, record
from .models import CalendarDay, User, WorkCalendar
from .services.sessions import end_sessions


@receiver(account_signals.user_logged_in)
def note_sign_in(sender, request, user, **kwargs):
    record(user, "session.started", actor=user)


@receiver(user_logged_out)
def note_sign_out(sender, request, user, **kwargs):
    if user is not None:
        record(user, "session.ended", actor=user)


@receiver(user_login_failed)
def note_refusal(sender, credentials, **kwargs):
    """One entry per wrong password, about the person whose address it was. An address of nobody is not kept: it may be a

    password in the wrong field.
    """
    email = str(credentials.get("email") or "").strip().lower()
    person = User.objects.filter(email=email).first() or User(name="–", email="")
    record(person, "session.refused", actor=None)


@receiver([account_signals.password_changed, account_signals.password_set, account_signals.password_reset])
def note_password(sender, request, user, **kwargs):
    with transaction.atomic():
        end_sessions(user)
        record(user, "person.password_changed", actor=user)


@receiver(mfa_signals.authenticator_added)
def note_factor_added(sender, request, user, authenticator, **kwargs):
    record(user, "second_factor.added", actor=user, changes={"type": [None, str(authenticator.type)]})


@receiver(mfa_signals.authenticator_removed)
def note_factor_removed(sender, request, user, authenticator, **kwargs):
    record(user, "second_factor.removed", actor=user, changes={"type": [str(authenticator.type), None]})


@receiver(mfa_signals.authenticator_reset)
def note_factor_reset(sender, request, user, authenticator, **kwargs):
    record(user, "second_factor.renewed", actor=user, changes={"type": [str(authenticator.type), str(authenticator.type)]})


@receiver(mfa_signals.authentication_failed)
def note_wrong_code(sender, request, user, **kwargs):
    record(user, "session.code_refused", actor=None)


@receiver(exported)
def note_export(sender, request, name, file_format, row_count, **kwargs):
    """An export is an entry about the person who took it, with the filter that was set."""
    changes = {"file": [None, f"{name}.{file_format}"], "rows": [None, row_count]}
    behalf = on_behalf_in_lists(request.user, "data.export") if request.user.acts_for else None
    reason = request.get_full_path()[:500]
    record(request.user, "data.exported", actor=request.user, changes=changes, reason=reason, on_behalf_of=behalf)


@receiver(job_steered)
def note_job_steered(sender, job, verb, actor, **kwargs):
    record(job, verb, actor=actor)


for written in (post_save, post_delete):
    for model in (WorkCalendar, CalendarDay):
        written.connect(remembered.forget, sender=model, dispatch_uid=f"team.{model.__name__}.changed")


@receiver(view_changed)
def note_view(sender, view, verb, actor, changes, **kwargs):
    record(view, verb, actor=actor, changes=changes)
