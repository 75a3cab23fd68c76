"""Files on records: what is taken, what is refused with which words, and who is served it (reliability F1, F2, F4)."""

import io
import struct
import zipfile
import zlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from xlsxwriter import Workbook

from ka_crm.files import open_stored
from team.models import Attachment, AuditEvent
from team.records.attachments import attach_file, remove_file
from team.records.content import FileRefused, check_file
from tests.factories import AccountAssignmentFactory, KeyAccountFactory, UserFactory

pytestmark = pytest.mark.django_db
POLICY = "default-src 'none'; sandbox"


def picture(kind="JPEG", *, size=(40, 30), mode="RGB", **options):
    buffer = io.BytesIO()
    Image.new(mode, size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()


def located():
    """A JPEG whose EXIF names the camera's serial number and a place."""
    exif = Image.Exif()
    exif[0xA431] = "SERIAL-4711"
    exif.get_ifd(0x8825)[2] = (41.0, 52.0, 41.0)
    return picture(exif=exif)


def pdf(body=b"", behind=b"\n"):
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF" + behind


def workbook():
    buffer = io.BytesIO()
    with Workbook(buffer) as book:
        book.add_worksheet().write(0, 0, "SKU")
    return buffer.getvalue()


def zipped(*, comment=b"", **parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(
                name if not isinstance(content, tuple) else content[0], content if not isinstance(content, tuple) else content[1]
            )
        archive.comment = comment
    return buffer.getvalue()


def book_with(name, content=b"x", types=b"<Types/>"):
    return zipped(a=("[Content_Types].xml", types), b=("xl/workbook.xml", b"<workbook/>"), c=(name, content))


def linked_book():
    link = zipfile.ZipInfo("xl/media/link")
    link.external_attr = 0o120777 << 16
    return book_with(link, b"/etc/passwd")


def wide_png():
    """The head of a PNG of 10,000 × 10,000 pixels: a hundred megapixels in a few bytes."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


# -- what is taken -------------------------------------------------------------------------------------------------------------
TAKEN = {
    "a picture": (picture, "shelf.jpg", "shelf.jpg"),
    "a picture by its other name": (picture, "shelf.JPEG", "shelf.jpg"),
    "a PNG called JPEG": (lambda: picture("PNG"), "shelf.jpg", "shelf.png"),
    "a PNG with a clear ground": (lambda: picture("PNG", mode="RGBA"), "logo.png", "logo.png"),
    "a WebP": (lambda: picture("WEBP"), "shelf.webp", "shelf.webp"),
    "a PDF": (pdf, "offer.pdf", "offer.pdf"),
    "a workbook": (workbook, "prices.xlsx", "prices.xlsx"),
    "a CSV": (lambda: b"sku,price\n1,2.50\n", "prices.csv", "prices.csv"),
    "a Chinese CSV": (lambda: "货号,价格\n1,2.50\n".encode("gb18030"), "价格.csv", "价格.csv"),
    "a CSV of UTF-16": (lambda: "sku;price\n".encode("utf-16"), "prices.txt", "prices.csv"),
    "dots in the name": (pdf, "v1.2.final.pdf", "v1_2_final.pdf"),
    "only an ending": (pdf, ".pdf", "file.pdf"),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_is_called_by_what_it_holds(what):
    make, name, kept = TAKEN[what]

    assert check_file(make(), name).name == kept


def test_a_picture_is_drawn_anew_without_place_and_number():
    assert b"SERIAL-4711" in located()  # control: it is there before

    kept = check_file(located(), "shelf.jpg").content

    assert b"SERIAL-4711" not in kept
    assert b"Exif" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


@pytest.mark.parametrize("behind", [b"<script>alert(1)</script>", b"PK\x03\x04" + b"x" * 40, b"#!/bin/sh\nrm -rf /\n"])
def test_what_hides_behind_a_picture_is_gone(behind):
    assert behind not in check_file(picture() + behind, "shelf.jpg").content


def test_a_picture_is_kept_in_a_size_for_screens():
    kept = check_file(picture(size=(5000, 100)), "wide.jpg").content

    assert Image.open(io.BytesIO(kept)).size == (2400, 48)


# -- what is refused -----------------------------------------------------------------------------------------------------------
NONE_OF_THEM = "is none of the kinds that can be attached"
NO_BOOK = "is not an Excel workbook"
REFUSED = {
    "nothing": (b"", "shelf.jpg", "“shelf.jpg” is empty."),
    "SVG as JPEG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "shelf.jpg", NONE_OF_THEM),
    "HTML as PNG": (b"<!doctype html><script>alert(1)</script>", "shelf.png", NONE_OF_THEM),
    "HTML as CSV": (b"\xef\xbb\xbf \n<html><script>alert(1)</script>", "prices.csv", "is not a CSV file"),
    "a program": (b"MZ\x90\x00" + b"\x00" * 60, "setup.exe", NONE_OF_THEM),
    "a program as CSV": (b"\x7fELF" + b"\x00" * 60, "prices.csv", "is not a CSV file"),
    "double extension": (picture(), "shelf.jpg.exe", "holds JPG, but is called otherwise"),
    "a page's ending": (pdf(), "offer.html", "holds PDF, but is called otherwise"),
    "no ending": (picture(), "shelf", "holds JPG, but is called otherwise"),
    "a PDF with a zip behind": (pdf(behind=b"\n" + zipped(a=b"x")), "offer.pdf", "more than a PDF"),
    "a PDF with a page behind": (pdf(behind=b"\n<script>alert(1)</script>"), "offer.pdf", "more than a PDF"),
    "half a PDF": (b"%PDF-1.4\n", "offer.pdf", "more than a PDF"),
    "a PDF behind a picture": (b"GIF89a" + pdf(), "offer.pdf", NONE_OF_THEM),
    "half a picture": (picture(size=(400, 300))[:300], "shelf.jpg", "is damaged"),
    "only a picture's first bytes": (b"\xff\xd8\xff\xe0" + b"x" * 100, "shelf.jpg", "is damaged"),
    "a hundred megapixels": (wide_png(), "wide.png", "has more than 50 megapixels"),
    "a zip": (zipped(a=b"x"), "prices.xlsx", NO_BOOK),
    "a workbook with macros": (book_with("xl/vbaProject.bin"), "prices.xlsx", NO_BOOK),
    "a workbook that says macros": (book_with("a", types=b"sheet.macroEnabled.main+xml"), "prices.xlsx", NO_BOOK),
    "a workbook with a way out": (book_with("../../etc/cron.d/x"), "prices.xlsx", NO_BOOK),
    "a workbook with a link": (linked_book(), "prices.xlsx", NO_BOOK),
    "a workbook with something behind": (workbook() + b"<script>", "prices.xlsx", NO_BOOK),
    "a workbook with a remark": (
        zipped(comment=b"<script>", a=("[Content_Types].xml", b""), b=("xl/workbook.xml", b"")),
        "p.xlsx",
        NO_BOOK,
    ),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "prices.xls", NONE_OF_THEM),
    "a bomb": (book_with("xl/sheet.xml", b"\0" * (201 * 1024 * 1024)), "prices.xlsx", NO_BOOK),
    "a GIF": (b"GIF89a" + b"\0" * 20, "shelf.gif", NONE_OF_THEM),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_says_why(what):
    content, name, said = REFUSED[what]

    with pytest.raises(FileRefused) as refusal:
        check_file(content, name)

    assert said in str(refusal.value)


# -- on a record ---------------------------------------------------------------------------------------------------------------
def upload(content=None, name="offer.pdf"):
    return SimpleUploadedFile(name, pdf() if content is None else content)


@pytest.fixture
def attachment(account, manager):
    return attach_file(record=account, upload=upload(), actor=manager, caption="Offer for May")


def attach_address(record):
    return reverse("records:file_create", args=[record._meta.label_lower, record.pk])


def file_address(attachment):
    return reverse("records:file", args=[attachment.public_id])


def test_a_file_hangs_on_the_record_and_is_saved_never_run(client, manager, account):
    client.force_login(manager)

    answer = client.post(attach_address(account), {"file": upload(), "caption": "Offer for May"}, follow=True)

    assert answer.redirect_chain == [(f"/accounts/{account.pk}/#timeline", 302)]
    assert "Offer for May" in answer.content.decode()
    attachment = Attachment.objects.get()
    event = AuditEvent.objects.get(verb="file.attached")
    assert (event.actor, event.account_ref, event.changes) == (manager, account.pk, {"file": [None, "offer.pdf"]})
    saved = client.get(file_address(attachment))
    assert b"".join(saved.streaming_content) == pdf()
    assert saved["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert saved["Content-Type"] == "application/pdf"
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert saved["Content-Security-Policy"] == POLICY
    assert saved["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("shelf.png", picture("PNG"), "inline"),
        ("offer.pdf", pdf(), "inline"),
        ("prices.csv", b"a,b\n", "attachment"),
        ("p.xlsx", workbook(), "attachment"),
    ],
)
def test_only_pictures_and_pdf_open_in_place(client, manager, account, name, content, shown):
    attachment = attach_file(record=account, upload=upload(content, name), actor=manager)
    client.force_login(manager)

    answer = client.get(file_address(attachment) + "?show=1")

    assert answer["Content-Disposition"].partition(";")[0] == shown
    assert answer["Content-Security-Policy"] == ("default-src 'none'" if shown == "inline" else POLICY)
    assert answer["X-Content-Type-Options"] == "nosniff"


NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "..\\..\\windows\\offer.pdf": "offer.pdf",
    "off\x00er.pdf": "offer.pdf",
    "invoice\u202efdp.pdf": "invoicefdp.pdf",
    "a\r\nSet-Cookie: x.pdf": "aSet-Cookie: x.pdf",
    '"><script>.pdf': '"><script>.pdf',
}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_only_words(client, manager, account, name):
    file = upload()
    file._name = name  # past the parser of requests, which cleans names on its own
    attachment = attach_file(record=account, upload=file, actor=manager)
    client.force_login(manager)

    assert attachment.file.original_name == NAMES[name]
    assert attachment.file.storage_name == f"attachments/{attachment.file.sha256[:2]}/{attachment.file.sha256}"
    assert client.get(file_address(attachment)).status_code == 200
    assert "<script>.pdf" not in client.get(account.get_absolute_url()).content.decode()


def test_a_refused_file_is_told_at_the_form_and_nothing_is_kept(client, manager, account):
    client.force_login(manager)

    answer = client.post(attach_address(account), {"file": upload(b"<svg/>", "shelf.jpg"), "caption": "kept words"})

    assert answer.status_code == 422
    assert "“shelf.jpg” is none of the kinds that can be attached" in answer.content.decode()
    assert "kept words" in answer.content.decode()
    assert Attachment.objects.count() == 0


def test_an_empty_file_is_refused_by_name(client, manager, account):
    client.force_login(manager)

    answer = client.post(attach_address(account), {"file": upload(b"", "offer.pdf")})

    assert (answer.status_code, "“offer.pdf” is empty." in answer.content.decode()) == (422, True)


def test_a_file_above_the_limit_is_refused(client, manager, account, set_setting):
    set_setting("records.file_most_mb", 1)
    client.force_login(manager)

    answer = client.post(attach_address(account), {"file": upload(b"a" * (1024 * 1024 + 1), "big.csv")})

    assert "“big.csv” has 2 MB; at most 1 MB are taken." in answer.content.decode()


def test_a_record_has_only_so_many_files(client, manager, account, attachment, set_setting):
    set_setting("records.files_most", 1)
    client.force_login(manager)

    answer = client.post(attach_address(account), {"file": upload()})

    assert "has 1 files already, which is the most. Take one away first." in answer.content.decode()
    remove_file(attachment=attachment, actor=manager)
    assert client.post(attach_address(account), {"file": upload()}).status_code == 302


@pytest.fixture
def set_setting(monkeypatch):
    from ka_crm import company

    asked = company.value

    def change(key, value):
        monkeypatch.setattr(company, "value", lambda name, *rest: value if name == key else asked(name, *rest))

    return change


# -- who is served it ----------------------------------------------------------------------------------------------------------
WAYS = {
    "plain": {},
    "a part": {"Range": "bytes=0-10"},
    "known already": {"If-None-Match": "*"},
    "since": {"If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("query", ["", "?show=1"])
def test_a_right_just_taken_away_is_a_404_whatever_one_asks(client, manager, attachment, way, query):
    client.force_login(manager)
    assert client.get(file_address(attachment) + query, headers=WAYS[way]).status_code == 200

    manager.assignments.update(ends_on=timezone.localdate() - timedelta(days=1), starts_on="2020-01-01")

    assert client.get(file_address(attachment) + query, headers=WAYS[way]).status_code == 404


@pytest.mark.parametrize("way", WAYS)
def test_a_file_taken_away_is_served_to_nobody(client, manager, attachment, way):
    client.force_login(manager)
    client.post(reverse("records:file_remove", args=[attachment.public_id]))

    assert client.get(file_address(attachment), headers=WAYS[way]).status_code == 404
    assert open_stored(Attachment.objects.get().file).read() == pdf()  # the row and its file stay
    page = client.get(attachment_account(attachment)).content.decode()
    assert "File removed: offer.pdf (Ana Lopez)" in page


def attachment_account(attachment):
    return f"/accounts/{attachment.account_ref}/"


def test_the_way_past_the_view_leads_nowhere(client, manager, attachment):
    client.force_login(manager)

    for address in (
        f"/media/{attachment.file.storage_name}",
        f"/files/{attachment.file.storage_name}",
        f"/static/{attachment.file.storage_name}",
    ):
        assert client.get(address).status_code == 404


def test_strangers_and_missing_files_look_alike(client, attachment):
    client.force_login(UserFactory(ka_manager=True))
    foreign = client.get(file_address(attachment))
    missing = client.get("/records/files/00000000-0000-0000-0000-000000000000/")

    assert (foreign.status_code, missing.status_code) == (404, 404)


def test_who_attached_it_and_who_changes_the_record_take_it_away(client, account, attachment):
    rep = AccountAssignmentFactory(account=account, user=UserFactory(field_rep=True)).user
    client.force_login(rep)  # sees the account, but does not change it

    client.post(reverse("records:file_remove", args=[attachment.public_id]))
    assert Attachment.objects.kept().count() == 1

    client.force_login(AccountAssignmentFactory(account=account).user)
    client.post(reverse("records:file_remove", args=[attachment.public_id]))
    assert Attachment.objects.kept().count() == 0


def test_the_timeline_asks_as_often_with_one_file_as_with_three(client, manager, account, attachment, assert_same_statements):
    client.force_login(manager)

    assert_same_statements(
        lambda: client.get(reverse("records:timeline", args=["accounts.keyaccount", account.pk])),
        lambda: [attach_file(record=account, upload=upload(), actor=manager) for _count in range(2)],
        most=14,
    )


def test_files_of_another_record_are_not_listed(client, manager, account, attachment):
    other = KeyAccountFactory()
    client.force_login(UserFactory(administrator=True))

    assert "offer.pdf" not in client.get(other.get_absolute_url()).content.decode()
