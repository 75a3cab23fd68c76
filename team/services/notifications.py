"""Telling people something: rows in the caller's transaction. E-mails about them are digests (team/digests.py)."""

from django.db import transaction
from django.utils import timezone

from .. import notices
from ..models import Notification, NotificationPreference
from ..subjects import about


def notify(users, kind, /, *, subject=None, url="", key="", **words):
    """Tell each of ``users`` who may sign in, once; returns how many people are told, rows of an earlier call with ``key`` not counted.

    ``subject`` is the record it is about, whose scope decides at every reading whether the person still may see it; ``url`` is a path
    of this site, the subject's own where empty. ``words`` fill the kind's text: plain values, days and instants become ISO.
    """
    notices.kind_of(kind)
    people = {user.pk: user for user in users if user is not None and user.is_active}
    if key:
        told = Notification.objects.filter(user__in=people, key=key).values_list("user_id", flat=True)
        people = {pk: user for pk, user in people.items() if pk not in set(told)}
    if not url and subject is not None and hasattr(subject, "get_absolute_url"):
        url = subject.get_absolute_url()
    common = {
        "kind": kind,
        "words": {name: notices.plain(value) for name, value in words.items()},
        "url": url,
        "key": key,
        **(about(subject) if subject is not None else {}),
    }
    quiet = _muting(people, kind)
    now = timezone.now()
    # A rival with the same key may be faster: the constraint keeps the second row out without an error.
    rows = [Notification(user=user, read_at=now if user.pk in quiet else None, **common) for user in people.values()]
    Notification.objects.bulk_create(rows, ignore_conflicts=bool(key))
    return len(people)


def _muting(people, kind):
    """Ids of those who do not want to hear of ``kind``: it stands on their page as read, rings no bell and goes into no mail."""
    known = notices.kind_of(kind)
    if known.urgent:
        return set()
    preferences = NotificationPreference.objects.filter(user__in=people).values_list("user_id", "muted_kinds")
    return {user_id for user_id, muted in preferences if known.mute_key in muted}


def mark_read(*, user, pks=None, is_read=True):
    """Set one's own notifications read or unread, all of them without ``pks``; returns how many changed."""
    rows = Notification.objects.visible_to(user).filter(read_at__isnull=is_read)
    if pks is not None:
        rows = rows.filter(pk__in=pks)
    return rows.update(read_at=timezone.now() if is_read else None)


@transaction.atomic
def forget_subject(subject):
    """Mark what was told about ``subject`` as read for everybody: there is nothing left to do about it."""
    return (
        Notification.objects.unread()
        .filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))
        .update(read_at=timezone.now())
    )
