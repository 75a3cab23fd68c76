"""The audit trail: one row per change, in the transaction of the change."""

from contextvars import ContextVar

from .models import AuditEvent

# Set by the middleware for a request and by the job runner for a job; rows written elsewhere (commands) have none.
request_context = ContextVar("audit_request_context", default=None)


def record(obj, verb, *, actor, changes=None, reason="", on_behalf_of=None, account_id=None):
    """Note that ``actor`` did ``verb`` (``report.approved``) to ``obj``; call inside the transaction of the change.

    ``changes`` maps field → [old, new] of plain values. A deputy's row names both people through ``on_behalf_of``.
    """
    context = request_context.get() or {}
    return AuditEvent.objects.create(
        actor=actor,
        on_behalf_of=on_behalf_of,
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=str(obj)[:250],
        account_ref=account_id if account_id is not None else getattr(obj, "account_id", None),
        changes=changes or {},
        reason=reason,
        request_id=context.get("request_id", ""),
        ip_address=context.get("ip_address"),
    )
