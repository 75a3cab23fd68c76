"""What was agreed: must-stock lists."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, policy_examples


class ContractsConfig(AppConfig):
    name = "contracts"
    verbose_name = _("Contracts")

    def ready(self):
        policy_examples.register("contracts:must_stock", model="contracts.MustStockRule", only={"account__isnull": False})
        navigation.register(
            "terms", _("Must-stock lists"), "contracts:must_stock_list", icon="checklist", capability="visits.view", order=30
        )
