"""Backup and restore: under writes, into an empty place, and never from an archive that is not whole. On both engines."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.db import connection, connections

from ka_crm import files
from ka_crm.backups import databases, services, status
from ka_crm.backups.archive import FOOTER_BYTES, BackupProblem, verified
from ka_crm.models import StoredFile
from team.models import AuditEvent, Team, User
from tests.factories import KeyAccountFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def furnished():
    """People, accounts, a file in the store and one row in the trail."""
    person = UserFactory(administrator=True, name="王小明")
    KeyAccountFactory.create_batch(3)
    for number in range(3):
        files.store_bytes(f"content {number}".encode() * 1000, name=f"file{number}.csv", kind="imports", stored_by=person)
    from team.audit import record  # read only here

    record(person, "person.created", actor=None)
    return person


def wipe():
    """An empty place of the same kind: every table emptied as after ``migrate``, no stored file, another key."""
    connection.close()
    shutil.rmtree(default_storage.path(""), ignore_errors=True)
    if connection.vendor == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)
    else:
        databases._statements("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO PUBLIC")


@pytest.fixture
def given_back(furnished):
    """After the test the schema is there again, so that the next test finds its tables: tests of this file restore it themselves,

    or take this backup.
    """
    path, _size, _manifest = services.make_backup()
    kept = path.with_name("given-back.tar")
    path.rename(kept)
    yield kept
    connections.close_all()
    services.restore_backup(kept, replace=True)


def counts():
    return {"people": User.objects.count(), "files": StoredFile.objects.count(), "trail": AuditEvent.objects.count()}


def stored_hashes():
    return {
        name: hashlib.sha256(default_storage.open(name, "rb").read()).hexdigest()
        for name in StoredFile.objects.values_list("storage_name", flat=True)
    }


# --- there and back -------------------------------------------------------------------------------------------------------------
def test_a_backup_restored_into_an_empty_place_is_equal(furnished, given_back):
    path, size, manifest = services.make_backup()
    before, hashes = counts(), stored_hashes()
    assert size == path.stat().st_size
    assert len(hashes) == 3
    wipe()
    restored, warnings = services.restore_backup(path)
    assert (counts(), stored_hashes(), warnings) == (before, hashes, [])
    assert User.objects.get(pk=furnished.pk).name == "王小明"
    again = services.make_backup(path.with_name("again.tar"))[2]
    assert again["tables"] == manifest["tables"] == restored["tables"]
    assert {name: one["sha256"] for name, one in again["members"].items() if name.startswith("files/")} == {
        name: one["sha256"] for name, one in manifest["members"].items() if name.startswith("files/")
    }


def test_what_the_database_enforces_is_enforced_after_a_restore(furnished, given_back):
    path, _size, _manifest = services.make_backup()
    wipe()
    services.restore_backup(path)
    from django.db import DatabaseError, transaction

    with pytest.raises(DatabaseError, match="append-only|audit"), transaction.atomic():
        AuditEvent.objects.update(reason="changed")  # the trail's trigger
    UserFactory()  # the sequence goes on behind the restored rows
    with pytest.raises(DatabaseError), transaction.atomic():
        UserFactory(email=User.objects.first().email)


def test_ten_backups_under_five_writes_a_second_each_restore_to_their_own_instant(furnished, given_back, tmp_path):
    """Each write adds a team and a file in one transaction: a torn snapshot would hold one without the other."""
    stop, written, failures = threading.Event(), [0], []

    def write():
        from django.db import transaction

        try:
            while not stop.is_set():
                with transaction.atomic():
                    files.store_bytes(os.urandom(2000), name=f"{written[0]}.bin", kind="imports")
                    TeamFactory(name=f"Written {written[0]}")
                written[0] += 1
                time.sleep(0.2)
        except Exception as error:  # told by the test, not lost in the thread
            failures.append(error)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    rounds = 10
    paths = []
    for number in range(rounds):
        paths.append(services.make_backup(tmp_path / f"{number}.tar")[0])
        time.sleep(0.15)
    stop.set()
    writer.join(20)
    assert (failures, written[0] >= 5) == ([], True)
    pairs = []
    for path in paths:
        wipe()
        manifest, warnings = services.restore_backup(path)
        teams = Team.objects.filter(name__startswith="Written").count()
        pairs.append((teams, StoredFile.objects.filter(original_name__endswith=".bin").count(), warnings))
        hashes = stored_hashes()
        assert all(hashes[row.storage_name] == row.sha256 for row in StoredFile.objects.all())
        assert len(manifest["missing_files"]) == 0
    assert all(teams == bins and warnings == [] for teams, bins, warnings in pairs)
    assert pairs[-1][0] > pairs[0][0]  # control: they are of different instants


# --- archives that are not whole ------------------------------------------------------------------------------------------------------
def altered(path, number, folder):
    """The ``number``-th way to harm the archive: ten cuts, ten changed bytes."""
    content = bytearray(path.read_bytes())
    chance = random.Random(number)
    if number < 10:
        cut = [0, 1, FOOTER_BYTES, len(content) // 2, len(content) - 1, len(content) - FOOTER_BYTES][number] if number < 6 else 0
        content = content[: cut or chance.randrange(1, len(content))]
    else:
        places = {10: 0, 11: len(content) - 1, 12: len(content) - FOOTER_BYTES - 600}
        at = places.get(number, chance.randrange(len(content)))
        content[at] ^= 1 << chance.randrange(8)
    target = folder / f"altered-{number}.tar"
    target.write_bytes(content)
    return target


def state_of_place():
    return databases.table_sums(), sorted(str(one) for one in Path(default_storage.path("")).rglob("*") if one.is_file())


def test_twenty_of_twenty_altered_archives_are_refused_and_nothing_is_touched(furnished, given_back, tmp_path):
    path, _size, _manifest = services.make_backup()
    UserFactory.create_batch(2)
    before = state_of_place()
    refused = 0
    for number in range(20):
        harmed = altered(path, number, tmp_path)
        with pytest.raises(BackupProblem, match="is no whole backup|was changed since it was written|cannot be read as a backup"):
            services.restore_backup(harmed, replace=True)
        refused += 1
    assert (refused, state_of_place()) == (20, before)
    services.restore_backup(path, replace=True)  # control: unharmed it goes back, and the place changes
    assert state_of_place() != before


def test_an_archive_whose_manifest_was_forged_with_a_fitting_checksum_is_refused(furnished, given_back, tmp_path):
    """Somebody who computes the outer checksum anew still has to fit database and manifest."""
    path, _size, manifest = services.make_backup()
    table = "team_user"
    forged = json.dumps({**manifest, "tables": {**manifest["tables"], table: {"rows": 99, "checksum": "0"}}}, indent=1).encode()
    target = tmp_path / "forged.tar"
    from ka_crm.backups.archive import ArchiveWriter

    writer = ArchiveWriter(target)
    with tarfile.open(path) as tar:
        for entry in tar:
            if entry.name != "manifest.json":
                writer.add(entry.name, tar.extractfile(entry), entry.size)
    writer.finish(json.loads(forged))
    before = state_of_place()
    with pytest.raises(BackupProblem, match=table):
        services.restore_backup(target, replace=True)
    assert state_of_place() == before


def test_a_place_that_somebody_works_in_is_refused_without_replace(furnished, given_back):
    path, _size, _manifest = services.make_backup()
    UserFactory()
    before = state_of_place()
    with pytest.raises(BackupProblem, match="This place is not empty .team_user 2"):
        services.restore_backup(path)
    assert state_of_place() == before
    services.restore_backup(path, replace=True)
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"engine": "oracle"}, "is of oracle, and DATABASE_URL names"),
        ({"migrations": ["team.9999_tomorrow"]}, "was made by a newer program .team.9999_tomorrow."),
        ({"version": 2}, "was made by a newer program"),
        ({"format": "other"}, "is no backup of this program"),
    ],
)
def test_an_archive_of_another_kind_is_refused(furnished, tmp_path, change, said):
    from ka_crm.backups.archive import ArchiveWriter

    _path, _size, manifest = services.make_backup()
    writer = ArchiveWriter(tmp_path / "other.tar")
    writer.finish({**manifest, **change})
    with pytest.raises(BackupProblem, match=said):
        services.restore_backup(tmp_path / "other.tar")


def test_an_archive_opens_with_ordinary_tools(furnished):
    path, _size, manifest = services.make_backup()
    listed = subprocess.run(["tar", "-tf", str(path)], capture_output=True, text=True).stdout.split()
    assert sorted(listed) == sorted([*manifest["members"], "manifest.json"])
    assert path.stat().st_mode & 0o077 == 0
    assert verified(path)["tables"]["team_user"]["rows"] == 1


# --- what goes wrong on the way ------------------------------------------------------------------------------------------------------
def test_a_backup_that_cannot_be_finished_leaves_nothing_and_the_last_good_one_counts(furnished, tmp_path, monkeypatch):
    good, _size, _manifest = services.make_backup()

    def no_room(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(services.ArchiveWriter, "finish", no_room)
    with pytest.raises(OSError, match="No space left"):
        services.make_backup(tmp_path / "later.tar")
    assert list(tmp_path.glob("*.tar")) + list(tmp_path.glob(".*.part")) == []
    assert status.last_backup()["name"] == good.name


def test_a_file_that_the_storage_lost_is_named_and_the_rest_is_kept(furnished):
    lost = StoredFile.objects.order_by("pk").first()
    default_storage.delete(lost.storage_name)
    path, _size, manifest = services.make_backup()
    assert manifest["missing_files"] == [lost.storage_name]
    assert sum(name.startswith("files/") for name in verified(path)["members"]) == len(manifest["members"]) - 1 == 2


def test_the_key_that_second_factors_need_goes_along(furnished, given_back, settings, data_dir):
    (data_dir / "secret_key").write_text(django_settings.SECRET_KEY)
    path, _size, _manifest = services.make_backup()
    (data_dir / "secret_key").write_text("another key of the new place")
    settings.SECRET_KEY = "another key of the new place"
    services.restore_backup(path, replace=True)
    assert (data_dir / "secret_key").read_text() != "another key of the new place"
    assert (data_dir / "secret_key").stat().st_mode & 0o077 == 0


def test_the_commands_back_up_check_and_restore(furnished, given_back, process_env, tmp_path):
    archive = tmp_path / "by-command.tar"

    def manage(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=process_env, capture_output=True, text=True, timeout=120
        )

    made = manage("backup", str(archive))
    assert (made.returncode, "3 files." in made.stdout) == (0, True), made.stderr
    checked = manage("restore", str(archive), "--check")
    assert (checked.returncode, "is sound" in checked.stdout) == (0, True), checked.stderr
    refused = manage("restore", str(archive))
    assert (refused.returncode, "This place is not empty" in refused.stderr) == (1, True)
    connections.close_all()
    done = manage("restore", str(archive), "--replace")
    assert (done.returncode, "is back, checksums equal" in done.stdout) == (0, True), done.stderr


def test_the_age_of_the_last_good_backup_is_in_metrics_and_on_the_page(furnished, client):
    client.force_login(furnished)
    assert "ka_backup_age_seconds" not in client.get("/metrics").content.decode()
    assert "No backup is known on this machine." in client.get("/settings/").content.decode()
    services.make_backup()
    said = client.get("/metrics").content.decode()
    age = float(next(line for line in said.splitlines() if line.startswith("ka_backup_age_seconds ")).split()[1])
    assert 0 <= age < 60
    assert "Last good backup:" in client.get("/settings/").content.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a write-ahead log beside the file is SQLite's")
def test_a_backup_holds_what_is_only_in_the_write_ahead_log(furnished, tmp_path):
    path, _size, _manifest = services.make_backup(tmp_path / "wal.tar")
    with tarfile.open(path) as tar:
        tar.extract("database.sqlite3", tmp_path, filter="data")
    with closing(sqlite3.connect(tmp_path / "database.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM team_user").fetchone() == (1,)
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
