"""The JSON door of the write path: status, codes and the body that a phone's queue decides by."""

import io
import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.factories import PhotoFactory, VisitFactory
from visits.models import Photo, ShelfFact, Visit

from .conftest import at, document, shelf_fact


def _picture():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(buffer, "JPEG")
    return buffer.getvalue()


PICTURE = _picture()


@pytest.fixture
def send(client, rep):
    """``send(document)`` posts as the rep; other people by ``by=``."""

    def post(body, *, by=rep):
        client.force_login(by)
        body = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(reverse("visits:api_record"), body, content_type="application/json")

    return post


def test_a_document_is_applied_and_again_changes_nothing(send, visit, product):
    body = document(visit.client_id, check_in={"at": at(9)}, shelf=[shelf_fact(product, price=12.9)])
    first, again = send(body).json(), send(body).json()
    assert first == {
        "visit": str(visit.client_id), "url": visit.get_absolute_url(), "status": "in_progress", "version": 2,
        "applied": 2, "unchanged": 0, "superseded": 0, "conflicts": [],
    }  # fmt: skip
    assert (again["applied"], again["unchanged"], again["version"]) == (0, 2, 2)
    assert ShelfFact.objects.get().price_minor == 1290  # a JSON number is read as Decimal, never as a float


def test_a_fault_is_a_400_that_names_the_field(send, visit, product):
    answer = send(document(visit.client_id, shelf=[shelf_fact(product, facings=-1)]))
    assert (answer.status_code, answer.json()["code"], answer.json()["retry"]) == (400, "refused", False)
    assert answer.json()["errors"] == {"shelf.0.facings": "Expected a number from 0 to 9999."}


def test_a_body_past_every_limit_is_refused_as_one(send, visit, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send(document(visit.client_id, note={"text": "x" * 1000, "changed_at": at(9)}))
    assert (answer.status_code, answer.json()["code"]) == (413, "refused")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"file": b"\x00\x00\x00\x18ftypmp42 a film"}, "file"),
        ({}, "file"),
        ({"file": PICTURE, "captured_at": "2099-01-01T00:00:00Z"}, "captured_at"),
        ({"file": PICTURE, "visit": "17"}, "visit"),
        ({"file": PICTURE, "subject": "weather"}, "subject"),
        ({"file": PICTURE, "latitude": "1"}, "latitude"),
        ({"file": PICTURE, "photo": "of another visit"}, "photo"),
    ],
)
def test_a_refused_photo_names_its_field(client, rep, visit, values, field):
    another = PhotoFactory()
    values = {"visit": str(visit.client_id), "photo": str(uuid.uuid4())} | values
    if values["photo"] == "of another visit":
        values["photo"] = str(another.client_id)
    if "file" in values:
        values["file"] = SimpleUploadedFile("shelf.jpg", values["file"], "image/jpeg")
    client.force_login(rep)
    answer = client.post(reverse("visits:api_photo"), values)
    assert (answer.status_code, list(answer.json()["errors"]), Photo.objects.count()) == (400, [field], 1)


def test_a_foreign_visit_and_an_unknown_one_are_the_same_answer(send, stranger, visit):
    note = {"text": "x", "changed_at": at(9)}
    foreign, unknown = send(document(visit.client_id, note=note), by=stranger), send(document(uuid.uuid4(), note=note), by=stranger)
    assert (foreign.status_code, unknown.status_code, foreign.json()) == (404, 404, unknown.json())
    assert (foreign.json()["code"], foreign.json()["retry"]) == ("visit_unknown", True)


def test_somebody_elses_visible_visit_is_a_403(send, boss, visit):
    assert send(document(visit.client_id, check_in={"at": at(9)}), by=boss).status_code == 403


def test_a_cancelled_visit_is_a_409(send, rep, store):
    visit = VisitFactory(store=store, visitor=rep, cancelled=True)
    assert send(document(visit.client_id, check_in={"at": at(9)})).status_code == 409


def test_a_conflict_is_reported_with_what_the_server_kept(send, visit):
    send(document(visit.client_id, note={"text": "first", "changed_at": at(9)}))
    answer = send(document(visit.client_id, note={"text": "second", "changed_at": at(9)}))
    assert answer.status_code == 200
    assert [(one["part"], one["code"], one["stored"]) for one in answer.json()["conflicts"]] == [("note", "differs", {"text": "first"})]


HOSTILE = [
    b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"visit": NaN}', b'{"visit": 1e999999999999999999999}', b"[" * 100_000, b"1" * 5000,
    b'{"visit": "\\ud800"}', b'{"visit": {"a": 1}}', b'{"\\u0000": 1}',
    b'{"visit": "00000000-0000-0000-0000-000000000000", "header": {"store": 1e400}}',
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_a_400(send, body):
    assert send(body).status_code == 400


VALUES = [
    "\x00",
    "\ud800",
    "😀" * 400,
    10**30,
    -1,
    1.5e300,
    "1e-999999",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    [],
    {},
    True,
    "x" * 100_000,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_hostile_value_in_any_place_is_never_a_500(send, rep, store, visit, product, value):
    fact = shelf_fact(product)
    bodies = [document(visit.client_id, shelf=[fact | {name: value}]) for name in (*fact, "price", "facings", "stock_units", "note")]
    bodies += [
        document(visit.client_id, check_in={"at": at(9), "latitude": 1, "longitude": 1} | {name: value})
        for name in ("at", "latitude", "accuracy_m")
    ]
    bodies += [
        document(uuid.uuid4(), header={"store": store.pk} | {name: value})
        for name in ("store", "account", "purpose", "objective", "planned_on")
    ]
    bodies += [
        document(visit.client_id, **{name: value})
        for name in ("visit", "sent_at", "note", "shelf", "observations", "competitors")
        if name != "visit"
    ]
    bodies += [document(visit.client_id, observations=[{"id": str(uuid.uuid4()), "changed_at": at(9), "topic": "display", "note": value}])]
    bodies += [document(visit.client_id, sent_at=value, check_in={"at": at(9)})]
    assert {send(json.dumps(body)).status_code for body in bodies} <= {200, 400}


def test_a_request_without_a_token_is_refused(rep, visit):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(rep)
    answer = client.post(
        reverse("visits:api_record"), json.dumps(document(visit.client_id, check_in={"at": at(9)})), content_type="application/json"
    )
    assert answer.status_code == 403
    assert Visit.objects.get().status == "planned"
