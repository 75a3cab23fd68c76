"""How old the last good backup is: one small file beside the backups, so that a backup leaves the database as it found it."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from ka_crm import company


@dataclass(frozen=True)
class BackupStatus:
    """``made_at`` None: no backup is known here. ``is_late`` by the setting ``company.backup_days``."""

    made_at: datetime | None
    size_bytes: int
    name: str
    age_seconds: int | None
    is_late: bool


def _path():
    return Path(settings.KA_DATA_DIR) / "backups" / "last.json"


def note_backup(path, size_bytes, manifest, now):
    """Remember a backup that is complete on disk."""
    note = _path()
    note.parent.mkdir(parents=True, exist_ok=True)
    draft = note.with_name(".last.json.part")
    content = {"made_at": now.isoformat(), "bytes": size_bytes, "name": Path(path).name, "tables": len(manifest["tables"])}
    draft.write_text(json.dumps(content))
    os.replace(draft, note)


def last_backup():
    """What ``note_backup`` wrote last, or None."""
    try:
        found = json.loads(_path().read_text())
        return {**found, "made_at": datetime.fromisoformat(found["made_at"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def backup_status(now=None):
    now = now or timezone.now()
    last = last_backup()
    if last is None:
        return BackupStatus(None, 0, "", None, True)
    age = max(int((now - last["made_at"]).total_seconds()), 0)
    return BackupStatus(last["made_at"], last["bytes"], last["name"], age, age > company.value("company.backup_days") * 86_400)
