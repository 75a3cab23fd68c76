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
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    address = settings.KA_SITE_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key)
    with translation.override(person.language):
        subject = _("Your access to %(company)s") % {"company": settings.KA_COMPANY_NAME}
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        text = render_to_string(
            "team/mail/invitation.txt", {"person": person, "address": address, "hours": hours, "company": settings.KA_COMPANY_NAME}
        )
    with job.once("mail") as first:
        if first:
            send_mail(subject, text, None, [person.email])
