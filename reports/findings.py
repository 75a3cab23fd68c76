"""Rules that turn a subject's figures into problems and suggestions, each with the numbers that led to it.

A rule is a function of (scope, subject) that yields findings: ``code``, ``weight`` (money in minor units at stake, or a rank
where there is no money) and ``values``, frozen as text. Words are chosen at reading time (wording.py), in the reader's language.
"""

from decimal import Decimal

from ka_crm.money import growth, ratio

from .models import SubjectKind
from .sections.base import money, text
from .sections.basis import gaps_of
from .sections.categories import category_rows
from .sections.distribution import distribution_rows
from .sections.headline import market_share
from .sections.products import product_rows
from .sections.stores import store_rows
from .sections.visits import figures_of, shelves_of

FALL = Decimal("-0.10")  # a product or account that loses a tenth is worth a sentence
SHARE_LOST = Decimal("-0.01")  # one point
DISTRIBUTION_LOST = Decimal("-0.10")  # ten points of weighted distribution
MUST_STOCK_GOAL = Decimal("0.90")
PLAN_GOAL = Decimal("0.90")
MOST_PER_RULE = 2
SHOWN = 8
PROBLEM, WARNING, OPPORTUNITY = "problem", "warning", "opportunity"


def finding(code, kind, weight, /, *, link=None, **values):
    """``link`` (url name, key) is the record that the finding names: the account, product or store to look at."""
    return {"code": code, "kind": kind, "weight": weight, "values": values, "link": link}


def missing_data(scope, subject):
    gaps = gaps_of(scope, subject)
    if gaps:
        names = [f"{gap['account_code']} {gap['account_name']}" for gap in gaps]
        yield finding(
            "missing_data",
            PROBLEM,
            10**15,
            link=("accounts:account_detail", gaps[0]["id"]),
            accounts=names[:5],
            count=len(gaps),
            last_month=gaps[0]["last_month"],
        )


def account_moves(scope, subject):
    """(net now − net before, account, Sums now, Sums before, growth) of accounts known in both periods; of several accounts only."""
    return scope.facts.once("account_moves", subject.key, lambda: list(_account_moves(scope.facts, subject)))


def _account_moves(facts, subject):
    for pk in subject.account_ids if len(subject.account_ids) > 1 else ():
        now, has_now = facts.sums([pk], facts.months)
        before, has_before = facts.sums([pk], facts.before.months())
        change = growth(now.net_minor, before.net_minor) if has_now and has_before else None
        if change is not None:
            yield now.net_minor - before.net_minor, facts.accounts[pk], now, before, change


def product_moves(scope, subject):
    """(net now − net before, product, Compared, growth) of the products that moved by about a tenth or more."""
    return scope.facts.once("product_moves", subject.key, lambda: list(_product_moves(scope.facts, product_rows(scope, subject))))


def _product_moves(facts, rows):
    for pk, row in rows.items():
        if abs(row.net - row.net_before) * 1000 < row.net_before * 99:
            continue  # most products: no need to divide
        change = growth(row.net, row.net_before)
        if change is not None:
            yield row.net - row.net_before, facts.products[pk], row, change


def falling_accounts(scope, subject):
    """Accounts that fell by a tenth or more; only where there are several."""
    fallen = [move for move in account_moves(scope, subject) if move[-1] <= FALL]
    for moved, account, now, before, change in sorted(fallen, key=lambda move: (move[0], move[1].pk))[:MOST_PER_RULE]:
        yield finding(
            "account_fell",
            PROBLEM,
            -moved,
            link=("accounts:account_detail", account.pk),
            account=account.name,
            code=account.code,
            now=money(now.net_minor, subject.currency),
            before=money(before.net_minor, subject.currency),
            lost=money(-moved, subject.currency),
            change=text(change),
        )


def falling_products(scope, subject):
    fallen = [move for move in product_moves(scope, subject) if move[-1] <= FALL]
    total_lost = sum(-move[0] for move in fallen)
    for moved, product, row, change in sorted(fallen, key=lambda move: (move[0], move[1].sku))[:MOST_PER_RULE]:
        yield finding(
            "product_fell",
            PROBLEM,
            -moved,
            link=("sales:product_detail", product.pk),
            product=product.name,
            sku=product.sku,
            now=money(row.net, subject.currency),
            before=money(row.net_before, subject.currency),
            lost=money(-moved, subject.currency),
            change=text(change),
            part=text(ratio(-moved, total_lost)),
        )


def stopped_stores(scope, subject):
    facts = scope.facts
    stopped = [(row.net_before, pk) for pk, row in store_rows(scope, subject).items() if row.units <= 0 < row.units_before]
    if stopped:
        stopped.sort(key=lambda row: (-row[0], row[1]))
        names = [facts.stores[pk].name for _lost, pk in stopped[:3] if pk in facts.stores]
        lost = sum(row[0] for row in stopped)
        first = ("accounts:store_detail", stopped[0][1])
        yield finding("stores_stopped", PROBLEM, lost, link=first, count=len(stopped), stores=names, lost=money(lost, subject.currency))


def market_too_low(scope, subject):
    """A share above 100 % (formulas.md, Share of wallet): the market total cannot be right, and the share says nothing."""
    wrong = [row for row in category_rows(scope, subject) if row["_share"] is not None and row["_share"] > 1]
    wrong.sort(key=lambda row: (row["_market"] - row["_own"], row["category"]))
    if wrong:
        yield finding(
            "market_too_low",
            WARNING,
            wrong[0]["_own"] - wrong[0]["_market"],
            categories=[row["category"] for row in wrong[:3]],
            count=len(wrong),
            now=wrong[0]["own_net_value"],
            market=wrong[0]["market_net_value"],
        )


