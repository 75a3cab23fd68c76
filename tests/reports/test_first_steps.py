"""What the first administrator of an empty company is led through, until the first report is there."""

from datetime import date

import pytest
from django.urls import reverse

from reports.first_steps import first_steps
from team.models import WorkCalendar
from tests.factories import (
    AccountAssignmentFactory,
    KeyAccountFactory,
    ProductFactory,
    ReportFactory,
    StoreFactory,
    UserFactory,
)
from tests.reports.conftest import sell

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)
TITLES = [
    "Look at the settings",
    "Let your colleagues in",
    "Bring in the key accounts and their stores",
    "Say who looks after which account",
    "Bring in the products",
    "Import the first sell-out file",
    "Order the first report",
]


@pytest.fixture
def ada():
    return UserFactory(administrator=True)


def done(user):
    return [step.is_done for step in first_steps(user)]


def test_an_empty_company_shows_all_steps_and_none_done(ada):
    assert [step.title for step in first_steps(ada)] == TITLES
    assert done(ada) == [False] * 7


def test_each_step_ticks_itself_off_by_what_the_database_holds(ada):
    WorkCalendar.objects.create(code="CN", name="China")
    assert done(ada) == [True, False, False, False, False, False, False]
    mei = UserFactory()
    assert done(ada) == [True, True, False, False, False, False, False]
    store = StoreFactory(account=KeyAccountFactory())
    assert done(ada) == [True, True, True, False, False, False, False]
    AccountAssignmentFactory(account=store.account, user=mei)
    assert done(ada) == [True, True, True, True, False, False, False]
    product = ProductFactory()
    assert done(ada) == [True, True, True, True, True, False, False]
    sell(store, product, MARCH, 10, 5_000)
    assert done(ada) == [True, True, True, True, True, True, False]


def test_the_first_report_ends_them(ada):
    ReportFactory()

    assert first_steps(ada) == []


@pytest.mark.parametrize("role", ["ka_manager", "field_rep", "supervisor", "finance", "viewer"])
def test_nobody_else_is_led_through_them(role):
    assert first_steps(UserFactory(role=role)) == []


def test_the_first_page_of_an_empty_company_is_the_steps_and_no_row_of_dashes(client, ada):
    client.force_login(ada)

    page = client.get("/")

    assert (page.context["is_new"], page.content.decode().count('class="kpi"')) == (True, 0)
    assert f'href="{reverse("sales:import_create")}?kind=stores"' in page.content.decode()


def test_with_sell_out_and_without_a_report_figures_stand_below_the_steps(client, ada):
    sell(StoreFactory(), ProductFactory(), MARCH, 10, 5_000)
    client.force_login(ada)

    page = client.get(reverse("dashboards:figures"))

    assert (len(page.context["first_steps"]), page.context["is_new"]) == (7, False)
    assert page.context["kpis"][0]["label"] in page.content.decode()


def test_the_kind_of_a_link_is_chosen_on_the_page_of_imports(client, ada):
    client.force_login(ada)

    page = client.get(reverse("sales:import_create"), {"kind": "stores"})

    assert page.context["form"]["kind"].value() == "stores"
    assert '<option value="stores" selected>' in page.content.decode()


def test_the_page_of_imports_names_the_columns_of_each_kind(client, ada):
    client.force_login(ada)

    sheets = dict(client.get(reverse("sales:import_create")).context["sheets"])

    assert [str(label) for label in sheets] == [
        "Sell-out",
        "Accounts",
        "Products",
        "Stores",
        "Contacts",
        "Retailer article numbers",
        "Market totals per category",
    ]
    required = [field.name for field in sheets["Stores"].fields if field.required]
    assert required == ["store_code", "account_code", "store_name"]
