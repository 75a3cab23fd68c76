"""The page on which a visit is recorded: what it shows, and its plain forms as documents.

Scripts send the same statements as JSON; without scripts each small form posts its own. Both meet ``services.record_visit``.
"""

import uuid
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from accounts.models import Contact
from contracts.models import MustStockRule
from ka_crm.money import digits_of, from_minor
from sales.models import Category, Product

from .guide import guide_of
from .models import CategoryAsk, CompetitorFact, Observation, Photo, ShelfFact, Visit

STATES = [("on_shelf", _("On shelf")), ("out_of_stock", _("Out of stock")), ("absent", _("Not there"))]
_OF_STATE = {"on_shelf": (True, False), "out_of_stock": (False, True), "absent": (False, False)}
ANSWERS = [("yes", _("As agreed")), ("no", _("Not as agreed")), ("na", _("Does not apply"))]
_OF_ANSWER = {"yes": True, "no": False}
_TEXT_FIELDS = {
    "shelf": ("product", "facings", "price", "stock_units", "note"),
    "competitors": ("category", "brand", "description", "price", "facings"),
    "category_asks": ("category", "monthly_value", "monthly_units", "all_facings", "said_by"),
    "observations": ("topic", "note"),
}


@dataclass
class FactForm:
    """One small form of the page: a fact that is known, or the place for one. ``values`` and ``errors`` by input name."""

    part: str
    id: uuid.UUID
    label: str
    values: dict
    hint: str = ""
    errors: dict = field(default_factory=dict)
    is_known: bool = False
    is_must_stock: bool = False
    last: dict | None = None
    currency: str = ""

    @property
    def money_keys(self):
        """Which keys a phone shows for a price: no decimal mark where the currency has none."""
        return "decimal" if digits_of(self.currency) else "numeric"

    @property
    def key(self):
        """Name of the statement in the phone's queue and of the form on the page."""
        return f"{self.part}-{self.id}"


def fact_id(visit, part, key):
    """The id of the one fact that ``visit`` can have about ``key``: two tabs and a reload agree on it without asking each other."""
    return uuid.uuid5(visit.client_id, f"{part}:{key}")


# -- forms to documents ------------------------------------------------------------------------------------------------------
def document_of(visit, posted, now):
    """The document that one posted form of the page means; a part that the page does not have gives one that is refused."""
    part, stamp = posted.get("part", ""), now.isoformat()
    whole = {"visit": str(visit.client_id)}
    if part == "check_in":
        place = {name: posted.get(name) or None for name in ("latitude", "longitude", "accuracy_m")}
        return whole | {"check_in": {"at": stamp, **place}}
    if part == "check_out":
        return whole | {"check_out": {"at": stamp}}
    if part == "note":
        return whole | {"note": {"text": posted.get("text", ""), "changed_at": stamp}}
    return whole | {part: [_statement(part, posted, stamp)]}


def _statement(part, posted, stamp):
    statement = {"id": posted.get("id", ""), "changed_at": stamp}
    statement |= {name: posted.get(name, "") for name in _TEXT_FIELDS.get(part, ())}
    if part == "shelf":
        present, out_of_stock = _OF_STATE.get(posted.get("state"), (None, False))
        statement |= {"is_present": present, "is_out_of_stock": out_of_stock}
        if present is False:  # what was typed before somebody looked again
            statement["facings"] = ""
    elif part == "competitors":
        statement |= {name: posted.get(name) == "on" for name in ("is_on_promotion", "is_removed")}
    elif part == "observations":
        statement["is_as_agreed"] = _OF_ANSWER.get(posted.get("is_as_agreed"))
        statement["does_not_apply"] = posted.get("is_as_agreed") == "na"
    return statement


