"""The figures that come first: net sell-out, units, growth, year to date, reach."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import fiscal
from ka_crm.money import growth

from .. import blocks
from ..facts import Share
from .base import Section, money, source, sources, text

# Why a growth figure is missing; a missing comparison is never shown as 0.
REASONS = {
    "no_data": gettext_lazy("no sell-out in this period"),
    "no_earlier": gettext_lazy("no sell-out in the earlier period"),
    "not_positive": gettext_lazy("the earlier period is zero or negative"),
    "incomplete": gettext_lazy("months are missing in the earlier period"),
    "no_market": gettext_lazy("no market totals for this period"),
    "no_market_earlier": gettext_lazy("no market totals for the period before"),
}


def compared(now, has_now, then, has_then):
    """(growth as text or None, reason code) of two sums in minor units."""
    if not has_now:
        return None, "no_data"
    if not has_then:
        return None, "no_earlier"
    change = growth(now, then)
    return text(change), "" if change is not None else "not_positive"


def market_share(facts, account_ids):
    """(share now, share before, change in shares, why there is no change) over the accounts' market cells.

    Without any sell-out in one of the periods nothing came in, which is not a share of 0 to compare with.
    """
    total = Share()
    for pk in account_ids:
        for share in facts.by_category.get(pk, {}).values():
            total.add(share)
    reason = ""
    if total.now is None:
        reason = "no_market"
    elif total.before is None:
        reason = "no_market_earlier"
    elif not facts.sums(account_ids, facts.months)[1]:
        reason = "no_data"
    elif not facts.sums(account_ids, facts.before.months())[1]:
        reason = "no_earlier"
    return total.now, total.before, None if reason else total.change, reason


def _figures(scope, account_ids, currency):
    """The headline figures over some accounts, as frozen text."""
    facts = scope.facts
    ytd = fiscal.year_to_date(scope.period)
    ytd_year_ago = ytd.year_before()
    now, has_now = facts.sums(account_ids, facts.months)
    before, has_before = facts.sums(account_ids, facts.before.months())
    year_ago, has_year_ago = facts.sums(account_ids, facts.year_ago.months())
    so_far, has_so_far = facts.sums(account_ids, ytd.months())
    so_far_then, has_so_far_then = facts.sums(account_ids, ytd_year_ago.months())
    products = facts.sold_by_product(account_ids)
    stores = facts.sold_by_store(account_ids).values()
    share, share_before, share_change, reason_share = market_share(facts, account_ids)
    figures = {
        "has_data": has_now,
        "units": now.units,
        "gross_value": money(now.gross_minor, currency),
        "discount_value": money(now.discount_minor, currency),
        "net_value": money(now.net_minor, currency),
        "selling_stores": sum(row.units > 0 for row in stores),
        "stores": sum(facts.store_counts[pk] for pk in account_ids),
        "selling_skus": sum(row.units > 0 for row in products.values()),
        "net_value_previous_period": money(before.net_minor, currency) if has_before else None,
        "net_value_year_ago": money(year_ago.net_minor, currency) if has_year_ago else None,
        "net_value_ytd": money(so_far.net_minor, currency) if has_so_far else None,
        "net_value_ytd_year_ago": money(so_far_then.net_minor, currency) if has_so_far_then else None,
        "share": text(share),
        "share_previous_period": text(share_before),
        "share_change": text(share_change),
        "reason_share": reason_share,
        "fact_rows": facts.fact_rows(account_ids),
    }
    for name, then, has_then in (("previous_period", before, has_before), ("year_ago", year_ago, has_year_ago)):
        figures[f"net_growth_vs_{name}"], figures[f"reason_{name}"] = compared(now.net_minor, has_now, then.net_minor, has_then)
    figures["net_growth_ytd"], figures["reason_ytd"] = compared(so_far.net_minor, has_so_far, so_far_then.net_minor, has_so_far_then)
    # Ten months against two would be a growth of the files, not of the sales.
    for name, months, months_then in (
        ("vs_year_ago", facts.months, facts.year_ago.months()),
        ("ytd", ytd.months(), ytd_year_ago.months()),
    ):
        if facts.months_known(account_ids, months_then) < facts.months_known(account_ids, months) and figures[f"net_growth_{name}"]:
            figures[f"net_growth_{name}"], figures[f"reason_{name.removeprefix('vs_')}"] = None, "incomplete"
    return figures


def _account_row(scope, pk):
    facts, account = scope.facts, scope.facts.accounts[pk]
    now, has_now = facts.sums([pk], facts.months)
    before, has_before = facts.sums([pk], facts.before.months())
    share, _before, change, _reason = market_share(facts, [pk])
    growth_text, reason = compared(now.net_minor, has_now, before.net_minor, has_before)
    return {
        "id": pk,
        "account_code": account.code,
        "account_name": account.name,
        "currency": account.currency,
        "has_data": has_now,
        "units": now.units if has_now else None,
        "net_value": money(now.net_minor, account.currency) if has_now else None,
        "net_growth_vs_previous_period": growth_text,
        "reason": reason,
        "share": text(share),
        "share_change": text(change),
        "_net": now.net_minor,
        "_seen": has_now or has_before,
    }


def compute(scope):
    rows = {pk: _account_row(scope, pk) for pk in scope.facts.account_ids if pk in scope.facts.accounts}
    computed = {}
    for subject in scope.subjects:
        data = _figures(scope, subject.account_ids, subject.currency)
        data["currency"] = subject.currency
        data["accounts"] = (
            _public(sorted((rows[pk] for pk in subject.account_ids if rows[pk]["_seen"]), key=_largest)) if len(subject.all_ids) > 1 else []
        )
        data["other_currencies"] = _public(sorted((rows[pk] for pk in subject.other_ids if rows[pk]["_seen"]), key=_largest))
        computed[subject.key] = data, _sources(scope, subject, data)
    return computed


def _largest(row):
    return -row["_net"], row["account_code"]


def _public(rows):
    return [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows]


def _sources(scope, subject, data):
    facts = scope.facts
    common = {"subject": subject, "facts": facts}
    return sources(
        source("net_value", "sellout_month_account", period=scope.period, rows=data["fact_rows"], total=data["net_value"], **common),
        source(
            "net_growth_vs_previous_period", "sellout_month_account", period=facts.before, total=data["net_value_previous_period"], **common
        ),
        source("net_growth_vs_year_ago", "sellout_month_account", period=facts.year_ago, total=data["net_value_year_ago"], **common),
        source("net_value_ytd", "sellout_month_account", period=fiscal.year_to_date(scope.period), total=data["net_value_ytd"], **common),
        source("selling_stores", "sellout_month_store", period=scope.period, rows=data["selling_stores"], **common),
        source("selling_skus", "sellout_month_account_sku", period=scope.period, rows=data["selling_skus"], **common),
        source("share", "share_account_month", period=scope.period, total=data["share"], **common),
    )


def _change(data, name):
    """What a growth shows: its fraction, or the reason why there is none."""
    value = data[f"net_growth_vs_{name}"] if name != "ytd" else data["net_growth_ytd"]
    reason = data[f"reason_{name}"]
    return {"change": value, "reason": str(REASONS[reason]) if reason else ""}


def share_reason(change, share, reason):
    """Why a share has no change, in words; reports of before there were reasons say it by what is missing."""
    if change:
        return ""
    return str(REASONS[reason or ("no_market" if share is None else "no_market_earlier")])


def layout(data, reading):
    if not data["has_data"]:
        yield blocks.paragraph(_("No sell-out was received for this period. The figures below are empty, not zero."), tone="warn")
    yield blocks.kpis(
        blocks.kpi(
            _("Net sell-out"),
            data["net_value"] if data["has_data"] else None,
            kind="money",
            change_label=_("vs the period before"),
            **_change(data, "previous_period"),
        ),
        blocks.kpi(
            _("Same period last year"),
            data["net_value_year_ago"],
            kind="money",
            change_label=_("vs last year"),
            **_change(data, "year_ago"),
        ),
        blocks.kpi(_("Year to date"), data["net_value_ytd"], kind="money", change_label=_("vs last year"), **_change(data, "ytd")),
        blocks.kpi(
            _("Share of wallet"),
            data["share"],
            kind="percent",
            change_label=_("points vs the period before"),
            change=data["share_change"],
            reason=share_reason(data["share_change"], data["share"], data.get("reason_share")),
        ),
        blocks.kpi(_("Units"), data["units"] if data["has_data"] else None, kind="count"),
        blocks.kpi(
            _("Discount of the retailer"),
            data["discount_value"] if data["has_data"] else None,
            kind="money",
            hint=_("contained in gross, not in net"),
        ),
        blocks.kpi(_("Selling stores"), data["selling_stores"], kind="count", hint=_("of %(count)s") % {"count": data["stores"]}),
        blocks.kpi(_("Selling products"), data["selling_skus"], kind="count"),
    )
    if data["accounts"]:
        yield _accounts_table(_("Accounts"), data["accounts"])
    by_currency = {}
    for row in data["other_currencies"]:
        by_currency.setdefault(row["currency"], []).append(row)
    for currency, rows in sorted(by_currency.items()):
        block = _accounts_table(_("Accounts in %(currency)s") % {"currency": currency}, rows)
        block["currency"] = currency
        block["note"] = _("Not contained in the totals above: sums never mix currencies.")
        yield block


def _accounts_table(title, rows):
    columns = [
        blocks.column(_("Account"), wide=True),
        blocks.column(_("Code")),
        blocks.column(_("Net sell-out"), "money"),
        blocks.column(_("vs before"), "delta"),
        blocks.column(_("Units"), "count"),
        blocks.column(_("Share"), "percent"),
        blocks.column(_("Change, points"), "points"),
    ]
    keys = ("account_name", "account_code", "net_value", "net_growth_vs_previous_period", "units", "share", "share_change")
    return blocks.table(
        title, columns, [[row[key] for key in keys] for row in rows], links=[("accounts:account_detail", row["id"]) for row in rows]
    )


SECTION = Section(
    key="headline",
    title=gettext_lazy("At a glance"),
    compute=compute,
    layout=layout,
    formulas={
        "net_value": gettext_lazy(
            "Net sell-out = gross at regular price − discount funded by the retailer, tax excluded; sum of the sell-out rows."
        ),
        "net_growth_vs_previous_period": gettext_lazy("(now − then) ÷ |then|; no figure where then is missing, zero or negative."),
        "net_growth_vs_year_ago": gettext_lazy("(now − then) ÷ |then|; no figure where then is missing, zero or negative."),
        "net_value_ytd": gettext_lazy("Sum of net sell-out from the first day of the fiscal year to the end of the period."),
        "selling_stores": gettext_lazy("Stores whose units in the period add up to more than 0."),
        "selling_skus": gettext_lazy("Products whose units in the period add up to more than 0."),
        "share": gettext_lazy("Own net ÷ market net over the store, category and month cells that have a market total."),
    },
)
