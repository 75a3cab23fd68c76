"""What sales tells the apps after it, once the change is committed."""

from django.dispatch import Signal

# An import has changed facts or master data, or was undone: ``batch`` says kind, account and period.
facts_changed = Signal()
