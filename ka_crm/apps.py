from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from . import navigation


class KaCrmConfig(AppConfig):
    name = "ka_crm"
    verbose_name = "KA CRM"

    def ready(self):
        navigation.register("work", _("Home"), "home", icon="home", order=0, phone=True)
        navigation.register("admin", _("Style guide"), "styleguide", icon="star", capability="settings.manage", order=990)
