"""State machines as data: ``moves`` maps a state to the set of states that may follow it.

Buttons, services, API and tests share one table per noun (``states.py`` of each app).
"""

from django.utils.translation import gettext as _

from .errors import IllegalMove, StaleRecord


def allowed(current, *, moves):
    """The states that may follow ``current``; empty for a final one."""
    return moves.get(current, frozenset())


def check_move(current, *, to, moves):
    """Raise IllegalMove unless ``moves`` lets ``current`` become ``to``."""
    if to not in allowed(current, moves=moves):
        raise IllegalMove(
            _("This step is not possible: from “%(current)s” one cannot go to “%(to)s”. Reload the page to see its present state.")
            % {"current": getattr(current, "label", current), "to": getattr(to, "label", to)}
        )


def move(record, *, to, moves, field="status", **values):
    """Change ``record``'s state in the database by one conditional UPDATE, so that of two rivals one wins.

    ``values`` are further fields written in the same statement. Raises IllegalMove if the table forbids the step, and
    StaleRecord if another person moved the record since it was read. Call inside a transaction, with the audit entry.
    """
    current = getattr(record, field)
    check_move(current, to=to, moves=moves)
    changed = type(record)._base_manager.filter(pk=record.pk, **{field: current}).update(**{field: to}, **values)
    if not changed:
        raise StaleRecord(_("Somebody else has changed this in the meantime. Reload the page and look again."))
    for name, value in {field: to, **values}.items():
        setattr(record, name, value)
    return record
