from django.apps import AppConfig
from django.apps import apps as global_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples, search


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = _("Sales")

    def ready(self):
        from . import integrity, settings_parts  # noqa: F401 – as below
        from .importing import category_totals, products, sellout  # noqa: F401 – each registers its kinds; models are ready only now

        self._describe_records()
        settings_parts.register()
        post_migrate.connect(_load_shipped_profiles, sender=self, dispatch_uid="sales.shipped_profiles")
        policy_examples.register("sales:import", model="sales.ImportBatch")
        policy_examples.register("sales:import_errors", model="sales.ImportBatch", only={"error_file__isnull": False})
        navigation.register("sales", _("Products"), "sales:product_list", icon="package", capability="products.view", order=30, key="p")
        navigation.register("data", _("Imports"), "sales:import_list", icon="upload", capability="imports.view", order=60, key="m")
        navigation.register("data", _("Import profiles"), "sales:profile_list", icon="adjustments", capability="imports.view", order=61)
        for noun, url_name in (("key_account", "sales:account_panel"), ("store", "sales:store_panel"), ("product", "sales:product_panel")):
            panels.register(noun, title=_("Sell-out"), url_name=url_name, order=10, capability="sales.view")
        panels.register("home", title=_("Sell-out"), url_name="sales:home_panel", order=30, capability="sales.view")
        search.register(
            "product",
            label=_("Products"),
            icon="package",
            rows=lambda user: self.get_model("Product").objects.visible_to(user).active().for_list(),
            hint=lambda product: f"{product.sku} · {product.category_name}".strip(" ·"),
            list_url_name="sales:product_list",
            capability="products.view",
            order=40,
        )

    def _describe_records(self):
        from team.changes import change_record  # models are ready only now
        from team.records import kinds

        from .services import products

        def change_profile(*, profile, **about):
            return change_record(profile, verb="profile.changed", **about)

        kinds.register(
            "sales.Product",
            noun="product",
            capability="products.change",
            change=products.change_product,
            archive=products.archive_product,
            restore=products.restore_product,
            guarded={"unit_cost_e4": "costs.view"},
        )
        kinds.register("sales.ImportProfile", noun="profile", capability="profiles.manage", change=change_profile)


def _load_shipped_profiles(sender, apps=None, **kwargs):
    """After each migrate, so that a new release's profiles arrive with it; and after ``flush``, which names no ``apps``."""
    try:
        (apps or global_apps).get_model("sales", "ImportProfile")
    except LookupError:
        return  # migrated back to before there were profiles
    from .services.shipped_profiles import load_shipped_profiles  # models are ready only now

    load_shipped_profiles()
