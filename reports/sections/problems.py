"""Problems and suggestions: what the figures themselves say, by rules, each with its numbers."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import blocks
from ..findings import findings_of
from ..wording import worded
from .base import Section, source, sources


def compute(scope):
    computed = {}
    for subject in scope.subjects:
        found = findings_of(scope, subject)
        line = source("findings", "report_sections", period=scope.period, subject=subject, facts=scope.facts, rows=len(found))
        computed[subject.key] = {"findings": found}, sources(line)
    return computed


def layout(data, reading):
    if data["findings"]:
        yield blocks.findings([worded(found, reading.currency) for found in data["findings"]])
    else:
        yield blocks.paragraph(_("No rule found anything that stands out in this period."), tone="ok")


SECTION = Section(
    key="problems",
    title=gettext_lazy("Problems and suggestions"),
    compute=compute,
    layout=layout,
    formulas={
        "findings": gettext_lazy(
            "Rules over the figures of this report: accounts and products that fell by 10 % or more, stores that stopped selling, "
            "a share lost by 1 point or more, weighted distribution lost by 10 points or more, products out of stock at two visits or "
            "more, must-stock found or visit plan kept below 90 %, accounts without files. Ordered by the money at stake."
        )
    },
)
