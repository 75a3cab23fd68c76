"""The archive: a tar of the database, the stored files and ``manifest.json``, and behind it a checksum over every byte before.

Programs that read tar stop before the checksum, so the archive opens with ordinary tools. A byte that is missing or other than
written makes ``verified`` refuse it.
"""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

from django.utils.translation import gettext as _

from ka_crm.errors import DomainError

BLOCK = 1024 * 1024
MANIFEST = "manifest.json"
FOOTER_MARK = b"\nka-crm-backup sha256 "
FOOTER_BYTES = len(FOOTER_MARK) + 64 + 1


class BackupProblem(DomainError):
    """A backup cannot be made or an archive cannot be used; the message says why."""


class ArchiveWriter:
    """Writes an archive as a stream; ``finish`` ends it, and only then it has its name."""

    def __init__(self, path):
        self.path = Path(path)
        self.draft = self.path.with_name(f".{self.path.name}.part")
        self.members = {}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)  # it holds everything that the program knows
        self.file = os.fdopen(handle, "wb")
        self.digest = hashlib.sha256()
        self.tar = tarfile.open(fileobj=self, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 – finish closes it

    def write(self, block):
        """What tarfile writes passes here, so that every byte is counted in."""
        if self.file.closed:  # given up: tarfile still writes an end when it is collected
            return len(block)
        self.digest.update(block)
        return self.file.write(block)

    def add(self, name, source, size):
        """Add ``size`` bytes of the binary file ``source`` as ``name``. Raises BackupProblem if it is shorter."""
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        reading = _Reading(source, size)
        self.tar.addfile(entry, reading)
        if reading.left:
            raise BackupProblem(_("“%(name)s” changed while it was read: try again.") % {"name": name})
        self.members[name] = {"bytes": size, "sha256": reading.digest.hexdigest()}

    def add_bytes(self, name, content):
        self.add(name, io.BytesIO(content), len(content))

    def finish(self, manifest):
        """Add the manifest with all members, the checksum, and give the archive its name. Returns the whole manifest."""
        manifest = {**manifest, "members": self.members}
        content = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(content), 0o600
        self.tar.addfile(entry, io.BytesIO(content))
        self.tar.close()
        self.file.write(FOOTER_MARK + self.digest.hexdigest().encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        os.replace(self.draft, self.path)
        return manifest

    def give_up(self):
        self.file.close()
        self.draft.unlink(missing_ok=True)


class _Reading:
    """``size`` bytes of a file, hashed on their way; tarfile asks for blocks."""

    def __init__(self, source, size):
        self.source, self.left, self.digest = source, size, hashlib.sha256()

    def read(self, size=-1):
        block = self.source.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(block)
        self.digest.update(block)
        return block


def verified(path):
    """The manifest of the archive at ``path``, after every byte and every member was checked. Raises BackupProblem."""
    path = Path(path)
    words = {"name": path.name}
    try:
        _check_bytes(path, words)
        with tarfile.open(path, "r:") as tar:
            manifest = _check_members(tar, words)
    except FileNotFoundError as error:
        raise BackupProblem(_("There is no file “%(name)s”.") % words) from error
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupProblem(_("“%(name)s” cannot be read as a backup: it is damaged, or something else.") % words) from error
    return manifest


def _check_bytes(path, words):
    size = path.stat().st_size
    if size <= FOOTER_BYTES:
        raise BackupProblem(_("“%(name)s” is no whole backup: its end is missing.") % words)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        left = size - FOOTER_BYTES
        while left and (block := file.read(min(BLOCK, left))):
            digest.update(block)
            left -= len(block)
        footer = file.read()
    if not footer.startswith(FOOTER_MARK):
        raise BackupProblem(_("“%(name)s” is no whole backup: its end is missing.") % words)
    if footer != FOOTER_MARK + digest.hexdigest().encode() + b"\n":
        raise BackupProblem(_("“%(name)s” was changed since it was written: its checksum does not fit.") % words)


def _check_members(tar, words):
    found, manifest = {}, None
    for entry in tar:
        if not entry.isfile() or entry.name in found or entry.name.startswith("/") or ".." in entry.name.split("/"):
            raise BackupProblem(_("“%(name)s” holds something that no backup of ours holds.") % words)
        source = tar.extractfile(entry)
        if entry.name == MANIFEST:
            manifest = json.loads(source.read())
            continue
        digest = hashlib.sha256()
        while block := source.read(BLOCK):
            digest.update(block)
        found[entry.name] = {"bytes": entry.size, "sha256": digest.hexdigest()}
    if manifest is None or manifest.get("format") != "ka-crm-backup":
        raise BackupProblem(_("“%(name)s” is no backup of this program.") % words)
    if manifest["members"] != found:
        raise BackupProblem(_("“%(name)s” was changed since it was written: its members are not those of its manifest.") % words)
    return manifest


def members(path, prefix):
    """(name, binary file, bytes) of each member whose name starts with ``prefix``, one after the other."""
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            if entry.name.startswith(prefix):
                yield entry.name, tar.extractfile(entry), entry.size
