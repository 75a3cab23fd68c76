"""Photos: what is accepted, what is kept of it, and who gets it back (reliability F1, F2, F4)."""

import io
import struct
import uuid
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, TiffImagePlugin

from ka_crm.errors import IllegalMove, NotAllowed
from ka_crm.files import open_stored
from ka_crm.models import StoredFile
from tests.factories import PhotoFactory, VisitFactory
from visits import services
from visits.models import Photo
from visits.pictures import PhotoRefused, bits_apart, read_picture

HEIC = Path(__file__).resolve().parents[1] / "data" / "photos" / "shelf.heic"


def picture(size=(64, 48), colour=(200, 30, 30), kind="JPEG", mode="RGB", **options):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, kind, **options)
    return buffer.getvalue()


def upload(content, name="shelf.jpg"):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def add(visit, actor, content, now, photo_id=None, **options):
    file = upload(content)
    return services.add_photo(
        visit_client_id=visit.client_id, photo_client_id=photo_id or uuid.uuid4(), file=file, actor=actor, now=now, **options
    )


def bytes_of(stored):
    with open_stored(stored) as file:
        return file.read()


def with_gps():
    """A phone's JPEG: turned on its side, with position and serial number."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn right
    exif[0x010F], exif[0xA431] = "SecretPhone", "SERIAL-4711"
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (TiffImagePlugin.IFDRational(41), TiffImagePlugin.IFDRational(52), TiffImagePlugin.IFDRational(41)), 29: "2026:03:02"}
    )
    return picture((200, 100), exif=exif)


# -- what is kept --------------------------------------------------------------------------------------------------------------
def test_a_photo_is_kept_upright_without_its_exif(rep, visit, now):
    content = with_gps()
    assert b"SERIAL-4711" in content and Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)  # the control: it was there

    photo, is_new = add(visit, rep, content, now, subject="display")

    kept = bytes_of(photo.file)
    image = Image.open(io.BytesIO(kept))
    assert (is_new, photo.subject, photo.visit, image.format, image.size) == (True, "display", visit, "JPEG", (100, 200))
    assert (dict(image.getexif()), b"SERIAL" in kept, b"SecretPhone" in kept, "icc_profile" in image.info) == ({}, False, False, False)
    assert dict(Image.open(io.BytesIO(bytes_of(photo.thumbnail))).getexif()) == {}


@pytest.mark.parametrize(
    ("size", "kept", "small"),
    [((3200, 1600), (1600, 800), (320, 160)), ((4000, 3000), (1600, 1200), (320, 240)), ((30, 20), (30, 20), (30, 20))],
)
def test_a_photo_is_made_small(rep, visit, now, size, kept, small):
    photo, _is_new = add(visit, rep, picture(size), now)
    assert Image.open(io.BytesIO(bytes_of(photo.file))).size == kept
    assert Image.open(io.BytesIO(bytes_of(photo.thumbnail))).size == small


@pytest.mark.parametrize(
    "content",
    [
        picture(),
        picture(kind="PNG"),
        picture(kind="WEBP"),
        picture(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0)),
        picture(kind="PNG", mode="L", colour=9),
        picture(kind="PNG", mode="P", colour=1),
        picture(kind="PNG", mode="I;16", colour=999),
        picture(mode="CMYK", colour=(1, 2, 3, 4)),
    ],
    ids=["jpeg", "png", "webp", "transparent", "grey", "palette", "sixteen bit", "cmyk"],
)
def test_jpeg_png_and_webp_are_taken_whatever_the_name_says(content):
    kept = Image.open(io.BytesIO(read_picture(upload(content, "notes.txt")).content))
    assert (kept.format, kept.mode) == ("JPEG", "RGB")


def test_a_heic_photo_of_an_iphone_is_read_upright_and_without_its_exif(rep, visit, now):
    content = HEIC.read_bytes()
    assert (b"SERIAL-4711" in content, b"Apple" in content) == (True, True)  # the control: it was there
    photo, _is_new = add(visit, rep, content, now)
    kept = bytes_of(photo.file)
    image = Image.open(io.BytesIO(kept))
    assert (image.format, image.size, dict(image.getexif()), b"SERIAL" in kept) == ("JPEG", (480, 640), {}, False)


def striped(*, light=0, size=(640, 480), shift=0, kind="JPEG"):
    """A picture with some detail: bars of different heights and greys."""
    image = Image.new("RGB", size, (230 - light,) * 3)
    for number in range(16):
        grey = (number * 53 + 20) % 200 + light
        left = number * size[0] // 16 + shift
        image.paste((grey, grey, grey), (left, (number * 7 % 5) * size[1] // 8, left + size[0] // 18, size[1]))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def test_a_picture_that_looks_like_an_earlier_one_of_the_person_is_a_hint(rep, stranger, store, visit, now):
    earlier = VisitFactory(store=store, visitor=rep, completed=True)
    first, _is_new = add(earlier, rep, striped(), now)
    smaller, _is_new = add(visit, rep, striped(size=(512, 384), light=8, kind="PNG"), now)
    other, _is_new = add(visit, rep, striped(shift=-90)[:-2] + b"\xff\xd9", now)
    plain, _is_new = add(visit, rep, picture(), now)
    assert (smaller.reused_from, smaller.similar_to) == (None, first)
    assert (other.similar_to, plain.fingerprint, plain.similar_to) == (None, None, None)


def test_fingerprints_differ_by_bits_whatever_their_sign():
    assert (bits_apart(0b1011, 0b1000), bits_apart(-1, 0), bits_apart(-(2**63), 0)) == (2, 64, 1)


def test_the_phones_place_is_kept_and_half_a_place_is_refused(client, rep, visit):
    client.force_login(rep)
    sent = {"visit": str(visit.client_id), "photo": str(uuid.uuid4()), "latitude": "41.878561", "longitude": "-87.6298"}
    assert client.post(reverse("visits:api_photo"), sent | {"file": upload(picture())}).status_code == 200
    assert (str(Photo.objects.get().latitude), str(Photo.objects.get().longitude)) == ("41.87856", "-87.62980")
    for wrong in ({"longitude": ""}, {"latitude": "91"}, {"latitude": "NaN"}, {"longitude": "\x00"}):
        answer = client.post(reverse("visits:api_photo"), sent | {"photo": str(uuid.uuid4()), "file": upload(picture())} | wrong)
        assert answer.status_code == 400


def test_what_hangs_behind_a_picture_is_gone(rep, visit, now):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("evil.html", "<script>alert(1)</script>")
    polyglot = picture() + b"<script>alert(1)</script>" + archive.getvalue()
    photo, _is_new = add(visit, rep, polyglot, now)
    for stored in (photo.file, photo.thumbnail):
        kept = bytes_of(stored)
        assert (b"<script" in kept, b"PK\x03\x04" in kept, kept[:3]) == (False, False, b"\xff\xd8\xff")


def test_the_same_photo_twice_is_kept_once(rep, visit, now):
    content, photo_id = picture(), uuid.uuid4()
    first, _is_new = add(visit, rep, content, now, photo_id)
    again, is_new = add(visit, rep, content, now, photo_id)
    assert (again, is_new, Photo.objects.count()) == (first, False, 1)


def test_a_picture_sent_before_is_flagged_to_a_human(rep, store, visit, now):
    earlier = VisitFactory(store=store, visitor=rep, completed=True)
    first, _is_new = add(earlier, rep, picture(), now)
    again, _is_new = add(visit, rep, picture(), now)
    other, _is_new = add(visit, rep, picture(colour=(1, 2, 3)), now)
    assert (first.reused_from, again.reused_from, other.reused_from) == (None, first, None)


# -- what is refused -------------------------------------------------------------------------------------------------------------
def bomb():
    """A PNG that claims 30,000 × 30,000 pixels."""
    content = bytearray(picture(kind="PNG"))
    content[16:24] = struct.pack(">II", 30_000, 30_000)
    import zlib

    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


REFUSED = {
    "empty": (b"", "empty"),
    "html": (b"<!doctype html><script>alert(1)</script>", "not a photo"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not a photo"),
    "gif": (picture(kind="GIF", mode="P", colour=1), "not a photo"),
    "bmp": (picture(kind="BMP"), "not a photo"),
    "tiff": (picture(kind="TIFF"), "not a photo"),
    "pdf": (b"%PDF-1.7\n", "not a photo"),
    "zip": (b"PK\x03\x04" + b"\x00" * 60, "not a photo"),
    "exe": (b"MZ\x90\x00" + b"\x00" * 60, "not a photo"),
    "eicar-like": (b"X5O!P%@AP-TEST-FILE", "not a photo"),
    "svg with a jpeg's first bytes": (b"\xff\xd8\xff\xe0" + b"<svg onload=alert(1)>", "damaged|not a photo"),
    "cut in the middle": (picture((400, 300))[:900], "damaged"),
    "heic without a picture": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "damaged|not a photo"),
    "heic cut in the middle": (HEIC.read_bytes()[:1500], "damaged|not a photo"),
    "avif": (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", "AVIF"),
    "bomb": (bomb(), "megapixels"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused_with_a_word(rep, visit, now, content, words):
    with pytest.raises(PhotoRefused, match=words):
        add(visit, rep, content, now)
    assert (Photo.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_a_file_that_is_too_large_is_not_even_read(rep, visit, now, monkeypatch):
    monkeypatch.setattr("visits.pictures.MOST_BYTES", 100)
    with pytest.raises(PhotoRefused, match="at most"):
        add(visit, rep, picture(), now)


def test_a_visit_holds_only_so_many(rep, visit, now, monkeypatch):
    monkeypatch.setattr("visits.services.MOST_PHOTOS", 1)
    add(visit, rep, picture(), now)
    with pytest.raises(PhotoRefused, match="1 photos already"):
        add(visit, rep, picture(colour=(1, 1, 1)), now)


def test_a_photo_before_its_visit_waits_on_the_phone(rep, stranger, visit, now):
    for actor, visit_id in ((rep, uuid.uuid4()), (stranger, visit.client_id)):
        with pytest.raises(services.VisitUnknown):
            services.add_photo(visit_client_id=visit_id, photo_client_id=uuid.uuid4(), file=upload(picture()), actor=actor, now=now)


def test_only_the_visitor_adds_photos(boss, visit, now):
    with pytest.raises(NotAllowed):
        add(visit, boss, picture(), now)


def test_an_id_of_another_visits_photo_is_refused(rep, store, visit, now):
    first, _is_new = add(visit, rep, picture(), now)
    other = VisitFactory(store=store, visitor=rep)
    with pytest.raises(PhotoRefused, match="belongs to something else"):
        add(other, rep, picture(), now, first.client_id)


def test_a_cancelled_visit_takes_no_photo(rep, store, now):
    with pytest.raises(IllegalMove):
        add(VisitFactory(store=store, visitor=rep, cancelled=True), rep, picture(), now)


# -- through the pages -----------------------------------------------------------------------------------------------------------
def test_a_phone_sends_a_photo(client, rep, visit):
    client.force_login(rep)
    photo_id = str(uuid.uuid4())
    sent = {"visit": str(visit.client_id), "photo": photo_id, "subject": "shelf", "captured_at": "2026-03-02T09:15:00Z"}
    answers = [client.post(reverse("visits:api_photo"), sent | {"file": upload(picture())}) for _time in range(2)]
    assert [(answer.status_code, answer.json()["is_new"]) for answer in answers] == [(200, True), (200, False)]
    assert str(Photo.objects.get().client_id) == photo_id == answers[0].json()["photo"]


def test_a_plain_form_sends_a_photo(client, rep, visit):
    client.force_login(rep)
    url = reverse("visits:visit_record", args=[visit.pk])
    assert client.post(url, {"part": "photos", "subject": "stock", "file": upload(picture())}).status_code == 302
    assert Photo.objects.get().subject == "stock"
    answer = client.post(url, {"part": "photos", "file": upload(b"<html>")}, follow=True)
    assert "This file is not a photo" in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"visit": "x"}, "visit"),
        ({"photo": "../../x"}, "photo"),
        ({"subject": "golf"}, "subject"),
        ({"captured_at": "soon"}, "captured_at"),
        ({"extra": "1"}, "extra"),
    ],
)
def test_a_fault_of_a_photo_names_its_field(client, rep, visit, changes, field):
    client.force_login(rep)
    sent = {"visit": str(visit.client_id), "photo": str(uuid.uuid4()), "file": upload(picture())} | changes
    answer = client.post(reverse("visits:api_photo"), sent)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_photo_is_served_as_nothing_but_a_picture(client, rep, boss, visit, now):
    photo, _is_new = add(visit, rep, picture(), now)
    for person in (rep, boss):
        client.force_login(person)
        for name in ("photo", "photo_small"):
            answer = client.get(reverse(f"visits:{name}", args=[photo.client_id]))
            assert answer.status_code == 200
            assert (answer["Content-Type"], answer["X-Content-Type-Options"], answer["Cache-Control"]) == (
                "image/jpeg",
                "nosniff",
                "private, no-store",
            )
            assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert answer["Content-Disposition"].startswith("attachment")
            assert b"".join(answer.streaming_content)[:3] == b"\xff\xd8\xff"


def test_a_foreign_photo_and_a_missing_one_are_the_same_404(client, rep, stranger, visit, now):
    photo, _is_new = add(visit, rep, picture(), now)
    client.force_login(stranger)
    for headers in ({}, {"HTTP_RANGE": "bytes=0-10"}, {"HTTP_IF_NONE_MATCH": "*"}):
        for photo_id in (photo.client_id, uuid.uuid4()):
            assert client.get(reverse("visits:photo", args=[photo_id]), **headers).status_code == 404


def test_a_right_taken_away_closes_the_photo(client, rep, stranger, store, now):
    """Whoever saw the photo through the account no longer does when the assignment ends; the next request already refuses."""
    from tests.factories import AccountAssignmentFactory

    assignment = AccountAssignmentFactory(account=store.account, user=stranger)
    photo, _is_new = add(VisitFactory(store=store, visitor=rep), rep, picture(), now)
    client.force_login(stranger)
    address = reverse("visits:photo", args=[photo.client_id])
    conditions = (
        {},
        {"HTTP_RANGE": "bytes=0-10"},
        {"HTTP_IF_NONE_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": "Wed, 21 Oct 2026 07:28:00 GMT"},
    )
    assert [client.get(address, **headers).status_code for headers in conditions] == [200] * 4
    type(assignment).objects.filter(pk=assignment.pk).update(ends_on="2026-01-31")
    assert [client.get(address, **headers).status_code for headers in conditions] == [404] * 4


def test_a_photo_whose_file_is_lost_is_a_404(client, rep, visit):
    client.force_login(rep)
    assert client.get(reverse("visits:photo", args=[PhotoFactory(visit=visit).client_id])).status_code == 404
