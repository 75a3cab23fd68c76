from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self):
        policy_examples.register("accounts:assignment_create", model="accounts.KeyAccount")
        policy_examples.register("accounts:person_panel", model="team.User")
        panels.register("person", title=_("Accounts"), url_name="accounts:person_panel", order=10, capability="people.view")
        navigation.register(
            "accounts", _("Key accounts"), "accounts:account_list", icon="building-store", capability="accounts.view", order=20, phone=True
        )
        navigation.register("accounts", _("Stores"), "accounts:store_list", icon="map-pin", capability="accounts.view", order=21)
        navigation.register("accounts", _("Contacts"), "accounts:contact_list", icon="users", capability="accounts.view", order=22)
