"""Products, retailer articles and imports."""

import factory
from stdnum import ean

from ka_crm.models import StoredFile
from sales.models import Brand, Category, ImportBatch, ImportProfile, Product, RetailerArticle

from .accounts import KeyAccountFactory
from .team import UserFactory


def gtin(number):
    """The ``number``-th valid GTIN-13 of a made-up company prefix."""
    digits = f"2990{number:08}"
    return digits + ean.calc_check_digit(digits)


class BrandFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Brand

    name = factory.Sequence(lambda number: f"Brand {number}")


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")


class ProductFactory(factory.django.DjangoModelFactory):
    """An own product at 2.50 USD that costs 1.10 USD."""

    class Meta:
        model = Product

    sku = factory.Sequence(lambda number: f"P{number:05}")
    gtin = factory.Sequence(gtin)
    name = factory.Sequence(lambda number: f"Product {number}")
    brand = factory.SubFactory(BrandFactory)
    category = factory.SubFactory(CategoryFactory)
    list_price_e4 = 25_000
    unit_cost_e4 = 11_000


class RetailerArticleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RetailerArticle

    account = factory.SubFactory(KeyAccountFactory)
    article_no = factory.Sequence(lambda number: f"{100_000 + number}")
    product = factory.SubFactory(ProductFactory)


class ImportProfileFactory(factory.django.DjangoModelFactory):
    """A sell-out profile of the house's own; ``definition=`` says how it reads."""

    class Meta:
        model = ImportProfile

    code = factory.Sequence(lambda number: f"X{number:02}")
    name = factory.Sequence(lambda number: f"Profile {number}")


class StoredFileFactory(factory.django.DjangoModelFactory):
    """The record of a small CSV file; its content is not written, use ``ka_crm.files.store_upload`` where it is read."""

    class Meta:
        model = StoredFile

    storage_name = factory.Sequence(lambda number: f"tests/{number}.csv")
    original_name = factory.Sequence(lambda number: f"sellout-{number}.csv")
    content_type = "text/csv"
    size_bytes = 120
    sha256 = factory.Sequence(lambda number: f"{number:064x}")


class ImportBatchFactory(factory.django.DjangoModelFactory):
    """A sell-out file of one account, just received."""

    class Meta:
        model = ImportBatch

    kind = "sellout"
    account = factory.SubFactory(KeyAccountFactory)
    file = factory.SubFactory(StoredFileFactory)
    uploaded_by = factory.SubFactory(UserFactory, ka_manager=True)