# -- what the page shows -------------------------------------------------------------------------------------------------------
def page_of(visit, user, *, added=(), posted=None, errors=None):
    """All that the recording page shows, in a fixed number of statements.

    ``added``: ids of further products to check; ``posted`` and ``errors``: a refused form, shown again as it was typed.
    """
    categories = list(Category.objects.order_by("name"))
    previous = _previous_visit(visit, user)
    shelf = _shelf_forms(visit, added, previous) if visit.store_id else []
    forms = {
        "shelf": shelf,
        "competitors": _competitor_forms(visit),
        "category_asks": _ask_forms(visit, shelf, categories, previous) if visit.store_id else [],
        "observations": {one.values["topic"]: one for one in _observation_forms(visit)},
    }
    if posted is not None:
        _show_again([*forms["shelf"], *forms["competitors"], *forms["category_asks"], *forms["observations"].values()], posted, errors)
    page = {
        **forms,
        "gaps": [one for one in shelf if one.values["state"] in ("out_of_stock", "absent")],
        "categories": categories,
        "states": STATES,
        "answers": ANSWERS,
        "subjects": Photo.Subject.choices,
        "photos": list(visit.photos.kept().select_related("reused_from__visit__store").order_by("pk")),
        "removed_photos": list(visit.photos.filter(removed_at__isnull=False).order_by("pk")),
        "previous": previous,
        "contacts": list(Contact.objects.visible_to(user).filter(store=visit.store).active()[:3]) if visit.store_id else [],
        "currency": visit.account.currency,
        "last_said": _last_said(visit),
        "checked_count": sum(1 for one in shelf if one.values["state"]),
    }
    return page | guide_of(visit, page)


def _show_again(forms, posted, errors):
    for one in forms:
        if one.part == posted.get("part") and (str(one.id) == posted.get("id") or one.values.get("product") == posted.get("product", "-")):
            one.values |= {name: posted.get(name, "") for name in one.values}
            one.errors = {path.rpartition(".")[2]: message for path, message in (errors or {}).items()}


def _previous_visit(visit, user):
    """The last visit to this store before this one that took place and that ``user`` may see, with its gaps; or None."""
    if visit.store_id is None:
        return None
    earlier = Visit.objects.visible_to(user).took_place().filter(store=visit.store, planned_on__lte=visit.planned_on).exclude(pk=visit.pk)
    previous = earlier.select_related("visitor").order_by("-planned_on", "-pk").first()
    if previous is None:
        return None
    facts = list(previous.shelffacts.select_related("product"))
    return {
        "visit": previous,
        "facts": {fact.product_id: fact for fact in facts},
        "gaps": [fact for fact in facts if fact.is_present is False and (fact.is_must_stock or fact.is_out_of_stock)],
        "asks": {ask.category_id: ask for ask in CategoryAsk.objects.filter(visit=previous)},
    }


def _last_said(visit):
    """The latest time of a statement about ``visit`` by any phone's clock, or None: what is said next on this page is later than that."""
    kinds = (ShelfFact, CompetitorFact, CategoryAsk, Observation)
    times = [kind.objects.filter(visit=visit, changed_at__isnull=False).order_by().values_list("changed_at") for kind in kinds]
    return max([moment for (moment,) in times[0].union(*times[1:])] + list(filter(None, [visit.note_changed_at])), default=None)


def _text(value):
    return "" if value is None else str(value)


def _price(minor, currency):
    return _text(from_minor(minor, currency))


def state_of(fact):
    """Name of the fact's state on the page; empty where it was not checked."""
    if fact is None or fact.is_present is None:
        return ""
    return "on_shelf" if fact.is_present else "out_of_stock" if fact.is_out_of_stock else "absent"


def shelf_form(visit, product, *, fact=None, is_must_stock=False, last=None):
    """The form of one product."""
    currency = visit.account.currency
    return FactForm(
        part="shelf",
        id=fact.client_id if fact else fact_id(visit, "shelf", product.pk),
        label=product.name,
        hint=product.sku,
        currency=currency,
        is_known=fact is not None,
        is_must_stock=is_must_stock,
        values={
            "product": str(product.pk),
            "state": state_of(fact),
            "facings": _text(fact and fact.facings),
            "price": _price(fact and fact.price_minor, currency),
            "stock_units": _text(fact and fact.stock_units),
            "note": fact.note if fact else "",
        },
        last=_last_time(last, currency),
    )


