"""Mail to people, and what the clock asks for: digests, reminders of tasks, approvers for what waits for nobody."""

from datetime import timedelta
from email.utils import parseaddr

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ka_crm.jobs.handlers import every, job_handler
from ka_crm.jobs.models import Job
from ka_crm.jobs.services import MAX_BACKOFF_SECONDS
from ka_crm.jobs.states import JobState

from .digests import MOST_LINES, is_muted, lines_of, people_owed, unmailed, zone_of
from .models import Notification, NotificationPreference, User
from .reminders import remind
from .services.approvals import fill_empty_steps


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


# --- digests and reminders: the clock asks often, the rows say what was done ----------------------------------------------------
@every("team.digests", seconds=60)
def order_digests(now):
    """A job for each person to whom a digest is due; one unfinished job per person, whoever asks."""
    rests = timedelta(seconds=MAX_BACKOFF_SECONDS)  # after the last attempt failed: a mail server that is down is not asked each minute
    failed = Job.objects.filter(kind="team.send_digest", state=JobState.FAILED, finished_at__gt=now - rests)
    resting = set(failed.values_list("unique_key", flat=True))
    for user_id in people_owed(now):
        if str(user_id) in resting:
            continue
        Job.objects.enqueue("team.send_digest", unique_key=str(user_id), user_id=user_id)


@job_handler("team.send_digest", title=gettext_lazy("Send what is new by e-mail"))
def send_digest(job, *, user_id):
    """One mail that lists everything that was unmailed when the job was ordered; the rows are marked once the mail server has it.

    So a worker that is killed before sends later, and none is lost. One that is killed between sending and marking sends again:
    the same rows under the same Message-ID, which mailboxes show once. A mail server that refuses is asked again by the next attempt.
    """
    now = timezone.now()
    person = User.objects.select_related("team").get(pk=user_id)
    if not person.is_active or not people_owed(now, user=person):
        return
    rows = list(unmailed(now).filter(user=person, created_at__lte=job.row.created_at).for_list())
    preference = NotificationPreference.objects.filter(user=person).first() or NotificationPreference(user=person)
    with translation.override(person.language), timezone.override(zone_of(person)):
        groups = lines_of(person, [row for row in rows if not is_muted(preference, row.kind)][:MOST_LINES])
        if groups:
            job.raise_if_cancelled()  # a run that slept through its lease has a successor
            _digest_mail(person, groups, number=job.uuid).send()
    with job.finishing({"lines": sum(len(group["lines"]) for group in groups)}):
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
        NotificationPreference.objects.filter(user=person).update(last_digest_at=now)


def _digest_mail(person, groups, *, number):
    """Text and HTML, in the active language, with the way to the settings; ``number`` makes the Message-ID."""
    count = sum(len(group["lines"]) for group in groups)
    settings_url = settings.KA_SITE_URL.rstrip("/") + reverse("team:notification_settings")
    context = {
        "person": person,
        "groups": groups,
        "count": count,
        "company": settings.KA_COMPANY_NAME,
        "inbox_url": settings.KA_SITE_URL.rstrip("/") + reverse("team:inbox"),
        "settings_url": settings_url,
    }
    subject = ngettext("%(company)s: %(count)d message", "%(company)s: %(count)d messages", count) % context
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"List-Unsubscribe": f"<{settings_url}>", "Message-ID": f"<digest.{number}@{domain}>"}
    mail = EmailMultiAlternatives(subject, render_to_string("team/mail/digest.txt", context), None, [person.email], headers=headers)
    mail.attach_alternative(render_to_string("team/mail/digest.html", context), "text/html")
    return mail


@every("team.task_reminders", seconds=300)
def remind_of_tasks(now):
    """Tells people of tasks that are due today and of those that are late, each once; hours that nobody worked are caught up."""
    remind(now)


@every("team.seats", seconds=3600)
def look_for_approvers(now):
    """Finds people for approvals that wait for nobody."""
    fill_empty_steps()
