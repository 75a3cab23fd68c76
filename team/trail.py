"""The audit trail as people read it: who did what when, field by field."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from ka_crm import formats
from ka_crm.money import from_e4

from .models import AuditEvent

TRAIL_LENGTH = 20

# The last word of a verb (“report.approved”) → what the page says and draws; a word not listed is shown as it is.
_WORDS = {
    "created": (gettext_lazy("Created"), "plus"),
    "changed": (gettext_lazy("Changed"), "edit"),
    "archived": (gettext_lazy("Archived"), "archive"),
    "restored": (gettext_lazy("Brought back from the archive"), "undo"),
    "ended": (gettext_lazy("Ended"), "flag"),
    "submitted": (gettext_lazy("Submitted"), "send"),
    "approved": (gettext_lazy("Approved"), "check"),
    "returned": (gettext_lazy("Returned"), "undo"),
    "commented": (gettext_lazy("Commented"), "message"),
    "built": (gettext_lazy("Built"), "report"),
    "rebuilt": (gettext_lazy("Built again"), "refresh"),
    "imported": (gettext_lazy("Imported"), "upload"),
    "received": (gettext_lazy("Received"), "upload"),
    "refused": (gettext_lazy("Refused"), "x"),
    "undone": (gettext_lazy("Undone"), "undo"),
    "planned": (gettext_lazy("Planned"), "calendar"),
    "checked_in": (gettext_lazy("Checked in"), "map-pin"),
    "completed": (gettext_lazy("Completed"), "check"),
    "cancelled": (gettext_lazy("Cancelled"), "x"),
    "checked_out": (gettext_lazy("Checked out"), "map-pin"),
    "recorded": (gettext_lazy("Recorded in the store"), "list-check"),
    "photo_added": (gettext_lazy("Photo added"), "photo"),
    "plan_changed": (gettext_lazy("Plan changed"), "calendar"),
    "rescheduled": (gettext_lazy("Moved to another day"), "calendar"),
    "missed": (gettext_lazy("Missed"), "alert-triangle"),
    "ordered": (gettext_lazy("Ordered"), "clock"),
    "failed": (gettext_lazy("Failed"), "x"),
    "loaded": (gettext_lazy("Loaded"), "upload"),
    "deactivated": (gettext_lazy("Sign-in taken away"), "lock"),
    "reactivated": (gettext_lazy("Let in again"), "key"),
    "invited": (gettext_lazy("Sent a link to choose a password"), "mail"),
    "unlocked": (gettext_lazy("Sign-in unlocked"), "key"),
    "role_changed": (gettext_lazy("Role changed"), "shield-lock"),
    "password_changed": (gettext_lazy("Password changed"), "key"),
    "password_set": (gettext_lazy("Password set by a command"), "key"),
    "capabilities_changed": (gettext_lazy("What the role may do changed"), "shield-lock"),
    "holidays_added": (gettext_lazy("Public holidays filled in"), "calendar"),
    "day_set": (gettext_lazy("Day set"), "calendar"),
    "day_removed": (gettext_lazy("Day taken out"), "x"),
    "made_default": (gettext_lazy("Made the company's calendar"), "flag"),
    "renamed": (gettext_lazy("Renamed"), "edit"),
    "moved": (gettext_lazy("Moved"), "hierarchy"),
    "deleted": (gettext_lazy("Deleted"), "trash"),
    "exported": (gettext_lazy("Exported"), "download"),
    "retried": (gettext_lazy("Tried again"), "refresh"),
    "removed": (gettext_lazy("Removed"), "trash"),
    "attached": (gettext_lazy("File attached"), "file"),
    "requested": (gettext_lazy("Asked for"), "send"),
    "started": (gettext_lazy("Started"), "player-play"),
    "callback_planned": (gettext_lazy("Call-back planned"), "phone"),
    "reassigned": (gettext_lazy("Given to somebody else"), "users"),
    "day_ordered": (gettext_lazy("Day put in order"), "route"),
    "taken_back": (gettext_lazy("Taken back"), "undo"),
}
# Verbs whose last word alone would mislead.
_WHOLE_VERBS = {
    "approval.requested": (gettext_lazy("Asked for approval"), "send"),
    "approval.agreed": (gettext_lazy("Agreed"), "check"),
    "approval.sent_back": (gettext_lazy("Back to an earlier step"), "undo"),
    "approval.withdrawn": (gettext_lazy("Taken back"), "undo"),
    "approval.reassigned": (gettext_lazy("Given to another approver"), "users"),
    "task.opened": (gettext_lazy("Task given"), "plus"),
    "task.done": (gettext_lazy("Done"), "check"),
    "task.cancelled": (gettext_lazy("Not needed any more"), "x"),
    "task.reopened": (gettext_lazy("Opened again"), "refresh"),
    "task.handed_over": (gettext_lazy("Handed over"), "send"),
    "person.notifications_changed": (gettext_lazy("Notification settings changed"), "bell"),
    "person.calendar_opened": (gettext_lazy("Calendar feed opened"), "calendar"),
    "person.calendar_closed": (gettext_lazy("Calendar feed closed"), "calendar"),
    "session.started": (gettext_lazy("Signed in"), "key"),
    "session.ended": (gettext_lazy("Signed out"), "logout"),
    "session.refused": (gettext_lazy("Wrong password"), "alert-triangle"),
    "session.code_refused": (gettext_lazy("Wrong second factor"), "alert-triangle"),
    "visit.started": (gettext_lazy("Started without a plan"), "player-play"),
    "import.check_ordered": (gettext_lazy("To be checked again"), "refresh"),
    "second_factor.added": (gettext_lazy("Second factor turned on"), "shield-lock"),
    "second_factor.removed": (gettext_lazy("Second factor taken away"), "shield-lock"),
    "second_factor.renewed": (gettext_lazy("Recovery codes made anew"), "shield-lock"),
}


def title_of(verb):
    """``report.approved`` → “Approved”, with its icon."""
    label, icon = _WHOLE_VERBS.get(verb) or _WORDS.get(verb.rsplit(".", 1)[-1], (verb, "history"))
    return label, icon


def changed_lines(event, model=None, *, hidden=()):
    """“field: old → new” for each change of an entry, with the fields' labels and choices where ``model`` is known.

    ``hidden`` are fields whose values the reader may not see. The key of another row stands beside its words, see
    ``changes.differences``: people read the words.
    """
    colon = pgettext("after a label", ": ")
    return [
        f"{field_label(model, field) if model else field}{colon}{shown_value(old, model, field)} → {shown_value(new, model, field)}"
        for field, (old, new) in sorted(event.changes.items())  # the databases keep other orders
        if field not in hidden and not (field.endswith("_id") and field.removesuffix("_id") in event.changes)
    ]


def model_of(event):
    """The model of the record that an entry is about, or None where there is none of that name any more."""
    try:
        return apps.get_model(event.object_type)
    except (LookupError, ValueError):
        return None


def _told(event):
    """Whether a record's timeline says what changed; what created it is on the page around it."""
    return event.verb.endswith(
        ("changed", ".ended", ".renamed", ".moved", ".undone", ".rescheduled", ".handed_over", ".reassigned", ".sent_back")
    )


