"""Columns of the lists of products, imports and profiles."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.tables import Column, InstantColumn, NumberColumn, PriceColumn, StatusColumn, Table, YesColumn

from .models import ImportBatch, ImportProfile, Product


class ProductTable(Table):
    name = Column(linkify=True, hint="sku", order_by=("sort_key", "pk"))
    gtin = Column(verbose_name="GTIN")
    brand = Column(order_by="brand__name")
    category = Column(order_by="category__name")
    product_group = Column(phone=False)
    pack_size = Column()
    list_price_e4 = PriceColumn(currency="currency", verbose_name=_("List price"))

    class Meta(Table.Meta):
        model = Product
        fields = ("name", "gtin", "brand", "category", "product_group", "pack_size", "list_price_e4")


class ImportBatchTable(Table):
    file = Column(verbose_name=_("File"), linkify=lambda batch: batch.get_absolute_url(), accessor="file__original_name")
    kind = Column(accessor="get_kind_display", order_by="kind")
    account = Column(linkify=True, order_by="account__sort_key")
    status = StatusColumn()
    rows_read = NumberColumn(verbose_name=_("Rows"))
    rows_imported = NumberColumn(verbose_name=_("Imported"))
    rows_unchanged = NumberColumn(verbose_name=_("Unchanged"))
    rows_rejected = NumberColumn(verbose_name=_("Refused"))
    uploaded_by = Column(verbose_name=_("Uploaded by"), order_by="uploaded_by__sort_key")
    created_at = InstantColumn(verbose_name=pgettext_lazy("when", "Received"))

    hidden_columns = ("rows_unchanged", "uploaded_by")

    class Meta(Table.Meta):
        model = ImportBatch
        fields = (
            "file",
            "kind",
            "account",
            "status",
            "rows_read",
            "rows_imported",
            "rows_unchanged",
            "rows_rejected",
            "uploaded_by",
            "created_at",
        )


class ImportProfileTable(Table):
    code = Column(linkify=True)
    name = Column(wide=True)
    kind = Column(accessor="get_kind_display", order_by="kind")
    is_shipped = YesColumn(verbose_name=_("Shipped"))
    is_active = YesColumn()

    class Meta(Table.Meta):
        model = ImportProfile
        fields = ("code", "name", "kind", "is_shipped", "is_active")
