from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples, search


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self):
        policy_examples.register("accounts:assignment_create", model="accounts.KeyAccount")
        policy_examples.register("accounts:person_panel", model="team.User")
        panels.register("person", title=_("Accounts"), url_name="accounts:person_panel", order=10, capability="people.view")
        navigation.register(
            "accounts",
            _("Key accounts"),
            "accounts:account_list",
            icon="building-store",
            capability="accounts.view",
            order=20,
            phone=True,
            key="a",
        )
        navigation.register("accounts", _("Stores"), "accounts:store_list", icon="map-pin", capability="accounts.view", order=21, key="s")
        navigation.register("accounts", _("Contacts"), "accounts:contact_list", icon="users", capability="accounts.view", order=22)
        self._make_findable()
        self._describe_records()

    def _describe_records(self):
        from team.models import Attachment  # models are ready only now
        from team.records import kinds

        from . import services

        for noun, model in (("account", "KeyAccount"), ("store", "Store"), ("contact", "Contact")):
            verbs = {verb: getattr(services, f"{verb}_{noun}") for verb in ("change", "archive", "restore")}
            kinds.register(f"accounts.{model}", noun=noun, capability=f"{noun}s.change", **verbs)

        def named(account):
            return {"object_type": "accounts.keyaccount", "object_id": str(account.pk)}

        def file_of(account):
            first = Attachment.objects.about(account).kept().order_by("pk").first()
            return {"public_id": first.public_id} if first else None

        for route in ("timeline", "comment_create", "file_create", "people"):
            policy_examples.register(f"records:{route}", model="accounts.KeyAccount", kwargs=named)
        policy_examples.register("records:file", model="accounts.KeyAccount", kwargs=file_of)

    def _make_findable(self):
        nouns = [
            ("account", _("Key accounts"), "building-store", "KeyAccount", lambda account: account.code),
            ("store", _("Stores"), "map-pin", "Store", lambda store: f"{store.account.name} · {store.code}"),
            ("contact", _("Contacts"), "users", "Contact", lambda contact: f"{contact.account.name} · {contact.title}".strip(" ·")),
        ]
        for order, (key, label, icon, model, hint) in enumerate(nouns):
            search.register(
                key,
                label=label,
                icon=icon,
                rows=lambda user, model=model: self.get_model(model).objects.visible_to(user).active().for_list(),
                hint=hint,
                list_url_name=f"accounts:{key}_list",
                capability="accounts.view",
                order=order,
            )
