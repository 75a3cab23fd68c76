"""What was seen: plans, visits, shelf facts and photos."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ka_crm import navigation, panels, policy_examples


class VisitsConfig(AppConfig):
    name = "visits"
    verbose_name = _("Visits")

    def ready(self):
        from . import receivers, scoring, settings_parts, tickets  # noqa: F401 – they need the models, which are there only now
        from .planning import setup as planning

        settings_parts.register()
        scoring.declare_settings()
        tickets.declare_settings()
        planning.ready()
        for part in ("visits:product_search", "visits:competitor", "visits:visit_score"):
            policy_examples.register(part, model="visits.Visit")
        policy_examples.register("visits:store_history", model="accounts.Store")
        policy_examples.register("visits:account_scores", model="accounts.KeyAccount")
        for verb in ("visits:visit_change", "visits:visit_cancel", "visits:visit_missed"):
            policy_examples.register(verb, model="visits.Visit", only={"status": "planned"})
        policy_examples.register("visits:product_form", model="visits.Visit", kwargs=_visit_and_any_product)
        navigation.register("work", _("Today"), "visits:today", icon="map-pin", capability="visits.record", order=5, phone=True, key="t")
        navigation.register(
            "field", _("Visits"), "visits:visit_list", icon="list-check", capability="visits.view", order=15, phone=True, key="v"
        )
        panels.register("home", title=_("Today's visits"), url_name="visits:home_panel", order=10, capability="visits.record")
        panels.register("store", title=_("Visits"), url_name="visits:store_panel", order=20, capability="visits.view")
        navigation.register("field", _("Photos"), "visits:photo_list", icon="photo", capability="visits.view", order=18)
        panels.register("key_account", title=_("In store"), url_name="visits:account_scores_panel", order=35, capability="visits.view")
        panels.register("key_account", title=_("Visits"), url_name="visits:account_panel", order=40, capability="visits.view")


def _visit_and_any_product(visit):
    from sales.models import Product  # models are there only now

    return {"pk": visit.pk, "product_pk": Product.objects.order_by("pk").values_list("pk", flat=True).first() or 1}
