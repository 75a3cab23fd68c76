"""The door upward: later apps listen without being imported here."""

from django.dispatch import Signal

# A person retried or cancelled a job; sent in the same transaction, for the audit trail. Arguments: job, verb, actor.
job_steered = Signal()
# A job reached its end (done, failed or cancelled); sent in the worker after that is committed, by send_robust.
# Arguments: job. A listener that fails is logged and changes nothing.
job_finished = Signal()
