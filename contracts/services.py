"""Verbs of what was agreed."""

from django.utils.translation import gettext as _

from accounts.dated_rules import DatedRules, first_overlapping
from ka_crm.errors import DomainError

from .models import MustStockRule


def may_manage(rule, user):
    """Whether ``user`` changes ``rule``: one for all accounts only those who see all accounts, else whoever holds the capability there."""
    return user.has_capability("must_stock.manage") and (user.sees_all or rule.account_id is not None)


def _check(rule):
    if (other := first_overlapping(rule, "account", "store_format", "product")) is not None:
        until = other.ends_on or _("further notice")
        raise DomainError(
            _("“%(product)s” is on this list already from %(start)s until %(end)s.")
            % {"product": rule.product, "start": other.starts_on, "end": until}
        )


MUST_STOCK = DatedRules(
    model=MustStockRule,
    word="must_stock",
    fields=("account", "store_format", "product", "starts_on", "ends_on"),
    may_manage=may_manage,
    check=_check,
)


def create_rule(*, actor, account, store_format, product, starts_on, ends_on=None):
    """Add a product to a must-stock list.

    Raises DomainError if the list has it in these days already or they end before they start, NotAllowed for a rule of all
    accounts by somebody who does not see them all.
    """
    return MUST_STOCK.create(actor=actor, account=account, store_format=store_format, product=product, starts_on=starts_on, ends_on=ends_on)


def change_rule(*, rule_id, actor, version, **values):
    """Change a rule. Raises StaleRecord unless ``version`` is the present one, else as ``create_rule``."""
    return MUST_STOCK.change(rule_id=rule_id, actor=actor, version=version, **values)


def end_rule(*, rule_id, actor, ends_on):
    """Let a rule end on ``ends_on``, the last day it holds. Raises DomainError for a day before its first."""
    return MUST_STOCK.change(rule_id=rule_id, actor=actor, version=None, verb="ended", ends_on=ends_on)
