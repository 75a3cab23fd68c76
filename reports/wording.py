"""The sentences of findings: what happened, the numbers behind it, what to do next. Translated when they are read."""

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ka_crm.formats import listed

from .blocks import cell_text, signed

TONES = {"problem": "danger", "warning": "warn", "opportunity": "info", "good": "ok"}


def _shown(values, currency):
    kinds = {
        "now": "money",
        "before": "money",
        "lost": "money",
        "worth": "money",
        "market": "money",
        "change": "delta",
        "share": "percent",
        "overall": "percent",
        "part": "percent",
        "goal": "percent",
        "kept": "percent",
        "weighted": "percent",
    }
    shown = {}
    for name, value in values.items():
        if isinstance(value, list):
            shown[name] = listed(value)
        elif name in kinds and value is not None:
            text = cell_text(value, kinds[name], currency)
            shown[name] = f"{text}\u00a0{currency}" if kinds[name] == "money" else text
        else:
            shown[name] = value
    return shown


def _points(value, currency):
    return cell_text(value, "points", currency)


def _percent(value, currency):
    return cell_text(value, "percent", currency)


def missing_data(values, shown, currency):
    title = ngettext("%(count)s account sent no sell-out", "%(count)s accounts sent no sell-out", values["count"]) % shown
    return (
        title,
        _("%(accounts)s: the newest figures are of %(last_month)s.") % shown,
        _("Ask for the missing files and import them, then build this report again: its totals are too low until then."),
    )


def account_fell(values, shown, currency):
    return (
        _("%(account)s fell by %(lost)s") % shown,
        _("Net sell-out %(now)s after %(before)s (%(change)s).") % shown,
        _("Open the account's own report and agree with the buyer what brings the lost products back."),
    )


def product_fell(values, shown, currency):
    return (
        _("%(product)s lost %(lost)s") % shown,
        _("Net sell-out %(now)s after %(before)s (%(change)s); that is %(part)s of all losses by products.") % shown,
        _("Check price, promotion a period ago, listing and stock of %(sku)s at the next visits.") % shown,
    )


def stores_stopped(values, shown, currency):
    return (
        ngettext("%(count)s store stopped selling", "%(count)s stores stopped selling", values["count"]) % shown,
        _("They sold %(lost)s in the period before; the largest: %(stores)s.") % shown,
        _("Visit them first: find out whether we are delisted, out of stock, or the file is incomplete."),
    )


def share_lost(values, shown, currency):
    shown["points"], shown["before"] = _points(values["change"], currency), _percent(values["before"], currency)
    return (
        _("Share lost in %(category)s: %(points)s points") % shown,
        _("%(share)s after %(before)s of a market of %(market)s; the loss is worth %(worth)s.") % shown,
        _("Compare with competitors' promotions seen in the stores and prepare a counter-offer for this category."),
    )


def market_too_low(values, shown, currency):
    return (
        ngettext(
            "More sold than the whole market in %(count)s category",
            "More sold than the whole market in %(count)s categories",
            values["count"],
        )
        % shown,
        _("%(categories)s: we sold %(now)s of a market of %(market)s in the first of them, so its share means nothing.") % shown,
        _("Compare the file of market totals with the sell-out of the same stores and months, and ask for a corrected one."),
    )


def distribution_lost(values, shown, currency):
    shown["points"], shown["before"] = _points(values["change"], currency), _percent(values["before"], currency)
    return (
        _("%(product)s lost distribution: %(points)s points weighted") % shown,
        _("Selling stores: %(stores)s after %(stores_before)s; weighted distribution %(weighted)s after %(before)s.") % shown,
        _("Ask the buyer about the listing of %(sku)s and check the stores that no longer sell it.") % shown,
    )


def repeated_out_of_stock(values, shown, currency):
    return (
        _("%(product)s out of stock again and again") % shown,
        _("%(store)s: empty at %(times)s visits, last on %(last_on)s; %(lines)s such cases altogether.") % shown,
        _("Raise the store's order quantity or the delivery rhythm for %(sku)s and check again within a week.") % shown,
    )


def must_stock(values, shown, currency):
    return (
        _("Must-stock products found: %(share)s") % shown,
        _("%(missing)s of %(checked)s checks found the product missing; the goal is %(goal)s.") % shown,
        _("Take the list of gaps to the store managers and to the buyer."),
    )


