"""Must-stock rules; contract versions, terms and listings follow with their own part."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import KeyAccount
from sales.models import Product

from .querysets import MustStockRuleQuerySet


class MustStockRule(models.Model):
    """``product`` has to be on the shelf of every store of ``account`` (all accounts when empty) and ``store_format`` (all when empty)."""

    account = models.ForeignKey(
        KeyAccount, verbose_name=_("account"), null=True, blank=True, on_delete=models.PROTECT, related_name="must_stock_rules"
    )
    store_format = models.CharField(_("store format"), max_length=40, blank=True)
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="must_stock_rules")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MustStockRuleQuerySet.as_manager()

    class Meta:
        ordering = ["account", "store_format", "product"]
        verbose_name = _("must-stock rule")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="must_stock_ends_after_start")
        ]

    def __str__(self):
        return str(self.product)

    def get_absolute_url(self):
        return reverse("contracts:must_stock_update", args=[self.pk])
