"""The shipped profiles as rows that an administrator may edit."""

from django.db import transaction

from ..models import ImportProfile
from ..profiles import shipped


@transaction.atomic
def load_shipped_profiles():
    """Add the shipped profiles that are missing and refresh those nobody has touched; an administrator's edits stay.

    A row counts as touched as soon as its ``version`` is above 1 or ``is_shipped`` is off. Returns how many were written.
    """
    held = {row.code: row for row in ImportProfile.objects.filter(code__in=shipped())}
    written = 0
    for code, profile in shipped().items():
        definition = profile.to_dict()
        row = held.get(code)
        if row is None:
            ImportProfile.objects.create(code=code, name=profile.name, kind=profile.kind, definition=definition, is_shipped=True)
        elif row.is_shipped and row.version == 1 and (row.definition, row.name) != (definition, profile.name):
            row.definition, row.name = definition, profile.name
            row.save(update_fields=["definition", "name", "updated_at"])
        else:
            continue
        written += 1
    return written
