"""The key of a form that has one effect however often it is sent (ka_crm/once.py)."""

from django import template
from django.utils.html import format_html

from ..once import FIELD, new_key

register = template.Library()


@register.simple_tag
def once_key():
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())