def _last_time(fact, currency):
    """What the visit before found, as words and as the values of the inputs; None where it was not checked then."""
    if fact is None or fact.is_present is None:
        return None
    shown = {"facings_text": _text(fact.facings), "price_text": _price(fact.price_minor, currency)}
    return {"state": state_of(fact), "facings": fact.facings, "price": fact.price_minor, **shown}


def _shelf_forms(visit, added, previous):
    """The store's must-stock products first, then whatever else was checked or is to be checked."""
    rules = MustStockRule.objects.for_store(visit.store, visit.planned_on)
    products = {rule.product_id: rule.product for rule in rules}
    must_stock = set(products)
    facts = {fact.product_id: fact for fact in visit.shelffacts.select_related("product").order_by("product__sort_key", "pk")}
    products |= {fact.product_id: fact.product for fact in facts.values() if fact.product_id not in products}
    if missing := [pk for pk in added if pk not in products]:
        products |= {product.pk: product for product in Product.objects.active().filter(pk__in=missing)}
    last = previous["facts"] if previous else {}
    return [
        shelf_form(visit, product, fact=facts.get(pk), is_must_stock=pk in must_stock, last=last.get(pk))
        for pk, product in products.items()
    ]


def _competitor_forms(visit):
    """What was seen, and one empty form for the next."""
    seen = CompetitorFact.objects.filter(visit=visit, is_removed=False).order_by("pk")
    forms = [
        FactForm(
            part="competitors",
            id=fact.client_id,
            label=fact.brand,
            currency=visit.account.currency,
            is_known=True,
            values={
                "brand": fact.brand,
                "category": _text(fact.category_id),
                "description": fact.description,
                "price": _price(fact.price_minor, visit.account.currency),
                "facings": _text(fact.facings),
                "is_on_promotion": "on" if fact.is_on_promotion else "",
            },
        )
        for fact in seen
    ]
    return [*forms, new_competitor_form(visit)]


def new_competitor_form(visit):
    empty = dict.fromkeys((*_TEXT_FIELDS["competitors"], "is_on_promotion"), "")
    return FactForm(part="competitors", id=uuid.uuid4(), label="", values=empty, currency=visit.account.currency)


def _ask_forms(visit, shelf, categories, previous):
    """The categories of the products on the page, and those asked for already."""
    asked = {ask.category_id: ask for ask in CategoryAsk.objects.filter(visit=visit)}
    ids = [int(one.values["product"]) for one in shelf]
    wanted = set(Product.objects.filter(pk__in=ids, category__isnull=False).values_list("category_id", flat=True)) | set(asked)
    before = previous["asks"] if previous else {}
    forms = []
    for category in categories:
        if category.pk in wanted:
            ask, last = asked.get(category.pk), before.get(category.pk)
            values = {"category": str(category.pk), **_ask_values(ask, visit)}
            identity = ask.client_id if ask else fact_id(visit, "category_asks", category.pk)
            last = _ask_values(last, visit) if last else None
            form = FactForm("category_asks", identity, category.name, values, is_known=ask is not None, last=last)
            form.currency = visit.account.currency
            forms.append(form)
    return forms


def _ask_values(ask, visit):
    return {
        "monthly_value": _price(ask and ask.monthly_value_minor, visit.account.currency),
        "monthly_units": _text(ask and ask.monthly_units),
        "all_facings": _text(ask and ask.all_facings),
        "said_by": ask.said_by if ask else "",
    }


def _observation_forms(visit):
    known = {one.topic: one for one in Observation.objects.filter(visit=visit)}
    for topic, label in Observation.Topic.choices:
        one = known.get(topic)
        answer = "na" if one and one.does_not_apply else {True: "yes", False: "no", None: ""}[one.is_as_agreed if one else None]
        values = {"topic": topic, "is_as_agreed": answer, "note": one.note if one else ""}
        identity = one.client_id if one else fact_id(visit, "observations", topic)
        yield FactForm(part="observations", id=identity, label=label, values=values, is_known=one is not None)


def shelf_facts_of(visit):
    """The visit's shelf facts for reading: gaps first, then by name."""
    facts = list(ShelfFact.objects.filter(visit=visit).select_related("product__category").order_by("product__sort_key", "pk"))
    return sorted(facts, key=lambda fact: (fact.is_present is not False, fact.is_present is None))
