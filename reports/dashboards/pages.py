"""What the pages of figures show: headline figures, drawings and tables out of the figures, with their addresses."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from ka_crm import formats
from ka_crm.charts import Chart, Series
from ka_crm.money import digits_of, from_minor

from ..findings import PLAN_GOAL
from .figure_tables import Column, FigureTable
from .figures import FORMULAS

MOST_ROWS = 12
MOVERS = 5
KEPT_GOAL = PLAN_GOAL


def kpi(label, value, *, delta=None, delta_label="", hint="", url="", tone=""):
    """One figure for components/kpi.html."""
    return {"label": label, "value": value, "delta": delta, "delta_label": delta_label, "hint": hint, "url": url, "tone": tone}


def link(name, *args, selection=None, **query):
    """An address with the period and currency of a selection kept."""
    if selection is not None:
        query = {"period": selection.asked_period, "currency": selection.currency, **query}
    query = {key: value for key, value in query.items() if value not in ("", None)}
    return reverse(name, args=args) + (f"?{urlencode(query)}" if query else "")


def points(now, then):
    """The difference of two shares as text in percentage points, or “–”."""
    if now is None or then is None:
        return formats.MISSING
    text = formats.number((now - then) * 100, 1)
    return f"+{text}" if now > then else text


def month_chart(rows, currency, *, selection, url_name, args=(), title=None):
    """Net sell-out by month beside the same months a year ago; a month opens the same page for that month alone."""
    drawn = [row for row in rows if row.has_now or row.has_then]
    last = next((row for row in reversed(drawn) if row.has_now), None)
    return Chart(
        "bar",
        title or _("Net sell-out by month"),
        [row.label for row in drawn],
        [
            Series(_("This year"), [from_minor(row.net, currency) if row.has_now else None for row in drawn]),
            Series(_("Last year"), [from_minor(row.net_then, currency) if row.has_then else None for row in drawn], dashed=True),
        ],
        unit=currency,
        places=digits_of(currency),
        description=f"{last.label}: {formats.money(last.net, currency)}" if last else "",
        links=[link(url_name, *args, selection=selection, period=row.label, account=_account_of(selection, args)) for row in drawn],
    )


def _account_of(selection, args):
    return selection.account.pk if selection.account and not args else None


def bar_chart(title, rows, currency, links):
    """Net sell-out of some rows, the largest first, beside last year."""
    drawn = rows[:MOST_ROWS]
    return Chart(
        "hbar",
        title,
        [row.label for row in drawn],
        [
            Series(_("This year"), [from_minor(row.net, currency) if row.has_now else None for row in drawn]),
            Series(_("Last year"), [from_minor(row.net_then, currency) if row.has_then else None for row in drawn]),
        ],
        unit=currency,
        places=digits_of(currency),
        description=f"{drawn[0].label}: {formats.money(drawn[0].net, currency)}" if drawn else "",
        links=links[: len(drawn)],
    )


def sales_columns(label):
    return [
        Column(label),
        Column(_("Net sell-out"), "money"),
        Column(_("vs last year"), "delta"),
        Column(_("Won or lost"), "money"),
        Column(_("Units"), "count"),
    ]


def compared_table(title, label, rows, currency, *, url_of=None, most=MOST_ROWS, empty=""):
    """Rows of figures.Compared as a table; a missing comparison says why."""
    table = FigureTable(title, sales_columns(label), currency, empty=empty or _("Nothing was sold in this period."))
    for row in rows[:most]:
        table.add(
            row.label,
            row.net if row.has_now else None,
            row.change,
            row.gained if row.change is not None else None,
            row.units if row.has_now else None,
            url=url_of(row) if url_of else "",
            whys={2: row.reason},
        )
    table.more = max(len(rows) - most, 0)
    return table


def accounts_table(selection, sales, rows):
    """Chains or accounts, the one that lost most first: the table from which one drills down."""
    worst = sorted(rows, key=lambda row: (row.gained if row.change is not None else 0, row.label))
    return compared_table(
        _("Accounts, worst first"),
        _("Account"),
        worst,
        selection.currency,
        url_of=lambda row: link("dashboards:account", row.key, selection=selection),
        most=50,
    )


def movers(selection, sales):
    """(table of the products that won most, table of those that lost most)."""
    compared = [row for row in sales.products if not row.is_incomplete]
    won = [row for row in compared if row.gained > 0][:MOVERS]
    lost = [row for row in reversed(compared) if row.gained < 0][:MOVERS]

    def url_of(row):
        return reverse("sales:product_detail", args=[row.key])

    return (
        compared_table(_("Products that won most"), _("Product"), won, selection.currency, url_of=url_of, empty=_("No product won.")),
        compared_table(_("Products that lost most"), _("Product"), lost, selection.currency, url_of=url_of, empty=_("No product lost.")),
    )


def distribution_table(selection, sales):
    """Products that lost or won selling stores against the same month a year ago, the greatest losses first."""
    columns = [Column(_("Product")), Column(_("Stores"), "count"), Column(_("Year ago"), "count"), Column(_("Change"), "count")]
    table = FigureTable(_("Distribution, losses first"), columns, empty=_("No product sold in the newest month."))
    rows = sales.distribution.products
    for label, product_id, now, then in rows[:MOST_ROWS]:
        table.add(label, now, then, now - then, url=reverse("sales:product_detail", args=[product_id]))
    table.more = max(len(rows) - MOST_ROWS, 0)
    return table


def category_table(selection, sales):
    """Categories with our share of each in the newest month."""
    columns = [
        Column(_("Category")),
        Column(_("Net sell-out"), "money"),
        Column(_("vs last year"), "delta"),
        Column(_("Share %(month)s") % {"month": selection.last_month.label}, "percent"),
    ]
    table = FigureTable(_("By category"), columns, selection.currency, empty=_("Nothing was sold in this period."))
    for row in sales.categories[:MOST_ROWS]:
        share = sales.share_by_category.get(row.key)
        table.add(row.label, row.net if row.has_now else None, row.change, share.ratio if share else None, whys={2: row.reason})
    table.more = max(len(sales.categories) - MOST_ROWS, 0)
    return table


def regions_table(selection, sales):
    """Region accounts, and the countries of accounts that belong to none."""
    return compared_table(
        _("By region"),
        _("Region or country"),
        sales.regions,
        selection.currency,
        url_of=lambda row: link("dashboards:account", row.key, selection=selection) if row.key else "",
    )


def net_kpi(selection, sales):
    """Net sell-out of the period with its growth, or the reason why there is none."""
    total = sales.total
    return kpi(
        _("Net sell-out %(period)s") % {"period": selection.label},
        formats.short_money(total.net if total.has_now else None, selection.currency),
        delta=total.change,
        delta_label=_("vs last year"),
        hint="" if total.change is not None else str(total.reason),
        url="#accounts",
    )


def sales_kpis(selection, sales, *, sees_costs):
    """The headline figures of sell-out, share and distribution; margin only for those who may see costs."""
    currency, month, spread = selection.currency, selection.last_month.label, sales.distribution
    share, share_then = sales.share.ratio, sales.share_then.ratio
    found = [
        net_kpi(selection, sales),
        kpi(
            _("Units %(period)s") % {"period": selection.label},
            formats.number(sales.total.units if sales.total.has_now else None),
            url="#movers",
        ),
        kpi(
            _("Share of wallet %(month)s") % {"month": month},
            formats.percent(share),
            hint=_("%(points)s points vs last year") % {"points": points(share, share_then)}
            if share is not None
            else _("no market totals for this month"),
            url="#categories",
        ),
        kpi(
            _("Selling stores %(month)s") % {"month": month},
            _("%(now)s of %(all)s") % {"now": formats.number(spread.selling), "all": formats.number(spread.stores)},
            hint=_("%(count)s products per selling store") % {"count": formats.number(spread.products_per_store, 1)},
            url="#distribution",
        ),
    ]
    if sees_costs:
        found.append(_margin_kpi(sales.margin, currency))
    return found


def _margin_kpi(margin, currency):
    left_out = margin.products_without_cost
    hint = _("%(rate)s of net sell-out") % {"rate": formats.percent(margin.rate)} if margin.amount is not None else ""
    if left_out:
        hint = (hint + " · " if hint else "") + _("%(count)s products without a cost left out") % {"count": left_out}
    return kpi(_("Margin over unit cost"), formats.short_money(margin.amount, currency), hint=hint)


def computed(*names):
    """Lines of “How is this computed”: (what, how) of the figures named."""
    labels = {
        "net": _("Net sell-out"),
        "growth": _("vs last year"),
        "share": _("Share of wallet"),
        "distribution": _("Selling stores"),
        "products_per_store": _("Products per selling store"),
        "margin": _("Margin over unit cost"),
    }
    return [(labels[name], FORMULAS[name]) for name in names]
