"""What was agreed: must-stock lists."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, policy_examples


class ContractsConfig(AppConfig):
    name = "contracts"
    verbose_name = _("Contracts")

    def ready(self):
        from . import settings_parts  # models are ready only now

        settings_parts.register()
        self._describe_records()
        policy_examples.register("contracts:must_stock", model="contracts.MustStockRule", only={"account__isnull": False})
        navigation.register(
            "terms", _("Must-stock lists"), "contracts:must_stock_list", icon="checklist", capability="visits.view", order=30
        )

    def _describe_records(self):
        from team.records import kinds  # models are ready only now

        from . import services

        def change_rule(*, rule, values, actor, expected_version):
            return services.change_rule(rule_id=rule.pk, actor=actor, version=expected_version, **values)

        kinds.register("contracts.MustStockRule", noun="rule", change=change_rule, allows=services.may_manage)
