"""The states of an import and the moves between them."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BatchStatus(TextChoices):
    RECEIVED = "received", _("Received")
    CHECKED = "checked", _("Checked")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    IMPORTED = "imported", _("Imported")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    UNDONE = "undone", _("Undone")


BATCH_MOVES = {
    BatchStatus.RECEIVED: frozenset(
        {BatchStatus.CHECKED, BatchStatus.QUEUED, BatchStatus.RUNNING, BatchStatus.REFUSED, BatchStatus.FAILED}
    ),
    BatchStatus.CHECKED: frozenset({BatchStatus.CHECKED, BatchStatus.QUEUED, BatchStatus.RUNNING, BatchStatus.REFUSED, BatchStatus.FAILED}),
    BatchStatus.QUEUED: frozenset({BatchStatus.RUNNING, BatchStatus.CHECKED, BatchStatus.FAILED, BatchStatus.REFUSED}),
    BatchStatus.RUNNING: frozenset(
        {BatchStatus.RUNNING, BatchStatus.IMPORTED, BatchStatus.REFUSED, BatchStatus.FAILED, BatchStatus.CHECKED}
    ),
    BatchStatus.REFUSED: frozenset({BatchStatus.QUEUED, BatchStatus.CHECKED, BatchStatus.RUNNING, BatchStatus.REFUSED, BatchStatus.FAILED}),
    BatchStatus.FAILED: frozenset({BatchStatus.QUEUED, BatchStatus.CHECKED, BatchStatus.RUNNING, BatchStatus.REFUSED, BatchStatus.FAILED}),
    BatchStatus.IMPORTED: frozenset({BatchStatus.UNDONE}),
}
