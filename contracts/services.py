"""Verbs of what was agreed. A must-stock rule is dated: what held on a visit's day stays readable, so rules end and are not deleted."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.audit import record

from .models import MustStockRule

FIELDS = ("account", "store_format", "product", "starts_on", "ends_on")


def may_manage(rule, user):
    """Whether ``user`` changes ``rule``: one for all accounts only those who see all accounts, else whoever holds the capability there."""
    return user.has_capability("must_stock.manage") and (user.sees_all or rule.account_id is not None)


@transaction.atomic
def create_rule(*, actor, account, store_format, product, starts_on, ends_on=None):
    """Add a product to a must-stock list.

    Raises DomainError if the list has it in these days already or they end before they start, NotAllowed for a rule of all
    accounts by somebody who does not see them all.
    """
    rule = MustStockRule(account=account, store_format=store_format, product=product, starts_on=starts_on, ends_on=ends_on)
    _check(rule, actor)
    rule.save()
    record(rule, "must_stock.created", actor=actor, changes={name: [None, _words(getattr(rule, name))] for name in FIELDS})
    return rule


@transaction.atomic
def change_rule(*, rule_id, actor, version, **values):
    """Change a rule. Raises StaleRecord unless ``version`` is the present one, else as ``create_rule``."""
    rule = _locked(rule_id, version)
    changes = {}
    for name, value in values.items():
        if getattr(rule, name) != value:
            changes[name] = [_words(getattr(rule, name)), _words(value)]
            setattr(rule, name, value)
    _check(rule, actor)
    if changes:
        rule.version += 1
        rule.save()
        record(rule, "must_stock.changed", actor=actor, changes=changes)
    return rule


@transaction.atomic
def end_rule(*, rule_id, actor, ends_on):
    """Let a rule end on ``ends_on``, the last day it holds. Raises DomainError for a day before its first."""
    rule = _locked(rule_id, None)
    before, rule.ends_on = rule.ends_on, ends_on
    _check(rule, actor)
    if before != ends_on:
        rule.version += 1
        rule.save(update_fields=["ends_on", "version"])
        record(rule, "must_stock.ended", actor=actor, changes={"ends_on": [_words(before), _words(ends_on)]})
    return rule


def _locked(rule_id, version):
    rule = MustStockRule.objects.select_for_update(of=("self",)).select_related("account", "product").get(pk=rule_id)
    if version is not None and rule.version != version:
        raise StaleRecord(_("Somebody else has changed this in the meantime. Reload the page and look again."))
    return rule


def _check(rule, actor):
    if not may_manage(rule, actor):
        raise NotAllowed(_("Rules for all accounts are made by those who see all of them. Choose an account."))
    if rule.ends_on is not None and rule.ends_on < rule.starts_on:
        raise DomainError(_("The rule ends on %(end)s, before it starts on %(start)s.") % {"end": rule.ends_on, "start": rule.starts_on})
    same = MustStockRule.objects.filter(account=rule.account, store_format=rule.store_format, product=rule.product)
    overlapping = same.exclude(pk=rule.pk).filter(Q(ends_on=None) | Q(ends_on__gte=rule.starts_on))
    if rule.ends_on is not None:
        overlapping = overlapping.filter(starts_on__lte=rule.ends_on)
    if (other := overlapping.first()) is not None:
        until = other.ends_on or _("further notice")
        raise DomainError(
            _("“%(product)s” is on this list already from %(start)s until %(end)s.")
            % {"product": rule.product, "start": other.starts_on, "end": until}
        )


def _words(value):
    return value if value is None or isinstance(value, str) else str(value)
