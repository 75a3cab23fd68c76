"""Visits that are planned for the month, by person and week, and the stores that are due without one."""

from collections import Counter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm.periods import week_of

from .. import blocks
from ..models import SubjectKind
from .base import Section, source, sources

SHOWN = 30


def visits_of(facts, subject):
    """The planned visits of a subject: those by its people, else those to its accounts."""
    if subject.people_ids and subject.kind != SubjectKind.COMPANY:
        return [row for row in facts.coming_visits if row["visitor_id"] in subject.people_ids]
    return [row for row in facts.coming_visits if row["account_id"] in subject.all_ids]


def due_of(facts, subject):
    """Due stores of the subject's accounts, the longest due in front."""
    rows = [row for pk in subject.all_ids for row in facts.due_stores.get(pk, ())]
    return sorted(rows, key=lambda row: (row["next_visit_on"] is not None, str(row["due_on"] or ""), row["name"], row["id"]))


def compute(scope):
    facts = scope.facts
    computed = {}
    for subject in scope.subjects:
        visits, due = visits_of(facts, subject), due_of(facts, subject)
        weeks = Counter(week_of(row["planned_on"]).starts_on for row in visits)
        people = Counter((row["visitor_name"], row["visitor_id"]) for row in visits)
        open_due = [row for row in due if row["next_visit_on"] is None]
        data = {
            "visits": len(visits),
            "weeks": [{"week": week_of(monday).label, "from": str(monday), "visits": count} for monday, count in sorted(weeks.items())],
            "people": [{"id": pk, "name": name, "visits": count} for (name, pk), count in sorted(people.items())],
            "due": [
                {
                    "id": row["id"],
                    "name": row["name"],
                    "last_visit_on": str(row["last_visit_on"] or ""),
                    "due_on": str(row["due_on"] or ""),
                    "every_days": row["every_days"],
                    "out_of_stock": row["out_of_stock"],
                    "gaps": row["gaps"],
                }
                for row in open_due[:SHOWN]
            ],
            "due_count": len(open_due),
        }
        line = source("visits", "visits", period=scope.period, subject=subject, facts=facts, rows=len(visits))
        computed[subject.key] = data, sources(line)
    return computed


def layout(data, reading):
    columns = [blocks.column(_("Week"), wide=True), blocks.column(_("From"), "day"), blocks.column(_("Visits"), "count")]
    yield blocks.table(
        _("Planned visits by week"),
        columns,
        [[row["week"], row["from"], row["visits"]] for row in data["weeks"]],
        empty=_("No visit is planned for this month yet. Plan the due stores below."),
    )
    if len(data["people"]) > 1:
        columns = [blocks.column(_("Person"), wide=True), blocks.column(_("Visits"), "count")]
        yield blocks.table(_("Planned visits by person"), columns, [[row["name"], row["visits"]] for row in data["people"]])
    columns = [
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Due on"), "day"),
        blocks.column(_("Last visit"), "day"),
        blocks.column(_("Every so many days"), "count"),
        blocks.column(_("Out of stock"), "count"),
        blocks.column(_("Gaps"), "count"),
    ]
    keys = ("name", "due_on", "last_visit_on", "every_days", "out_of_stock", "gaps")
    yield blocks.table(
        _("Due stores without a planned visit"),
        columns,
        [[row[key] for key in keys] for row in data["due"]],
        note=blocks.more_note(data["due_count"], len(data["due"])),
        empty=_("Every due store has a planned visit."),
        links=[("accounts:store_detail", row["id"]) for row in data["due"]],
    )


SECTION = Section(
    key="visits_to_come",
    title=gettext_lazy("Visits and due stores"),
    compute=compute,
    layout=layout,
    formulas={
        "visits": gettext_lazy("Visits planned for the month, cancelled ones left out; a store is due by the cadence rule in force for it.")
    },
)
