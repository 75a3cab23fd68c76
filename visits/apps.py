"""What was seen: plans, visits, shelf facts and photos."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = _("Visits")

    def ready(self):
        navigation.register("work", _("Today"), "visits:today", icon="map-pin", capability="visits.record", order=5, phone=True)
        navigation.register("work", _("Visits"), "visits:visit_list", icon="list-check", capability="visits.view", order=15, phone=True)
        panels.register("home", title=_("Today's visits"), url_name="visits:home_panel", order=10, capability="visits.record")
        panels.register("store", title=_("Visits"), url_name="visits:store_panel", order=20, capability="visits.view")
        panels.register("key_account", title=_("Visits"), url_name="visits:account_panel", order=40, capability="visits.view")
