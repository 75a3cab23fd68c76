"""The pages of visits: by their owner, their owner's supervisor and a stranger."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    AccountAssignmentFactory,
    CategoryFactory,
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    ShelfFactFactory,
    StoreFactory,
    UserFactory,
    VisitFactory,
)
from visits.models import CategoryAsk, CompetitorFact, Observation, ShelfFact, Visit


@pytest.fixture
def open_as(client, db):
    """``open_as(person)`` signs in; returns the test client."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def rich_visit(rep, store, product):
    """A completed visit with one of everything."""
    visit = VisitFactory(
        store=store, visitor=rep, completed=True, objective="Win the end cap", note="Buyer is on leave.", distance_m=812, clock_skew_s=7200
    )
    category = product.category
    ShelfFactFactory(visit=visit, product=product, is_must_stock=True, price_minor=1290, facings=4)
    ShelfFactFactory(visit=visit, product=ProductFactory(), is_present=False, is_out_of_stock=True, facings=None)
    ShelfFactFactory(visit=visit, product=ProductFactory(), is_present=None, facings=None)
    CompetitorFact.objects.create(
        visit=visit, brand="Rival", category=category, price_minor=950, facings=3, is_on_promotion=True, description="Two for one"
    )
    CompetitorFact.objects.create(visit=visit, brand="Taken back", is_removed=True)
    CategoryAsk.objects.create(
        visit=visit, category=category, monthly_value_minor=120_000, monthly_units=300, all_facings=40, said_by="Ms Ng"
    )
    Observation.objects.create(visit=visit, topic="display", is_as_agreed=False, note="End cap gone")
    return visit


def text_of(answer):
    return answer.content.decode()


