"""Columns of the lists of accounts, stores and contacts."""

from django.utils.translation import gettext_lazy as _

from ka_crm.tables import Column, DayColumn, NumberColumn, Table

from .models import Contact, KeyAccount, Store


class KeyAccountTable(Table):
    name = Column(linkify=True, hint="code", order_by=("sort_key", "pk"))
    kind = Column(accessor="get_kind_display", order_by="kind")
    parent = Column(linkify=True, said_by="parent__name")
    trade_route = Column(accessor="get_trade_route_display", order_by="trade_route", phone=False)
    country = Column()
    store_count = NumberColumn(verbose_name=_("Stores"))
    sellout_format = Column(phone=False)
    valid_from = DayColumn()
    valid_to = DayColumn()

    hidden_columns = ("valid_from", "valid_to")

    class Meta(Table.Meta):
        model = KeyAccount
        fields = ("name", "kind", "parent", "trade_route", "country", "store_count", "sellout_format", "valid_from", "valid_to")


class StoreTable(Table):
    name = Column(linkify=True, hint="code", order_by=("sort_key", "pk"))
    account = Column(linkify=True, said_by="account__name", order_by="account__sort_key")
    retailer_store_no = Column(verbose_name=_("Their number"))
    region = Column()
    store_format = Column(verbose_name=_("Format"))
    city = Column()
    opened_on = DayColumn()
    closed_on = DayColumn()

    hidden_columns = ("opened_on", "closed_on")

    class Meta(Table.Meta):
        model = Store
        fields = ("name", "account", "retailer_store_no", "region", "store_format", "city", "opened_on", "closed_on")


class ContactTable(Table):
    name = Column(linkify=True, hint="title", order_by=("sort_key", "pk"))
    account = Column(linkify=True, said_by="account__name", order_by="account__sort_key")
    function = Column(accessor="get_function_display", order_by="function")
    subjects = Column(wide=True)
    phone_number = Column(accessor="phone", verbose_name=_("Phone"), order_by="phone")
    email = Column(phone=False)

    class Meta(Table.Meta):
        model = Contact
        fields = ("name", "account", "function", "subjects", "phone_number", "email")
