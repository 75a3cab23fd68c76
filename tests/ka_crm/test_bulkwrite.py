"""Many rows at once say exactly what one by one would have said."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import KeyAccount, Store
from ka_crm.bulkwrite import insert_new, insert_records, insert_rows, new_keys, new_records, update_columns
from sales.models import ImportBatch, ImportChange
from tests.factories import KeyAccountFactory

pytestmark = pytest.mark.django_db

ODD = 'Ünï "quoted", back\\slash, \\N, \\., \t tab\nand a line; 沃尔玛'


def test_records_arrive_with_keys_defaults_and_every_character():
    account = KeyAccountFactory()
    stores = [
        Store(code="B1", account=account, name=ODD, latitude=Decimal("48.12345"), opened_on=date(2024, 2, 29)),
        Store(code="B2", account=account, name="", opened_on=None),
    ]

    insert_records(stores)

    first, second = Store.objects.filter(code__in=["B1", "B2"]).order_by("code")
    assert [first.pk, second.pk] == [store.pk for store in stores]
    assert (first.name, first.latitude, first.opened_on) == (ODD, Decimal("48.12345"), date(2024, 2, 29))
    assert (second.name, second.latitude, second.opened_on, second.version) == ("", None, None, 1)
    assert not stores[0]._state.adding


def test_records_of_plain_values_have_defaults_and_may_refer_to_one_another():
    before = KeyAccountFactory()
    with transaction.atomic():
        upper, lower = new_keys(KeyAccount, 2)
        rows = [{"code": "UP", "name": "Up", "id": upper}, {"id": lower, "name": "Low", "code": "LOW", "parent_id": upper}]
        insert_records(new_records(KeyAccount, rows))
    after = KeyAccountFactory()

    found = KeyAccount.objects.get(code="LOW")
    assert (found.pk, found.parent_id, found.kind, found.currency, found.version) == (lower, upper, "chain", "USD", 1)
    assert before.pk < upper < lower < after.pk


def test_each_record_has_a_callable_default_of_its_own(imported_batch):
    one, two = new_records(ImportBatch, [{"kind": "stores", "file_id": imported_batch.file_id}] * 2)

    assert one.public_id != two.public_id
    assert one.preview == {} and one.preview is not two.preview


def test_no_key_is_asked_for_no_record():
    assert new_keys(KeyAccount, 0) == []


def test_a_taken_code_is_the_databases_own_refusal():
    account = KeyAccountFactory(code="TAKEN")

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_records([KeyAccount(code=account.code, name="Again")])


def test_plain_rows_keep_nothing_apart_from_empty_text(imported_batch):
    insert_rows(
        ImportChange,
        ["batch_id", "object_type", "object_id", "before", "after"],
        [(imported_batch.pk, "x", 1, None, '{"name": ""}'), (imported_batch.pk, "x", 2, '{"name": "\\\\N"}', "{}")],
    )

    found = ImportChange.objects.filter(batch=imported_batch).order_by("object_id").values_list("before", "after")
    assert list(found) == [(None, {"name": ""}), ({"name": "\\N"}, {})]


def test_columns_are_set_row_by_row_also_to_nothing():
    root, one, two, other = (KeyAccountFactory() for _n in range(4))
    KeyAccount.objects.filter(pk=two.pk).update(parent=root)

    update_columns(KeyAccount, ["parent_id", "path"], [(two.pk, None, "/2/"), (one.pk, root.pk, "/1/2/")])

    held = {account.pk: (account.parent_id, account.path) for account in KeyAccount.objects.all()}
    assert held[one.pk] == (root.pk, "/1/2/")
    assert held[two.pk] == (None, "/2/")
    assert held[other.pk] == (other.parent_id, other.path)


@pytest.fixture
def imported_batch():
    from ka_crm.models import StoredFile

    stored = StoredFile.objects.create(storage_name="x", original_name="x.csv", content_type="text/csv", size_bytes=1, sha256="0" * 64)
    return ImportBatch.objects.create(kind="stores", file=stored)


def test_rows_without_records_say_what_records_would():
    account = KeyAccountFactory()
    plain = {"code": "S-PLAIN", "name": ODD, "account_id": account.pk, "latitude": Decimal("48.125000")}
    one, two = new_keys(Store, 2)
    insert_new(Store, [{"id": one, **plain, "search": "x", "sort_key": "y"}])
    insert_records(new_records(Store, [{"id": two, **plain, "code": "S-RECORD", "search": "x", "sort_key": "y"}]))

    rows = Store.objects.filter(pk__in=[one, two]).order_by("pk").values()
    first, second = ({name: value for name, value in row.items() if name not in ("id", "code")} for row in rows)
    stamps = [name for name, value in first.items() if isinstance(value, datetime)]
    assert {name: value for name, value in first.items() if name not in stamps} == {
        name: value for name, value in second.items() if name not in stamps
    }
    assert all(abs(first[name] - second[name]) < timedelta(minutes=5) for name in stamps)
