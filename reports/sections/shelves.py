"""What the shelves came to: perfect-store score, share of shelf per category, and what stores say they sell of a category."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.figures import ShelfScores

from .. import blocks
from ..shelf_facts import Facings
from .base import Section, money, source, sources, text

ASKS, WORST = 12, 8


def scores_of(scores, account_ids):
    """ShelfScores over several accounts."""
    return sum((scores[pk] for pk in account_ids if pk in scores), ShelfScores())


def _categories(facts, account_ids):
    """Share of shelf per category, the largest count of facings first."""
    names = {product.category_id: product.category for product in facts.products.values()}
    total, rows = Facings(), []
    for category_id, row in facts.together(facts.facings, account_ids, Facings).items():
        total.add(row)
        if not row.all:
            continue  # counted in the period before only
        now, before = row.now, row.before
        rows.append(
            {
                "id": category_id,
                "category": names.get(category_id, ""),
                "own_facings": row.own,
                "all_facings": row.all,
                "share": text(now.value),
                "reason": "" if now.value is not None else "too_many",
                "change": text(None if now.value is None or before.value is None else now.value - before.value),
            }
        )
    return sorted(rows, key=lambda row: (-row["all_facings"], row["category"])), total


def _asks(facts, subject):
    """What stores said of a category a month: the newest word of each store, added up per category."""
    newest = {}
    for pk in sorted(subject.account_ids):
        for line in facts.category_asks.get(pk, ()):
            newest.setdefault((line["store_id"], line["account_id"], line["category_id"]), line)
    found = {}
    for line in newest.values():
        row = found.setdefault(line["category_id"], {"category": line["category_name"], "stores": 0, "minor": 0, "units": 0, "last_on": ""})
        row["stores"] += 1
        row["minor"] += line["monthly_value_minor"] or 0
        row["units"] += line["monthly_units"] or 0
        row["last_on"] = max(row["last_on"], str(line["seen_on"]))
    rows = sorted(found.values(), key=lambda row: (-row["minor"], -row["units"], row["category"]))
    return [
        {
            "category": row["category"],
            "stores": row["stores"],
            "monthly_value": money(row["minor"], subject.currency) if row["minor"] else None,
            "monthly_units": row["units"] or None,
            "last_on": row["last_on"],
        }
        for row in rows
    ]


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        scores, before = scores_of(facts.scores, subject.all_ids), scores_of(facts.scores_before, subject.all_ids)
        categories, total = _categories(facts, subject.all_ids)
        worst = [row for pk in subject.all_ids for row in facts.worst_stores.get(pk, ())]
        worst.sort(key=lambda row: (row["score"], row["store_id"]))
        asks = _asks(facts, subject)
        data = {
            "score": text(scores.score),
            "score_change": text(None if scores.score is None or before.score is None else scores.score - before.score),
            "score_reason": "" if scores.score is not None else "not_applied" if scores.visits else "no_visit",
            "scored": scores.scored,
            "share": text(total.now.value),
            "own_facings": total.own,
            "all_facings": total.all,
            "price_compliance": text(scores.price.value),
            "prices_checked": scores.prices_checked,
            "categories": categories,
            "asks": asks[:ASKS],
            "ask_count": sum(row["stores"] for row in asks),
            "worst": [
                {
                    "id": row["store_id"],
                    "name": row["store_name"],
                    "visits": row["visits"],
                    "score": str(row["score"]),
                    "last_on": str(row["last_on"]),
                }
                for row in worst[:WORST]
            ],
        }
        common = {"period": facts.visited, "subject": subject, "facts": facts}
        lines = sources(
            source("score", "visit_scores", rows=scores.scored, **common),
            source("share", "shelf_facts", rows=total.all, **common),
            source("asks", "category_asks", rows=data["ask_count"], **common),
        )
        computed[subject.key] = data, lines
    return computed


REASONS = {"not_applied": gettext_lazy("no part of the score applied"), "no_visit": gettext_lazy("no visit was completed")}


def layout(data, reading):
    if not (data["scored"] or data["categories"] or data["asks"]):
        yield blocks.paragraph(_("No visit of this period was scored, counted a whole category or asked what it sells."))
        return
    yield blocks.kpis(
        blocks.kpi(
            _("Perfect-store score"),
            data["score"],
            kind="score",
            change=data["score_change"],
            change_label=_("points vs the period before"),
            reason=str(REASONS.get(data["score_reason"], "")),
            hint=_("%(count)s scored visits") % {"count": data["scored"]},
            link=reading.league_link("stores", "score"),
        ),
        blocks.kpi(
            _("Share of shelf"),
            data["share"],
            kind="percent",
            hint=_("%(own)s of %(all)s facings") % {"own": data["own_facings"], "all": data["all_facings"]},
            reason="" if data["share"] else _("no category was counted whole"),
        ),
        blocks.kpi(
            _("Prices inside the corridor"),
            data["price_compliance"],
            kind="percent",
            hint=_("%(count)s checks") % {"count": data["prices_checked"]},
            reason="" if data["price_compliance"] else _("no price with a corridor was checked"),
        ),
        blocks.kpi(_("Answers on categories"), data["ask_count"], kind="count", hint=_("stores that said what they sell")),
    )
    yield from _tables(data)


def _tables(data):
    if data["categories"]:
        columns = [
            blocks.column(_("Category"), wide=True),
            blocks.column(_("Own facings"), "count"),
            blocks.column(_("All facings"), "count"),
            blocks.column(_("Share of shelf"), "percent"),
            blocks.column(_("Change, points"), "points"),
        ]
        keys = ("category", "own_facings", "all_facings", "share", "change")
        wrong = any(row["reason"] == "too_many" for row in data["categories"])
        note = (
            _("Without a share: our facings are more than those of the whole category, so one of the two counts is wrong.") if wrong else ""
        )
        yield blocks.table(_("Share of shelf by category"), columns, [[row[key] for key in keys] for row in data["categories"]], note=note)
    if data["worst"]:
        columns = [
            blocks.column(_("Store"), wide=True),
            blocks.column(_("Score"), "score"),
            blocks.column(_("Visits"), "count"),
            blocks.column(_("Last seen"), "day"),
        ]
        yield blocks.table(
            _("Stores with the lowest score"),
            columns,
            [[row[key] for key in ("name", "score", "visits", "last_on")] for row in data["worst"]],
            links=[("accounts:store_detail", row["id"]) for row in data["worst"]],
        )
    if data["asks"]:
        columns = [
            blocks.column(_("Category"), wide=True),
            blocks.column(_("Stores asked"), "count"),
            blocks.column(_("They sell a month"), "money"),
            blocks.column(_("Units a month"), "count"),
            blocks.column(_("Last asked"), "day"),
        ]
        keys = ("category", "stores", "monthly_value", "monthly_units", "last_on")
        yield blocks.table(
            _("What stores say they sell of a category"),
            columns,
            [[row[key] for key in keys] for row in data["asks"]],
            note=_("The newest answer of each store, all makers together; the ground of share of wallet where no market totals come."),
        )


SECTION = Section(
    key="shelves",
    title=gettext_lazy("Score and share of shelf"),
    compute=compute,
    layout=layout,
    formulas={
        "score": gettext_lazy(
            "Perfect-store score: mean of the scored visits; a visit’s score is Σ weight × points ÷ Σ weight of what applied, × 100."
        ),
        "share": gettext_lazy("Own facings ÷ all facings of the category, over the visits that counted the whole category."),
        "asks": gettext_lazy("What stores said they sell of the category a month, the newest answer of each store."),
    },
)
