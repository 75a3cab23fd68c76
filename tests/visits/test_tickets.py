"""Out-of-stock tickets: who is asked to do what when a shelf is empty, and what closes it."""

from datetime import date

import pytest
from django.utils.translation import gettext, override

from team.models import Task
from team.states import TaskStatus
from tests.factories import AccountAssignmentFactory, StoreFactory, UserFactory, VisitFactory
from visits import services
from visits.models import ShelfTicket
from visits.tickets import open_tickets, tickets_of

from .conftest import NOW, at, document, shelf_fact


def record(rep, visit, fact, *, day=2, out=True):
    parts = {"check_in": {"at": at(9, day=day)}, "shelf": [fact]} | ({"check_out": {"at": at(10, day=day)}} if out else {})
    return services.record_visit(document=document(visit.client_id, **parts), actor=rep, now=NOW.replace(day=day, hour=12))


def missing(product, **values):
    return shelf_fact(product, is_present=False, is_out_of_stock=True, **values)


@pytest.fixture
def next_visit(rep, store):
    return VisitFactory(store=store, visitor=rep, planned_on=date(2026, 3, 4))


def test_an_empty_shelf_opens_a_ticket_and_a_task_at_the_check_out(rep, visit, product):
    record(rep, visit, missing(product, note="Delivery on Friday"), out=False)
    assert not ShelfTicket.objects.exists()

    services.check_out(visit=visit, actor=rep, now=NOW)

    ticket, task = ShelfTicket.objects.get(), Task.objects.get()
    assert (ticket.product, ticket.kind, ticket.opened_in, ticket.opened_on, ticket.task) == (
        product,
        "out_of_stock",
        visit,
        date(2026, 3, 2),
        task,
    )
    assert (task.assignee, task.title, task.details, task.due_on) == (
        rep,
        f"Out of stock: {product} at {visit.store}",
        "Delivery on Friday",
        date(2026, 3, 5),
    )
    assert ticket.days_open(date(2026, 3, 9)) == 7


def test_a_product_that_is_not_there_at_all_is_for_the_ka_manager(rep, visit, product, store):
    manager = UserFactory(ka_manager=True)
    AccountAssignmentFactory(account=store.account, user=manager, duty="ka_manager")
    record(rep, visit, shelf_fact(product, is_present=False))
    assert (ShelfTicket.objects.get().kind, Task.objects.get().assignee) == ("absent", manager)


def test_the_task_reads_in_the_language_of_who_has_to_do_it(rep, visit, product, store):
    manager = UserFactory(ka_manager=True, language="zh-hans")
    AccountAssignmentFactory(account=store.account, user=manager, duty="ka_manager")
    record(rep, visit, shelf_fact(product, is_present=False))
    with override("zh-hans"):
        title = gettext("Not on the shelf: %(product)s at %(store)s") % {"product": product, "store": store}
    assert (Task.objects.get().title, title.isascii()) == (title, False)


def test_what_is_not_on_the_must_stock_list_and_simply_not_there_is_no_ticket(rep, visit):
    from tests.factories import ProductFactory

    record(rep, visit, shelf_fact(ProductFactory(), is_present=False))
    assert not ShelfTicket.objects.exists()


def test_the_next_empty_shelf_does_not_open_a_second(rep, visit, next_visit, product):
    record(rep, visit, missing(product))
    record(rep, next_visit, missing(product), day=4)
    assert (ShelfTicket.objects.count(), Task.objects.count()) == (1, 1)


def test_the_visit_that_finds_it_again_closes_ticket_and_task(rep, visit, next_visit, product):
    record(rep, visit, missing(product))
    record(rep, next_visit, shelf_fact(product), day=4)

    ticket = ShelfTicket.objects.get()
    assert (ticket.closed_in, ticket.closed_on, ticket.days_open(date(2026, 12, 31))) == (next_visit, date(2026, 3, 4), 2)
    assert (ticket.task.status, ticket.task.outcome) == (TaskStatus.DONE, "Found on the shelf on 2026-03-04 by Ana Field.")
    assert (tickets_of(next_visit), tickets_of(visit)["opened"]) == ({"opened": [], "closed": [ticket]}, [ticket])


def test_a_task_that_was_closed_by_hand_leaves_the_ticket_open_until_the_shelf_is_seen(rep, visit, next_visit, product):
    from team.services.tasks import close_task

    record(rep, visit, missing(product))
    close_task(task_id=Task.objects.get().pk, actor=rep, outcome="Ordered")
    assert ShelfTicket.objects.still_open().count() == 1
    record(rep, next_visit, shelf_fact(product), day=4)
    assert (ShelfTicket.objects.still_open().count(), Task.objects.get().outcome) == (0, "Ordered")


def test_an_old_visit_that_arrives_late_opens_nothing_that_was_found_since_and_closes_nothing_newer(rep, visit, next_visit, product):
    record(rep, next_visit, shelf_fact(product), day=4)
    record(rep, visit, missing(product))
    assert not ShelfTicket.objects.exists()

    third = VisitFactory(store=visit.store, visitor=rep, planned_on=date(2026, 3, 6))
    record(rep, third, missing(product), day=6)
    older = VisitFactory(store=visit.store, visitor=rep, planned_on=date(2026, 3, 5))
    record(rep, older, shelf_fact(product), day=5)
    assert ShelfTicket.objects.still_open().count() == 1


def test_a_correction_after_the_check_out_closes_what_it_opened(rep, visit, product):
    fact = missing(product)
    record(rep, visit, fact)
    right = fact | {"is_present": True, "is_out_of_stock": False, "changed_at": at(9, 30)}
    services.record_visit(document=document(visit.client_id, shelf=[right]), actor=rep, now=NOW)
    assert (ShelfTicket.objects.still_open().count(), Task.objects.get().status) == (0, TaskStatus.DONE)


def test_a_document_sent_twice_opens_once(rep, visit, product):
    fact = missing(product)
    for _time in range(2):
        record(rep, visit, fact)
    assert (ShelfTicket.objects.count(), Task.objects.count()) == (1, 1)


def test_tickets_are_seen_with_their_store(rep, stranger, boss, visit, product):
    record(rep, visit, missing(product))
    StoreFactory()
    seen = {person: open_tickets([visit.store], person).count() for person in (rep, boss, stranger)}
    assert seen == {rep: 1, boss: 1, stranger: 0}
