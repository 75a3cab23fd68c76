"""Files are kept whole, once, under a name made of their content; what has no row goes after a day."""

import os
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from ka_crm.files import FileTooLarge, local_path, open_stored, store_bytes, store_upload, sweep_orphans
from ka_crm.models import StoredFile

pytestmark = pytest.mark.django_db


def stored_names(folder=""):
    folders, names = default_storage.listdir(folder)
    return [f"{folder}{name}" for name in names] + [name for sub in folders for name in stored_names(f"{folder}{sub}/")]


def test_the_same_content_is_kept_once_whatever_it_is_called():
    first = store_bytes(b"one", name="a.csv", kind="imports")
    second = store_bytes(b"one", name="b.csv", kind="imports")
    assert (first.storage_name, first.sha256, first.size_bytes) == (second.storage_name, second.sha256, 3)
    assert (first.original_name, second.original_name, first.content_type) == ("a.csv", "b.csv", "text/csv")
    assert stored_names() == [first.storage_name]
    with open_stored(second) as file, local_path(first) as path:
        assert file.read() == path.read_bytes() == b"one"


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\temp\\passwd", "/etc/passwd", "\0passwd", "‮passwd"])
def test_a_name_is_words_only_and_never_a_path(name):
    stored = store_bytes(b"one", name=name, kind="imports")
    assert stored.original_name == "passwd"
    assert stored.storage_name == f"imports/{stored.sha256[:2]}/{stored.sha256}"


def test_a_file_that_is_too_large_leaves_nothing():
    with pytest.raises(FileTooLarge, match="“big.csv” is larger than 1 MB"):
        store_upload(BytesIO(b"x" * (1024 * 1024 + 1)), name="big.csv", kind="imports", most_bytes=1024 * 1024)
    assert (stored_names(), StoredFile.objects.count()) == ([], 0)


def test_an_upload_that_breaks_off_leaves_nothing():
    class BrokenPipe(BytesIO):
        def read(self, size=-1):
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        store_upload(BrokenPipe(), name="a.csv", kind="imports")
    assert (stored_names(), StoredFile.objects.count()) == ([], 0)


def test_orphans_go_after_a_day_and_files_with_a_row_stay():
    kept = store_bytes(b"kept", name="a.csv", kind="imports")
    orphan = store_bytes(b"orphan", name="b.csv", kind="imports")
    StoredFile.objects.filter(pk=orphan.pk).delete()
    assert sweep_orphans() == 0  # its row may be about to be committed

    assert sweep_orphans(now=timezone.now() + timedelta(hours=25)) == 1
    assert stored_names() == [kept.storage_name]


def test_content_that_comes_again_is_young_again():
    stored = store_bytes(b"one", name="a.csv", kind="imports")
    StoredFile.objects.all().delete()
    path = default_storage.path(stored.storage_name)
    os.utime(path, (0, 0))
    store_bytes(b"one", name="a.csv", kind="imports")
    assert os.stat(path).st_mtime > 0