def actor_of(event):
    """Who did it, with both names where a deputy did."""
    actor = str(event.actor) if event.actor else _("The program")
    return _("%(deputy)s for %(absent)s") % {"deputy": actor, "absent": event.on_behalf_of} if event.on_behalf_of else actor


def shown_value(value, model=None, name=""):
    """A kept value in words: a choice by its label, yes and no, a unit price of 10⁻⁴ as a price, nothing as “–”."""
    if value is None or value == "":
        return "–"
    if model is None:
        return value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_e4") and isinstance(value, int):
        return formats.number(from_e4(value), 4)
    try:
        choices = dict(getattr(model._meta.get_field(name), "flatchoices", None) or ())
    except FieldDoesNotExist:
        return value
    return choices.get(value, value)


def field_label(model, name):
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))  # the far end of a relation has none
    except FieldDoesNotExist:  # a change may name something that is no field, such as “products”
        return name


def entries_of(events, model=None, *, hidden=()):
    """``events`` (AuditEvents with their people) as the timeline component draws them; ``hidden`` as in ``changed_lines``."""
    entries = []
    for event in events:
        label, icon = title_of(event.verb)
        lines = changed_lines(event, model, hidden=hidden) if _told(event) else []
        if event.reason:
            lines.append(f"“{event.reason}”")
        entries.append({"at": event.at, "title": label, "icon": icon, "actor": actor_of(event), "text": "\n".join(lines)})
    return entries


def trail_of(record):
    """The newest entries of one record that the reader may see; record pages draw the whole line ({% timeline record %})."""
    return entries_of(AuditEvent.objects.about(record).for_list()[:TRAIL_LENGTH], type(record))
