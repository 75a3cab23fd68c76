"""Facts of a document onto a visit: what is new is added, what is later replaces, what is known changes nothing.

Called by ``services.record_visit`` inside its transaction, with the visit locked.
"""

from dataclasses import dataclass
from dataclasses import field as dataclass_field

from django.db.models import Q
from django.utils.translation import gettext as _

from contracts.models import MustStockRule
from ka_crm.money import digits_of, from_minor, round_money, to_minor
from sales.models import Category, Product

from .documents import DocumentRefused
from .models import CategoryAsk, CompetitorFact, Observation, ShelfFact

# Part of the document → model, and the field under which a visit has only one such fact (None: as many as there are ids).
KINDS = {
    "shelf": (ShelfFact, "product_id"),
    "competitors": (CompetitorFact, None),
    "category_asks": (CategoryAsk, "category_id"),
    "observations": (Observation, "topic"),
}
MONEY = {"price": "price_minor", "monthly_value": "monthly_value_minor"}
_KEPT = {"client_id", "changed_at", "is_must_stock"}


@dataclass
class Outcome:
    """What a document did: counts, and the conflicts in which the server kept what it had.

    A conflict is a dict of ``part``, ``id``, ``code`` (``id_taken``, ``differs``, ``already_checked_in``, ``already_checked_out``),
    ``message`` and, where there is something to compare, ``stored``.
    """

    applied: int = 0
    unchanged: int = 0
    superseded: int = 0
    conflicts: list = dataclass_field(default_factory=list)
    changes: dict = dataclass_field(default_factory=dict)

    def conflict(self, part, code, message, *, fact_id=None, stored=None):
        self.conflicts.append({"part": part, "id": str(fact_id) if fact_id else None, "code": code, "message": message, "stored": stored})


def apply_facts(visit, document, outcome):
    """Write the document's facts.

    Raises DocumentRefused if one names a product or category that does not exist, or money that the account's currency cannot hold.
    """
    _check_rows(document)
    _check_money(document, visit.account.currency)
    for part, (model, natural_key) in KINDS.items():
        statements = [_values(visit, fact) for fact in getattr(document, part)]
        if statements:
            _apply(visit, part, model, natural_key, statements, outcome)


def _check_rows(document):
    """Every product and category named exists: two statements, whatever the number of facts."""
    wanted = {
        "product": (Product.objects.all(), [("shelf", fact) for fact in document.shelf]),
        "category": (
            Category.objects.all(),
            [(part, fact) for part in ("competitors", "category_asks") for fact in getattr(document, part) if fact["category"] is not None],
        ),
    }
    errors = {}
    for name, (queryset, named) in wanted.items():
        known = set(queryset.filter(pk__in={fact[name] for _part, fact in named}).values_list("pk", flat=True)) if named else set()
        for part, fact in named:
            if fact[name] not in known:
                errors[f"{part}.{getattr(document, part).index(fact)}.{name}"] = _("There is no such row.")
    if errors:
        raise DocumentRefused(errors)


def _check_money(document, currency):
    """No amount is finer than the smallest coin of ``currency``: rounding would store a price that nobody saw."""
    digits, errors = digits_of(currency), {}
    for part in KINDS:
        for position, fact in enumerate(getattr(document, part)):
            for name in MONEY:
                if (amount := fact.get(name)) is not None and amount != round_money(amount, currency):
                    errors[f"{part}.{position}.{name}"] = (
                        _("%(currency)s has at most %(count)d decimals.") % {"currency": currency, "count": digits}
                        if digits
                        else _("%(currency)s has no decimals.") % {"currency": currency}
                    )
    if errors:
        raise DocumentRefused(errors)


def _values(visit, fact):
    """A fact's model values: money to minor units of the account's currency, rows by id."""
    values = dict(fact)
    for name, column in MONEY.items():
        if name in values:
            amount = values.pop(name)
            values[column] = None if amount is None else to_minor(amount, visit.account.currency)
    for name in ("product", "category"):
        if name in values:
            values[f"{name}_id"] = values.pop(name)
    return values


