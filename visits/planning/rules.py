"""The verbs of cadence rules. A rule is dated: what held on a day stays readable, so rules end and are not deleted."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.audit import record
from visits.models import Cadence

FIELDS = ("account", "store", "store_format", "every_days", "starts_on", "ends_on")


def may_manage(rule, user):
    """Whether ``user`` changes ``rule``: one for all accounts only those who see all accounts, else whoever holds the capability there."""
    return user.has_capability("cadence.manage") and (user.sees_all or rule.account_id is not None or rule.store_id is not None)


@transaction.atomic
def create_rule(*, actor, account, store, store_format, every_days, starts_on, ends_on=None):
    """Say how often stores are due.

    Raises DomainError where the rule names a store and more, ends before it starts or overlaps one for the same stores, NotAllowed
    for a rule of all accounts by somebody who does not see them all.
    """
    rule = Cadence(account=account, store=store, store_format=store_format, every_days=every_days, starts_on=starts_on, ends_on=ends_on)
    _check(rule, actor)
    rule.save()
    record(rule, "cadence.created", actor=actor, changes={name: [None, _plain(getattr(rule, name))] for name in FIELDS})
    return rule


@transaction.atomic
def change_rule(*, rule_id, actor, version, **values):
    """Change a rule. Raises StaleRecord unless ``version`` is the present one, else as ``create_rule``."""
    rule = Cadence.objects.select_for_update(of=("self",)).get(pk=rule_id)
    if version is not None and rule.version != version:
        raise StaleRecord(_("Somebody else has changed this in the meantime. Reload the page and look again."))
    if not may_manage(rule, actor):  # as it stands, before it is turned into one that the actor might change
        raise NotAllowed(_("Rules for all accounts are made by those who see all of them. Choose an account."))
    changes = {}
    for name, value in values.items():
        if getattr(rule, name) != value:
            changes[name] = [_plain(getattr(rule, name)), _plain(value)]
            setattr(rule, name, value)
    _check(rule, actor)
    if changes:
        rule.version += 1
        rule.save()
        record(rule, "cadence.changed", actor=actor, changes=changes)
    return rule


def end_rule(*, rule_id, actor, ends_on, version=None):
    """Let a rule end on ``ends_on``, the last day it holds. Raises DomainError for a day before its first."""
    return change_rule(rule_id=rule_id, actor=actor, version=version, ends_on=ends_on)


def _check(rule, actor):
    if not may_manage(rule, actor):
        raise NotAllowed(_("Rules for all accounts are made by those who see all of them. Choose an account."))
    if rule.store is not None and (rule.account is not None or rule.store_format):
        raise DomainError(_("A rule is for one store, or for an account and a format. Leave the account and the format empty."))
    if not 1 <= rule.every_days <= 366:
        raise DomainError(_("%(days)d days are no cadence: 1 to 366 are possible.") % {"days": rule.every_days})
    if rule.ends_on is not None and rule.ends_on < rule.starts_on:
        raise DomainError(_("The rule ends on %(end)s, before it starts on %(start)s.") % {"end": rule.ends_on, "start": rule.starts_on})
    same = Cadence.objects.filter(account=rule.account, store=rule.store, store_format=rule.store_format)
    overlapping = same.exclude(pk=rule.pk).filter(Q(ends_on=None) | Q(ends_on__gte=rule.starts_on))
    if rule.ends_on is not None:
        overlapping = overlapping.filter(starts_on__lte=rule.ends_on)
    if (other := overlapping.first()) is not None:
        words = {"days": other.every_days, "start": other.starts_on, "end": other.ends_on or _("further notice")}
        raise DomainError(
            _("There is a rule for these stores already: every %(days)d days from %(start)s until %(end)s. End it first.") % words
        )


def _plain(value):
    return value if value is None or isinstance(value, str | int) else str(value)
