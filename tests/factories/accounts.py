"""Key accounts, stores, contacts and who looks after them."""

from datetime import date

import factory

from accounts.models import AccountAssignment, Contact, KeyAccount, Store

from .team import UserFactory


class KeyAccountFactory(factory.django.DjangoModelFactory):
    """A chain that trades in US dollars; ``parent=`` makes a banner or region below it."""

    class Meta:
        model = KeyAccount
        skip_postgeneration_save = True

    code = factory.Sequence(lambda number: f"K{number:04}")
    name = factory.Sequence(lambda number: f"Chain {number}")
    country = "US"

    @factory.post_generation
    def path(account, create, extracted, **kwargs):
        if create and not account.path:
            account.path = f"{account.parent.path if account.parent else '/'}{account.pk}/"
            account.save(update_fields=["path"])


class AccountAssignmentFactory(factory.django.DjangoModelFactory):
    """A KA manager looks after an account since New Year 2026, without an end."""

    class Meta:
        model = AccountAssignment

    account = factory.SubFactory(KeyAccountFactory)
    user = factory.SubFactory(UserFactory, ka_manager=True)
    starts_on = date(2026, 1, 1)


class StoreFactory(factory.django.DjangoModelFactory):
    """An open store with a position."""

    class Meta:
        model = Store

    code = factory.Sequence(lambda number: f"S{number:04}")
    account = factory.SubFactory(KeyAccountFactory)
    name = factory.Sequence(lambda number: f"Store {number}")
    retailer_store_no = factory.Sequence(lambda number: f"{number:05}")
    store_format = "supermarket"
    country = "US"
    city = "Chicago"
    latitude = "41.87811"
    longitude = "-87.62980"


class ContactFactory(factory.django.DjangoModelFactory):
    """A buyer at an account's headquarters."""

    class Meta:
        model = Contact

    account = factory.SubFactory(KeyAccountFactory)
    name = factory.Sequence(lambda number: f"Buyer {number}")
    title = "Category buyer"
    email = factory.Sequence(lambda number: f"buyer{number}@retailer.example")
