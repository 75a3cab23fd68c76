from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = _("Sales")

    def ready(self):
        navigation.register("sales", _("Products"), "sales:product_list", icon="package", capability="products.view", order=30)
        navigation.register("data", _("Imports"), "sales:import_list", icon="upload", capability="imports.view", order=60)
        navigation.register("data", _("Import profiles"), "sales:profile_list", icon="adjustments", capability="imports.view", order=61)
        for noun, url_name in (("key_account", "sales:account_panel"), ("store", "sales:store_panel"), ("product", "sales:product_panel")):
            panels.register(noun, title=_("Sell-out"), url_name=url_name, order=10, capability="sales.view")
        panels.register("home", title=_("Sell-out"), url_name="sales:home_panel", order=30, capability="sales.view")
