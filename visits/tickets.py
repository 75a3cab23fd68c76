"""Out-of-stock tickets: opened at the check-out that found a product missing, closed by the visit that finds it on the shelf again.

``follow_shelf`` runs in the transaction that records the visit, and again when its facts are corrected later.
"""

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import AccountAssignment
from ka_crm import company
from team.services.tasks import close_task, open_task
from team.states import TaskStatus
from team.workdays import add_working_days, calendar_of

from .models import ShelfFact, ShelfTicket
from .states import VisitStatus

KIND = "visits.out_of_stock"


def declare_settings():
    """The settings on the administrator's page; called when the app is ready."""
    company.declare(
        "visits.ticket_days",
        kind="int",
        default=3,
        group="visits",
        label=gettext_lazy("Working days to get a missing product back"),
        help_text=gettext_lazy("After a visit finds a product missing, the task is due so many working days later."),
        minimum=1,
        maximum=60,
        unit=gettext_lazy("working days"),
    )


def follow_shelf(visit):
    """Open and close tickets as the facts of the completed ``visit`` say; called again it changes nothing."""
    if visit.status != VisitStatus.COMPLETED or visit.store_id is None:
        return
    facts = list(ShelfFact.objects.filter(visit=visit, is_present__isnull=False).select_related("product").order_by("pk"))
    tickets = ShelfTicket.objects.select_for_update(of=("self",)).still_open().filter(store=visit.store_id)
    waiting = {ticket.product_id: ticket for ticket in tickets.select_related("task")}
    for fact in facts:
        ticket = waiting.get(fact.product_id)
        if fact.is_present and ticket is not None and ticket.opened_on <= visit.planned_on:
            _close(ticket, visit)
    missing = [fact for fact in facts if not fact.is_present and (fact.is_must_stock or fact.is_out_of_stock)]
    missing = [fact for fact in missing if fact.product_id not in waiting]
    if missing:
        _open_all(visit, missing)


def _open_all(visit, missing):
    """Tickets of the facts ``missing``, but for products that a later visit, heard of earlier, has found there since."""
    later = Q(visit__planned_on__gt=visit.planned_on) | Q(visit__planned_on=visit.planned_on, visit__checked_in_at__gt=visit.checked_in_at)
    found_since = ShelfFact.objects.filter(
        later,
        visit__store=visit.store_id,
        visit__status=VisitStatus.COMPLETED,
        product__in=[fact.product_id for fact in missing],
        is_present=True,
    )
    found_since = set(found_since.values_list("product_id", flat=True))
    manager = None
    for fact in missing:
        if fact.product_id in found_since:
            continue
        if not fact.is_out_of_stock and manager is None:
            manager = _manager_of(visit)
        kind = ShelfTicket.Kind.OUT_OF_STOCK if fact.is_out_of_stock else ShelfTicket.Kind.ABSENT
        ticket = ShelfTicket.objects.create(store=visit.store, product=fact.product, kind=kind, opened_in=visit, opened_on=visit.planned_on)
        ticket.task = _task_of(ticket, visit, visit.visitor if fact.is_out_of_stock else manager, fact.note)
        ticket.save(update_fields=["task"])


def _manager_of(visit):
    """Who answers for the listing: the KA manager of the account or of the nearest one above it on the day, else the visitor."""
    above = [int(part) for part in visit.account.path.strip("/").split("/") if part]
    found = AccountAssignment.objects.in_force_on(visit.planned_on).filter(account__in=above, duty=AccountAssignment.Duty.KA_MANAGER)
    nearest = sorted(
        found.filter(user__is_active=True).select_related("user", "account"),
        key=lambda one: (-len(one.account.path), one.starts_on, one.pk),
    )
    return nearest[0].user if nearest else visit.visitor


def _task_of(ticket, visit, assignee, note):
    """The task to get the product back; None where the person it would be for may not sign in any more."""
    if not assignee.is_active:
        return None
    words = {"product": ticket.product, "store": ticket.store}
    with override(assignee.language):  # who was in the store may read another one
        title = (
            _("Out of stock: %(product)s at %(store)s")
            if ticket.kind == ShelfTicket.Kind.OUT_OF_STOCK
            else _("Not on the shelf: %(product)s at %(store)s")
        ) % words
    return open_task(
        title=title[:200],
        details=note,
        assignee=assignee,
        actor=visit.visitor,
        due_on=add_working_days(visit.planned_on, company.value("visits.ticket_days"), calendar_of(assignee)),
        subject=ticket.store,
        kind=KIND,
        key=f"{KIND}:{ticket.pk}",
    )


def _close(ticket, visit):
    ticket.closed_in, ticket.closed_on = visit, visit.planned_on
    ticket.save(update_fields=["closed_in", "closed_on"])
    if ticket.task is not None and ticket.task.status == TaskStatus.OPEN:
        words = {"day": visit.planned_on.isoformat(), "name": visit.visitor}
        outcome = _("Found on the shelf on %(day)s by %(name)s.") % words
        close_task(task_id=ticket.task_id, actor=None, outcome=outcome)


def open_tickets(stores, user):
    """Open tickets of ``stores`` that ``user`` may see, the oldest first. One statement."""
    return ShelfTicket.objects.visible_to(user).still_open().filter(store__in=stores).for_list()


def tickets_of(visit):
    """Tickets that ``visit`` opened and closed, for its page. Two statements."""
    return {
        "opened": list(ShelfTicket.objects.filter(opened_in=visit).for_list()),
        "closed": list(ShelfTicket.objects.filter(closed_in=visit).exclude(opened_in=visit).for_list()),
    }
