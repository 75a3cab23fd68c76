"""When whom a digest is owed, and what is in it: pure rules of time, and the rows that the mail lists."""

from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min

from .models import Notification, NotificationPreference, User
from .notices import kind_of, wording
from .reach import reachable

NEWS_FOR = timedelta(days=14)  # what nobody mailed for so long is no news any more
MOST_LINES = 60
Digest = NotificationPreference.Digest


def zone_of(user):
    return ZoneInfo(user.time_zone or settings.TIME_ZONE)


def is_quiet(preference, local):
    """Whether no mail may go at the ``local`` time; the quiet hours may lie across midnight, their end belongs to the day."""
    since, until = preference.quiet_from, preference.quiet_until
    if since is None or until is None:
        return False
    now = local.time()
    return since <= now < until if since < until else now >= since or now < until


def last_slot(preference, local):
    """The latest instant up to ``local`` at which a daily or weekly digest was to go."""
    slot = datetime.combine(local.date(), time(preference.digest_hour), tzinfo=local.tzinfo)
    if slot > local:
        slot -= timedelta(days=1)
    if preference.digest == Digest.WEEKLY:
        slot -= timedelta(days=slot.weekday())
    return slot


def is_due(preference, zone, now, oldest_at):
    """Whether a digest is owed at ``now`` to somebody whose oldest unmailed notification is of ``oldest_at``.

    A missed hour is caught up: what was there at the last slot and is not mailed yet makes it due until it is.
    """
    local = now.astimezone(zone)
    if preference.digest == Digest.NONE or is_quiet(preference, local):
        return False
    return preference.digest == Digest.AT_ONCE or oldest_at <= last_slot(preference, local)


def unmailed(now):
    """What is neither read nor mailed and still news, of people who may sign in."""
    return Notification.objects.unread().filter(mailed_at=None, created_at__gte=now - NEWS_FOR, created_at__lte=now, user__is_active=True)


def people_owed(now, **narrowed):
    """Ids of the people to whom a digest is due at ``now``, in a fixed number of statements; ``user=`` asks about one."""
    waiting = unmailed(now).filter(**narrowed).exclude(user__notification_preference__digest=Digest.NONE)
    oldest = defaultdict(dict)
    for user_id, kind, created_at in waiting.order_by().values_list("user_id", "kind").annotate(Min("created_at")):
        oldest[user_id][kind] = created_at
    people = User.objects.in_bulk(oldest)
    preferences = {row.user_id: row for row in NotificationPreference.objects.filter(user__in=oldest)}
    owed = []
    for user_id, kinds in sorted(oldest.items()):
        preference = preferences.get(user_id) or NotificationPreference(user_id=user_id)
        times = [created_at for kind, created_at in kinds.items() if not is_muted(preference, kind)]
        if times and is_due(preference, zone_of(people[user_id]), now, min(times)):
            owed.append(user_id)
    return owed


def is_muted(preference, kind):
    """Whether the person does not want to hear of ``kind``; urgent ones cannot be muted."""
    try:
        return kind_of(kind).mute_key in preference.muted_kinds and not kind_of(kind).urgent
    except LookupError:
        return True  # the app that told is gone


def lines_of(user, rows):
    """What the mail lists of ``rows``, by kind: text and address of each that ``user`` may still see. Call in the reader's language."""
    seen = reachable(user, rows)
    site = settings.KA_SITE_URL.rstrip("/")
    by_kind = defaultdict(list)
    for row in rows:
        if row.pk in seen:
            by_kind[row.kind].append({"text": wording(row), "url": f"{site}{row.url}" if row.url.startswith("/") else ""})
    return [{"label": str(kind_of(kind).label), "lines": lines} for kind, lines in sorted(by_kind.items())]
