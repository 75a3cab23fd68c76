"""Pages that look back and pages that start a visit: by their owner, the supervisor and a stranger."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import MustStockRuleFactory, PhotoFactory, ProductFactory, ShelfFactFactory, StoreFactory, UserFactory, VisitFactory
from visits import services
from visits.models import CategoryAsk, Observation, Photo, ShelfTicket, Visit

from .conftest import NOW


@pytest.fixture
def open_as(client, db):
    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def make_visit(rep, store, product, today_is):
    """A completed, scored visit some days ago, with a product, a category ask, an answer and a photo."""

    def make(days_ago, *, where=store, visitor=rep, present=True):
        day = today_is - timedelta(days=days_ago)
        moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        visit = VisitFactory(
            store=where,
            visitor=visitor,
            planned_on=day,
            completed=True,
            checked_in_at=moment,
            checked_out_at=moment + timedelta(minutes=20),
        )
        ShelfFactFactory(visit=visit, product=product, is_must_stock=True, is_present=present, is_out_of_stock=not present, facings=4)
        CategoryAsk.objects.create(visit=visit, category=product.category, all_facings=40 + days_ago, monthly_value_minor=5_000_00)
        Observation.objects.create(visit=visit, topic="display", is_as_agreed=True)
        PhotoFactory(visit=visit)
        services.score_visit(visit)
        services.follow_shelf(visit)
        return visit

    return make


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


# -- a store over time -------------------------------------------------------------------------------------------------
def test_the_history_of_a_store_shows_products_scores_shares_tickets_and_photos(open_as, rep, store, product, make_visit):
    make_visit(9)
    make_visit(3, present=False)
    page = text_of(open_as(rep).get(reverse("visits:store_history", args=[store.pk])))
    assert [words in page for words in ("Missing now", "Out of stock", "3 days", "Score by visit", product.name, "5,000.00", "9.5")] == [
        True
    ] * 7


def test_a_store_nobody_has_been_to_says_what_to_do(open_as, rep, store):
    page = text_of(open_as(rep).get(reverse("visits:store_history", args=[store.pk])))
    assert ("Nobody has been here yet" in page, reverse("visits:visit_start") in page) == (True, True)


def test_the_history_asks_as_much_for_three_visits_as_for_one(open_as, rep, store, make_visit, assert_same_statements):
    make_visit(20, present=False)
    make_visit(19, present=False)
    client = open_as(rep)

    def more():
        for days_ago in (8, 7, 6):
            make_visit(days_ago, present=days_ago != 7)

    assert_same_statements(lambda: client.get(reverse("visits:store_history", args=[store.pk])), more, most=18)


# -- stores of an account ----------------------------------------------------------------------------------------------
def test_the_stores_of_an_account_come_worst_first(open_as, rep, store, make_visit):
    better = StoreFactory(account=store.account, name="Better place")
    make_visit(5, present=False)
    make_visit(4, where=better)
    page = text_of(open_as(rep).get(reverse("visits:account_scores", args=[store.account_id])))
    assert page.index(store.name) < page.index("Better place")
    panel = text_of(open_as(rep).get(reverse("visits:account_scores_panel", args=[store.account_id])))
    assert ("2 stores" in panel, "1 missing" in panel) == (True, True)


def test_of_many_stores_the_lowest_are_shown_and_all_are_counted(open_as, rep, store, make_visit, monkeypatch):
    monkeypatch.setattr("visits.history_views.PANEL_STORES", 1)
    make_visit(5, present=False)
    make_visit(4, where=StoreFactory(account=store.account, name="Better place"))
    panel = text_of(open_as(rep).get(reverse("visits:account_scores_panel", args=[store.account_id])))
    assert (store.name in panel, "Better place" in panel, "2 stores" in panel) == (True, False, True)


@pytest.mark.parametrize("days", ["30", "365", "7", "x", "9" * 30, ""])
def test_any_number_of_days_opens_the_page(open_as, rep, store, days):
    assert open_as(rep).get(reverse("visits:account_scores", args=[store.account_id]), {"days": days}).status_code == 200


def test_the_stores_of_an_account_ask_as_much_for_four_as_for_one(open_as, rep, store, make_visit, assert_same_statements):
    make_visit(5)
    client = open_as(rep)

    def more():
        for number in range(3):
            make_visit(number + 1, where=StoreFactory(account=store.account), present=False)

    assert_same_statements(lambda: client.get(reverse("visits:account_scores", args=[store.account_id])), more, most=14)


# -- why this score ----------------------------------------------------------------------------------------------------
def test_why_this_score_names_every_part_its_weight_and_the_facts(open_as, rep, product, make_visit):
    visit = make_visit(1)
    page = text_of(open_as(rep).get(reverse("visits:visit_score", args=[visit.pk])))
    wanted = ("Weight 30 · 1 of 1", "adds 40.0 points", "No price corridor is in force here.", product.name, "4 / 41", "all points at 30 %")
    assert [words for words in wanted if words not in page.replace("\u00a0", " ")] == []


def test_a_visit_under_way_and_one_at_headquarters_say_so(open_as, rep, store):
    under_way = VisitFactory(store=store, visitor=rep, in_progress=True)
    at_headquarters = VisitFactory(store=None, account=store.account, visitor=rep, completed=True)
    client = open_as(rep)
    assert "written down at the check-out" in text_of(client.get(reverse("visits:visit_score", args=[under_way.pk])))
    assert "Only visits at a store are scored" in text_of(client.get(reverse("visits:visit_score", args=[at_headquarters.pk])))


def test_a_strangers_store_account_and_score_are_404(open_as, stranger, store, make_visit):
    visit = make_visit(1)
    client = open_as(stranger)
    answers = [
        client.get(reverse(f"visits:{name}", args=[pk])).status_code
        for name, pk in (
            ("store_history", store.pk),
            ("account_scores", store.account_id),
            ("account_scores_panel", store.account_id),
            ("visit_score", visit.pk),
            ("store_history", 2**53),
        )
    ]
    assert answers == [404] * 5


# -- the gallery -------------------------------------------------------------------------------------------------------
def test_the_gallery_narrows_and_never_shows_what_is_foreign_or_taken_back(open_as, rep, boss, stranger, store, make_visit, today_is):
    visit = make_visit(2)
    other = make_visit(40, where=StoreFactory(account=store.account))
    gone = PhotoFactory(visit=visit, removed_at=timezone.now())

    def shown(person, **query):
        return set(re.findall(r"photos/([0-9a-f-]{36})/small", text_of(open_as(person).get(reverse("visits:photo_list"), query))))

    first, second = (str(one.photos.kept().get().client_id) for one in (visit, other))
    assert (shown(rep), shown(boss), shown(stranger)) == ({first, second}, {first, second}, set())
    assert str(gone.client_id) not in shown(rep)
    assert shown(rep, store=store.pk) == {first}
    assert shown(rep, from_day=today_is - timedelta(days=5)) == {first}
    assert shown(rep, subject="display") == set()
    assert shown(boss, visitor=rep.pk, account=store.account_id) == {first, second}
    assert shown(rep, before=visit.photos.kept().get().pk) == set()
    for hostile in ({"store": "x"}, {"visitor": 10**30}, {"from_day": "soon"}, {"before": "9" * 40}):
        assert open_as(rep).get(reverse("visits:photo_list"), hostile).status_code == 200
    assert open_as(rep).get(reverse("visits:photo_list"), {"subject": "\x00"}).status_code == 400


def test_the_gallery_asks_as_much_for_many_photos_as_for_one(open_as, rep, make_visit, assert_same_statements):
    visit = make_visit(2)
    client = open_as(rep)
    assert_same_statements(lambda: client.get(reverse("visits:photo_list")), lambda: PhotoFactory.create_batch(3, visit=visit), most=12)


def test_older_photos_are_a_page_further(open_as, rep, make_visit, monkeypatch):
    monkeypatch.setattr("visits.history_views.PAGE", 1)
    make_visit(3)
    newest = make_visit(2).photos.get()
    client = open_as(rep)
    assert f"before={newest.pk}" in text_of(client.get(reverse("visits:photo_list")))
    assert "Older photos" not in text_of(client.get(reverse("visits:photo_list"), {"before": newest.pk}))


# -- pictures used twice -----------------------------------------------------------------------------------------------
@pytest.fixture
def twice(make_visit):
    """The same picture in two visits, and one twice in one visit."""
    first = make_visit(9).photos.get()
    again = PhotoFactory(visit=make_visit(2), reused_from=first)
    PhotoFactory(visit=again.visit, reused_from=again)
    return again


def test_a_supervisor_sees_both_visits_and_says_whether_it_is_in_order(open_as, boss, twice):
    client = open_as(boss)
    page = text_of(client.get(reverse("visits:photo_reuse_list")))
    assert re.findall(r"photos/([0-9a-f-]{36})/twice", page) == [str(twice.client_id)]
    url = reverse("visits:photo_reuse", args=[twice.client_id])
    both = text_of(client.get(url))
    assert [str(one.client_id) in both for one in (twice, twice.reused_from)] == [True, True]

    assert "Say in a few words what is not in order." in text_of(client.post(url, {"verdict": "misuse", "note": " "}, follow=True))
    assert client.post(url, {"verdict": "misuse", "note": "Old picture sent again"}).url == reverse("visits:photo_reuse_list")
    twice.refresh_from_db()
    assert (twice.verdict, twice.verdict_note, twice.verdict_by) == ("misuse", "Old picture sent again", boss)
    assert "Nothing to look at" in text_of(client.get(reverse("visits:photo_reuse_list")))
    assert str(twice.client_id) in text_of(client.get(reverse("visits:photo_reuse_list"), {"show": "decided"}))


def test_only_who_leads_the_visitor_judges(open_as, rep, stranger, twice):
    url = reverse("visits:photo_reuse", args=[twice.client_id])
    assert (open_as(rep).get(url).status_code, open_as(stranger).post(url, {"verdict": "fine"}).status_code) == (403, 403)
    other_boss = UserFactory(supervisor=True)
    assert (open_as(other_boss).get(url).status_code, open_as(other_boss).post(url, {"verdict": "fine"}).status_code) == (404, 404)
    unflagged = reverse("visits:photo_reuse", args=[uuid.uuid4()])
    assert open_as(other_boss).get(unflagged).status_code == 404
    twice.refresh_from_db()
    assert twice.verdict == ""


@pytest.mark.parametrize("verdict", ["", "golf", "\x00", "x" * 5000])
def test_a_verdict_that_is_none_is_told(open_as, boss, twice, verdict):
    answer = open_as(boss).post(
        reverse("visits:photo_reuse", args=[twice.client_id]), {"verdict": verdict, "note": "\x00x" * 900}, follow=True
    )
    assert "Choose whether the picture is in order." in text_of(answer)


def test_the_page_of_reused_photos_asks_as_much_for_three_as_for_one(open_as, boss, twice, make_visit, assert_same_statements):
    client = open_as(boss)

    def more():
        for days_ago in (5, 6):
            PhotoFactory(visit=make_visit(days_ago), reused_from=twice)

    assert_same_statements(lambda: client.get(reverse("visits:photo_reuse_list")), more, most=12)


# -- starting a visit --------------------------------------------------------------------------------------------------
def names(answer):
    return re.findall(r'class="line-title">([^<]+)<', answer.content.decode())


def test_the_nearest_stores_come_first_and_a_tap_checks_in(open_as, rep, store):
    near = StoreFactory(account=store.account, name="Near", latitude="52.52010", longitude="13.40500")
    StoreFactory(account=store.account, name="Nearer than far", latitude="52.60000", longitude="13.40500")
    StoreFactory(name="Foreign", latitude="52.52000", longitude="13.40500")
    client = open_as(rep)
    here = {"latitude": "52.52000", "longitude": "13.40500"}
    assert names(client.get(reverse("visits:store_search"), here | {"for": "start"})) == ["Near", "Nearer than far"]
    assert "11\u00a0m" in client.get(reverse("visits:visit_start"), here).content.decode()

    answer = client.post(reverse("visits:visit_start"), {"store": near.pk, "client_id": str(uuid.uuid4()), "check_in": "1", **here})
    visit = Visit.objects.get()
    assert (answer.url, visit.status, visit.distance_m) == (reverse("visits:visit_record", args=[visit.pk]), "in_progress", 11)


def test_without_a_place_todays_stores_come_first_then_the_last_ones(open_as, rep, store, today_is):
    for name in ("A never", "B last", "C today"):
        StoreFactory(account=store.account, name=name)
    by_name = {one.name: one for one in type(store).objects.all()}
    VisitFactory(store=by_name["B last"], visitor=rep, completed=True, planned_on=today_is - timedelta(days=3))
    VisitFactory(store=by_name["C today"], visitor=rep, planned_on=today_is)
    found = names(open_as(rep).get(reverse("visits:visit_start")))
    assert (found[:2], set(found[2:])) == (["C today", "B last"], {"A never", store.name})


def test_the_start_page_asks_as_much_for_four_stores_as_for_one(open_as, rep, store, assert_same_statements):
    client = open_as(rep)
    here = {"latitude": "41.8", "longitude": "-87.6"}
    for query in ({}, here):
        assert_same_statements(
            lambda query=query: client.get(reverse("visits:visit_start"), query),
            lambda: StoreFactory.create_batch(3, account=store.account),
            most=14,
        )


@pytest.mark.parametrize("latitude", ["x", "91", "NaN", "1e999", "9" * 400, ""])
def test_a_place_that_is_none_still_opens_the_page(open_as, rep, store, latitude):
    client = open_as(rep)
    assert client.get(reverse("visits:visit_start"), {"latitude": latitude, "longitude": "13"}).status_code == 200
    values = {"store": store.pk, "client_id": str(uuid.uuid4()), "check_in": "1", "latitude": latitude, "longitude": "13"}
    assert client.post(reverse("visits:visit_start"), values).status_code == 302


def test_somebody_without_a_store_is_told_what_to_do(open_as):
    page = text_of(open_as(UserFactory(field_rep=True)).get(reverse("visits:visit_start")))
    assert "Ask your supervisor to assign you an account" in page


# -- the steps ---------------------------------------------------------------------------------------------------------
def test_the_check_out_says_what_is_missing_and_how_the_score_stands(open_as, rep, store, product):
    visit = VisitFactory(store=store, visitor=rep, in_progress=True)
    MustStockRuleFactory(account=store.account, product=ProductFactory())
    ShelfFactFactory(visit=visit, product=product, is_must_stock=True)
    page = text_of(open_as(rep).get(reverse("visits:visit_record", args=[visit.pk])))
    assert re.search(r"Score so far</span> <strong>100\.0</strong>", page)
    lacks = re.findall(r'<li><a href="#([a-z-]+)">.*?</svg>([^<]*)</a>', page[page.index('class="lacks"') :])
    assert lacks[:2] == [("shelf", "1 product is not checked."), ("price", "1 product on the shelf has no price.")]
    assert [step for step, _text in lacks[2:]] == ["promotion", "display", "stock", "promoters", "category", "photos"]


def test_what_the_purpose_does_not_ask_for_is_not_missing(open_as, rep, store):
    visit = VisitFactory(store=store, visitor=rep, in_progress=True, purpose=Visit.Purpose.COMPLAINT)
    page = text_of(open_as(rep).get(reverse("visits:visit_record", args=[visit.pk])))
    extra = re.findall(r'data-step-of="([a-z-]+)" data-extra', page)
    assert (extra, "Promotion: nobody said" in page) == (["price", "promotion", "display", "competitors", "category", "promoters"], False)


def test_one_tap_says_that_a_step_does_not_apply(open_as, rep, store, visit):
    client, url = open_as(rep), reverse("visits:visit_record", args=[visit.pk])
    for topic in ("competitors", "promotion"):
        identity = uuid.uuid5(visit.client_id, f"observations:{topic}")
        client.post(url, {"part": "observations", "id": str(identity), "topic": topic, "is_as_agreed": "na"})
    assert list(Observation.objects.order_by("topic").values_list("topic", "does_not_apply")) == [
        ("competitors", True),
        ("promotion", True),
    ]
    assert "Promotion: nobody said" not in text_of(client.get(url))


def test_what_does_not_apply_is_neither_as_agreed_nor_not(rep, visit):
    from visits.documents import DocumentRefused

    said = {"id": str(uuid.uuid4()), "changed_at": NOW.isoformat(), "topic": "display", "is_as_agreed": True, "does_not_apply": True}
    with pytest.raises(DocumentRefused, match="neither as agreed nor not as agreed"):
        services.record_visit(document={"visit": str(visit.client_id), "observations": [said]}, actor=rep, now=NOW)


# -- photos taken back -------------------------------------------------------------------------------------------------
def test_a_photo_is_taken_back_and_put_back(open_as, rep, visit):
    photo = PhotoFactory(visit=visit)
    client, page = open_as(rep), reverse("visits:visit_record", args=[visit.pk])
    assert client.post(reverse("visits:photo_remove", args=[photo.client_id])).url == f"{page}#photos"
    assert "1 photo taken back" in text_of(client.get(page))
    photo.refresh_from_db()
    assert (photo.removed_by, Photo.objects.kept().count(), Photo.objects.count()) == (rep, 0, 1)
    client.post(reverse("visits:photo_restore", args=[photo.client_id]))
    assert Photo.objects.kept().count() == 1


def test_nobody_else_takes_a_photo_back(open_as, boss, stranger, visit):
    photo = PhotoFactory(visit=visit)
    url = reverse("visits:photo_remove", args=[photo.client_id])
    assert "only they record it" in text_of(open_as(boss).post(url, follow=True))
    answers = [open_as(stranger).post(address).status_code for address in (url, reverse("visits:photo_remove", args=[uuid.uuid4()]))]
    assert (answers, open_as(boss).get(url).status_code) == ([404, 404], 405)
    assert Photo.objects.kept().count() == 1


def test_a_ticket_of_another_days_visit_is_told_on_its_page(open_as, boss, make_visit):
    opened, closed = make_visit(5, present=False), make_visit(2)
    client = open_as(boss)
    assert ShelfTicket.objects.get().closed_in == closed
    for visit in (opened, closed):
        assert "Out-of-stock tickets" in text_of(client.get(visit.get_absolute_url()))
    assert opened.planned_on < closed.planned_on <= date.today()
