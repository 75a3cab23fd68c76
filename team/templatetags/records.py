"""What a record page draws of itself: {% load records %} {% timeline store %} {% neighbours store %} {% record_tools store %}."""

from django import template

from ..records.neighbours import neighbours_of
from ..records.views import timeline_context

register = template.Library()


@register.inclusion_tag("team/records/timeline.html", takes_context=True)
def timeline(context, record):
    """Comments, files and changes of ``record``, with the ways to add to them; ``?`` nothing for whom the page is not."""
    user = context["request"].user
    return {**timeline_context(record, user), "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("team/records/_neighbours.html", takes_context=True)
def neighbours(context, record):
    """The rows before and after ``record`` in the list that one came from, and the way back there; nothing without a list."""
    return {"near": neighbours_of(context["request"], record)}


@register.inclusion_tag("team/records/_tools.html", takes_context=True)
def record_tools(context, record):
    """Copy the record's address, print its page."""
    return {"address": context["request"].build_absolute_uri(record.get_absolute_url())}


@register.filter
def undo_entry(message):
    """The number of the audit entry that a message offers to undo, or None."""
    tags = str(message.extra_tags or "")
    return int(tags[5:]) if tags.startswith("undo-") and tags[5:].isascii() and tags[5:].isdigit() else None
