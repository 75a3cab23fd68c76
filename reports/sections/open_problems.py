"""All problems that the last complete month left, as the monthly summary finds them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import blocks
from ..wording import worded
from .base import Section, source, sources
from .goals import problems_of


def compute(scope):
    problems, computed = problems_of(scope), {}
    for subject in scope.subjects:
        found = problems[subject.key]
        base = scope.facts.recent_months[-1]
        line = source("findings", "report_sections", period=base, subject=subject, facts=scope.facts, rows=len(found))
        computed[subject.key] = {"findings": found, "month": base.label}, sources(line)
    return computed


def layout(data, reading):
    if data["findings"]:
        yield blocks.findings([worded(found, reading.currency) for found in data["findings"]])
    else:
        yield blocks.paragraph(_("No rule found anything that stands out in %(month)s.") % {"month": data["month"]}, tone="ok")


SECTION = Section(
    key="open_problems",
    title=gettext_lazy("Open problems and suggestions"),
    compute=compute,
    layout=layout,
    formulas={"findings": gettext_lazy("The rules of the monthly summary over the last month that is complete.")},
)
