"""The verbs of cadence rules."""

from django.utils.translation import gettext as _

from accounts.dated_rules import DatedRules, first_overlapping
from ka_crm.errors import DomainError
from visits.models import Cadence


def may_manage(rule, user):
    """Whether ``user`` changes ``rule``: one for all accounts only those who see all accounts, else whoever holds the capability there."""
    return user.has_capability("cadence.manage") and (user.sees_all or rule.account_id is not None or rule.store_id is not None)


def _check(rule):
    if rule.store is not None and (rule.account is not None or rule.store_format):
        raise DomainError(_("A rule is for one store, or for an account and a format. Leave the account and the format empty."))
    if not 1 <= rule.every_days <= 366:
        raise DomainError(_("%(days)d days are no cadence: 1 to 366 are possible.") % {"days": rule.every_days})
    if (other := first_overlapping(rule, "account", "store", "store_format")) is not None:
        words = {"days": other.every_days, "start": other.starts_on, "end": other.ends_on or _("further notice")}
        raise DomainError(
            _("There is a rule for these stores already: every %(days)d days from %(start)s until %(end)s. End it first.") % words
        )


CADENCES = DatedRules(
    model=Cadence,
    word="cadence",
    fields=("account", "store", "store_format", "every_days", "starts_on", "ends_on"),
    may_manage=may_manage,
    check=_check,
)


def create_rule(*, actor, account, store, store_format, every_days, starts_on, ends_on=None):
    """Say how often stores are due.

    Raises DomainError where the rule names a store and more, ends before it starts or overlaps one for the same stores, NotAllowed
    for a rule of all accounts by somebody who does not see them all.
    """
    return CADENCES.create(
        actor=actor,
        account=account,
        store=store,
        store_format=store_format,
        every_days=every_days,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def change_rule(*, rule_id, actor, version, **values):
    """Change a rule. Raises StaleRecord unless ``version`` is the present one, else as ``create_rule``."""
    return CADENCES.change(rule_id=rule_id, actor=actor, version=version, **values)


def end_rule(*, rule_id, actor, ends_on, version=None):
    """Let a rule end on ``ends_on``, the last day it holds. Raises DomainError for a day before its first."""
    return CADENCES.change(rule_id=rule_id, actor=actor, version=version, ends_on=ends_on)
