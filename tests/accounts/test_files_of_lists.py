"""Files of lists: cells without a record per row are those that records give."""

import csv
import io
from datetime import date

import pytest
from django.test import RequestFactory

from accounts.models import Contact, Store
from accounts.tables import ContactTable, StoreTable
from accounts.views import StoreList
from tests.factories import UserFactory
from tests.factories.accounts import KeyAccountFactory, StoreFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stores():
    account = KeyAccountFactory(name="=Chain")
    StoreFactory(account=account, name="Zoo", city="", opened_on=date(2024, 2, 29), retailer_store_no="007")
    StoreFactory(account=account, name="=Ant", city="沃尔玛", opened_on=None, retailer_store_no="")


def test_plain_values_and_records_give_the_same_cells(stores):
    rows = Store.objects.for_list()
    table = StoreTable(data=rows)
    plain = table.plain_columns(rows)

    found = rows.values_list(*(path for path, _cell in plain))
    of_values = [[None if value is None else cell(value) for (_path, cell), value in zip(plain, row, strict=True)] for row in found]
    assert of_values == [[cell(record) for _header, cell in table.export_columns()] for record in rows]
    assert len(of_values) == 2


def test_a_list_with_choices_and_one_without_repeated_rows_are_left_to_records():
    contacts, stores = Contact.objects.for_list(), Store.objects.distinct()
    assert ContactTable(data=contacts).plain_columns(contacts) is None
    assert StoreTable(data=stores).plain_columns(stores) is None


def test_a_file_of_stores_asks_for_its_columns_only(stores, django_assert_num_queries):
    request = RequestFactory().get("/stores/", {"_export": "csv", "sort": "-account,-name", "cols": "account,name,opened_on"})
    request.user = UserFactory(administrator=True)
    response = StoreList.as_view()(request)

    with django_assert_num_queries(1) as asked:
        text = b"".join(response.streaming_content).decode("utf-8-sig")

    assert [row[:2] for row in csv.reader(io.StringIO(text))][1:] == [["'=Chain", "Zoo"], ["'=Chain", "'=Ant"]]
    assert "address" not in asked.captured_queries[0]["sql"]
