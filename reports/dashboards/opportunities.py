"""Rules that find what could be won, each with an estimate of weekly units and where it comes from.

The estimate of a product that a store does not sell is the median of what comparable stores sell of it a week: the same chain and
format, the whole chain where fewer than three stores of that format sell it. Comparisons stay within the reader's own accounts.
"""

from collections import defaultdict
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ka_crm import company, formats

from .findings import INFO, OPPORTUNITY, about_account, about_store, median, per_week

MOST_PER_RULE = 20
LEAST_COMPARED = 3
NAMED = 3


def unsold_must_stock(ground):
    """Must-stock products that a store does not sell while other stores of its chain do."""
    if ground.newest is None:
        return
    found = []
    for chain_id, stores in ground.stores_of_chain.items():
        told = [store for store in stores if ground.store_months.get(store.pk, {}).get(ground.newest.starts_on, 0) > 0]
        for product_id in ground.must_stock:
            if product_id in ground.products:
                found += _unsold_in_chain(ground, chain_id, told, product_id)
    found.sort(key=lambda row: (-row[0], row[1].pk, row[2]))
    for worth, store, product_id, weekly, selling, basis in found[:MOST_PER_RULE]:
        yield _unsold_finding(ground, worth, store, ground.products[product_id], weekly, selling, basis)


def _unsold_in_chain(ground, chain_id, told, product_id):
    """(worth a week in minor units, store, product, weekly units, selling stores, stores compared) per store that lacks the product."""
    sold = {store.pk: ground.must_stock_sold[store.pk, product_id] for store in told if (store.pk, product_id) in ground.must_stock_sold}
    if not sold:
        return
    rows = ground.must_stock[product_id]
    by_format = defaultdict(list)
    for store in told:
        if store.pk in sold:
            by_format[store.store_format].append(sold[store.pk][0])
    everywhere = [units for units, _net in sold.values()]
    price = Decimal(sum(net for _units, net in sold.values())) / sum(everywhere)
    for store in told:
        if store.pk in sold or not _is_bound(ground, store, rows):
            continue
        alike = by_format[store.store_format]
        basis = alike if len(alike) >= LEAST_COMPARED else everywhere
        weekly = per_week(median(basis), ground.newest.days)
        yield int(weekly * price), store, product_id, weekly, len(sold), len(basis)


def _is_bound(ground, store, rules):
    above = ground.accounts[store.account_id].above
    return any((account is None or account in above) and store_format in ("", store.store_format) for account, store_format in rules)


def _unsold_finding(ground, worth, store, product, weekly, selling, basis):
    chain = ground.accounts[ground.chain_of(store.account_id)]
    words = {
        "product": product.name,
        "sku": product.sku,
        "store": store.name,
        "chain": chain.name,
        "weekly": formats.number(weekly, 1),
        "selling": selling,
        "basis": basis,
        "month": ground.newest.label,
        "worth": formats.short_money(worth, chain.currency),
    }
    return about_store(
        ground,
        store,
        key=f"must-stock:{store.pk}:{product.pk}",
        kind=OPPORTUNITY,
        tone=INFO,
        weight=worth,
        title=_("%(store)s: sell %(product)s, about %(weekly)s units a week") % words,
        reason=ngettext(
            "%(sku)s is a must-stock product. %(selling)s other store of %(chain)s sold it in %(month)s, this one none; the estimate is "
            "that of %(basis)s comparable store, worth %(worth)s a week.",
            "%(sku)s is a must-stock product. %(selling)s other stores of %(chain)s sold it in %(month)s, this one none; the estimate is "
            "the median of %(basis)s comparable stores, worth %(worth)s a week.",
            selling,
        )
        % words,
        task=_("Get %(product)s (%(sku)s) on the shelf of %(store)s") % words,
        icon="tag",
    )


def white_space(ground):
    """Best sellers of one's accounts that one of them has not sold for three months."""
    best = _best_sellers(ground, company.value("dashboards.best_sellers"))
    found = []
    for chain_id, products in ground.chain_products.items():
        chain = ground.accounts[chain_id]
        stores = sum(ground.store_months.get(one.pk, {}).get(ground.newest.starts_on, 0) > 0 for one in ground.stores_of_chain[chain_id])
        for product_id in best.get(chain.currency, ()):
            if not stores or products.get(product_id, (0, 0, 0))[1] > 0 or product_id not in ground.products:
                continue
            rates = _weekly_rates(ground, product_id, chain.currency)
            if rates:
                middle, price = median(rates.values()), _price(ground, product_id, chain.currency)
                found.append((int(middle * stores * price), chain, product_id, middle, stores, rates))
    found.sort(key=lambda row: (-row[0], row[1].pk, row[2]))
    for weight, chain, product_id, middle, stores, rates in found[:MOST_PER_RULE]:
        product = ground.products[product_id]
        words = {
            "product": product.name,
            "sku": product.sku,
            "account": chain.name,
            "weekly": formats.number(middle * stores, 0),
            "rate": formats.number(middle, 1),
            "stores": stores,
            "others": formats.listed([ground.accounts[pk].name for pk in list(rates)[:NAMED]]),
            "count": len(rates),
        }
        yield about_account(
            chain.pk,
            key=f"white:{chain.pk}:{product_id}",
            kind=OPPORTUNITY,
            tone=INFO,
            weight=weight,
            title=_("%(account)s: list %(product)s, about %(weekly)s units a week") % words,
            reason=ngettext(
                "A best seller that %(account)s has not sold for three months. %(count)s other account sells it (%(others)s): "
                "%(rate)s units a week in a selling store, times the number of stores (%(stores)s).",
                "A best seller that %(account)s has not sold for three months. %(count)s other accounts sell it (%(others)s): "
                "%(rate)s units a week in a selling store (median), times the number of stores (%(stores)s).",
                len(rates),
            )
            % words,
            task=_("Propose %(product)s (%(sku)s) to %(account)s") % words,
            icon="plus",
        )


