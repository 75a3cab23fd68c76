from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_delete, post_migrate, post_save
from django.utils.translation import gettext_lazy as _

from . import navigation, policy_examples, remembered


class KaCrmConfig(AppConfig):
    name = "ka_crm"
    verbose_name = "KA CRM"

    def ready(self):
        post_migrate.connect(make_cache_table, sender=self)
        for written in (post_save, post_delete):
            written.connect(remembered.forget, sender=self.get_model("Setting"), dispatch_uid="ka_crm.settings_changed")
        policy_examples.register("view", model="ka_crm.SavedView", only={"is_shared": False})
        navigation.register("work", _("Home"), "home", icon="home", order=0, phone=True, key="h")
        navigation.register("admin", _("Style guide"), "styleguide", icon="star", capability="settings.manage", order=990)


def make_cache_table(using, **_migration):
    """Make the table of the shared cache with the others: sign-in counts its attempts there, so nobody signs in without it."""
    call_command("createcachetable", database=using, verbosity=0)
