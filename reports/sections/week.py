"""One person's week: the visits made, what was found, and the plan for the next week drafted from the records."""

from datetime import timedelta

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.money import ratio
from visits.figures import SEEN, VisitFigures
from visits.models import Visit
from visits.states import VisitStatus

from .. import blocks
from .base import Section, source, sources, text

VISITS, LINES, DUE = 60, 20, 12


def _of_week(facts, person_id):
    """(visits of the week, visits of the next) of one person, by day."""
    rows = facts.week_visits.get(person_id, [])
    return [row for row in rows if row["planned_on"] in facts.period], [row for row in rows if row["planned_on"] in facts.next_week]


def _frozen(row):
    """One visit as it is shown."""
    return {
        "id": row["pk"],
        "day": str(row["planned_on"]),
        "store": row["store_name"] or row["account_name"],
        "purpose": row["purpose"],
        "status": row["status"],
        "minutes": _minutes(row),
        "note": row["note"] or row["objective"],
    }


def _minutes(row):
    if row["checked_in_at"] is None or row["checked_out_at"] is None:
        return None
    return int((row["checked_out_at"] - row["checked_in_at"]).total_seconds() // 60)


def _days(facts, visits, today):
    """One row per day from Monday to Sunday."""
    rows = []
    for number in range(7):
        day = facts.period.starts_on + timedelta(days=number)
        mine = [row for row in visits if row["planned_on"] == day]
        planned = [row for row in mine if row["origin"] == Visit.Origin.PLAN and row["status"] != VisitStatus.CANCELLED and day <= today]
        rows.append(
            {
                "day": str(day),
                "weekday": number,
                "planned": len(planned),
                "kept": sum(row["status"] in SEEN for row in planned),
                "ad_hoc": sum(row["origin"] == Visit.Origin.AD_HOC and row["status"] in SEEN for row in mine),
                "missed": sum(row["status"] == VisitStatus.MISSED for row in mine),
                "minutes": sum(_minutes(row) or 0 for row in mine),
            }
        )
    return rows


def compute(scope):
    """Both sections show parts of the same figures: they are put together once."""
    if "week" not in scope.facts.remembered:
        scope.facts.remembered["week"] = {subject.key: _computed(scope, subject) for subject in scope.subjects}
    return scope.facts.remembered["week"]


def _frozen_gap(row):
    names = {"product": "product_name", "sku": "sku", "store": "store_name", "store_id": "store_id"}
    return {name: row[key] for name, key in names.items()} | {"seen_on": str(row["seen_on"])}


def _frozen_sighting(row):
    return {
        "brand": row["brand"],
        "store": row["store_name"] or "",
        "what": row["description"],
        "promoted": bool(row["is_on_promotion"]),
        "seen_on": str(row["seen_on"]),
    }


def _computed(scope, subject):
    facts, person = scope.facts, subject.person_id
    visits, coming = _of_week(facts, person)
    done, before = facts.visits_of_people.get(person, VisitFigures()), facts.visits_of_people_before.get(person, VisitFigures())
    hit, hit_before = ratio(done.planned_done, done.planned), ratio(before.planned_done, before.planned)
    gone, sightings = facts.week_out_of_stock.get(person, []), facts.week_competitors.get(person, [])
    started, late = facts.attendances.get(person, (0, 0))
    planned_stores = {row["store_id"] for row in coming}
    due = [
        row
        for pk in subject.all_ids
        for row in facts.due_stores.get(pk, ())
        if row["id"] not in planned_stores and (row["due_on"] is None or row["due_on"] <= facts.next_week.ends_on)
    ]
    due.sort(key=lambda row: (str(row["due_on"] or ""), row["name"], row["id"]))
    data = {
        "done": done.done,
        "done_before": before.done,
        "planned": done.planned,
        "kept": done.planned_done,
        "plan_hit": text(hit),
        "plan_hit_change": text(None if hit is None or hit_before is None else hit - hit_before),
        "ad_hoc": done.ad_hoc,
        "missed": done.missed,
        "stores": done.stores_seen,
        "minutes": sum(_minutes(row) or 0 for row in visits if row["status"] in SEEN),
        "photos": done.photos,
        "out_of_stock": len(gone),
        "competitors": len(sightings),
        "started": started,
        "late": late,
        "days": _days(facts, visits, scope.today),
        "visits": [_frozen(row) for row in visits[:VISITS]],
        "visit_count": len(visits),
        "gone": [_frozen_gap(row) for row in gone[:LINES]],
        "sightings": [_frozen_sighting(row) for row in sightings[:LINES]],
        "coming": [_frozen(row) for row in coming if row["status"] == VisitStatus.PLANNED][:VISITS],
        "due": [
            {
                "id": row["id"],
                "name": row["name"],
                "due_on": str(row["due_on"] or ""),
                "out_of_stock": row["out_of_stock"],
                "gaps": row["gaps"],
            }
            for row in due[:DUE]
        ],
        "due_count": len(due),
        "next_week": f"{facts.next_week.starts_on} – {facts.next_week.ends_on}",
    }
    common = {"subject": subject, "facts": facts}
    lines = sources(
        source("plan_hit", "visits", period=facts.visited, rows=len(visits), **common),
        source("out_of_stock", "shelf_facts", period=facts.visited, rows=len(gone), **common),
        source("coming", "visits", period=facts.next_week, rows=len(coming), **common),
    )
    return data, lines


def _opening(data):
    if not (data["done"] or data["planned"]):
        return _("No visit was planned or made in this week.")
    sentence = _(
        "%(done)s visits to %(stores)s stores in %(hours)s hours; %(kept)s of %(planned)s planned visits were kept, %(missed)s missed."
    )
    return sentence % {
        "done": data["done"],
        "stores": data["stores"],
        "hours": blocks.cell_text(str(ratio(data["minutes"], 60)), "score", ""),
        "kept": data["kept"],
        "planned": data["planned"],
        "missed": data["missed"],
    }


def layout(data, reading):
    yield blocks.lead(blocks.paragraph(_opening(data), tone="lead"))
    hit = data["plan_hit"]
    yield blocks.lead(
        blocks.kpis(
            blocks.kpi(
                _("Visits done"),
                data["done"],
                kind="count",
                hint=_("%(count)s in the week before") % {"count": data["done_before"]},
                link=reading.visits_link(),
            ),
            blocks.kpi(
                _("Plan kept"),
                hit,
                kind="percent",
                change=data["plan_hit_change"],
                change_label=_("points vs the week before"),
                reason="" if data["plan_hit_change"] else _("no planned visit to compare with"),
            ),
            blocks.kpi(_("Missed"), data["missed"], kind="count", link=reading.visits_link(status="missed")),
            blocks.kpi(_("Out of stock found"), data["out_of_stock"], kind="count"),
            blocks.kpi(_("Competitors noted"), data["competitors"], kind="count"),
            blocks.kpi(_("Late starts"), data["late"], kind="count", hint=_("of %(count)s days") % {"count": data["started"]}),
        )
    )
    columns = [
        blocks.column(_("Day"), wide=True),
        *(blocks.column(label, "count") for label in (_("Planned"), _("Kept"), _("Ad hoc"), _("Missed"), _("Minutes"))),
    ]
    rows = [
        [f"{WEEKDAYS[row['weekday']]} {row['day']}", row["planned"], row["kept"], row["ad_hoc"], row["missed"], row["minutes"]]
        for row in data["days"]
    ]
    yield blocks.table(_("Day by day"), columns, rows)
    yield _visits_table(data)
    yield from _found(data)


def _visits_table(data):
    purposes, statuses = dict(Visit.Purpose.choices), dict(VisitStatus.choices)
    columns = [
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Day"), "day"),
        blocks.column(_("Purpose")),
        blocks.column(_("Status")),
        blocks.column(_("Minutes"), "count"),
        blocks.column(_("Note"), wide=True),
    ]
    return blocks.table(
        _("Visits of the week"),
        columns,
        [
            [
                row["store"],
                row["day"],
                str(purposes.get(row["purpose"], row["purpose"])),
                str(statuses.get(row["status"], row["status"])),
                row["minutes"],
                row["note"],
            ]
            for row in data["visits"]
        ],
        note=blocks.more_note(data["visit_count"], len(data["visits"])),
        empty=_("No visit was planned or made in this week."),
        links=[("visits:visit_detail", row["id"]) for row in data["visits"]],
    )


def _found(data):
    if data["gone"]:
        columns = [
            blocks.column(_("Product"), wide=True),
            blocks.column(_("SKU")),
            blocks.column(_("Store"), wide=True),
            blocks.column(_("Day"), "day"),
        ]
        yield blocks.table(
            _("Out of stock"),
            columns,
            [[row["product"], row["sku"], row["store"], row["seen_on"]] for row in data["gone"]],
            links=[("accounts:store_detail", row["store_id"]) for row in data["gone"]],
        )
    if data["sightings"]:
        columns = [
            blocks.column(_("Brand")),
            blocks.column(_("What was seen"), wide=True),
            blocks.column(_("Store"), wide=True),
            blocks.column(_("Promotion")),
            blocks.column(_("Day"), "day"),
        ]
        yes = _("yes")
        yield blocks.table(
            _("Competitors"),
            columns,
            [[row["brand"], row["what"], row["store"], yes if row["promoted"] else "", row["seen_on"]] for row in data["sightings"]],
        )


def layout_next(data, reading):
    """The next week's plan, from the same frozen data."""
    purposes = dict(Visit.Purpose.choices)
    columns = [
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Day"), "day"),
        blocks.column(_("Purpose")),
        blocks.column(_("What to achieve"), wide=True),
    ]
    yield blocks.table(
        _("Planned visits, %(week)s") % {"week": data["next_week"]},
        columns,
        [[row["store"], row["day"], str(purposes.get(row["purpose"], row["purpose"])), row["note"]] for row in data["coming"]],
        empty=_("Nothing is planned for the next week yet. Plan the due stores below."),
        links=[("visits:visit_detail", row["id"]) for row in data["coming"]],
    )
    columns = [
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Due on"), "day"),
        blocks.column(_("Out of stock"), "count"),
        blocks.column(_("Gaps"), "count"),
    ]
    yield blocks.table(
        _("Proposed: due stores without a visit"),
        columns,
        [[row["name"], row["due_on"], row["out_of_stock"], row["gaps"]] for row in data["due"]],
        note=blocks.more_note(data["due_count"], len(data["due"])),
        empty=_("Every store that is due has a visit planned."),
        links=[("accounts:store_detail", row["id"]) for row in data["due"]],
    )


def compute_next(scope):
    """The part of the same figures that the plan of the next week shows."""
    names = ("coming", "due", "due_count", "next_week")
    return {key: ({name: data[name] for name in names}, lines) for key, (data, lines) in compute(scope).items()}


SECTION = Section(
    key="week",
    title=gettext_lazy("The week"),
    compute=compute,
    layout=layout,
    is_empty=lambda data: not (data["done"] or data["planned"]),
    formulas={
        "plan_hit": gettext_lazy("Planned visits that took place ÷ planned visits up to today, Monday to Sunday, cancelled ones left out."),
        "out_of_stock": gettext_lazy("Products that this person found out of stock at visits of the week."),
        "coming": gettext_lazy("Visits planned for the next week; due stores by the cadence rules that have no visit there."),
    },
)
NEXT_SECTION = Section(
    key="next_week",
    title=gettext_lazy("The next week"),
    compute=compute_next,
    layout=layout_next,
    formulas={"coming": gettext_lazy("Visits planned for the next week; due stores by the cadence rules that have no visit there.")},
)
