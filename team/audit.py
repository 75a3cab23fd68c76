"""The audit trail: one row per change, in the transaction of the change.

The request's id is the one that logs and jobs carry (structlog's context); a job's rows carry the id of the request that
asked for the job.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from structlog.contextvars import get_contextvars

from ka_crm import undo_offer

from .models import AuditEvent
from .records.reversible import is_reversible

# Set by AuditContextMiddleware for the length of a request; commands and jobs have no address.
ip_address = ContextVar("audit_ip_address", default=None)
_undoing = ContextVar("audit_undoing", default=False)


def on_behalf(user, account, capability=None):
    """The absent person through whom alone ``user`` sees ``account``, or holds ``capability``; None if it is their own right.

    ``account`` is a key account, or any row whose manager has ``visible_to``; None leaves the capability to decide.
    """
    if user is None or not user.acts_for:
        return None
    alone = user.without_delegations()
    if (account is None or _sees(alone, account)) and (capability is None or alone.has_capability(capability)):
        return None
    absent = (person.without_delegations() for person in user.acts_for)
    return next(
        (
            person
            for person in absent
            if (account is None or _sees(person, account)) and (capability is None or person.has_capability(capability))
        ),
        None,
    )


def _sees(user, row):
    return type(row)._default_manager.visible_to(user).filter(pk=row.pk).exists()


def _account_of(obj):
    """The key account a row hangs on, the row itself if it is one, else None."""
    if obj._meta.label_lower == "accounts.keyaccount":
        return obj
    return getattr(obj, "account", None)


@contextmanager
def undoing():
    """Entries written inside say that something was undone: the last word of their verb becomes ``undone``."""
    token = _undoing.set(True)
    try:
        yield
    finally:
        _undoing.reset(token)


def record(obj, verb, *, actor, changes=None, reason="", on_behalf_of=None, account_id=None):
    """Note that ``actor`` did ``verb`` (``report.approved``) to ``obj``; call inside the transaction of the change.

    ``changes`` maps field → [old, new] of plain values, never secrets. A deputy's row names both people: ``on_behalf_of``
    is found by ``on_behalf`` for the row's account unless given.
    """
    if on_behalf_of is None and actor is not None and actor.acts_for and (account := _account_of(obj)) is not None:
        on_behalf_of = on_behalf(actor, account)
    if _undoing.get():
        verb = f"{verb.rpartition('.')[0]}.undone"
    event = AuditEvent.objects.create(
        actor=actor,
        on_behalf_of=on_behalf_of,
        verb=verb,
        object_type=obj._meta.label_lower,
        object_id="" if obj.pk is None else str(obj.pk),
        object_label=str(obj)[:250],
        account_ref=account_id if account_id is not None else getattr(obj, "account_id", None),
        changes=changes or {},
        reason=reason,
        request_id=str(get_contextvars().get("request_id", ""))[:64],
        ip_address=ip_address.get(),
    )
    undo_offer.note(event.pk, undoable=is_reversible(event))
    return event


def changed_fields(record, values):
    """Field → [old, new] of what ``values`` would change on ``record``, as plain values for ``record(changes=…)``."""
    changes = {}
    for field, new in values.items():
        old = getattr(record, field)
        if old != new:
            changes[field] = [plain(old), plain(new)]
    return changes


def plain(value):
    """A field's value as the trail keeps it: text, number, true/false or nothing."""
    return value if value is None or isinstance(value, str | int | bool) else str(value)
