"""Key accounts, their stores and contacts, and who looks after them."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ka_crm.identifiers import is_gln
from ka_crm.models import SearchedModel

from .querysets import AccountAssignmentQuerySet, ContactQuerySet, KeyAccountQuerySet, StoreQuerySet


def validate_gln(value):
    """A GLN has 13 digits, the last one checks the others."""
    if not is_gln(value):
        raise ValidationError(_("“%(value)s” is not a GLN: 13 digits with a correct check digit."), params={"value": value})


class KeyAccount(SearchedModel):
    """A chain, banner, region, distributor or marketplace that we sell through; a tree of any depth.

    ``path`` holds the ids from the root, ``/3/17/``: a subtree is a prefix. ``currency`` is that of its sell-out figures,
    ``claim_currency`` that of its bills.
    """

    class Kind(models.TextChoices):
        CHAIN = "chain", _("Chain")
        BANNER = "banner", _("Banner")
        REGION = "region", _("Region")
        DISTRIBUTOR = "distributor", _("Distributor")
        MARKETPLACE = "marketplace", _("Marketplace")

    class TradeRoute(models.TextChoices):
        DIRECT = "direct", _("Direct contract")
        DISTRIBUTOR = "distributor", _("Via distributor")
        MARKETPLACE = "marketplace", _("Marketplace")

    search_fields = ("code", "name", "legal_name")

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.CHAIN)
    parent = models.ForeignKey(
        "self", verbose_name=_("belongs to"), null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=200, editable=False, default="", db_index=True)
    trade_route = models.CharField(_("trade route"), max_length=20, choices=TradeRoute, default=TradeRoute.DIRECT)
    gln = models.CharField(_("GLN"), max_length=13, blank=True, validators=[validate_gln])
    country = models.CharField(_("country"), max_length=2, blank=True)
    currency = models.CharField(_("sell-out currency"), max_length=3, default="USD")
    claim_currency = models.CharField(_("claim currency"), max_length=3, default="USD")
    sellout_format = models.CharField(_("sell-out profile"), max_length=30, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    # Dossier (requirements A2)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    tax_id = models.CharField(_("tax number"), max_length=40, blank=True)
    address = models.TextField(_("address"), blank=True)
    website = models.URLField(_("website"), blank=True)
    payment_days = models.PositiveSmallIntegerField(_("payment term (days)"), null=True, blank=True)
    history = models.TextField(_("history"), blank=True)
    needs = models.TextField(_("needs"), blank=True)
    plans = models.TextField(_("plans"), blank=True)
    competitors = models.TextField(_("competitors on the shelf"), blank=True)
    is_strategic = models.BooleanField(_("strategic"), default=False)
    strategic_reason = models.CharField(_("why strategic"), max_length=250, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = KeyAccountQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("key account")
        verbose_name_plural = _("key accounts")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="account_valid_to_after_from"
            ),
            models.UniqueConstraint(fields=["gln"], condition=~Q(gln=""), name="account_gln_unique"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("accounts:account_detail", args=[self.pk])

    @property
    def account_id(self):
        return self.pk

    @property
    def website_is_link(self):
        """Whether the website is drawn as a link: whatever else stands there, ``javascript:`` first of all, is only text."""
        return self.website.lower().startswith(("http://", "https://"))


class Store(SearchedModel):
    """One outlet of an account. ``code`` is ours, ``retailer_store_no`` theirs; the latter is unique within the account."""

    search_fields = ("code", "name", "retailer_store_no", "city")

    code = models.CharField(_("code"), max_length=30, unique=True)
    account = models.ForeignKey(KeyAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="stores")
    name = models.CharField(_("name"), max_length=200)
    retailer_store_no = models.CharField(_("retailer's store number"), max_length=30, blank=True)
    gln = models.CharField(_("GLN"), max_length=13, blank=True, validators=[validate_gln])
    region = models.CharField(_("region"), max_length=60, blank=True)
    store_format = models.CharField(_("format"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    address = models.CharField(_("address"), max_length=250, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_on=None) | Q(closed_on=None) | Q(closed_on__gte=F("opened_on")), name="store_closed_after_opened"
            ),
            models.UniqueConstraint(fields=["gln"], condition=~Q(gln=""), name="store_gln_unique"),
            models.UniqueConstraint(
                fields=["account", "retailer_store_no"], condition=~Q(retailer_store_no=""), name="store_no_unique_in_account"
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("accounts:store_detail", args=[self.pk])


class Contact(SearchedModel):
    """A person at the retailer, by function and by the subjects that one calls them for."""

    class Function(models.TextChoices):
        BUYER = "buyer", _("Buyer")
        FINANCE = "finance", _("Retailer's finance")
        STORE = "store", _("Store")
        LOGISTICS = "logistics", _("Logistics")
        EXECUTIVE = "executive", _("Executive")
        OTHER = "other", _("Other")

    search_fields = ("name", "title", "email", "phone", "subjects")

    account = models.ForeignKey(KeyAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="contacts")
    store = models.ForeignKey(Store, verbose_name=_("store"), null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    code = models.CharField(_("code"), max_length=30, blank=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=120)
    function = models.CharField(_("function"), max_length=20, choices=Function, default=Function.BUYER)
    title = models.CharField(_("title"), max_length=120, blank=True)
    subjects = models.CharField(
        _("subjects"), max_length=250, blank=True, help_text=_("What to ask them: leaflet, display, invoice, rebate …")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [models.UniqueConstraint(fields=["account", "code"], condition=~Q(code=""), name="contact_code_unique_in_account")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("accounts:contact_detail", args=[self.pk])


class AccountAssignment(models.Model):
    """``user`` works on ``account`` and all below it from ``starts_on`` to ``ends_on`` (open when empty), both included."""

    class Duty(models.TextChoices):
        KA_MANAGER = "ka_manager", _("KA manager")
        FIELD_REP = "field_rep", _("Field rep")
        SUPPORT = "support", _("Support")

    class Style(models.TextChoices):
        HUNTER = "hunter", _("Hunter")
        FARMER = "farmer", _("Farmer")

    account = models.ForeignKey(KeyAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="assignments")
    duty = models.CharField(_("duty"), max_length=20, choices=Duty, default=Duty.KA_MANAGER)
    style = models.CharField(_("style"), max_length=10, choices=Style, default=Style.FARMER)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountAssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["account", "starts_on", "pk"]
        verbose_name = _("assignment")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="assignment_ends_after_start"),
            models.UniqueConstraint(fields=["account", "user", "duty", "starts_on"], name="assignment_once"),
        ]

    def __str__(self):
        return f"{self.user} – {self.account}"
