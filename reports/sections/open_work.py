"""What is still to do: must-stock gaps to close, open tasks, and the problems that the last month left."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import blocks
from ..models import SubjectKind
from .base import Section, source, sources

GAPS, TASKS = 30, 25


def tasks_of(facts, subject):
    """Open tasks of the subject's people; of an account, those about it or given to its manager."""
    if subject.kind == SubjectKind.ACCOUNT:
        return [task for tasks in facts.open_tasks.values() for task in tasks if task["account_ref"] in subject.all_ids]
    return [task for pk in sorted(subject.people_ids) for task in facts.open_tasks.get(pk, ())]


def compute(scope):
    facts = scope.facts
    facts.read_now("people")
    computed = {}
    for subject in scope.subjects:
        gaps = [row for pk in sorted(subject.all_ids) for row in facts.open_gaps.get(pk, ())]
        gaps.sort(key=lambda row: (row["seen_on"], row["store_name"] or "", row["sku"]))
        tasks = sorted(tasks_of(facts, subject), key=lambda task: (str(task["due_on"] or "9"), -task["priority"], task["title"]))
        data = {
            "gaps": [
                {
                    "store_id": row["store_id"],
                    "store_name": row["store_name"],
                    "product_name": row["product_name"],
                    "sku": row["sku"],
                    "seen_on": str(row["seen_on"]),
                }
                for row in gaps[:GAPS]
            ],
            "gap_count": len(gaps),
            "tasks": [
                {
                    "public_id": str(task["public_id"]),
                    "title": task["title"],
                    "person": facts.people.get(task["assignee_id"], ""),
                    "due_on": str(task["due_on"] or ""),
                    "about": task["object_label"],
                }
                for task in tasks[:TASKS]
            ],
            "task_count": len(tasks),
            "today": str(scope.today),
        }
        common = {"period": scope.period, "subject": subject, "facts": facts}
        lines = sources(source("gaps", "shelf_facts", rows=len(gaps), **common), source("tasks", "tasks", rows=len(tasks), **common))
        computed[subject.key] = data, lines
    return computed


def layout(data, reading):
    def rest(name):
        return blocks.more_note(data[f"{name}_count"], len(data[f"{name}s"]))

    columns = [
        blocks.column(_("Product"), wide=True),
        blocks.column(_("SKU")),
        blocks.column(_("Store"), wide=True),
        blocks.column(_("Missing since"), "day"),
    ]
    yield blocks.table(
        _("Must-stock gaps to close"),
        columns,
        [[row["product_name"], row["sku"], row["store_name"], row["seen_on"]] for row in data["gaps"]],
        note=rest("gap"),
        empty=_("Where somebody looked in the last 60 days, every must-stock product was there."),
        links=[("accounts:store_detail", row["store_id"]) for row in data["gaps"]],
    )
    columns = [
        blocks.column(_("Task"), wide=True),
        blocks.column(_("About"), wide=True),
        blocks.column(_("Due on"), "day"),
        blocks.column(_("Person")),
    ]
    yield blocks.table(
        _("Open tasks"),
        columns,
        [[row["title"], row["about"], row["due_on"], row["person"]] for row in data["tasks"]],
        note=rest("task"),
        empty=_("No task is open."),
        links=[("team:task_detail", row["public_id"]) for row in data["tasks"]],
    )


SECTION = Section(
    key="open_work",
    title=gettext_lazy("Gaps and tasks"),
    compute=compute,
    layout=layout,
    formulas={
        "gaps": gettext_lazy("Must-stock products that were missing at the newest visit that looked for them, in the last 60 days."),
        "tasks": gettext_lazy("Tasks that are open on the day the draft was built."),
    },
)
