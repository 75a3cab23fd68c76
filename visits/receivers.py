"""What visits do when something below them changes."""

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils.translation import gettext as _

from ka_crm.jobs.models import Job
from ka_crm.models import Setting

OF_THE_SCORE = ("visits.score_weights", "visits.score_unanswered", "visits.share_target")


@receiver([post_save, post_delete], sender=Setting, dispatch_uid="visits.rescore_after_settings")
def rescore_after_settings(sender, instance, **kwargs):
    """A setting of the score changed or went back to its default: history is scored anew, once for several changes."""
    if instance.key in OF_THE_SCORE and not kwargs.get("raw"):
        Job.objects.enqueue("visits.rescore", unique_key="all", rerun=True, subject=_("Score all visits anew"))