def believable_shares(scope, subject):
    """The category rows whose share has a change to speak of: none of the two is above 100 %."""
    for row in category_rows(scope, subject):
        if row["_change"] is not None and row["_share"] <= 1 and row["_share"] - row["_change"] <= 1:
            yield row


def lost_share(scope, subject):
    rows = [row for row in believable_shares(scope, subject) if row["_change"] <= SHARE_LOST]
    lost = [(int(-row["_change"] * row["_market"]), row) for row in rows]
    for worth, row in sorted(lost, key=lambda pair: (-pair[0], pair[1]["category"]))[:MOST_PER_RULE]:
        yield finding(
            "share_lost",
            PROBLEM,
            worth,
            category=row["category"],
            share=row["share"],
            before=row["share_previous_period"],
            change=row["share_change"],
            market=row["market_net_value"],
            worth=money(worth, subject.currency),
        )


def lost_distribution(scope, subject):
    rows = [
        row
        for row in distribution_rows(scope, subject)
        if row["_weighted_change"] is not None and row["_weighted_change"] <= DISTRIBUTION_LOST
    ]
    sold = product_rows(scope, subject)
    for row in sorted(rows, key=lambda row: (row["_weighted_change"], row["sku"]))[:MOST_PER_RULE]:
        if row["_stores_lost"] <= 0:
            continue
        weight = max(sold[row["id"]].net_before - sold[row["id"]].net, 0)
        yield finding(
            "distribution_lost",
            PROBLEM,
            weight,
            link=("sales:product_detail", row["id"]),
            product=row["name"],
            sku=row["sku"],
            stores=row["stores_selling"],
            stores_before=row["stores_selling_previous"],
            weighted=row["weighted_distribution"],
            before=row["weighted_distribution_previous"],
            change=row["weighted_change"],
        )


def repeated_out_of_stock(scope, subject):
    lines = [line for pk in subject.all_ids for line in scope.facts.out_of_stock.get(pk, ()) if line["times"] >= 2]
    sold = product_rows(scope, subject)
    carried = scope.facts.carried_by(subject.account_ids)
    lines.sort(key=lambda line: (-line["times"], line["sku"], line["store_id"]))
    for line in lines[:MOST_PER_RULE]:
        selling = carried[line["product_id"]].stores if line["product_id"] in carried else 0
        weight = sold[line["product_id"]].net // max(selling, 1) if line["product_id"] in sold else 0  # what one store sells of it
        yield finding(
            "repeated_out_of_stock",
            PROBLEM,
            weight,
            link=("accounts:store_detail", line["store_id"]),
            product=line["product_name"],
            sku=line["sku"],
            store=line["store_name"] or "",
            times=line["times"],
            last_on=str(line["last_on"]),
            lines=len(lines),
        )


def must_stock_missing(scope, subject):
    shelves = shelves_of(scope, subject)
    compliance = shelves.compliance
    if compliance.value is not None and compliance.value < MUST_STOCK_GOAL:
        missing = shelves.must_stock_checked - shelves.must_stock_found
        yield finding(
            "must_stock",
            WARNING,
            missing,
            share=text(compliance.value),
            missing=missing,
            checked=shelves.must_stock_checked,
            goal=text(MUST_STOCK_GOAL),
        )


def missed_visits(scope, subject):
    done = figures_of(scope, subject)
    kept = ratio(done.planned_done, done.planned)
    if done.missed and kept is not None and kept < PLAN_GOAL:
        yield finding(
            "visits_missed", WARNING, done.missed, missed=done.missed, planned=done.planned, kept=text(kept), goal=text(PLAN_GOAL)
        )


def weak_categories(scope, subject):
    """The category whose share lies furthest below our share of all categories, in money of its market."""
    if subject.kind == SubjectKind.COMPANY:
        return
    rows = [row for row in category_rows(scope, subject) if row["_market"] > 0 and row["_own"] > 0]
    overall = market_share(scope.facts, subject.account_ids)[0]
    below = []
    for row in rows if overall is not None else ():
        gap = overall - row["_share"]
        if gap > 0:
            below.append((int(gap * row["_market"]), row))
    for worth, row in sorted(below, key=lambda pair: (-pair[0], pair[1]["category"]))[:1]:
        yield finding(
            "category_room",
            OPPORTUNITY,
            worth,
            category=row["category"],
            share=row["share"],
            overall=text(overall),
            market=row["market_net_value"],
            worth=money(worth, subject.currency),
        )


RULES = (
    missing_data,
    falling_accounts,
    falling_products,
    lost_share,
    market_too_low,
    lost_distribution,
    stopped_stores,
    repeated_out_of_stock,
    must_stock_missing,
    missed_visits,
    weak_categories,
)
_ORDER = {PROBLEM: 0, WARNING: 1, OPPORTUNITY: 2}


def findings_of(scope, subject):
    """All findings of a subject, the heaviest problem first; at most ``SHOWN``. Found once, however many sections ask."""
    return scope.facts.once("findings", subject.key, lambda: _findings_of(scope, subject))


def _findings_of(scope, subject):
    found = [one for rule in RULES for one in rule(scope, subject)]
    found.sort(key=lambda one: (_ORDER[one["kind"]], -one["weight"], one["code"]))
    return found[:SHOWN]
