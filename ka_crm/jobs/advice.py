"""What a dead letter means and what an administrator does about it, in words."""

from django.utils.translation import gettext as _

# How the errors begin that sweeper and runner write where a process ended or fell silent.
DIED = "The worker "
TOOK_TOO_LONG = ("SoftTimeLimitExceeded", "TimeLimitExceeded")


def advice(job):
    """What to do before running this failed job again: by whether a rule refused, its process died, time ran out, or it is a fault."""
    if job.refused:
        return _("A rule refused it, and who asked for it has read why. Run it again only once the rule will let it pass.")
    if job.last_error.startswith(DIED):
        return _(
            "Its process ended in the middle, each time: too little memory, a time limit, or somebody ended it. "
            "Give the worker more memory or ask for less at once, then run it again."
        )
    if job.last_error.startswith(TOOK_TOO_LONG):
        return _("It took longer than a job may. Ask for less at once or raise the limit (KA_JOBS_SOFT_LIMIT_SECONDS), then run it again.")
    return _(
        "A fault of the program or of what it works on. The worker's log tells all under this job's number. "
        "If the reason may have passed – a full disk, a mail server that was away – run it again now."
    )