def body_of(answer):
    """The page without what differs from request to request: token, request id and the address asked for."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text_of(answer))
    return page.replace(answer["X-Request-Id"], "").replace(answer.wsgi_request.path, "")


# -- who sees what -----------------------------------------------------------------------------------------------------------
OF_A_VISIT = ["visit_detail", "visit_record", "visit_change", "visit_cancel", "visit_missed", "product_search", "competitor_form"]


@pytest.mark.parametrize("name", OF_A_VISIT)
def test_pages_of_a_foreign_visit_and_of_none_are_the_same_404(open_as, stranger, visit, name):
    client = open_as(stranger)
    foreign, missing = (
        client.get(reverse(f"visits:{name}", args=[visit.pk])),
        client.get(reverse(f"visits:{name}", args=[visit.pk + 10_000])),
    )
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert body_of(foreign) == body_of(missing)


@pytest.mark.parametrize("name", ["visit_record", "visit_change", "visit_cancel", "visit_missed"])
def test_a_foreign_visit_takes_no_post(open_as, stranger, visit, name):
    answer = open_as(stranger).post(reverse(f"visits:{name}", args=[visit.pk]), {"part": "check_in", "reason": "x", "seen_version": 1})
    assert answer.status_code == 404
    visit.refresh_from_db()
    assert (visit.status, visit.version) == ("planned", 1)


@pytest.mark.parametrize(
    "name", ["visit_detail", "visit_record", "visit_change", "visit_cancel", "visit_missed", "product_search", "competitor_form"]
)
def test_the_owner_opens_every_page(open_as, rep, visit, product, name):
    assert open_as(rep).get(reverse(f"visits:{name}", args=[visit.pk])).status_code == 200


@pytest.mark.parametrize("name", ["visit_list", "today", "home_panel", "visit_plan", "store_search"])
def test_the_pages_without_a_visit_open(open_as, rep, visit, name):
    assert open_as(rep).get(reverse(f"visits:{name}")).status_code == 200


def test_the_store_and_account_panels_are_scoped(open_as, rep, stranger, rich_visit):
    for name, pk in (("store_panel", rich_visit.store_id), ("account_panel", rich_visit.account_id)):
        assert text_of(open_as(rep).get(reverse(f"visits:{name}", args=[pk]))).count(str(rich_visit.store)) >= 1
        assert open_as(stranger).get(reverse(f"visits:{name}", args=[pk])).status_code == 404


def test_a_supervisor_reads_what_the_rep_recorded(open_as, boss, rich_visit):
    page = text_of(open_as(boss).get(rich_visit.get_absolute_url()))
    for words in (
        "Lemon tea 1 l",
        "12.90",
        "Out of stock",
        "Rival",
        "Two for one",
        "Buyer is on leave.",
        "End cap gone",
        "10.0",
        "Ms Ng",
        "812",
    ):
        assert words in page
    assert "Taken back" not in page
    assert reverse("visits:visit_record", args=[rich_visit.pk]) not in page


def test_a_supervisor_does_not_get_the_recording_page(open_as, boss, visit):
    answer = open_as(boss).get(reverse("visits:visit_record", args=[visit.pk]))
    assert (answer.status_code, answer.url) == (302, visit.get_absolute_url())


@pytest.mark.parametrize("name", ["today", "visit_plan", "visit_start", "store_search", "api_record", "api_photo", "home_panel"])
def test_who_may_not_record_gets_403(open_as, name):
    client = open_as(UserFactory(viewer=True))
    assert client.post(reverse(f"visits:{name}")).status_code == 403


def test_a_viewer_reads_the_list(open_as, rich_visit):
    assert str(rich_visit.store) in text_of(open_as(UserFactory(viewer=True)).get(reverse("visits:visit_list")))


def test_nobody_signed_in_is_sent_to_sign_in(client, visit):
    assert client.get(visit.get_absolute_url()).status_code == 302


# -- the list ----------------------------------------------------------------------------------------------------------------
def test_the_list_asks_as_much_for_three_rows_as_for_one(open_as, rep, store, assert_same_statements):
    client = open_as(rep)
    ShelfFactFactory(visit=VisitFactory(store=store, visitor=rep, completed=True), is_out_of_stock=True, is_present=False)
    assert_same_statements(
        lambda: client.get(reverse("visits:visit_list")),
        lambda: [
            ShelfFactFactory(visit=VisitFactory(store=StoreFactory(account=store.account), visitor=rep, completed=True))
            for _number in range(2)
        ],
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Corner shop", "Mall"]),
        ("q=corner", ["Corner shop"]),
        ("status=completed", ["Mall"]),
        ("from_day=2026-03-05", ["Mall"]),
        ("to_day=2026-03-05", ["Corner shop"]),
        ("from_day=9999-12-31", []),
        ("from_day=soon", ["Corner shop", "Mall"]),
        ("status=golf", ["Corner shop", "Mall"]),
        ("sort=place", ["Corner shop", "Mall"]),
        ("page=99999999999999999999", ["Corner shop", "Mall"]),
        ("visitor=99999999999999999999", ["Corner shop", "Mall"]),
    ],
)
def test_the_list_narrows_and_never_breaks(open_as, rep, store, query, found):
    account = store.account
    VisitFactory(store=StoreFactory(account=account, name="Corner shop"), visitor=rep, planned_on=date(2026, 3, 2))
    VisitFactory(store=StoreFactory(account=account, name="Mall"), visitor=rep, planned_on=date(2026, 3, 9), completed=True)
    answer = open_as(rep).get(f"{reverse('visits:visit_list')}?{query}")
    assert answer.status_code == 200
    assert [name for name in ("Corner shop", "Mall") if name in text_of(answer)] == found


def test_an_account_filter_takes_its_banners_along(open_as, rep, store):
    banner = KeyAccountFactory(parent=store.account)
    VisitFactory(store=StoreFactory(account=banner, name="Banner store"), visitor=rep)
    assert "Banner store" in text_of(open_as(rep).get(f"{reverse('visits:visit_list')}?account={store.account_id}"))


# -- today -------------------------------------------------------------------------------------------------------------------
def test_today_shows_the_day_what_is_left_over_and_what_comes(open_as, rep, store, today_is):
    VisitFactory(store=StoreFactory(account=store.account, name="Now"), visitor=rep, planned_on=today_is, in_progress=True)
    VisitFactory(store=StoreFactory(account=store.account, name="Later"), visitor=rep, planned_on=today_is)
    VisitFactory(store=StoreFactory(account=store.account, name="Overdue"), visitor=rep, planned_on=today_is - timedelta(days=3))
    VisitFactory(store=StoreFactory(account=store.account, name="Tomorrow"), visitor=rep, planned_on=today_is + timedelta(days=1))
    VisitFactory(store=StoreFactory(account=store.account, name="Called off"), visitor=rep, planned_on=today_is, cancelled=True)
    page = text_of(open_as(rep).get(reverse("visits:today")))
    places = [page.index(f">{name}<") for name in ("Now", "Later", "Overdue", "Tomorrow")]
    assert places == sorted(places)
    assert "Called off" not in page


def test_today_asks_as_much_for_three_visits_as_for_one(open_as, rep, store, today_is, assert_same_statements):
    client = open_as(rep)

    def more(count):
        for _number in range(count):
            for day in (today_is, today_is - timedelta(days=2), today_is + timedelta(days=2)):
                VisitFactory(store=StoreFactory(account=store.account), visitor=rep, planned_on=day)

    more(1)
    assert_same_statements(lambda: client.get(reverse("visits:today")), lambda: more(2))


def test_stores_are_found_by_words_within_scope(open_as, rep, store):
    StoreFactory(account=store.account, name="Café Zürich")
    StoreFactory(name="Cafe Foreign")
    client = open_as(rep)
    assert "Café Zürich" in text_of(client.get(reverse("visits:store_search"), {"q": "cafe zur"}))
    found = text_of(client.get(reverse("visits:store_search"), {"q": "cafe", "for": "start"}))
    assert ("Café Zürich" in found, "Cafe Foreign" in found) == (True, False)
    assert "Café Zürich" in text_of(client.get(reverse("visits:today"), {"q": "cafe"}))  # without scripts


def test_a_store_with_a_visit_of_today_goes_on_with_that(open_as, rep, store, today_is):
    visit = VisitFactory(store=StoreFactory(account=store.account, name="Corner shop"), visitor=rep, planned_on=today_is)
    StoreFactory(account=store.account, name="Corner bakery")
    found = text_of(open_as(rep).get(reverse("visits:store_search"), {"q": "corner", "for": "start"}))
    assert (reverse("visits:visit_record", args=[visit.pk]) in found, found.count('name="store"')) == (True, 1)


def test_an_ad_hoc_visit_starts_once_on_a_double_click(open_as, rep, store):
    client, client_id = open_as(rep), str(uuid.uuid4())
    answers = [
        client.post(reverse("visits:visit_start"), {"store": store.pk, "client_id": client_id, "purpose": "routine"}) for _time in range(2)
    ]
    visit = Visit.objects.get()
    assert {answer.url for answer in answers} == {reverse("visits:visit_record", args=[visit.pk])}
    assert (visit.origin, visit.visitor, visit.planned_on) == ("ad_hoc", rep, timezone.localdate())


def test_an_ad_hoc_visit_in_a_foreign_store_is_refused(open_as, stranger, store):
    answer = open_as(stranger).post(reverse("visits:visit_start"), {"store": store.pk, "client_id": str(uuid.uuid4())}, follow=True)
    assert "There is no such store among yours." in text_of(answer)
    assert not Visit.objects.exists()


# -- planning ----------------------------------------------------------------------------------------------------------------
def plan(store, visitor, changes=()):
    values = {
        "store": store.pk,
        "visitor": visitor.pk,
        "planned_on": timezone.localdate().isoformat(),
        "purpose": "routine",
        "client_id": str(uuid.uuid4()),
    }
    return values | dict(changes)


def test_planning_a_visit(open_as, rep, store):
    values = plan(store, rep, {"planned_at": "09:30", "objective": "Win the end cap"})
    client = open_as(rep)
    for _time in range(2):
        answer = client.post(reverse("visits:visit_plan"), values)
    visit = Visit.objects.get()
    assert (answer.url, visit.objective, visit.planned_at.hour, visit.created_by) == (visit.get_absolute_url(), "Win the end cap", 9, rep)


def test_a_supervisor_plans_for_the_team(open_as, boss, rep, store):
    open_as(boss).post(reverse("visits:visit_plan"), plan(store, rep))
    visit = Visit.objects.get()
    assert (visit.visitor, visit.created_by) == (rep, boss)


@pytest.mark.parametrize(
    "changes",
    [
        {"planned_on": "2020-01-01"},
        {"planned_on": "9999-12-31"},
        {"planned_on": "31.12."},
        {"store": ""},
        {"store": 10**20},
        {"purpose": "golf"},
        {"objective": "x" * 300},
        {"client_id": "17"},
        {"visitor": 10**20},
    ],
)
def test_a_plan_that_cannot_be_is_told_at_the_form(open_as, rep, store, changes):
    answer = open_as(rep).post(reverse("visits:visit_plan"), plan(store, rep, changes))
    assert answer.status_code == 422
    assert not Visit.objects.exists()


def test_a_foreign_store_or_person_cannot_be_planned(open_as, rep, store, stranger):
    client = open_as(rep)
    assert client.post(reverse("visits:visit_plan"), plan(StoreFactory(), rep)).status_code == 422
    assert client.post(reverse("visits:visit_plan"), plan(store, stranger)).status_code == 422
    assert not Visit.objects.exists()


def test_two_people_change_one_plan(open_as, rep, boss, store, today_is):
    visit = VisitFactory(store=store, visitor=rep, planned_on=today_is)
    values = {"planned_on": (today_is + timedelta(days=1)).isoformat(), "purpose": "routine", "seen_version": visit.version}
    assert open_as(rep).post(reverse("visits:visit_change", args=[visit.pk]), values).status_code == 302
    values["planned_on"] = (today_is + timedelta(days=2)).isoformat()
    answer = open_as(boss).post(reverse("visits:visit_change", args=[visit.pk]), values)
    assert answer.status_code == 409
    assert (today_is + timedelta(days=1)).isoformat() in text_of(answer)


def test_cancelling_and_missing_need_a_reason(open_as, rep, store, today_is):
    client = open_as(rep)
    first, second = (VisitFactory(store=store, visitor=rep, planned_on=today_is) for _number in range(2))
    assert client.post(reverse("visits:visit_cancel", args=[first.pk]), {"reason": " ", "seen_version": 1}).status_code == 422
    client.post(reverse("visits:visit_cancel", args=[first.pk]), {"reason": "Store is closed", "seen_version": 1})
    client.post(reverse("visits:visit_missed", args=[second.pk]), {"reason": "Car broke down", "seen_version": 1})
    assert list(Visit.objects.order_by("pk").values_list("status", "cancel_reason", "callback_of")) == [
        ("cancelled", "Store is closed", None),
        ("missed", "Car broke down", None),
        ("planned", "", second.pk),  # the call-back
    ]


# -- recording without scripts -----------------------------------------------------------------------------------------------
def test_the_recording_page_has_the_must_stock_products_and_the_last_visit(open_as, rep, store, visit, product):
    earlier = VisitFactory(store=store, visitor=rep, completed=True, planned_on=date(2026, 2, 2), note="Ask for the end cap")
    ShelfFactFactory(visit=earlier, product=product, is_present=False, is_out_of_stock=True, facings=None)
    MustStockRuleFactory(product__name="Elsewhere")
    page = text_of(open_as(rep).get(reverse("visits:visit_record", args=[visit.pk])))
    assert ("Lemon tea 1 l" in page, "Missing then:" in page, "Ask for the end cap" in page, "Elsewhere" in page) == (
        True,
        True,
        True,
        False,
    )


def test_the_last_visit_of_a_store_that_left_ones_care_stays_hidden(open_as, rep, store, visit):
    VisitFactory(store=store, completed=True, planned_on=date(2026, 2, 2), note="Not for you")
    assert "Not for you" in text_of(open_as(rep).get(reverse("visits:visit_record", args=[visit.pk])))
    rep.assignments.update(ends_on=date(2026, 1, 31))
    assert "Not for you" not in text_of(open_as(rep).get(reverse("visits:visit_record", args=[visit.pk])))


def test_the_recording_page_asks_as_much_for_three_products_as_for_one(open_as, rep, store, visit, product, assert_same_statements):
    client = open_as(rep)

    def more():
        for _number in range(2):
            ShelfFactFactory(visit=visit, product=MustStockRuleFactory(account=store.account).product)
            CompetitorFact.objects.create(visit=visit, brand="Rival")
            CategoryAsk.objects.create(visit=visit, category=CategoryFactory(), all_facings=3)

    more()
    assert_same_statements(lambda: client.get(reverse("visits:visit_record", args=[visit.pk])), more, most=25)


def test_a_visit_with_plain_forms(open_as, rep, visit, product):
    client, url = open_as(rep), reverse("visits:visit_record", args=[visit.pk])
    category = product.category

    def post(**values):
        answer = client.post(url, values)
        assert answer.status_code == 302, text_of(answer)

    post(part="check_in", latitude="41.87811", longitude="-87.62980", accuracy_m="15")
    post(
        part="shelf",
        id=str(uuid.uuid4()),
        product=product.pk,
        state="out_of_stock",
        facings="",
        price="",
        stock_units="",
        note="Delivery on Friday",
    )
    post(part="competitors", id=str(uuid.uuid4()), brand="Rival", category="", price="9,90", is_on_promotion="on")
    post(part="category_asks", id=str(uuid.uuid4()), category=category.pk, monthly_value="1200", all_facings="40")
    post(part="observations", id=str(uuid.uuid4()), topic="promoters", is_as_agreed="yes")
    post(part="note", text="All well.")
    post(part="check_out")

    visit.refresh_from_db()
    assert (visit.status, visit.distance_m, visit.note) == ("completed", 0, "All well.")
    assert ShelfFact.objects.values_list("is_present", "is_out_of_stock", "note").get() == (False, True, "Delivery on Friday")
    assert CompetitorFact.objects.values_list("brand", "price_minor", "is_on_promotion").get() == ("Rival", 990, True)
    assert (CategoryAsk.objects.get().all_facings, Observation.objects.get().is_as_agreed) == (40, True)


def test_a_wrong_value_in_a_plain_form_is_told_and_kept(open_as, rep, visit, product):
    url = reverse("visits:visit_record", args=[visit.pk])
    answer = open_as(rep).post(
        url, {"part": "shelf", "id": str(uuid.uuid4()), "product": product.pk, "state": "on_shelf", "price": "12.3万"}
    )
    assert answer.status_code == 422
    assert ("is not a number" in text_of(answer), 'value="12.3万"' in text_of(answer)) == (True, True)


@pytest.mark.parametrize("part", ["", "golf", "visit", "sent_at", "header", "\x00", "shelf" * 1000, "photos"])
def test_a_part_that_the_page_does_not_have_is_refused(open_as, rep, visit, part):
    assert open_as(rep).post(reverse("visits:visit_record", args=[visit.pk]), {"part": part}).status_code == 422


def test_further_products_are_found_and_added(open_as, rep, visit):
    other = ProductFactory(name="Peach tea")
    client = open_as(rep)
    assert "Peach tea" in text_of(client.get(reverse("visits:product_search", args=[visit.pk]), {"q": "peach"}))
    assert "Peach tea" in text_of(client.get(reverse("visits:product_form", args=[visit.pk, other.pk])))
    assert "Peach tea" in text_of(client.get(reverse("visits:visit_record", args=[visit.pk]), {"add": [other.pk, "x", 10**30]}))
    assert client.get(reverse("visits:product_form", args=[visit.pk, other.pk + 1000])).status_code == 404


HOSTILE = [
    "\x00",
    "a\x00b",
    "\ud83d",
    "😀" * 300,
    "\u202egnp.exe",
    "1" * 400,
    "10e400",
    "-1",
    "9999-12-31",
    "0000-00-00",
    "NaN",
    "<script>alert(1)</script>",
    "x" * 100_000,
]


EVERY_NAME = [
    "id", "product", "facings", "price", "stock_units", "note", "text", "topic", "brand", "category", "latitude", "longitude", "accuracy_m",
    "state", "monthly_value", "q", "store", "client_id", "planned_on", "planned_at", "visitor", "purpose", "objective", "reason",
    "seen_version", "add", "for", "subject", "captured_at",
]  # fmt: skip
EVERY_FILTER = ["q", "for", "store", "visitor", "account", "status", "purpose", "from_day", "to_day", "sort", "page", "size", "add"]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_never_break_a_page(open_as, rep, visit, product, value):
    client = open_as(rep)
    value = value.encode("utf-8", "replace").decode()
    everything = dict.fromkeys(EVERY_NAME, value)
    answers = [
        client.post(reverse("visits:visit_record", args=[visit.pk]), everything | {"part": part})
        for part in ("shelf", "competitors", "category_asks", "observations", "note", "check_in", "check_out", "photos", value)
    ]
    answers += [client.post(reverse(f"visits:{name}"), everything) for name in ("visit_plan", "visit_start", "api_photo")]
    answers += [
        client.post(reverse(f"visits:{name}", args=[visit.pk]), everything) for name in ("visit_change", "visit_cancel", "visit_missed")
    ]
    if len(value) < 2000:
        asked = dict.fromkeys(EVERY_FILTER, value)
        answers += [client.get(reverse(f"visits:{name}"), asked) for name in ("visit_list", "today", "visit_plan", "store_search")]
        answers += [
            client.get(reverse(f"visits:{name}", args=[visit.pk]), asked) for name in ("visit_record", "visit_detail", "product_search")
        ]
    assert {answer.status_code for answer in answers} <= {200, 302, 400, 404, 409, 422}


def test_an_address_with_a_huge_number_is_a_404(open_as, rep):
    assert open_as(rep).get(f"/visits/{10**30}/").status_code == 404


def test_planning_for_a_colleague_whose_account_it_is_not(open_as, boss, rep):
    other = StoreFactory()
    AccountAssignmentFactory(account=other.account, user=boss)
    answer = open_as(boss).post(reverse("visits:visit_plan"), plan(other, rep))
    assert (answer.status_code, "is not in the care of Ana Field" in text_of(answer)) == (422, True)
