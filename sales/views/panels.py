"""Sell-out on the record pages of accounts, stores and products: twelve months at a glance, from the rollups."""

from django.conf import settings
from django.db.models import Max, Q, Sum
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import KeyAccount, Store
from ka_crm import policy
from ka_crm.charts import Chart, Series
from ka_crm.money import from_minor, growth
from ka_crm.periods import month_of

from ..models import AccountProductMonth, Product, StoreProductMonth

MONTHS_SHOWN = 13


def monthly_figures(rows, *, today):
    """(months with their sums, oldest first; the running month's sums or None) of rollup ``rows``; two statements.

    The months end with the newest complete one that has figures: a month that ``today`` lies in is not compared with whole
    ones. Gaps are None; a pair is (Period, {units_sum, net_sum}).
    """
    running = month_of(today)
    newest = rows.aggregate(newest=Max("month"), newest_complete=Max("month", filter=~Q(month=running.starts_on)))
    if newest["newest"] is None:
        return [], None
    months = [month_of(newest["newest_complete"] or newest["newest"])]
    while len(months) < MONTHS_SHOWN:
        months.insert(0, months[0].previous())
    sums = {
        row["month"]: row
        for row in rows.filter(month__gte=months[0].starts_on)
        .order_by()
        .values("month")
        .annotate(units_sum=Sum("units"), net_sum=Sum("net_minor"))
    }
    return [(period, sums.get(period.starts_on)) for period in months], sums.get(running.starts_on)


def sellout_panel(request, rows, currency):
    """The panel's fragment: the newest complete month, its growth, what the running month has so far, thirteen months drawn."""
    figures, so_far = monthly_figures(rows, today=localdate())
    context = {"currency": currency, "figures": figures, "so_far": None}
    if figures:
        (period, last), (_before, previous), (_year, year_ago) = figures[-1], figures[-2], figures[0]
        if so_far and period.starts_on != month_of(localdate()).starts_on:
            context["so_far"] = so_far["net_sum"]
        context["period"] = period
        context["net_minor"] = last["net_sum"]
        context["units"] = last["units_sum"]
        context["to_previous"] = growth(last["net_sum"], previous and previous["net_sum"])
        context["year_ago_minor"] = year_ago["net_sum"] if year_ago else None
        context["to_year_ago"] = growth(last["net_sum"], year_ago and year_ago["net_sum"])
        context["chart"] = Chart(
            "bar",
            _("Net sell-out by month"),
            [date_format(month.starts_on, "Y-m") for month, _row in figures],
            [Series(_("Net sell-out"), [from_minor(row["net_sum"], currency) if row else None for _month, row in figures])],
            unit=currency,
            description=_("Net sell-out of the last thirteen months, up to %(month)s.") % {"month": period.label},
        )
    return render(request, "sales/_sellout_panel.html", context)


@policy.requires("sales.view")
def account_panel(request, pk):
    account = get_object_or_404(KeyAccount.objects.visible_to(request.user), pk=pk)
    rows = AccountProductMonth.objects.filter(account__in=KeyAccount.objects.within(account).filter(currency=account.currency).values("pk"))
    return sellout_panel(request, rows, account.currency)


@policy.requires("sales.view")
def store_panel(request, pk):
    store = get_object_or_404(Store.objects.visible_to(request.user).select_related("account"), pk=pk)
    return sellout_panel(request, StoreProductMonth.objects.filter(store=store), store.account.currency)


@policy.requires("sales.view")
def product_panel(request, pk):
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=pk)
    accounts = KeyAccount.objects.visible_to(request.user).filter(currency=product.currency)
    rows = AccountProductMonth.objects.filter(product=product, account__in=accounts.values("pk"))
    return sellout_panel(request, rows, product.currency)


@policy.requires("sales.view")
def home_panel(request):
    """Sell-out of the accounts in scope that report in one currency: the only one, else the company's; a mixed sum says nothing."""
    visible = KeyAccount.objects.visible_to(request.user)
    currencies = set(visible.order_by().values_list("currency", flat=True).distinct())
    currency = currencies.pop() if len(currencies) == 1 else settings.KA_BASE_CURRENCY
    accounts = visible.filter(currency=currency)
    return sellout_panel(request, AccountProductMonth.objects.filter(account__in=accounts.values("pk")), currency)