def _best_sellers(ground, count):
    """{currency: products by net of three months over all accounts in it, the ``count`` largest}."""
    totals = defaultdict(lambda: defaultdict(int))
    for chain_id, products in ground.chain_products.items():
        for product_id, (_month, units, net) in products.items():
            if units > 0:
                totals[ground.accounts[chain_id].currency][product_id] += net
    return {code: sorted(nets, key=lambda pk: (-nets[pk], pk))[:count] for code, nets in totals.items()}


def _weekly_rates(ground, product_id, currency):
    """{chain: units a week in a store that sells the product}, of the chains in ``currency`` that sold it in the newest month."""
    selling = defaultdict(int)
    for account_id in ground.accounts:
        selling[ground.chain_of(account_id)] += ground.selling_stores.get((account_id, product_id, ground.newest.starts_on), 0)
    rates = {}
    for chain_id, products in ground.chain_products.items():
        units = products.get(product_id, (0, 0, 0))[0]
        if ground.accounts[chain_id].currency == currency and units > 0 and selling[chain_id]:
            rates[chain_id] = per_week(Decimal(units) / selling[chain_id], ground.newest.days)
    return rates


def _price(ground, product_id, currency):
    """Net money of a unit over three months and all accounts in ``currency``; minor units, not rounded."""
    cells = [
        products[product_id]
        for pk, products in ground.chain_products.items()
        if ground.accounts[pk].currency == currency and product_id in products
    ]
    return Decimal(sum(net for _month, _units, net in cells)) / max(sum(units for _month, units, _net in cells), 1)


def unvisited_potential(ground):
    """Stores whose market is above the median of their chain and that nobody has visited for long.

    They are ordered by what a week would bring if our share there were that of the whole chain.
    """
    limit = company.value("dashboards.unvisited_days")
    found = []
    for chain_id, stores in ground.stores_of_chain.items():
        known = [store for store in stores if store.pk in ground.markets and ground.markets[store.pk].market_net_minor > 0]
        if len(known) < 2:
            continue
        middle = median(ground.markets[store.pk].market_net_minor for store in known)
        own, market = (sum(getattr(ground.markets[store.pk], name) for store in known) for name in ("own_net_minor", "market_net_minor"))
        ranked = sorted(known, key=lambda store: (-ground.markets[store.pk].market_net_minor, store.pk))
        for place, store in enumerate(ranked, start=1):
            last = ground.last_visits.get(store.pk)
            days = (ground.today - last).days if last else None
            if ground.markets[store.pk].market_net_minor > middle and (days is None or days >= limit):
                share = ground.markets[store.pk]
                missing = max(share.market_net_minor * own // market - share.own_net_minor, 0) * 7 // ground.newest.days
                found.append((missing, share, chain_id, store, place, len(known), last, days))
    found.sort(key=lambda row: (-row[0], -row[1].market_net_minor, row[3].pk))
    for missing, share, chain_id, store, place, count, last, days in found[:MOST_PER_RULE]:
        chain = ground.accounts[chain_id]
        words = {
            "store": store.name,
            "chain": chain.name,
            "market": formats.short_money(share.market_net_minor, chain.currency),
            "share": formats.percent(share.ratio),
            "place": place,
            "count": count,
            "month": ground.newest.label,
            "last": formats.day(last),
            "days": days,
        }
        since = _("It was last visited on %(last)s, %(days)s days ago.") % words if last else _("Nobody has visited it yet.")
        yield about_store(
            ground,
            store,
            key=f"potential:{store.pk}",
            kind=OPPORTUNITY,
            tone=INFO,
            weight=missing,
            title=_("Visit %(store)s: a market of %(market)s a month") % words,
            reason=_("Number %(place)s of %(count)s stores of %(chain)s by market in %(month)s; our share there is %(share)s.") % words
            + " "
            + since,
            visit_first=True,
            task=_("Visit %(store)s") % words,
            icon="map-pin",
        )


RULES = (unsold_must_stock, white_space, unvisited_potential)
