"""Pages of products: prices to the hundredth of a cent, costs for those who may see them."""

import pytest
from django.urls import reverse

from sales.models import Product
from tests.factories import ProductFactory, UserFactory, gtin

pytestmark = pytest.mark.django_db
ENTRY = {"sku": "00034180", "name": "Shredded cheese 8 oz", "currency": "USD"}


@pytest.fixture
def administrator(client):
    administrator = UserFactory(administrator=True)
    client.force_login(administrator)
    return administrator


def test_a_product_keeps_its_leading_zeros_and_its_price_exactly(client, administrator):
    entry = {**ENTRY, "gtin": gtin(7), "list_price": "2.1535", "unit_cost": "1.1844", "brand_name": "M317", "category_name": "CHEESE"}

    answer = client.post(reverse("sales:product_create"), entry)

    product = Product.objects.select_related("brand", "category").get()
    assert answer.headers["Location"] == product.get_absolute_url()
    assert (product.sku, product.list_price_e4, product.unit_cost_e4) == ("00034180", 21535, 11844)
    assert (product.brand.name, product.category.name) == ("M317", "CHEESE")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gtin", "9520000341801"),
        ("gtin", "12345"),
        ("gtin", "400638133393O"),
        ("currency", "ZZZ"),
        ("list_price", "1.23456"),
        ("list_price", "-1"),
        ("list_price", "NaN"),
        ("list_price", "1e99"),
        ("sku", ""),
        ("name", "x" * 201),
        ("name", "a\x00b"),
    ],
)
def test_a_bad_entry_is_told_at_its_field_and_nothing_is_saved(client, administrator, field, value):
    answer = client.post(reverse("sales:product_create"), {**ENTRY, field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Product.objects.count() == 0


@pytest.mark.parametrize("written", ["4006381 333931", "400-6381-33393-1", "４００６３８１３３３９３１"])
def test_a_gtin_is_kept_as_digits_however_it_is_written(client, administrator, written):
    client.post(reverse("sales:product_create"), {**ENTRY, "gtin": written})

    assert Product.objects.get().gtin == "4006381333931"


def test_the_same_gtin_with_other_leading_zeros_is_the_same_item(client, administrator):
    ProductFactory(name="Cheddar", gtin="036000291452")

    answer = client.post(reverse("sales:product_create"), {**ENTRY, "gtin": "0036000291452"})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"gtin": ["“Cheddar” has this GTIN already, written 036000291452."]}


def test_a_second_product_of_one_sku_is_refused(client, administrator):
    ProductFactory(sku="00034180")

    answer = client.post(reverse("sales:product_create"), ENTRY)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["sku"]


def test_the_unit_cost_is_for_those_who_may_see_costs(client):
    product = ProductFactory(unit_cost_e4=11844)
    page = reverse("sales:product_detail", args=[product.pk])

    client.force_login(UserFactory(finance=True))
    assert "1.1844" in client.get(page).content.decode()
    client.force_login(UserFactory(ka_manager=True))
    assert "1.1844" not in client.get(page).content.decode()


def test_only_an_administrator_changes_products(client):
    product = ProductFactory()
    client.force_login(UserFactory(supervisor=True))

    assert client.get(reverse("sales:product_list")).status_code == 200
    assert client.get(reverse("sales:product_edit", args=[product.pk])).status_code == 403
    assert client.post(reverse("sales:product_archive", args=[product.pk])).status_code == 403


def test_the_list_asks_as_much_for_one_row_as_for_thirty(client, administrator, assert_same_statements):
    ProductFactory()

    assert_same_statements(lambda: client.get(reverse("sales:product_list")), lambda: ProductFactory.create_batch(30))
