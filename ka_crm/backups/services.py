"""Make a backup, and put one back: the verbs behind ``bin/backup`` and ``bin/restore``."""

import hashlib
import os
import platform
import tempfile
from pathlib import Path

import django
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from ka_crm.files import put_in_place

from . import databases, status
from .archive import BLOCK, ArchiveWriter, BackupProblem, members, verified

log = structlog.get_logger(__name__)
FILES, DATABASE, KEY = "files/", "database", "secret_key"
FORMAT, VERSION = "ka-crm-backup", 1


def default_path(now=None):
    """Where a backup goes that nobody named: ``backups/`` of the data folder, by the UTC time."""
    return Path(settings.KA_DATA_DIR) / "backups" / f"ka-crm-{now or timezone.now():%Y%m%d-%H%M%S}.tar"


def make_backup(path=None, *, now=None):
    """Write everything into one archive while the program runs; returns (path, bytes, manifest).

    First the database as of one instant, then the files that it names: they are named by their content and only ever added.
    Raises BackupProblem, and leaves nothing half written.
    """
    now = now or timezone.now()
    path = Path(path) if path else default_path(now)
    writer = ArchiveWriter(path)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
            snapshot = databases.take_snapshot(folder)
            with snapshot.path.open("rb") as copy:
                writer.add(snapshot.path.name, copy, snapshot.path.stat().st_size)
            missing = [name for name, sha256, size in snapshot.files if not _add_file(writer, name, sha256, size)]
        key = _own_key()
        if key:
            writer.add_bytes(KEY, key)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": now.isoformat(),
            "program": {"django": django.get_version(), "python": platform.python_version()},
            "engine": snapshot.engine,
            "engine_version": snapshot.engine_version,
            "migrations": snapshot.migrations,
            "tables": snapshot.tables,
            "missing_files": missing,
            "key": _fingerprint(settings.SECRET_KEY),
        }
        manifest = writer.finish(manifest)
        size = path.stat().st_size
    except BaseException:  # Ctrl-C too leaves no half archive
        writer.give_up()
        raise
    status.note_backup(path, size, manifest, now)
    log.info("backup made", bytes=size, tables=len(snapshot.tables), files=len(snapshot.files), missing=len(missing))
    return path, size, manifest


def _add_file(writer, name, sha256, size):
    """Add a stored file; False where the storage lost it: a backup without it is better than none."""
    try:
        with default_storage.open(name, "rb") as source:
            writer.add(f"{FILES}{name}", source, size)
    except FileNotFoundError:
        return False
    if writer.members[f"{FILES}{name}"]["sha256"] != sha256:
        log.warning("stored file is not what its row says", file=name)
    return True


def _own_key():
    """The key that this installation made for itself; one from the environment is the operator's to keep."""
    path = Path(settings.KA_DATA_DIR) / KEY
    content = path.read_bytes() if path.exists() else b""
    return content if content.decode("ascii", "replace").strip() == settings.SECRET_KEY else b""


def _fingerprint(key):
    return hashlib.sha256(b"ka-crm backup " + key.encode()).hexdigest()[:16]


def check_archive(path):
    """The manifest of an archive that this program can put back; every byte was checked. Raises BackupProblem."""
    manifest = verified(path)
    words = {"name": Path(path).name}
    if manifest["version"] != VERSION:
        raise BackupProblem(_("“%(name)s” was made by a newer program. Restore it with that one.") % words)
    if manifest["engine"] != databases.engine():
        words |= {"theirs": manifest["engine"], "ours": databases.engine()}
        raise BackupProblem(
            _("“%(name)s” is of %(theirs)s, and DATABASE_URL names %(ours)s. Restore it where the engine is the same.") % words
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest["migrations"]) - known):
        words["migration"] = unknown[0]
        raise BackupProblem(_("“%(name)s” was made by a newer program (%(migration)s). Restore it with that one.") % words)
    return manifest


def restore_backup(path, *, replace=False):
    """Put an archive back; returns (manifest, warnings). Stop web and worker before.

    Everything is checked first. Raises BackupProblem, with the place as it was, for an archive that is damaged or does not fit,
    and for a place that somebody works in unless ``replace``.
    """
    manifest = check_archive(path)
    if not replace and (found := databases.precious_rows()):
        told = ", ".join(f"{table} {rows}" for table, rows in found.items())
        raise BackupProblem(_("This place is not empty (%(told)s). --replace puts the backup in its place for good.") % {"told": told})
    folder = Path(settings.KA_DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as temporary:
        copy = _extracted(path, Path(temporary))
        databases.check_copy(copy, manifest)
        for name, source, size in members(path, FILES):
            put_in_place(source, name.removeprefix(FILES), size=size)
        databases.put_back(copy, manifest)
    return manifest, _restore_key(path, manifest) + _warnings(manifest)


def _extracted(path, folder):
    for name, source, _size in members(path, DATABASE):
        copy = folder / name
        with copy.open("wb") as target:
            while block := source.read(BLOCK):
                target.write(block)
        return copy
    raise BackupProblem(_("“%(name)s” holds no database.") % {"name": Path(path).name})


def _restore_key(path, manifest):
    """Bring the key back that second factors are encrypted with; a warning where this place has another from its environment."""
    if _fingerprint(settings.SECRET_KEY) == manifest["key"]:
        return []
    kept = Path(settings.KA_DATA_DIR) / KEY
    ours = kept.read_text().strip() == settings.SECRET_KEY if kept.exists() else False
    for _name, source, _size in members(path, KEY):
        if ours:
            draft = kept.with_name(f".{KEY}.part")
            handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(source.read())
            os.replace(draft, kept)
            return []
    return [_("The backup was made under another KA_SECRET_KEY: set that one, or second factors have to be made anew.")]


def _warnings(manifest):
    missing = manifest["missing_files"]
    if not missing:
        return []
    return [_("%(count)d files were lost before the backup was made, such as %(name)s.") % {"count": len(missing), "name": missing[0]}]