def _apply(visit, part, model, natural_key, statements, outcome):
    ids = [values["client_id"] for values in statements]
    stored = list(model.objects.select_for_update().filter(Q(visit=visit) | Q(client_id__in=ids)))
    by_id = {fact.client_id: fact for fact in stored}
    by_key = {getattr(fact, natural_key): fact for fact in stored if fact.visit_id == visit.pk} if natural_key else {}
    must_stock = _must_stock_ids(visit) if part == "shelf" else frozenset()
    new, changed = {}, {}
    for values in statements:
        fact = by_id.get(values["client_id"])
        if fact is not None and (fact.visit_id != visit.pk or (natural_key and getattr(fact, natural_key) != values[natural_key])):
            outcome.conflict(
                part, "id_taken", _("This id belongs to something else that was recorded before."), fact_id=values["client_id"]
            )
            continue
        fact = fact or by_key.get(values[natural_key] if natural_key else None)
        if fact is None:
            extra = {"is_must_stock": values["product_id"] in must_stock} if part == "shelf" else {}
            fact = model(visit=visit, **values, **extra)
            new[fact.client_id] = by_id[fact.client_id] = fact
            if natural_key:
                by_key[values[natural_key]] = fact
            _note_change(part, fact, None, values, visit, outcome)
        elif _replace(part, fact, values, visit, outcome) and fact.client_id not in new:
            changed[fact.pk] = fact
    model.objects.bulk_create(new.values())
    for fact in changed.values():
        fact.save()


def _replace(part, fact, values, visit, outcome):
    """Let a later statement replace ``fact``; True where it changed. Equal times with other values are a conflict, the stored one stays."""
    differs = {name: value for name, value in values.items() if name not in _KEPT and getattr(fact, name) != value}
    if not differs:
        outcome.unchanged += 1
        if fact.changed_at is None or values["changed_at"] > fact.changed_at:
            fact.changed_at = values["changed_at"]  # said again later: what was said in between is now older than this
            return True
        return False
    if fact.changed_at is not None and values["changed_at"] < fact.changed_at:
        outcome.superseded += 1
        return False
    if fact.changed_at == values["changed_at"]:
        message = _("Two different statements have the same time; the first one received was kept.")
        outcome.conflict(part, "differs", message, fact_id=values["client_id"], stored=_plain(fact, visit))
        return False
    _note_change(part, fact, {name: getattr(fact, name) for name in differs}, differs, visit, outcome)
    for name, value in values.items():
        if name != "client_id":
            setattr(fact, name, value)
    return True


def _note_change(part, fact, old, new, visit, outcome):
    outcome.applied += 1
    if old is None:
        new = {name: value for name, value in new.items() if name not in _KEPT and value not in (None, "", False)}
    outcome.changes[f"{part} {fact.client_id}"] = [old, new]


def _must_stock_ids(visit):
    """Products that the rules want in the visit's store on the day of the visit; the fact keeps the answer for ever."""
    if visit.store_id is None:
        return frozenset()
    return frozenset(MustStockRule.objects.for_store(visit.store, visit.planned_on).order_by().values_list("product_id", flat=True))


def _plain(fact, visit):
    """A fact as the document writes it, for the answer of a conflict."""
    values = {}
    for column in fact._meta.concrete_fields:
        if column.attname in ("id", "visit_id", "recorded_at", "client_id", "is_must_stock"):
            continue
        value = getattr(fact, column.attname)
        money = next((name for name, minor in MONEY.items() if minor == column.attname), None)
        if money:
            value = None if value is None else str(from_minor(value, visit.account.currency))
        values[money or column.attname.removesuffix("_id")] = value.isoformat() if hasattr(value, "isoformat") else value
    return values
