"""Files of products, and of the numbers under which retailers know them."""

from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.imports import AccountRows, ContactRows, StoreRows, known_account
from accounts.models import KeyAccount
from ka_crm.identifiers import GTIN_LENGTHS
from ka_crm.imports import Field, Kind, Schema
from ka_crm.imports.row_rules import RowProblem, RowRules
from ka_crm.money import to_e4

from ..models import Brand, Category, Product, RetailerArticle
from .master import MasterImport
from .registry import register


def _optional(name, kind=Kind.TEXT, **options):
    return Field(name, kind, required=False, **options)


class ProductRows(RowRules):
    """One row per product, known by its SKU; brands and categories come along. Prices are net, per unit."""

    name = "products"
    model = Product
    key = ("sku",)
    schema = Schema(
        name="products",
        fields=(
            Field("sku", Kind.CODE, max_length=30),
            Field("name", Kind.TEXT, max_length=200),
            _optional("gtin", Kind.GTIN),
            _optional("brand", max_length=100),
            _optional("brand_type", max_length=40),
            _optional("department", max_length=80),
            _optional("category", max_length=100),
            _optional("product_group", max_length=100),
            _optional("pack_size", max_length=40),
            _optional("list_price", Kind.DECIMAL),
            _optional("unit_cost", Kind.DECIMAL),
            _optional("currency", Kind.CODE, max_length=3),
        ),
    )
    headers = {"name": ("product_name",)}
    unique = (("gtin",),)
    translated = frozenset({"brand", "category", "list_price", "unit_cost"})  # stored in another form under another name

    def begin(self, *, account=None):
        self.names = {"brand": dict(Brand.objects.values_list("name", "pk")), "category": dict(Category.objects.values_list("name", "pk"))}

    def as_compared(self, name, value):
        """Leading zeros make no other item."""
        return value.zfill(GTIN_LENGTHS[-1]) if value else value

    def values_of(self, row):
        values = {name: self.stored(name, value) for name, value in row.items() if name not in self.translated}
        if not values.get("currency", "x"):
            del values["currency"]
        for name in ("brand", "category"):
            if name in row:
                values[f"{name}_id"] = _Named(name, row[name]) if row[name] else None
        for name in ("list_price", "unit_cost"):
            if name in row:
                values[f"{name}_e4"] = self._price(name, row[name])
        return values

    def _price(self, name, price):
        if price is None:
            return None
        if price < 0:
            raise RowProblem(name, price, "number", _("is negative; a price is not."))
        if price > Decimal(10) ** 12:
            raise RowProblem(name, price, "number", _("is out of range for a price."))
        return to_e4(price)

    def resolved(self, values):
        """``values`` with the ids of brands and categories, where they exist already."""
        return {
            name: self.names[value.kind].get(value.name, value) if isinstance(value, _Named) else value for name, value in values.items()
        }

    def before_write(self, rows):
        for kind, model in (("brand", Brand), ("category", Category)):
            wanted = {value.name for row in rows for value in row.values.values() if isinstance(value, _Named) and value.kind == kind}
            missing = sorted(wanted - set(self.names[kind]))
            model.objects.bulk_create([model(name=name) for name in missing], ignore_conflicts=True)
            self.names[kind] = dict(model.objects.values_list("name", "pk"))


class _Named(str):
    """The name of a brand or category that has no id yet."""

    __slots__ = ("kind", "name")

    def __new__(cls, kind, name):
        self = super().__new__(cls, f"{kind}:{name}")
        self.kind, self.name = kind, name
        return self


class ArticleRows(RowRules):
    """One row per article number of a retailer; ``sku`` or ``gtin`` says which product it is."""

    name = "article_map"
    model = RetailerArticle
    key = ("account_id", "article_no")
    schema = Schema(
        name="article_map",
        fields=(
            _optional("account_code", Kind.CODE, max_length=30),
            Field("retailer_article_no", Kind.CODE, max_length=40),
            _optional("sku", Kind.CODE, max_length=30),
            _optional("gtin", Kind.GTIN),
        ),
        one_of=(("sku", "gtin"),),
    )
    headers = {"retailer_article_no": ("article_no", "article_number")}

    def begin(self, *, account=None):
        self.accounts = dict(KeyAccount.objects.values_list("code", "pk"))
        self.account = account
        self.skus, self.gtins = {}, {}
        for pk, sku, gtin in Product.objects.values_list("pk", "sku", "gtin"):
            self.skus[sku] = pk
            if gtin:
                self.gtins[gtin.zfill(14)] = pk

    def values_of(self, row):
        code = row.get("account_code")
        if code is None and self.account is None:
            raise RowProblem(
                "account_code", "", "account", _("is empty. The row has to name its account, or the file needs --account CODE.")
            )
        account_id = self.account.pk if code is None else known_account(self.accounts, code)
        if self.account and account_id != self.account.pk:
            raise RowProblem(
                "account_code", code, "account", _("is not %(code)s, for which the file was given.") % {"code": self.account.code}
            )
        sku, gtin = row.get("sku"), row.get("gtin")
        product_id = self.skus.get(sku) if sku else self.gtins.get((gtin or "").zfill(14))
        if product_id is None:
            name = "sku" if sku else "gtin"
            raise RowProblem(
                name, sku or gtin, "unknown_sku", _("is not a product in the master data. Add the product, or correct the code.")
            )
        return {"account_id": account_id, "article_no": row["retailer_article_no"], "product_id": product_id}


for rules in (AccountRows, StoreRows, ProductRows, ContactRows, ArticleRows):
    register(MasterImport(rules))
