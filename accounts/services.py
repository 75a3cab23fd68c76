"""Verbs on accounts, stores, contacts and assignments; each one transaction with its trail."""

from django.db import transaction
from django.utils.translation import gettext as _

from ka_crm.bulkwrite import update_columns
from ka_crm.errors import DomainError, NotAllowed
from team.audit import record
from team.changes import archive_record, change_record, create_record, restore_record

from .models import AccountAssignment, Contact, KeyAccount, Store

LONGEST_PATH = KeyAccount._meta.get_field("path").max_length


def path_below(parent, pk):
    """The tree path of account ``pk`` under ``parent`` (None for a root). Raises DomainError where the tree is too deep."""
    return _checked_path(f"{parent.path if parent else '/'}{pk}/")


def _checked_path(path):
    if len(path) > LONGEST_PATH:
        raise DomainError(_("The accounts would be nested too deep there. Choose a place nearer to the top."))
    return path


@transaction.atomic
def create_account(*, account, actor):
    """Save a new key account at its place in the tree. Raises ValidationError naming the fields."""
    create_record(account, actor=actor, verb="account.created")
    account.path = path_below(account.parent, account.pk)
    account.save(update_fields=["path"])
    return account


@transaction.atomic
def change_account(*, account, values, actor, expected_version=None):
    """Change an account's fields; a new parent moves the whole subtree.

    Raises DomainError for a place inside its own subtree or too deep, StaleRecord if somebody saved since ``expected_version``.
    """
    moves = values.get("parent", account.parent) != account.parent
    place = _place_to_move_to(account, values["parent"]) if moves else None
    changed = change_record(account, values=values, actor=actor, verb="account.changed", expected_version=expected_version)
    if moves:
        new_path = path_below(place, changed.pk)
        _move_subtree(changed.path, new_path)
        changed.path = new_path
    return changed


def _place_to_move_to(account, parent):
    """``parent`` as it stands in the tree now, which nobody else changes meanwhile: two crossing moves would make a circle."""
    list(KeyAccount.objects.select_for_update().order_by("pk").values_list("pk"))
    place = KeyAccount.objects.get(pk=parent.pk) if parent else None
    if place and place.path.startswith(KeyAccount.objects.get(pk=account.pk).path):
        raise DomainError(
            _("“%(account)s” cannot belong to itself or to an account below it. Choose another place.") % {"account": account}
        )
    return place


def _move_subtree(old_path, new_path):
    below = list(KeyAccount.objects.filter(path__startswith=old_path).only("pk", "path"))
    for account in below:
        account.path = _checked_path(new_path + account.path.removeprefix(old_path))
    KeyAccount.objects.bulk_update(below, ["path"])


def tree_paths(parents):
    """pk → tree path of all accounts; ``parents``: pk → pk of the one above it, or None.

    Raises DomainError for a circle and for a tree that is too deep.
    """
    paths = {None: "/"}
    for pk in parents:
        way, node = {}, pk  # a dict keeps the order and finds a repetition
        while node not in paths:
            if node in way:
                raise DomainError(_("The accounts belong to each other in a circle: look at “%(pk)s”.") % {"pk": pk})
            way[node] = parents[node]
            node = parents[node]
        for node, parent in reversed(way.items()):
            paths[node] = _checked_path(f"{paths[parent]}{node}/")
    return paths


def rebuild_paths():
    """Set every account's ``path`` from its parents, for bulk writers; two statements and one per 1,000 changed rows."""
    held = {pk: (parent, path) for pk, parent, path in KeyAccount.objects.order_by().values_list("pk", "parent_id", "path")}
    paths = tree_paths({pk: parent for pk, (parent, _path) in held.items()})
    update_columns(KeyAccount, ["path"], [(pk, paths[pk]) for pk, (_parent, old) in held.items() if paths[pk] != old])


def archive_account(*, account, actor):
    """Archive an account without active stores or accounts below it. Raises DomainError naming what is in the way."""
    below = account.children.active().count()
    stores = account.stores.active().count()
    if below or stores:
        raise DomainError(
            _("“%(account)s” still has %(stores)d active stores and %(below)d accounts below it. Archive or move those first.")
            % {"account": account, "stores": stores, "below": below}
        )
    return archive_record(account, actor=actor, verb="account.archived")


def _refuse_if_archived(above):
    """What comes back from the archive must not hang on something that is still there."""
    if above is not None and above.archived_at is not None:
        raise DomainError(_("“%(account)s” is in the archive. Bring that back first.") % {"account": above})


def restore_account(*, account, actor):
    _refuse_if_archived(account.parent)
    return restore_record(account, actor=actor, verb="account.restored")


def create_store(*, store, actor):
    return create_record(store, actor=actor, verb="store.created")


@transaction.atomic
def change_store(*, store, values, actor, expected_version=None):
    """Change a store's fields. Its contacts go with it to another account: who no longer sees the store does not see them either."""
    changed = change_record(store, values=values, actor=actor, verb="store.changed", expected_version=expected_version)
    for contact in Contact.objects.filter(store=changed).exclude(account=changed.account_id).order_by("pk"):
        change_contact(contact=contact, values={"account": changed.account}, actor=actor)
    return changed


def archive_store(*, store, actor):
    return archive_record(store, actor=actor, verb="store.archived")


def restore_store(*, store, actor):
    _refuse_if_archived(store.account)
    return restore_record(store, actor=actor, verb="store.restored")


def create_contact(*, contact, actor):
    return create_record(contact, actor=actor, verb="contact.created")


def change_contact(*, contact, values, actor, expected_version=None):
    return change_record(contact, values=values, actor=actor, verb="contact.changed", expected_version=expected_version)


def archive_contact(*, contact, actor):
    return archive_record(contact, actor=actor, verb="contact.archived")


def restore_contact(*, contact, actor):
    _refuse_if_archived(contact.account)
    return restore_record(contact, actor=actor, verb="contact.restored")


@transaction.atomic
def assign(*, account, user, duty, style, starts_on, ends_on, actor):
    """Give ``user`` the account and all below it from ``starts_on``; the same duty twice at once is refused."""
    rival = AccountAssignment.objects.filter(account=account, user=user, duty=duty)
    for other in rival:
        if (ends_on is None or other.starts_on <= ends_on) and (other.ends_on is None or other.ends_on >= starts_on):
            raise DomainError(
                _("%(person)s already has this duty at “%(account)s” from %(start)s. End that assignment first.")
                % {"person": user, "account": account, "start": other.starts_on}
            )
    assignment = AccountAssignment(account=account, user=user, duty=duty, style=style, starts_on=starts_on, ends_on=ends_on)
    assignment.full_clean()
    assignment.save()
    record(assignment, "assignment.created", actor=actor, changes={"user": [None, str(user)], "starts_on": [None, str(starts_on)]})
    return assignment


@transaction.atomic
def end_assignment(*, assignment, ends_on, actor):
    """``ends_on`` is the last day; the row stays, so that history shows who looked after the account when."""
    if ends_on < assignment.starts_on:
        raise DomainError(_("The last day cannot be before the first, %(start)s.") % {"start": assignment.starts_on})
    before = assignment.ends_on
    if before is not None and before <= ends_on:
        raise NotAllowed(_("This assignment has ended on %(end)s already.") % {"end": before})
    assignment.ends_on = ends_on
    assignment.save(update_fields=["ends_on"])
    record(assignment, "assignment.ended", actor=actor, changes={"ends_on": [before and str(before), str(ends_on)]})
    return assignment


def stores_of(account):
    """Active stores of ``account`` and all below it."""
    return Store.objects.active().filter(account__path__startswith=account.path)
