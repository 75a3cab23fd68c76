"""The audit trail: one row per change, in the transaction of the change.

The request's id is the one that logs and jobs carry (structlog's context); a job's rows carry the id of the request that
asked for the job.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from structlog.contextvars import get_contextvars

from ka_crm import policy, undo_offer

from .models import AuditEvent
from .records.reversible import is_reversible

# Set by AuditContextMiddleware for the length of a request; commands and jobs have no address.
ip_address = ContextVar("audit_ip_address", default=None)
_undoing = ContextVar("audit_undoing", default=False)


def on_behalf(user, row, capability=()):
    """The absent person through whom alone ``user`` sees ``row`` or holds ``capability``; None if both are their own right.

    ``row`` is a key account, or any row whose manager has ``visible_to``; None leaves the capability to decide. ``capability`` is
    one or several of which one is enough. Of two absent people who lend one each, one is named.
    """
    if user is None or not user.acts_for:
        return None
    names = (capability,) if isinstance(capability, str) else capability
    asked = [] if row is None else [lambda person: _sees(person, row)]
    if names:
        asked.append(lambda person: any(person.has_capability(name) for name in names))
    alone = user.without_delegations()
    lent = [holds for holds in asked if not holds(alone)]
    absent = [person.without_delegations() for person in user.acts_for] if lent else []
    by_right = [person for person in absent if all(holds(person) for holds in asked)]
    return next((person for person in [*by_right, *absent] if any(holds(person) for holds in lent)), None)


def on_behalf_in_lists(user, capability):
    """The absent person whose rows a list of ``user`` may hold beside their own, or whose ``capability`` is used; else None."""
    alone = user.without_delegations()
    lends_rows = (person for person in user.acts_for if not alone.sees_all and (person.sees_all or person.pk not in alone.people_in_scope))
    return on_behalf(user, None, capability) or next(lends_rows, None)


def _sees(user, row):
    return row._meta.default_manager.visible_to(user).filter(pk=row.pk).exists()


def _scoped(obj):
    """The row whose scope decides over ``obj``: the key account that it hangs on, else itself if its model has a scope; or None."""
    if obj._meta.label_lower == "accounts.keyaccount":
        return obj
    if (account := getattr(obj, "account", None)) is not None:
        return account
    return obj if obj.pk is not None and hasattr(obj._meta.default_manager.all(), "visible_to") else None


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

    ``changes`` maps field → [old, new] of plain values, never secrets; what was nothing and stays nothing is left out. A deputy's row
    names both people: unless given, ``on_behalf_of`` is whose scope and whose capability opened the way here. Give it where the
    change itself moves ``obj`` out of scope.
    """
    if on_behalf_of is None and actor is not None and actor.acts_for:
        on_behalf_of = on_behalf(actor, _scoped(obj), policy.opened_by.get())
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
        changes={name: pair for name, pair in (changes or {}).items() if pair != [None, None]},
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
