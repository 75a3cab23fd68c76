"""Files of accounts, stores, products, contacts and article numbers: new, changed, unchanged, refused, undone."""

import time

import pytest

from accounts.models import Contact, KeyAccount, Store
from ka_crm.errors import DomainError
from sales.models import ImportChange, Product, RetailerArticle
from sales.services.imports import undo_import
from team.models import AuditEvent
from tests.factories.accounts import KeyAccountFactory
from tests.factories.sales import ProductFactory, gtin
from tests.sales.importing import import_bytes

pytestmark = pytest.mark.django_db


def import_text(kind, text, **options):
    return import_bytes(text.encode(), kind=kind, name=f"{kind}.csv", **options)


def findings(batch):
    return [(error.row, error.column, error.code) for error in batch.row_errors.all()]


def test_accounts_find_their_parents_in_the_file_and_get_their_place_in_the_tree():
    text = "account_code,account_name,parent_code,currency,sellout_format\nEAST,Chain East,CHAIN,,D02\nCHAIN,Chain,,EUR,\n"
    batch, outcome = import_text("accounts", text)
    chain, east = KeyAccount.objects.get(code="CHAIN"), KeyAccount.objects.get(code="EAST")
    assert (east.parent_id, east.path, chain.path) == (chain.pk, f"/{chain.pk}/{east.pk}/", f"/{chain.pk}/")
    assert (chain.currency, east.currency, east.sellout_format, east.search) == ("EUR", "USD", "D02", "east chain east")
    assert (outcome.new, outcome.changed, batch.verdict) == (2, 0, "ACCEPT")
    assert AuditEvent.objects.filter(verb="import.imported", object_id=str(batch.pk)).count() == 1

    _batch, outcome = import_text("accounts", text)
    assert (outcome.rows_imported, outcome.rows_unchanged) == (0, 2)


def test_new_and_known_accounts_of_one_file_take_their_places_together():
    head = "account_code,account_name,parent_code\n"
    import_text("accounts", f"{head}TOP,Top,\nMID,Middle,\n")
    batch, outcome = import_text("accounts", f"{head}LOW,Low,MID\nMID,Middle,NEW\nNEW,New,TOP\n")
    held = {account.code: account for account in KeyAccount.objects.all()}
    top, new, mid, low = (held[code].pk for code in ("TOP", "NEW", "MID", "LOW"))
    assert (outcome.new, outcome.changed) == (2, 1)
    assert [held[code].path for code in ("NEW", "MID", "LOW")] == [
        f"/{top}/{new}/",
        f"/{top}/{new}/{mid}/",
        f"/{top}/{new}/{mid}/{low}/",
    ]
    changes = {change.object_id: (change.before, change.after) for change in ImportChange.objects.filter(batch=batch)}
    assert changes[mid] == ({"parent_id": None}, {"parent_id": new})
    assert changes[low] == (None, {"code": "LOW", "name": "Low"})


@pytest.mark.parametrize("known", ["", "A,Alpha,\n"])
def test_accounts_that_belong_to_each_other_in_a_circle_are_refused_whole(known):
    head = "account_code,account_name,parent_code\n"
    if known:
        import_text("accounts", head + known)
    with pytest.raises(DomainError, match="belong to each other in a circle"):
        import_text("accounts", f"{head}A,Alpha,B\nB,Beta,A\n")
    assert not KeyAccount.objects.filter(code="B").exists()


def test_a_parent_that_is_nowhere_is_a_row_error():
    batch, _outcome = import_text("accounts", "account_code,account_name,parent_code\nEAST,East,NOWHERE\n")
    assert (batch.status, findings(batch)) == ("refused", [(1, "parent_code", "account")])


def test_columns_that_are_not_read_are_one_warning():
    batch, outcome = import_text("accounts", "account_code,account_name,rebate_pct\nA1,One,2.00\n")
    assert [(warning.code, warning.value) for warning in outcome.warnings] == [("columns", "rebate_pct")]
    assert (batch.verdict, batch.status) == ("WARNING", "imported")


def test_products_keep_leading_zeros_prices_in_ten_thousandths_and_formulas_as_text():
    _batch, outcome = import_text(
        "products", f"sku,gtin,name,brand,category,list_price,unit_cost\n00012,{gtin(1)},=1+1,Own,CHEESE,2.153,\n"
    )
    product = Product.objects.get()
    assert (product.sku, product.name, product.list_price_e4, product.unit_cost_e4) == ("00012", "=1+1", 21530, None)
    assert (product.brand.name, product.category.name, outcome.verdict) == ("Own", "CHEESE", "ACCEPT_AS_TEXT")


