from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamConfig(AppConfig):
    name = "team"
    verbose_name = _("Team")

    def ready(self):
        from ka_crm import navigation, policy_examples, search, statuses  # here and below: models are there only now

        from . import checks, company_setup, receivers, work  # noqa: F401 – connects them

        work.register_work(self)
        self._describe_records()
        company_setup.register_company()
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

    def _describe_records(self):
        from ka_crm import company, conflicts, policy_examples  # as above

        from . import notices, services
        from .records import attachments, comments, kinds
        from .records.conflicts import changes_since

        def change_person(*, person, values, **about):
            return services.change_person(person_id=person.pk, **values, **about)

        def own(comment, user):
            return comment.author_id == user.pk

        conflicts.register(changes_since)
        kinds.register(
            "team.User", noun="person", capability="people.manage", change=change_person, guarded={}, trail_capability="audit.view"
        )
        kinds.register(
            "team.Comment",
            noun="comment",
            change=comments.change_comment,
            archive=comments.remove_comment,
            restore=comments.restore_comment,
            allows=own,
        )
        kinds.register("team.Attachment", noun="attachment", archive=attachments.remove_file, restore=attachments.restore_file)
        policy_examples.register("records:comment", model="team.Comment")
        policy_examples.register("records:undo", model="team.AuditEvent")
        notices.register_kind(
            "records.mentioned", label=_("Mentioned in a comment"), text=_("%(actor)s named you in a comment on “%(record)s”.")
        )
        limits = (
            ("file_most_mb", 20, 100, _("Largest attached file (MB)"), _("Files that people hang on accounts, stores and other records.")),
            ("files_most", 50, 1000, _("Files on one record"), _("So many files can hang on one record at a time.")),
        )
        for name, default, most, label, text in limits:
            about = {"label": label, "help_text": text, "default": default, "minimum": 1, "maximum": most}
            company.declare(f"records.{name}", kind="int", group="security", **about)
