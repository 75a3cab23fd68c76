"""Verbs on products and retailer article numbers."""

from django.db import transaction

from ka_crm.money import to_e4
from team.changes import archive_record, change_record, create_record, restore_record

from ..models import Brand, Category


def _row_values(values):
    """What a person entered → the row's fields: names become brand and category rows, prices integers of 10⁻⁴."""
    row = {name: value for name, value in values.items() if name not in {"brand_name", "category_name", "list_price", "unit_cost"}}
    for name, model in (("brand", Brand), ("category", Category)):
        if f"{name}_name" in values:
            text = values[f"{name}_name"]
            row[name] = model.objects.get_or_create(name=text)[0] if text else None
    for name in ("list_price", "unit_cost"):
        if name in values:
            row[f"{name}_e4"] = None if values[name] is None else to_e4(values[name])
    return row


@transaction.atomic
def create_product(*, product, values, actor):
    """Save a new product from what a person entered. Raises ValidationError naming the fields."""
    for name, value in _row_values(values).items():
        setattr(product, name, value)
    return create_record(product, actor=actor, verb="product.created")


@transaction.atomic
def change_product(*, product, values, actor, expected_version=None):
    """Raises StaleRecord if somebody saved since ``expected_version``, ValidationError naming the fields."""
    return change_record(product, values=_row_values(values), actor=actor, verb="product.changed", expected_version=expected_version)


def archive_product(*, product, actor):
    return archive_record(product, actor=actor, verb="product.archived")


def restore_product(*, product, actor):
    return restore_record(product, actor=actor, verb="product.restored")
