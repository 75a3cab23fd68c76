"""What is sold, and under which number each retailer knows it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from accounts.querysets import ByAccountQuerySet
from ka_crm.identifiers import is_gtin, spellings_of_gtin
from ka_crm.models import SearchedModel
from ka_crm.money import from_e4

from ..querysets import ProductQuerySet


def validate_gtin(value):
    """A GTIN has 8, 12, 13 or 14 digits, the last one checks the others."""
    if not is_gtin(value):
        raise ValidationError(_("“%(value)s” is not a GTIN: 8, 12, 13 or 14 digits with a correct check digit."), params={"value": value})


class Brand(models.Model):
    """A brand of ours or, in competitor facts, of others."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_own = models.BooleanField(_("ours"), default=True)

    def __str__(self):
        return self.name


class Category(models.Model):
    """A product category as the market totals count it."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name


class Product(SearchedModel):
    """One sellable item. ``sku`` is text with its leading zeros; prices are net, in 10⁻⁴ of ``currency`` per unit."""

    search_fields = ("name", "sku", "gtin", "product_group")

    sku = models.CharField(_("SKU"), max_length=30, unique=True)
    gtin = models.CharField(_("GTIN"), max_length=14, blank=True, validators=[validate_gtin])
    name = models.CharField(_("name"), max_length=200)
    brand = models.ForeignKey(Brand, verbose_name=_("brand"), null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    brand_type = models.CharField(_("brand type"), max_length=40, blank=True)
    department = models.CharField(_("department"), max_length=80, blank=True)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    product_group = models.CharField(_("product group"), max_length=100, blank=True)
    pack_size = models.CharField(_("pack size"), max_length=40, blank=True)
    list_price_e4 = models.BigIntegerField(_("list price"), null=True, blank=True)
    unit_cost_e4 = models.BigIntegerField(_("unit cost"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.UniqueConstraint(fields=["gtin"], condition=~Q(gtin=""), name="product_gtin_unique"),
            models.CheckConstraint(condition=Q(list_price_e4=None) | Q(list_price_e4__gte=0), name="product_list_price_not_negative"),
            models.CheckConstraint(condition=Q(unit_cost_e4=None) | Q(unit_cost_e4__gte=0), name="product_unit_cost_not_negative"),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """The same GTIN with more or fewer leading zeros is the same item; the database's constraint sees only equal text."""
        others = Product.objects.exclude(pk=self.pk).filter(gtin__in=spellings_of_gtin(self.gtin) - {self.gtin}) if self.gtin else None
        if others is not None and (other := others.first()):
            words = {"product": other, "gtin": other.gtin}
            raise ValidationError({"gtin": _("“%(product)s” has this GTIN already, written %(gtin)s.") % words})

    def get_absolute_url(self):
        return reverse("sales:product_detail", args=[self.pk])

    @property
    def brand_name(self):
        return self.brand.name if self.brand_id else ""

    @property
    def category_name(self):
        return self.category.name if self.category_id else ""

    @property
    def list_price(self):
        """Decimal in ``currency``, four digits, or None."""
        return from_e4(self.list_price_e4)

    @property
    def unit_cost(self):
        """Decimal in ``currency``, four digits, or None; shown only to those with ``costs.view``."""
        return from_e4(self.unit_cost_e4)


class RetailerArticle(models.Model):
    """The number under which ``account`` knows ``product``."""

    account = models.ForeignKey(KeyAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="articles")
    article_no = models.CharField(_("article number"), max_length=40)
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="retailer_articles")

    objects = ByAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("retailer article")
        constraints = [models.UniqueConstraint(fields=["account", "article_no"], name="article_no_unique_in_account")]

    def __str__(self):
        return self.article_no
