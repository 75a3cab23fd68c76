"""Visits done and what the shelves looked like."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import ratio
from visits.figures import VisitFigures

from .. import blocks
from ..models import SubjectKind
from .base import Section, source, sources, text

SHOWN = 15


def figures_of(scope, subject):
    """VisitFigures of a subject: visits to its accounts; for a person or a team, the visits of these people."""
    facts = scope.facts
    if subject.people_ids and subject.kind != SubjectKind.COMPANY:
        return sum((facts.visits_of_people.get(pk, VisitFigures()) for pk in subject.people_ids), VisitFigures())
    return sum((facts.visits.get(pk, VisitFigures()) for pk in subject.all_ids), VisitFigures())


def shelves_of(scope, subject):
    """VisitFigures of the visits to the subject's accounts, whoever made them."""
    return sum((scope.facts.visits.get(pk, VisitFigures()) for pk in subject.all_ids), VisitFigures())


def _frozen(done):
    return {
        "planned": done.planned,
        "planned_done": done.planned_done,
        "plan_hit": text(ratio(done.planned_done, done.planned)),
        "done": done.done,
        "missed": done.missed,
        "ad_hoc": done.ad_hoc,
        "cancelled": done.cancelled,
        "photos": done.photos,
    }


def _by_person(scope, subject):
    """Whose visits they were, for a team or the company."""
    facts, rows = scope.facts, []
    for pk in sorted(subject.people_ids):
        done = facts.visits_of_people.get(pk)
        if done is not None:
            rows.append({"id": pk, "name": facts.people[pk], **_frozen(done)})
    return sorted(rows, key=lambda row: (-row["done"], row["name"], row["id"])) if len(subject.people_ids) > 1 else []


def _most_often(lines_of, subject):
    """The subject's lines of product and store, those met most often first."""
    lines = [line for pk in subject.all_ids for line in lines_of.get(pk, ())]
    return sorted(lines, key=lambda line: (-line["times"], line["store_name"] or "", line["sku"], line["store_id"]))


def _line(line):
    """A line as frozen text and numbers."""
    kept = {key: line[key] for key in ("store_id", "store_name", "product_id", "product_name", "sku", "times")}
    return kept | {"last_on": str(line["last_on"])}


def compute(scope):
    facts = scope.facts
    facts.read_now("people")
    computed = {}
    for subject in scope.subjects:
        done, shelves = figures_of(scope, subject), shelves_of(scope, subject)
        stores = sum(facts.store_counts[pk] for pk in subject.all_ids)
        gaps = _most_often(facts.out_of_stock, subject)
        absent = _most_often(facts.must_stock_gaps, subject)
        compliance, availability = shelves.compliance, shelves.availability
        data = _frozen(done) | {
            "of_people": bool(subject.people_ids) and subject.kind != SubjectKind.COMPANY,
            "stores": stores,
            "stores_seen": shelves.stores_seen,
            "coverage": text(ratio(shelves.stores_seen, stores)),
            "must_stock_checked": shelves.must_stock_checked,
            "must_stock_found": shelves.must_stock_found,
            "must_stock_compliance": text(compliance.value),
            "products_checked": shelves.products_checked,
            "on_shelf_availability": text(availability.value),
            "out_of_stock": shelves.out_of_stock,
            "people": _by_person(scope, subject),
            "gaps": [_line(line) for line in gaps[:SHOWN]],
            "gap_lines": len(gaps),
            "must_stock_gaps": [_line(line) for line in absent[:SHOWN]],
            "must_stock_gap_lines": len(absent),
        }
        common = {"period": scope.period, "subject": subject, "facts": facts}
        lines = sources(
            source("visits", "visits", rows=done.planned + done.ad_hoc, **common),
            source("must_stock_compliance", "shelf_facts", rows=shelves.must_stock_checked, **common),
            source("on_shelf_availability", "shelf_facts", rows=shelves.products_checked, **common),
        )
        computed[subject.key] = data, lines
    return computed


def layout(data, reading):
    if not (data["planned"] or data["done"] or data["products_checked"]):
        yield blocks.paragraph(_("No visit was planned or made in this period."))
        return
    yield blocks.kpis(
        blocks.kpi(_("Visits done"), data["done"], kind="count", hint=_("%(count)s ad hoc") % {"count": data["ad_hoc"]}),
        blocks.kpi(
            _("Plan kept"),
            data["plan_hit"],
            kind="percent",
            hint=_("%(done)s of %(planned)s planned") % {"done": data["planned_done"], "planned": data["planned"]},
        ),
        blocks.kpi(_("Missed"), data["missed"], kind="count", hint=_("%(count)s cancelled") % {"count": data["cancelled"]}),
        blocks.kpi(
            _("Stores seen"),
            data["coverage"],
            kind="percent",
            hint=_("%(seen)s of %(stores)s stores") % {"seen": data["stores_seen"], "stores": data["stores"]},
        ),
        blocks.kpi(
            _("Must-stock found"),
            data["must_stock_compliance"],
            kind="percent",
            hint=_("%(count)s checks") % {"count": data["must_stock_checked"]},
        ),
        blocks.kpi(
            _("On-shelf availability"),
            data["on_shelf_availability"],
            kind="percent",
            hint=_("%(count)s checks") % {"count": data["products_checked"]},
        ),
        blocks.kpi(_("Out of stock found"), data["out_of_stock"], kind="count"),
    )
    if data["people"]:
        columns = [
            blocks.column(_("Person"), wide=True),
            *(blocks.column(label, "count") for label in (_("Planned"), _("Kept"), _("Missed"), _("Ad hoc"))),
            blocks.column(_("Plan kept"), "percent"),
            blocks.column(_("Photos"), "count"),
        ]
        keys = ("name", "planned", "planned_done", "missed", "ad_hoc", "plan_hit", "photos")
        yield blocks.table(_("By person"), columns, [[row[key] for key in keys] for row in data["people"]])
    yield from _lines(_("Out of stock at visits"), data["gaps"], data["gap_lines"])
    # Reports of before this list was kept have none.
    yield from _lines(_("Must-stock products not found"), data.get("must_stock_gaps", ()), data.get("must_stock_gap_lines", 0))


def _lines(title, lines, count):
    """A table of products in stores, how often each was met, and the last time."""
    if lines:
        columns = [
            blocks.column(_("Product"), wide=True),
            blocks.column(_("SKU")),
            blocks.column(_("Store"), wide=True),
            blocks.column(_("Times"), "count"),
            blocks.column(_("Last seen"), "day"),
        ]
        yield blocks.table(
            title,
            columns,
            [[row[key] for key in ("product_name", "sku", "store_name", "times", "last_on")] for row in lines],
            note=blocks.more_note(count, len(lines)),
            links=[("accounts:store_detail", row["store_id"]) for row in lines],
        )


SECTION = Section(
    key="visits",
    title=gettext_lazy("Visits and shelves"),
    compute=compute,
    layout=layout,
    formulas={
        "visits": gettext_lazy(
            "Plan kept = planned visits that took place ÷ planned visits, cancelled ones left out. Ad hoc visits are counted apart."
        ),
        "must_stock_compliance": gettext_lazy("Must-stock products found ÷ must-stock products checked; not checked is not absent."),
        "on_shelf_availability": gettext_lazy("Products on the shelf ÷ products checked; out-of-stock rate = 1 − this."),
    },
)
