"""How sign-in behaves here: administrators create people, nobody signs up; second factors are kept encrypted."""

import base64
import hashlib

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings

from ka_crm.jobs.models import Job

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


class MailedResetForm(ResetPasswordForm):
    """Asks for a link to choose a new password. A worker looks the address up and writes the mail, so that the answer and its

    time are the same whether or not somebody has the address, and a mail server that is down delays nobody.
    """

    def save(self, request, **kwargs):
        email = self.cleaned_data["email"].lower()
        Job.objects.enqueue("team.send_password_link", unique_key=hashlib.sha256(email.encode()).hexdigest(), email=email)
        return email


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
