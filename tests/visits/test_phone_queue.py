"""A month of a phone's queue, sent through the API in any order, twice, photos first (reliability C3): 0 lost, 0 double."""

import json
import random
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from visits.models import Photo, Visit

from .test_photos import picture


class Phone:
    """What is not sent yet; an entry leaves the queue when the server has taken it, and comes again when it says “retry”."""

    def __init__(self, client, chance):
        self.client, self.chance = client, chance
        self.queue, self.refused, self.retries = [], [], 0

    def send_everything(self, *, again):
        """Send all in random order, ``again`` of them (a fraction) twice, as after an answer that was lost on the way."""
        left = [*self.queue, *self.chance.sample(self.queue, round(len(self.queue) * again))]
        self.chance.shuffle(left)
        while left:
            kind, entry = left.pop(0)
            answer = getattr(self, f"send_{kind}")(entry)
            if answer.status_code == 404 and answer.json()["retry"]:
                self.retries += 1
                left.append((kind, entry))
            elif answer.status_code != 200:
                self.refused.append((kind, answer.status_code, answer.content[:300]))

    def send_document(self, document):
        return self.client.post(reverse("visits:api_record"), json.dumps(document), content_type="application/json")

    def send_photo(self, photo):
        file = SimpleUploadedFile("shelf.jpg", photo["content"], content_type="image/jpeg")
        return self.client.post(reverse("visits:api_photo"), {**photo["fields"], "file": file})


def record_visits(phone, store, count):
    """``count`` visits of a check-in, a check-out and one photo each, 30 days ago; answers their ids and their photos'."""
    began, visits, photos = timezone.now() - timedelta(days=30), [], []
    for number in range(count):
        visit, photo = (str(uuid.UUID(int=phone.chance.getrandbits(128), version=4)) for _which in "vp")
        header, at = {"store": store.pk, "purpose": "routine"}, began + timedelta(minutes=number)
        phone.queue += [
            ("document", {"visit": visit, "header": header, "check_in": {"at": at.isoformat()}}),
            ("document", {"visit": visit, "header": header, "check_out": {"at": (at + timedelta(seconds=30)).isoformat()}}),
            (
                "photo",
                {
                    "fields": {"visit": visit, "photo": photo, "subject": "shelf", "captured_at": at.isoformat()},
                    "content": picture(colour=(number % 256, number // 256, 7)),
                },
            ),
        ]
        visits.append(visit)
        photos.append(photo)
    return visits, photos


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_month_offline_arrives_once(client, rep, store, count):
    client.force_login(rep)
    phone = Phone(client, random.Random(count))
    visits, photos = record_visits(phone, store, count)

    phone.send_everything(again=0.5)

    assert phone.refused == []
    assert phone.retries > 0  # photos came before their visits
    assert sorted(str(one) for one in Visit.objects.values_list("client_id", flat=True)) == sorted(visits)
    assert set(Visit.objects.values_list("status", flat=True)) == {"completed"}
    assert dict(Photo.objects.values_list("client_id", "visit__client_id")) == {
        uuid.UUID(photo): uuid.UUID(visit) for photo, visit in zip(photos, visits, strict=True)
    }


def test_the_control_entries_under_new_names_are_doubled(client, rep, store):
    """What the phone's own ids keep away: the same queue, each sending under a name of its own."""
    client.force_login(rep)
    phone = Phone(client, random.Random(1))
    record_visits(phone, store, 10)
    send = phone.send_document
    phone.send_document = lambda document: send({**document, "visit": str(uuid.uuid4())})
    phone.queue = [(kind, entry) for kind, entry in phone.queue if kind == "document" and "check_in" in entry]

    phone.send_everything(again=0.5)

    assert Visit.objects.count() == 15
