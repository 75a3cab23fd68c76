"""What nouns share that are dated rules for some accounts or for all: must-stock rules, visit cadences.

What held on a day stays readable, so such a rule ends and is not deleted. Its model has ``account`` (None: all), ``starts_on``,
``ends_on`` (None: until further notice) and ``version``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from ka_crm.errors import DomainError, NotAllowed, StaleRecord
from team.audit import changed_fields, plain, record


@dataclass(frozen=True)
class DatedRules:
    """The verbs of one noun. ``word`` begins the verbs of its trail, ``fields`` are what a new rule's trail tells.

    ``may_manage(rule, user)`` is asked of a rule as it stands and as it will be; ``check(rule)`` raises DomainError for what cannot be.
    ``actor`` None is the program itself, such as a command that reads a file of settings; it is not asked.
    """

    model: type[Model]
    word: str
    fields: tuple[str, ...]
    may_manage: Callable
    check: Callable

    @transaction.atomic
    def create(self, *, actor, reason="", **values):
        """The new rule.

        Raises DomainError as ``check`` and for days the wrong way round, NotAllowed unless ``may_manage``, ValidationError by field.
        """
        rule = self.model(**values)
        self._check(rule, actor)
        rule.save()
        changes = {name: [None, plain(getattr(rule, name))] for name in self.fields}
        record(rule, f"{self.word}.created", actor=actor, changes=changes, reason=reason)
        return rule

    @transaction.atomic
    def change(self, *, rule_id, actor, version, verb="changed", reason="", **values):
        """The changed rule, locked. Raises StaleRecord unless ``version`` is the present one (None: whichever), else as ``create``."""
        rule = self.model.objects.select_for_update(of=("self",)).get(pk=rule_id)
        if version is not None and rule.version != version:
            raise StaleRecord(_("Somebody else has changed this in the meantime. Reload the page and look again."))
        self._check_allowed(rule, actor)  # as it stands, before it is turned into one that the actor might change
        changes = changed_fields(rule, values)
        for name, value in values.items():
            setattr(rule, name, value)
        self._check(rule, actor)
        if changes:
            rule.version += 1
            rule.save()
            record(rule, f"{self.word}.{verb}", actor=actor, changes=changes, reason=reason)
        return rule

    def write(self, about, values, *, actor):
        """From a file of settings: the rule that is ``about`` just this gets ``values``; where there is none it is made."""
        reason = _("From a file of settings")
        there = self.model.objects.filter(**about).first()
        if there is None:
            return self.create(actor=actor, reason=reason, **about, **values)
        return self.change(rule_id=there.pk, actor=actor, version=None, reason=reason, **values)

    def _check_allowed(self, rule, actor):
        if actor is not None and not self.may_manage(rule, actor):
            raise NotAllowed(_("Rules for all accounts are made by those who see all of them. Choose an account."))

    def _check(self, rule, actor):
        self._check_allowed(rule, actor)
        if rule.ends_on is not None and rule.ends_on < rule.starts_on:
            words = {"end": rule.ends_on, "start": rule.starts_on}
            raise DomainError(_("The rule ends on %(end)s, before it starts on %(start)s.") % words)
        self.check(rule)
        rule.full_clean()


def first_overlapping(rule, *same):
    """Another rule with the same values of the fields ``same`` that holds on a day of ``rule``, or None."""
    others = type(rule).objects.filter(**{name: getattr(rule, name) for name in same}).exclude(pk=rule.pk)
    others = others.filter(Q(ends_on=None) | Q(ends_on__gte=rule.starts_on))
    if rule.ends_on is not None:
        others = others.filter(starts_on__lte=rule.ends_on)
    return others.first()
