"""A store survey's first page: what was seen in the stores in the month, and what needs a decision."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import ratio
from visits.figures import VisitFigures

from .. import blocks
from ..findings import missed_visits, must_stock_missing, repeated_out_of_stock
from ..shelf_facts import Facings
from ..wording import worded
from .base import Section, source, sources, text
from .shelves import scores_of
from .visits import shelves_of

NOTES = 25


def _change(now, before):
    return text(None if now is None or before is None else now - before)


def compute(scope):
    facts = scope.facts
    facts.read_now("people", "products")
    computed = {}
    for subject in scope.subjects:
        seen = shelves_of(scope, subject)
        before = sum((facts.visits_before.get(pk, VisitFigures()) for pk in subject.all_ids), VisitFigures())
        stores = sum(facts.store_counts[pk] for pk in subject.all_ids)
        facings = Facings()
        for row in facts.together(facts.facings, subject.all_ids, Facings).values():
            facings.add(row)
        sightings = [line for pk in subject.all_ids for line in facts.competitors.get(pk, ())]
        notes = [line for pk in subject.all_ids for line in facts.visit_notes.get(pk, ())]
        notes.sort(key=lambda line: (str(line["seen_on"]), line["store_name"] or ""), reverse=True)
        findings = [one for rule in (repeated_out_of_stock, must_stock_missing, missed_visits) for one in rule(scope, subject)]
        data = {
            "visits": seen.done,  # in these stores, whoever went
            "planned": seen.planned,
            "stores": stores,
            "stores_seen": seen.stores_seen,
            "coverage": text(ratio(seen.stores_seen, stores)),
            "coverage_change": _change(ratio(seen.stores_seen, stores), ratio(before.stores_seen, stores)),
            "availability": text(seen.availability.value),
            "availability_change": _change(seen.availability.value, before.availability.value),
            "must_stock": text(seen.compliance.value),
            "must_stock_change": _change(seen.compliance.value, before.compliance.value),
            "out_of_stock": seen.out_of_stock,
            "share": text(facings.now.value),
            "share_change": _change(facings.now.value, facings.before.value),
            "score": text(scores_of(facts.scores, subject.all_ids).score),
            "sightings": len(sightings),
            "promoted": sum(bool(line["is_on_promotion"]) for line in sightings),
            "asks": sum(len(facts.category_asks.get(pk, ())) for pk in subject.all_ids),
            "photos": seen.photos,
            "checks": seen.products_checked,
            "findings": findings,
            "notes": [
                {
                    "seen_on": str(line["seen_on"]),
                    "store": line["store_name"] or facts.accounts[line["account_id"]].name,
                    "by": line["visitor_name"],
                    "note": line["note"],
                }
                for line in notes[:NOTES]
            ],
            "note_count": len(notes),
        }
        common = {"period": facts.visited, "subject": subject, "facts": facts}
        lines = sources(
            source("coverage", "visits", rows=seen.planned + seen.ad_hoc, **common),
            source("availability", "shelf_facts", rows=seen.products_checked, **common),
            source("sightings", "competitor_facts", rows=len(sightings), **common),
        )
        computed[subject.key] = data, lines
    return computed


def _opening(data):
    if not data["visits"]:
        return _("No store was visited in this month.")
    sentence = _(
        "%(visits)s visits saw %(seen)s of %(stores)s stores; %(out)s times a product was out of stock, "
        "%(sightings)s times a competitor was noted."
    )
    return sentence % {
        name: blocks.cell_text(value, "count", "")
        for name, value in (
            ("visits", data["visits"]),
            ("seen", data["stores_seen"]),
            ("stores", data["stores"]),
            ("out", data["out_of_stock"]),
            ("sightings", data["sightings"]),
        )
    }


def _rate(label, data, name, hint, reason, link=None):
    change = data[f"{name}_change"]
    return blocks.kpi(
        label,
        data[name],
        kind="percent",
        change=change,
        change_label=_("points vs the month before"),
        hint=hint,
        reason="" if change is not None or data[name] is not None else reason,
        link=link,
    )


def layout(data, reading):
    yield blocks.lead(blocks.paragraph(_opening(data), tone="lead"))
    checks = _("%(count)s checks") % {"count": data["checks"]}
    yield blocks.lead(
        blocks.kpis(
            blocks.kpi(
                _("Visits done"),
                data["visits"],
                kind="count",
                hint=_("%(count)s planned") % {"count": data["planned"]},
                link=reading.visits_link(),
            ),
            _rate(_("Stores seen"), data, "coverage", "", _("no store is on record"), reading.visits_link(status="completed")),
            _rate(_("On-shelf availability"), data, "availability", checks, _("nothing was checked")),
            _rate(_("Must-stock found"), data, "must_stock", "", _("no must-stock product was checked")),
            _rate(_("Share of shelf"), data, "share", "", _("no category was counted whole")),
            blocks.kpi(_("Out of stock found"), data["out_of_stock"], kind="count", hint=checks),
            blocks.kpi(
                _("Competitors noted"), data["sightings"], kind="count", hint=_("%(count)s on promotion") % {"count": data["promoted"]}
            ),
            blocks.kpi(_("Photos"), data["photos"], kind="count", hint=_("%(count)s answers on categories") % {"count": data["asks"]}),
        )
    )
    yield blocks.lead(
        blocks.findings(
            [worded(found, reading.currency) for found in data["findings"]],
            title=_("What needs a decision"),
            empty=_("No rule found anything that needs a decision."),
        )
    )
    columns = [
        blocks.column(_("Day"), "day"),
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Person")),
        blocks.column(_("Note"), wide=True),
    ]
    yield blocks.table(
        _("Problems and notes from the stores"),
        columns,
        [[row["seen_on"], row["store"], row["by"], row["note"]] for row in data["notes"]],
        note=blocks.more_note(data["note_count"], len(data["notes"])),
        empty=_("No visit of this month has a note."),
    )


SECTION = Section(
    key="survey",
    title=gettext_lazy("What was seen"),
    compute=compute,
    layout=layout,
    is_empty=lambda data: not data["visits"],
    formulas={
        "coverage": gettext_lazy("Stores with a visit that took place ÷ stores that were open in the month."),
        "availability": gettext_lazy("Products on the shelf ÷ products checked; not checked is not absent."),
        "sightings": gettext_lazy("Competitor facts of the visits that took place."),
    },
)
