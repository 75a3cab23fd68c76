"""Mail to people."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.jobs.handlers import job_handler

from .models import User


@job_handler("team.send_invitation", title=gettext_lazy("Send an invitation"))
def send_invitation(job, *, person_id):
    """Mail a link, good for PASSWORD_RESET_TIMEOUT, where the person chooses a password."""
    person = User.objects.get(pk=person_id)
    if not person.is_active:
        return
    with translation.override(person.language):
        _mail_link(job, person, subject=_("Your access to %(company)s"), template="team/mail/invitation.txt")


@job_handler("team.send_password_link", title=gettext_lazy("Send a link to choose a new password"))
def send_password_link(job, *, email):
    """Mail the link if somebody who may sign in has this address; nobody is told that nobody has it."""
    person = User.objects.active().filter(email=email).first()
    if person is None:
        return
    with translation.override(person.language):
        _mail_link(job, person, subject=_("A new password for %(company)s"), template="team/mail/password_link.txt")


def _mail_link(job, person, *, subject, template):
    """Write to ``person`` where a password can be chosen; the job mails once, however often it runs."""
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    context = {
        "person": person,
        "address": settings.KA_SITE_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key),
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        "company": settings.KA_COMPANY_NAME,
    }
    with job.once("mail") as first:
        if first:
            send_mail(subject % context, render_to_string(template, context), None, [person.email])
