"""Rules that find what went well, each with the numbers that led to it; the counterpart of findings.py, worded in the same place."""

from decimal import Decimal

from ka_crm.money import ratio

from .findings import MUST_STOCK_GOAL, PLAN_GOAL, SHARE_LOST, account_moves, believable_shares, finding, product_moves
from .sections.base import money, text
from .sections.visits import figures_of, shelves_of

RISE = Decimal("0.10")  # a product or account that gains a tenth is worth a sentence
SHARE_WON = -SHARE_LOST
GOOD = "good"
FEWEST_CHECKS = 10  # below that a rate is luck
SHOWN = 6


def rising_accounts(scope, subject):
    risen = [move for move in account_moves(scope, subject) if move[-1] >= RISE]
    for won, account, now, before, change in sorted(risen, key=lambda move: (-move[0], move[1].pk))[:2]:
        yield finding(
            "account_rose",
            GOOD,
            won,
            link=("accounts:account_detail", account.pk),
            account=account.name,
            now=money(now.net_minor, subject.currency),
            before=money(before.net_minor, subject.currency),
            worth=money(won, subject.currency),
            change=text(change),
        )


def rising_products(scope, subject):
    risen = [move for move in product_moves(scope, subject) if move[-1] >= RISE]
    for won, product, row, change in sorted(risen, key=lambda move: (-move[0], move[1].sku))[:1]:
        yield finding(
            "product_rose",
            GOOD,
            won,
            link=("sales:product_detail", product.pk),
            product=product.name,
            now=money(row.net, subject.currency),
            before=money(row.net_before, subject.currency),
            worth=money(won, subject.currency),
            change=text(change),
        )


def share_won(scope, subject):
    rows = [row for row in believable_shares(scope, subject) if row["_change"] >= SHARE_WON]
    won = [(int(row["_change"] * row["_market"]), row) for row in rows]
    for worth, row in sorted(won, key=lambda pair: (-pair[0], pair[1]["category"]))[:1]:
        yield finding(
            "share_won",
            GOOD,
            worth,
            category=row["category"],
            share=row["share"],
            before=row["share_previous_period"],
            change=row["share_change"],
            worth=money(worth, subject.currency),
        )


def plan_kept(scope, subject):
    done = figures_of(scope, subject)
    kept = ratio(done.planned_done, done.planned)
    if kept is not None and kept >= PLAN_GOAL and done.planned >= FEWEST_CHECKS:
        yield finding("plan_was_kept", GOOD, 0, kept=text(kept), done=done.planned_done, planned=done.planned, goal=text(PLAN_GOAL))


def must_stock_found(scope, subject):
    shelves = shelves_of(scope, subject)
    found = shelves.compliance.value
    if found is not None and found >= MUST_STOCK_GOAL and shelves.must_stock_checked >= FEWEST_CHECKS:
        yield finding("must_stock_there", GOOD, 0, share=text(found), checked=shelves.must_stock_checked, goal=text(MUST_STOCK_GOAL))


RULES = (rising_accounts, rising_products, share_won, plan_kept, must_stock_found)


def wins_of(scope, subject):
    """All that went well, the largest sum of money first; at most ``SHOWN``."""
    found = [one for rule in RULES for one in rule(scope, subject)]
    found.sort(key=lambda one: (-one["weight"], one["code"]))
    return found[:SHOWN]
