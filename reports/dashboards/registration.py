"""What the dashboards tell the rest of the house: the first page, a place in the navigation, thresholds on the settings page."""

from django.utils.translation import gettext_lazy as _

from ka_crm import company, homepage, navigation, policy_examples

from . import models  # noqa: F401 – the app's models are found from here


def register():
    """Call once, from ``AppConfig.ready()``."""
    homepage.register("reports.dashboards.views.home")
    navigation.register("insight", _("Dashboards"), "dashboards:figures", icon="chart-bar", capability="sales.view", order=10, key="d")
    navigation.register("insight", _("Team"), "dashboards:team", icon="users", capability="people.view", order=12)
    navigation.register(
        "insight", _("Alerts and opportunities"), "dashboards:findings", icon="alert-triangle", capability="accounts.view", order=14
    )
    policy_examples.register("dashboards:account", model="accounts.KeyAccount")
    policy_examples.register("dashboards:store", model="accounts.Store")
    _declare_thresholds()


_RATE = {"kind": "rate", "minimum": "0.01", "maximum": "0.99"}
# (key, default, label, what it means, the rest): what decides whether something is an alert or an opportunity.
_THRESHOLDS = (
    (
        "drop_rate",
        "0.15",
        _("Sell-out drop that is an alert"),
        _("Four weeks against the same weeks last year; 0.15 is 15 %."),
        _RATE,
    ),
    (
        "silent_weeks",
        3,
        _("Weeks without sell-out that are an alert"),
        _("For an account and for a single store."),
        {"kind": "int", "minimum": 1, "maximum": 26, "unit": _("weeks")},
    ),
    (
        "distribution_loss_rate",
        "0.20",
        _("Loss of selling stores that is an alert"),
        _("A product at an account against the month before, at least two stores; 0.20 is 20 %."),
        _RATE,
    ),
    (
        "unvisited_days",
        30,
        _("Days without a visit after which a large store is an opportunity"),
        _("Large is a store whose market is above the median of its account."),
        {"kind": "int", "minimum": 1, "maximum": 366, "unit": _("days")},
    ),
    (
        "best_sellers",
        10,
        _("How many products count as best sellers"),
        _("A best seller of one's accounts that an account does not sell is an opportunity."),
        {"kind": "int", "minimum": 1, "maximum": 50},
    ),
)


def _declare_thresholds():
    for key, default, label, help_text, rest in _THRESHOLDS:
        company.declare(f"dashboards.{key}", default=default, group="dashboards", label=label, help_text=help_text, **rest)
