"""All thirty malformed files of the real data, uploaded on the page as a person would: bad/expected_bad.csv says what must happen."""

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ka_crm.jobs.runner import run_job
from sales.models import ImportBatch, Product, SellOut
from tests.factories import UserFactory

from .importing import import_path

pytestmark = pytest.mark.django_db(transaction=True)


def numbers_of(text):
    """``6,15`` → {6, 15}; ``4-20`` → 4 … 20."""
    numbers = set()
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def answer_to(client, path, kind):
    """What the page says about the file: (status, bad rows, all its words)."""
    answer = client.post(reverse("sales:import_create"), {"kind": kind, "file": SimpleUploadedFile(path.name, path.read_bytes())})
    if answer.status_code == 422:
        return "refused", set(), str(answer.context["form"].errors)
    batch = ImportBatch.objects.order_by("-pk").first()
    run_job(batch.job_id)
    page = client.get(batch.get_absolute_url())
    assert page.status_code == 200
    words = " ".join([note["message"] for note in batch_messages(batch)] + [row.message for row in page.context["refused_rows"]])
    return page.context["batch"].status, {row.row for row in page.context["refused_rows"]}, words


def batch_messages(batch):
    batch.refresh_from_db()
    return batch.messages


def test_every_malformed_file_is_answered_as_it_should_be(client, realdata):
    client.force_login(UserFactory(administrator=True))
    for kind in ("products", "accounts", "stores"):
        import_path(realdata / "master" / f"{kind}.csv", kind=kind)
    products = Product.objects.count()
    wrong = []
    for row in csv.DictReader((realdata / "bad" / "expected_bad.csv").open(encoding="utf-8")):
        status, bad_rows, words = answer_to(client, realdata / "bad" / row["file"], row["kind"])
        verdicts = row["verdict"].split("_OR_")
        whole_file = {"FILE_ERROR", "EMPTY_RESULT"} & set(verdicts)
        if status == "refused":
            right = bool(whole_file)
        elif "ROW_ERRORS" in row["verdict"] and not (set(verdicts) & {"ACCEPT", "WARNING", "ENCODING_CHOSEN"} and not bad_rows):
            right = bad_rows == numbers_of(row["bad_row_numbers"])
        else:
            right = not bad_rows and verdicts != ["FILE_ERROR"]
        mentioned = row["message_must_mention"].casefold() in words.casefold() or not (
            bad_rows or status == "refused" or "WARNING" in verdicts
        )
        if not (right and mentioned):
            wrong.append((row["file"], row["verdict"], status, sorted(bad_rows), words[:200]))

    assert wrong == []
    assert (SellOut.objects.count(), Product.objects.count()) == (0, products)
