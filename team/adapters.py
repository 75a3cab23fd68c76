"""How sign-in behaves here: administrators create people, nobody signs up; second factors are kept encrypted."""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from ka_crm.jobs.models import Job

from .models import User
from .second_factor import needs_second_factor


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def reauthenticate(self, user, password):
        """Whether ``password`` is the signed-in person's; counted against guessing like a sign-in.

        The package looks the address up in a table of its own, which this house does not fill: User.email is the one truth.
        """
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def unlock(self, request, email):
        """Forget the failed attempts on this address, so that its person may try again at once."""
        self._delete_login_attempts_cached_email(request, email=email)
        person = User.objects.filter(email=email).first()
        if person is not None:
            ratelimit.clear(request, **_code_limit(person))


class MailedResetForm(ResetPasswordForm):
    """Asks for a link to choose a new password. A worker looks the address up and writes the mail, so that the answer and its

    time are the same whether or not somebody has the address, and a mail server that is down delays nobody.
    """

    def save(self, request, **kwargs):
        email = self.cleaned_data["email"].lower()
        Job.objects.enqueue("team.send_password_link", unique_key=hashlib.sha256(email.encode()).hexdigest(), email=email)
        return email


def _code_limit(user):
    """Five wrong codes in a quarter of an hour, counted for the person by themselves: apart from wrong passwords."""
    return {"app": "team", "action": "second_factor", "key": str(user.pk), "config": {"second_factor": "5/15m/key"}}


class _LimitedCode:
    """A code is looked at only while the person has tries left; a right one gives them all back."""

    def clean_code(self):
        if not ratelimit.consume(context.request, **_code_limit(self.user)):
            raise AccountAdapter(context.request).validation_error("too_many_login_attempts")
        code = super().clean_code()
        ratelimit.clear(context.request, **_code_limit(self.user))
        return code


class LimitedCodeForm(_LimitedCode, AuthenticateForm):
    pass


class LimitedCodeAgainForm(_LimitedCode, ReauthenticateForm):
    pass


class MFAAdapter(DefaultMFAAdapter):
    """Secrets are encrypted with a key derived from SECRET_KEY; SECRET_KEY_FALLBACKS keep reading what an older key wrote."""

    def encrypt(self, text):
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _box().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator):
        return not needs_second_factor(authenticator.user)


def _box():
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor " + key.encode()).digest())) for key in keys])
