"""A figure with its unit apart: the number is large, the unit beside it quiet, and a narrow tile breaks only between the two."""

from django import template
from django.utils.html import format_html

register = template.Library()
HARD_BLANK = "\u00a0"


@register.filter
def with_unit(text):
    """Text such as “753.2 k USD” with the currency in a quiet span; anything that ends in no currency stays as it is."""
    number, blank, unit = str(text).rpartition(HARD_BLANK)
    if blank and len(unit) == 3 and unit.isascii() and unit.isupper():
        return format_html('{} <span class="unit">{}</span>', number, unit)
    return text