def visits_missed(values, shown, currency):
    return (
        ngettext("%(missed)s planned visit was missed", "%(missed)s planned visits were missed", values["missed"]) % shown,
        _("%(kept)s of %(planned)s planned visits took place; the goal is %(goal)s.") % shown,
        _("Catch up with the missed stores first, and plan fewer visits per day where the plan was never kept."),
    )


def category_room(values, shown, currency):
    return (
        _("Room to grow in %(category)s: %(worth)s") % shown,
        _("Our share there is %(share)s, over all categories %(overall)s; the market is %(market)s.") % shown,
        _("Propose listings and a promotion in this category: reaching the usual share would bring that amount per period."),
    )


def account_rose(values, shown, currency):
    return (
        _("%(account)s grew by %(worth)s") % shown,
        _("Net sell-out %(now)s after %(before)s (%(change)s).") % shown,
        _("Find out what worked there and carry it to the accounts that fell."),
    )


def product_rose(values, shown, currency):
    return (
        _("%(product)s gained %(worth)s") % shown,
        _("Net sell-out %(now)s after %(before)s (%(change)s).") % shown,
        _("Secure stock and shelf space for it before the next period."),
    )


def share_won(values, shown, currency):
    shown["points"], shown["before"] = _points(values["change"], currency), _percent(values["before"], currency)
    return (
        _("Share won in %(category)s: %(points)s points") % shown,
        _("%(share)s after %(before)s; the gain is worth %(worth)s.") % shown,
        _("Use it in the next talk with the buyer: the category grows with us."),
    )


def plan_was_kept(values, shown, currency):
    return (
        _("The visit plan was kept: %(kept)s") % shown,
        _("%(done)s of %(planned)s planned visits took place; the goal is %(goal)s.") % shown,
        _("Keep the rhythm."),
    )


def must_stock_there(values, shown, currency):
    return (
        _("Must-stock products were there: %(share)s") % shown,
        ngettext("%(checked)s check; the goal is %(goal)s.", "%(checked)s checks; the goal is %(goal)s.", values["checked"]) % shown,
        _("Keep the list short and the checks coming."),
    )


_WORDS = {
    function.__name__: function
    for function in (
        missing_data,
        account_fell,
        product_fell,
        stores_stopped,
        share_lost,
        market_too_low,
        distribution_lost,
        repeated_out_of_stock,
        must_stock,
        visits_missed,
        category_room,
        account_rose,
        product_rose,
        share_won,
        plan_was_kept,
        must_stock_there,
    )
}


def worded(found, currency):
    """A finding as a block item: tone, title, text and suggestion in the language of now."""
    title, text, suggestion = _WORDS[found["code"]](found["values"], _shown(found["values"], currency), currency)
    return {
        "tone": TONES[found["kind"]],
        "kind": found["kind"],
        "title": title,
        "text": text,
        "suggestion": suggestion,
        "link": found.get("link"),
    }


def opening(data, reading):
    """The sentence that a report opens with, from its figures: how much was sold, how that compares, who moved it."""
    net = data["net"]
    if net["value"] is None:
        return _("No sell-out was received for this period.")
    shown = {"now": f"{cell_text(net['value'], 'money', reading.currency)}\u00a0{reading.currency}"}
    parts = [_compared_sentence(net, shown)]
    if net["change_year"] is not None and reading.kind != "annual":
        year = cell_text(net["change_year"].lstrip("-"), "percent", reading.currency)
        sentence = (
            _("That is %(year)s less than a year ago.")
            if net["change_year"].startswith("-")
            else _("That is %(year)s more than a year ago.")
        )
        parts.append(sentence % {"year": year})
    for mover, sentence in ((data["up"], _("%(name)s brought most: %(change)s.")), (data["down"], _("%(name)s lost most: %(change)s."))):
        if mover is not None and net["change"] is not None:
            parts.append(sentence % {"name": mover["name"], "change": signed_money(mover["change"], reading.currency)})
    return ("" if (get_language() or "").startswith("zh") else " ").join(parts)


def _compared_sentence(net, shown):
    if net["change"] is None:
        return _("Net sell-out was %(now)s; there is nothing earlier to compare it with.") % shown
    shown["change"] = _percent(net["change"].lstrip("-"), "")
    if net["change"].startswith("-"):
        return _("Net sell-out fell by %(change)s to %(now)s.") % shown
    if not net["change"].strip("0."):
        return _("Net sell-out stayed at %(now)s.") % shown
    return _("Net sell-out rose by %(change)s to %(now)s.") % shown


def signed_money(value, currency):
    return f"{signed(cell_text(value, 'money', currency), value)}\u00a0{currency}"
