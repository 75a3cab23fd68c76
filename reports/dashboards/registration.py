"""What the dashboards tell the rest of the house: the first page, a place in the navigation, thresholds on the settings page."""

from django.utils.translation import gettext_lazy as _

from ka_crm import company, homepage, navigation, policy_examples

from . import models  # noqa: F401 – the app's models are found from here


def register():
    """Call once, from ``AppConfig.ready()``."""
    homepage.register("reports.dashboards.views.home")
    navigation.register("insight", _("Dashboards"), "dashboards:figures", icon="chart-bar", capability="sales.view", order=10, phone=False)
    navigation.register("insight", _("Team"), "dashboards:team", icon="users", capability="people.view", order=12)
    navigation.register(
        "insight", _("Alerts and opportunities"), "dashboards:findings", icon="alert-triangle", capability="accounts.view", order=14
    )
    policy_examples.register("dashboards:account", model="accounts.KeyAccount")
    policy_examples.register("dashboards:store", model="accounts.Store")
    _declare_thresholds()


def _declare_thresholds():
    whole = {"group": "dashboards", "kind": "int"}
    company.declare(
        "dashboards.drop_rate",
        kind="rate",
        default="0.15",
        group="dashboards",
        label=_("Sell-out drop that is an alert"),
        help_text=_("Four weeks against the same weeks last year; 0.15 is 15 %."),
        minimum="0.01",
        maximum="0.99",
    )
    company.declare(
        "dashboards.silent_weeks",
        default=3,
        label=_("Weeks without sell-out that are an alert"),
        help_text=_("For an account and for a single store."),
        minimum=1,
        maximum=26,
        unit=_("weeks"),
        **whole,
    )
    company.declare(
        "dashboards.distribution_loss_rate",
        kind="rate",
        default="0.20",
        group="dashboards",
        label=_("Loss of selling stores that is an alert"),
        help_text=_("A product at an account against the month before, at least two stores; 0.20 is 20 %."),
        minimum="0.01",
        maximum="0.99",
    )
    company.declare(
        "dashboards.unvisited_days",
        default=30,
        label=_("Days without a visit after which a large store is an opportunity"),
        help_text=_("Large is a store whose market is above the median of its account."),
        minimum=1,
        maximum=366,
        unit=_("days"),
        **whole,
    )
    company.declare(
        "dashboards.best_sellers",
        default=10,
        label=_("How many products count as best sellers"),
        help_text=_("A best seller of one's accounts that an account does not sell is an opportunity."),
        minimum=1,
        maximum=50,
        **whole,
    )
