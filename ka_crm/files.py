"""Files as received or made: kept under the default storage, named by their content, written so that a crash leaves no half file.

On a local disk: temporary name → fsync → rename → row. On object storage the storage's own save is already all or nothing.
The same content is kept once, whatever it was called. Nothing here serves a file: views check the row it hangs on first.
"""

import hashlib
import os
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from .errors import DomainError
from .models import StoredFile
from .text import clean_text

BLOCK = 1024 * 1024
ORPHAN_AGE = timedelta(hours=24)
CONTENT_TYPES = {
    "csv": "text/csv",
    "edi": "application/edifact",
    "gz": "application/gzip",
    "html": "text/html",
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FileTooLarge(DomainError):
    """The upload is larger than KA_MAX_UPLOAD_BYTES."""


def store_upload(fileobj, *, name, kind, stored_by=None, content_type="", most_bytes=None):
    """Keep what the binary ``fileobj`` holds and return its StoredFile row.

    ``name`` is the sender's file name, kept as words only; ``kind`` ("imports", "photos", "reports") is the folder. Raises
    FileTooLarge above ``most_bytes`` (default: KA_MAX_UPLOAD_BYTES). The file is complete on disk before the row exists;
    if the caller's transaction fails, the file is an orphan that ``sweep_orphans`` removes.
    """
    most_bytes = settings.KA_MAX_UPLOAD_BYTES if most_bytes is None else most_bytes
    name = plain_name(name)
    with _spooled(fileobj, most_bytes, name) as (path, sha256, size):
        storage_name = f"{kind}/{sha256[:2]}/{sha256}"
        _place(path, storage_name, size)
    return StoredFile.objects.create(
        storage_name=storage_name,
        original_name=name,
        content_type=content_type or CONTENT_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream"),
        size_bytes=size,
        sha256=sha256,
        stored_by=stored_by,
    )


def store_bytes(content, *, name, kind, **options):
    """``store_upload`` of bytes that are already in memory."""
    return store_upload(ContentFile(content), name=name, kind=kind, **options)


def put_in_place(fileobj, storage_name, *, size):
    """Give the storage the content of ``fileobj`` under ``storage_name``, whatever was there: for putting a backup back."""
    if not _is_local():
        default_storage.delete(storage_name)
        default_storage.save(storage_name, File(fileobj))
        return
    target = Path(default_storage.path(storage_name))
    with _spooled(fileobj, size, storage_name) as (path, _sha256, _size):
        target.unlink(missing_ok=True)
        _place(path, storage_name, size)


def open_stored(stored):
    """The content of ``stored`` as a binary file. Raises FileNotFoundError if the storage lost it."""
    return default_storage.open(stored.storage_name, "rb")


@contextmanager
def local_path(stored):
    """A path on this machine with the content of ``stored``, for readers that need one; a copy where the storage is remote."""
    if _is_local():
        yield Path(default_storage.path(stored.storage_name))
        return
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".copy") as copy:
        with open_stored(stored) as source:
            while block := source.read(BLOCK):
                copy.write(block)
        copy.flush()
        yield Path(copy.name)


def sweep_orphans(*, now=None):
    """Delete stored files without a row and left-over temporary files, both older than a day; returns how many."""
    before = (now or timezone.now()) - ORPHAN_AGE
    removed = 0
    for folder in _folders(default_storage, ""):
        names = [f"{folder}/{name}" if folder else name for name in default_storage.listdir(folder)[1]]
        known = set(StoredFile.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
        for name in names:
            if name not in known and default_storage.get_modified_time(name) < before:
                default_storage.delete(name)
                removed += 1
    return removed


def _folders(storage, folder):
    """Every folder of the storage, the root first."""
    try:
        folders, _files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield folder
    for name in folders:
        yield from _folders(storage, f"{folder}/{name}" if folder else name)


@contextmanager
def _spooled(fileobj, most_bytes, name):
    """(path, sha256, bytes) of a synced temporary copy beside the storage, so that a rename can place it."""
    folder = Path(default_storage.path("")) if _is_local() else Path(settings.FILE_UPLOAD_TEMP_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as copy:
            for block in iter(lambda: fileobj.read(BLOCK), b""):
                size += len(block)
                if size > most_bytes:
                    raise FileTooLarge(
                        _("“%(name)s” is larger than %(most)d MB. Split it, or ask an administrator to raise KA_MAX_UPLOAD_MB.")
                        % {"name": name, "most": most_bytes // BLOCK}
                    )
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        yield path, digest.hexdigest(), size
    finally:
        if os.path.exists(path):
            os.unlink(path)


def _place(path, storage_name, size):
    """Move the temporary file to its name; content that is already there is left alone."""
    if not _is_local():
        if not default_storage.exists(storage_name):
            with open(path, "rb") as copy:
                default_storage.save(storage_name, copy)
        return
    target = Path(default_storage.path(storage_name))
    if target.exists() and target.stat().st_size == size:
        os.utime(target)  # young again: the sweep must not take it before the new row is committed
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o640)
    os.replace(path, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_local():
    try:
        default_storage.path("")
    except NotImplementedError:  # Django's word for a storage without paths
        return False
    return True


def plain_name(name):
    """The last part of the sender's path as text that any field can hold; direction marks and slashes are no part of a name."""
    text = clean_text(str(name)).replace("\\", "/").rpartition("/")[2]
    text = "".join(char for char in text if char.isprintable())
    return text[-255:] or "file"