def test_a_number_that_another_record_has_is_a_row_error():
    ProductFactory(sku="OLD", gtin=gtin(7))
    batch, _outcome = import_text("products", f"sku,name,gtin\nN1,One,{gtin(7)}\nN2,Two,{gtin(8)}\nN3,Three,{gtin(8)}\n")
    assert findings(batch) == [(1, "gtin", "duplicate"), (3, "gtin", "duplicate")]


def test_leading_zeros_make_no_other_item():
    ProductFactory(sku="OLD", gtin="036000291452")
    batch, _outcome = import_text("products", "sku,name,gtin\nN1,One,0036000291452\nN2,Two,96385074\nN3,Three,00000096385074\nN4,Four,\n")
    assert [(one.row, one.column, one.value) for one in batch.row_errors.order_by("row")] == [
        (1, "gtin", "0036000291452"),
        (3, "gtin", "00000096385074"),
    ]


def test_the_same_key_twice_is_refused_naming_both_rows():
    batch, _outcome = import_text("products", "sku,name\nN1,One\nN1,Two\n")
    assert findings(batch) == [(2, "sku", "duplicate")]
    assert "row 1" in batch.row_errors.get().message


def test_stores_belong_to_accounts_that_exist_and_two_may_not_share_a_number():
    KeyAccountFactory(code="A1")
    text = "store_code,account_code,store_name,retailer_store_no\nS1,A1,One,17\nS2,A1,Two,17\nS3,ZZ,Three,18\n"
    batch, outcome = import_text("stores", text, skip_invalid=True)
    assert findings(batch) == [(2, "retailer_store_no", "duplicate"), (3, "account_code", "account")]
    assert (Store.objects.get().code, outcome.rows_imported, outcome.rows_rejected) == ("S1", 1, 2)


def test_contacts_are_known_by_code_or_name():
    KeyAccountFactory(code="A1")
    text = "account_code,name,contact_code,function,email\nA1,Li Wei 李伟,,buyer,li@example.com\nA1,Ann,C7,finance,\n"
    import_text("contacts", text)
    batch, outcome = import_text("contacts", text.replace("Ann", "Anna"))
    assert (outcome.changed, outcome.rows_unchanged, Contact.objects.get(code="C7").name) == (1, 1, "Anna")
    batch, _outcome = import_text("contacts", "account_code,name,email,function\nA1,X,not-mail,buyer\nA1,Y,,king\n")
    assert findings(batch) == [(1, "email", "email"), (2, "function", "choice")]


def test_article_numbers_need_an_account_from_the_row_or_the_file():
    account, product = KeyAccountFactory(code="A1"), ProductFactory(sku="P1")
    batch, _outcome = import_text("article_map", "retailer_article_no,sku\n4711,P1\n")
    assert findings(batch) == [(1, "account_code", "account")]
    import_text("article_map", "retailer_article_no,sku\n4711,P1\n", account=account)
    assert RetailerArticle.objects.values_list("account", "article_no", "product").get() == (account.pk, "4711", product.pk)


def test_undo_gives_changed_records_their_values_back_and_removes_new_ones():
    import_text("products", "sku,name,pack_size\nP1,One,8 OZ\n")
    batch, _outcome = import_text("products", "sku,name,pack_size\nP1,Uno,8 OZ\nP2,Two,1 LB\n")
    undo_import(batch=batch, actor=None)
    assert list(Product.objects.values_list("sku", "name", "search")) == [("P1", "One", "one p1")]
    assert ImportChange.objects.filter(batch=batch).count() == 2


def test_undo_is_refused_where_somebody_changed_the_record_since():
    batch, _outcome = import_text("products", "sku,name\nP1,One\n")
    import_text("products", "sku,name\nP1,Uno\n")
    with pytest.raises(DomainError, match="changed since, such as Uno"):
        undo_import(batch=batch, actor=None)


def test_ten_thousand_rows_with_errors_are_checked_and_written_in_bulk(django_assert_max_num_queries):
    lines = [f"P{n:05},{'' if n % 50 == 0 else f'Name {n}'},8 OZ" for n in range(10_000)]
    started = time.process_time()
    with django_assert_max_num_queries(500):
        batch, outcome = import_text("products", "sku,name,pack_size\n" + "\n".join(lines) + "\n", skip_invalid=True)
    assert (outcome.rows_imported, outcome.rows_rejected, batch.row_errors.count()) == (9_800, 200, 200)
    assert time.process_time() - started < 10
