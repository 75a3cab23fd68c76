from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamConfig(AppConfig):
    name = "team"
    verbose_name = _("Team")

    def ready(self):
        from ka_crm import navigation, policy_examples, search, statuses  # here and below: models are there only now

        from . import checks, receivers, work  # noqa: F401 – connects them

        work.register_work(self)
        statuses.register("team.user", active="ok", inactive="neutral")
        policy_examples.register("team:person", model="team.User")
        policy_examples.register("team:team", model="team.Team")
        policy_examples.register("team:delegation", model="team.Delegation")
        navigation.register("admin", _("People"), "team:person_list", icon="users", capability="people.view", order=10)
        navigation.register("admin", _("Teams"), "team:team_tree", icon="hierarchy", capability="people.view", order=20)
        navigation.register("work", _("Deputies"), "team:delegation_list", icon="handshake", order=80)
        navigation.register("admin", _("Audit trail"), "team:audit_list", icon="history", capability="audit.view", order=30)
        search.register(
            "person",
            label=_("People"),
            icon="user",
            rows=lambda user: self.get_model("User").objects.visible_to(user).active().for_list(),
            hint=lambda person: person.get_role_display(),
            list_url_name="team:person_list",
            capability="people.view",
            order=90,
        )
