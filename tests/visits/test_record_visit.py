"""The one write path of visits: what a document does, and what is refused."""

import copy
import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ka_crm.errors import IllegalMove, NotAllowed
from team.models import AuditEvent
from tests.factories import (
    CategoryFactory,
    DelegationFactory,
    KeyAccountFactory,
    MustStockRuleFactory,
    ProductFactory,
    StoreFactory,
    UserFactory,
    VisitFactory,
)
from visits.documents import DocumentRefused
from visits.models import CategoryAsk, CompetitorFact, Observation, ShelfFact, Visit
from visits.services import VisitUnknown, check_in, check_out, record_visit

from .conftest import at, document, shelf_fact


def send(actor, now, visit_id, **parts):
    return record_visit(document=document(visit_id, **parts), actor=actor, now=now)


# -- what a document does ----------------------------------------------------------------------------------------------------
def test_a_whole_visit_in_one_document(rep, store, visit, product, now):
    category = CategoryFactory()
    visit, outcome = send(
        rep,
        now,
        visit.client_id,
        sent_at=at(10),
        check_in={"at": at(9), "latitude": Decimal("41.878113"), "longitude": Decimal("-87.629799"), "accuracy_m": 12},
        shelf=[shelf_fact(product, facings=4, price="12.90", stock_units=36)],
        competitors=[
            {
                "id": str(uuid.uuid4()),
                "changed_at": at(9, 20),
                "brand": "Rival",
                "category": category.pk,
                "price": "9.5",
                "is_on_promotion": True,
            }
        ],
        category_asks=[
            {"id": str(uuid.uuid4()), "changed_at": at(9, 25), "category": category.pk, "monthly_value": 1200, "all_facings": 40}
        ],
        observations=[
            {"id": str(uuid.uuid4()), "changed_at": at(9, 26), "topic": "display", "is_as_agreed": False, "note": "End cap gone"}
        ],
        note={"text": " Buyer is on leave. ", "changed_at": at(9, 30)},
        check_out={"at": at(9, 40)},
    )

    visit.refresh_from_db()
    assert (visit.status, visit.checked_in_at, visit.checked_out_at) == (
        "completed",
        datetime(2026, 3, 2, 9, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 40, tzinfo=UTC),
    )
    assert (visit.received_at, visit.check_out_received_at, visit.clock_skew_s) == (now, now, 0)
    assert (visit.latitude, visit.longitude, visit.distance_m, visit.accuracy_m) == (Decimal("41.87811"), Decimal("-87.62980"), 0, 12)
    assert visit.note == "Buyer is on leave."
    fact = ShelfFact.objects.get()
    assert (fact.is_present, fact.facings, fact.price_minor, fact.stock_units, fact.is_must_stock) == (True, 4, 1290, 36, True)
    assert CompetitorFact.objects.get().price_minor == 950
    assert CategoryAsk.objects.get().monthly_value_minor == 120_000
    assert Observation.objects.get().is_as_agreed is False
    assert (outcome.applied, outcome.unchanged, outcome.superseded, outcome.conflicts) == (7, 0, 0, [])
    assert list(AuditEvent.objects.about(visit).order_by("pk").values_list("verb", flat=True)) == [
        "visit.checked_in",
        "visit.recorded",
        "visit.checked_out",
    ]


def test_the_same_document_twice_is_applied_once(rep, visit, product, now):
    same = document(
        visit.client_id, check_in={"at": at(9)}, shelf=[shelf_fact(product, facings=4)], note={"text": "Fine", "changed_at": at(9, 5)}
    )
    record_visit(document=copy.deepcopy(same), actor=rep, now=now)
    events = AuditEvent.objects.count()

    again, outcome = record_visit(document=same, actor=rep, now=now + timedelta(hours=1))

    assert (outcome.applied, outcome.unchanged, outcome.conflicts) == (0, 3, [])
    assert (again.version, again.received_at, ShelfFact.objects.count(), AuditEvent.objects.count()) == (2, now, 1, events)


def test_a_header_makes_an_ad_hoc_visit_once(rep, store, now):
    visit_id = uuid.uuid4()
    for _time in range(2):
        visit, _outcome = send(rep, now, visit_id, header={"store": store.pk, "purpose": "promotion"}, check_in={"at": at(9)})
    assert Visit.objects.get() == visit
    assert (visit.origin, visit.visitor, visit.purpose, visit.status, visit.planned_on) == (
        "ad_hoc",
        rep,
        "promotion",
        "in_progress",
        date(2026, 3, 2),
    )


def test_a_visit_at_headquarters_has_no_store(rep, store, now):
    visit, _outcome = send(
        rep, now, uuid.uuid4(), header={"account": store.account_id}, check_in={"at": at(9), "latitude": 1, "longitude": 2}
    )
    assert (visit.store, visit.account, visit.distance_m) == (None, store.account, None)


def test_parts_that_come_later_add(rep, visit, product, now):
    other = ProductFactory()
    send(rep, now, visit.client_id, check_in={"at": at(9)}, shelf=[shelf_fact(product, facings=4)])
    visit, _outcome = send(rep, now, visit.client_id, shelf=[shelf_fact(other, is_present=False, is_out_of_stock=True)])
    assert sorted(ShelfFact.objects.values_list("product_id", "is_present", "is_must_stock")) == [
        (product.pk, True, True),
        (other.pk, False, False),
    ]
    assert visit.version == 3


def test_the_later_statement_holds_in_whatever_order(rep, visit, product, now):
    first = shelf_fact(product, facings=4)
    later = {**first, "facings": 6, "changed_at": at(9, 20)}
    send(rep, now, visit.client_id, shelf=[later])
    _visit, outcome = send(rep, now, visit.client_id, shelf=[first])
    assert (ShelfFact.objects.get().facings, outcome.superseded, outcome.conflicts) == (6, 1, [])


def test_two_tabs_about_one_product_share_one_fact(rep, visit, product, now):
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, facings=4)])
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, facings=5, changed_at=at(9, 30))])
    assert ShelfFact.objects.get().facings == 5


def test_equal_times_with_other_values_are_a_conflict_and_the_first_stays(rep, visit, product, now):
    fact = shelf_fact(product, facings=4, price="3.20")
    send(rep, now, visit.client_id, shelf=[fact])
    _visit, outcome = send(rep, now, visit.client_id, shelf=[{**fact, "facings": 9}])
    assert ShelfFact.objects.get().facings == 4
    assert [(conflict["part"], conflict["code"], conflict["id"]) for conflict in outcome.conflicts] == [("shelf", "differs", fact["id"])]
    assert (outcome.conflicts[0]["stored"]["facings"], outcome.conflicts[0]["stored"]["price"]) == (4, "3.20")


def test_an_id_of_another_visit_is_a_conflict(rep, visit, product, now):
    other = VisitFactory(store=visit.store, visitor=rep, planned_on=date(2026, 3, 3))
    fact = shelf_fact(product)
    send(rep, now, visit.client_id, shelf=[fact])
    _visit, outcome = send(rep, now, other.client_id, shelf=[fact])
    assert [conflict["code"] for conflict in outcome.conflicts] == ["id_taken"]
    assert ShelfFact.objects.get().visit == visit


def test_a_check_in_at_another_time_is_a_conflict(rep, visit, now):
    send(rep, now, visit.client_id, check_in={"at": at(9)})
    visit, outcome = send(rep, now, visit.client_id, check_in={"at": at(9, 30)})
    assert [conflict["code"] for conflict in outcome.conflicts] == ["already_checked_in"]
    assert visit.checked_in_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_check_out_before_check_in_waits_for_it(rep, visit, now):
    visit, _outcome = send(rep, now, visit.client_id, check_out={"at": at(9, 40)})
    assert visit.status == "planned"
    visit, _outcome = send(rep, now, visit.client_id, check_in={"at": at(9)})
    assert visit.status == "completed"


def test_what_was_seen_after_check_out_still_counts(rep, visit, product, now):
    send(rep, now, visit.client_id, check_in={"at": at(9)}, check_out={"at": at(9, 40)})
    visit, _outcome = send(rep, now + timedelta(days=30), visit.client_id, shelf=[shelf_fact(product)])
    assert (visit.status, ShelfFact.objects.count()) == ("completed", 1)


def test_a_missed_visit_that_took_place_after_all(rep, store, now):
    visit = VisitFactory(store=store, visitor=rep, missed=True)
    visit, _outcome = check_in(visit=visit, actor=rep, now=now)
    assert visit.status == "in_progress"
    visit, _outcome = check_out(visit=visit, actor=rep, now=now + timedelta(minutes=30))
    assert visit.status == "completed"


def test_a_competitor_taken_back_stays_away(rep, visit, now):
    seen = {"id": str(uuid.uuid4()), "changed_at": at(9), "brand": "Rival"}
    send(rep, now, visit.client_id, competitors=[{**seen, "is_removed": True, "changed_at": at(9, 5)}])
    send(rep, now, visit.client_id, competitors=[seen])
    assert CompetitorFact.objects.get().is_removed is True


def test_must_stock_is_judged_by_the_rules_of_the_visits_day(rep, visit, now):
    ended = MustStockRuleFactory(account=visit.account, ends_on=date(2026, 3, 1)).product
    last_day = MustStockRuleFactory(account=visit.account, ends_on=date(2026, 3, 2)).product
    send(rep, now, visit.client_id, shelf=[shelf_fact(ended), shelf_fact(last_day)])
    assert dict(ShelfFact.objects.values_list("product_id", "is_must_stock")) == {ended.pk: False, last_day.pk: True}


def test_prices_are_in_the_accounts_currency(rep, visit, product, now):
    visit.account.currency = "JPY"
    visit.account.save()
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, price="198")])
    assert ShelfFact.objects.get().price_minor == 198


def test_a_comma_is_a_decimal_point_on_half_the_worlds_keypads(rep, visit, product, now):
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, price="12,90")])
    assert ShelfFact.objects.get().price_minor == 1290


# -- clocks ------------------------------------------------------------------------------------------------------------------
def test_a_visit_counts_on_the_day_it_took_place(rep, visit, now):
    visit, _outcome = send(rep, now + timedelta(days=1), visit.client_id, check_in={"at": at(9, day=3)})
    assert visit.planned_on == date(2026, 3, 3)


@pytest.mark.parametrize("hours", [48, -48])
def test_a_phone_two_days_wrong_is_kept_flagged_and_counted_on_the_true_day(rep, visit, now, hours):
    wrong = timedelta(hours=hours)
    seen_at = now - timedelta(minutes=30)
    visit, _outcome = send(rep, now, visit.client_id, sent_at=(now + wrong).isoformat(), check_in={"at": (seen_at + wrong).isoformat()})
    assert (visit.checked_in_at, visit.received_at, visit.clock_skew_s) == (seen_at + wrong, now, hours * 3600)
    assert (visit.planned_on, visit.has_wrong_clock) == (date(2026, 3, 2), True)


def test_thirty_days_late_counts_on_the_phones_day(rep, visit, now):
    visit, _outcome = send(
        rep, now + timedelta(days=30), visit.client_id, sent_at=(now + timedelta(days=30)).isoformat(), check_in={"at": at(9, day=1)}
    )
    assert (visit.planned_on, visit.has_wrong_clock) == (date(2026, 3, 1), False)


def test_half_past_eleven_at_night_at_month_end_counts_in_the_companys_month(rep, store, settings, now):
    settings.TIME_ZONE = "America/Chicago"
    late = datetime(2026, 4, 1, 4, 30, tzinfo=UTC)  # 31 March, 23:30 in Chicago
    visit, _outcome = send(rep, late, uuid.uuid4(), header={"store": store.pk}, check_in={"at": late.isoformat()})
    assert visit.planned_on == date(2026, 3, 31)


@pytest.mark.parametrize("hours", [48, -48])
def test_a_clock_set_right_during_the_visit_leaves_a_visit_of_forty_minutes(rep, visit, now, hours):
    wrong = timedelta(hours=hours)
    send(rep, now, visit.client_id, sent_at=(now + wrong).isoformat(), check_in={"at": (now + wrong).isoformat()})
    later = now + timedelta(minutes=40)

    visit, _outcome = send(rep, later, visit.client_id, sent_at=later.isoformat(), check_out={"at": later.isoformat()})

    assert (visit.status, visit.minutes, visit.checked_in_at) == ("completed", 40, now)
    assert (visit.planned_on, visit.has_wrong_clock) == (date(2026, 3, 2), True)
    assert AuditEvent.objects.filter(verb="visit.recorded").get().changes == {"checked_in_at": [(now + wrong).isoformat(), now.isoformat()]}


def test_a_clock_set_right_before_anything_was_sent_does_not_hold_the_check_out_back(rep, visit, now):
    ahead = (now + timedelta(hours=48)).isoformat()
    document = {"sent_at": now.isoformat(), "check_in": {"at": ahead}, "check_out": {"at": at(9, 55)}}
    visit, _outcome = send(rep, now, visit.client_id, **document)
    assert (visit.status, visit.minutes, visit.planned_on) == ("completed", 0, date(2026, 3, 2))


def test_a_check_in_from_a_clock_that_was_ahead_counts_today(rep, visit, now):
    visit, _outcome = send(rep, now, visit.client_id, sent_at=now.isoformat(), check_in={"at": at(9, day=4)})
    assert visit.planned_on == date(2026, 3, 2)


# -- refusals ----------------------------------------------------------------------------------------------------------------
def refused(actor, now, visit_id, **parts):
    with pytest.raises(DocumentRefused) as caught:
        send(actor, now, visit_id, **parts)
    return caught.value.errors


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"shelves": []}, "shelves"),
        ({"check_in": {"at": "yesterday"}}, "check_in.at"),
        ({"check_in": {"at": "2026-03-02T09:00:00"}}, "check_in.at"),
        ({"check_in": {"at": "9999-12-31T23:59:59-12:00"}}, "check_in.at"),
        ({"check_in": {"at": "2099-01-01T00:00:00Z"}}, "check_in.at"),
        ({"sent_at": at(9), "check_in": {"at": at(9, day=10)}}, "check_in.at"),
        ({"sent_at": at(9), "check_out": {"at": "2099-01-01T00:00:00Z"}}, "check_out.at"),
        ({"note": {"text": "x", "changed_at": at(11, day=9)}}, "note.changed_at"),
        ({"sent_at": "2099-01-01T00:00:00Z", "note": {"text": "x", "changed_at": at(9)}}, "sent_at"),
        ({"header": {"store": 1, "planned_on": "2028-03-02"}}, "header.planned_on"),
        ({"header": {"store": 1, "planned_on": "2025-02-28"}}, "header.planned_on"),
        ({"check_in": {"at": at(9), "latitude": 91, "longitude": 0}}, "check_in.latitude"),
        ({"check_in": {"at": at(9), "latitude": 10}}, "check_in.latitude"),
        ({"check_in": {"at": at(9), "altitude": 3}}, "check_in.altitude"),
        ({"check_out": {}}, "check_out.at"),
        ({"note": {"text": "x" * 10_001, "changed_at": at(9)}}, "note.text"),
        ({"shelf": {}}, None),
        ({"shelf": {"0": {}}}, "shelf"),
        ({"shelf": 0}, "shelf"),
        ({"shelf": False}, "shelf"),
        ({"shelf": ""}, "shelf"),
        ({"shelf": [7]}, "shelf.0"),
        ({"shelf": [{}]}, "shelf.0.id"),
        ({"header": {"purpose": "routine"}}, "header.store"),
        ({"header": {"store": 1, "account": 1}}, "header.store"),
        ({"header": {"store": 1, "purpose": "golf"}}, "header.purpose"),
        ({"header": {"store": 10**30}}, "header.store"),
        ({"observations": [{"id": str(uuid.uuid4()), "changed_at": at(9), "topic": "weather"}]}, "observations.0.topic"),
        (
            {"observations": [{"id": str(uuid.uuid4()), "changed_at": at(9), "topic": "price", "does_not_apply": "perhaps"}]},
            "observations.0.does_not_apply",
        ),
        ({"competitors": [{"id": str(uuid.uuid4()), "changed_at": at(9), "brand": " "}]}, "competitors.0.brand"),
        ({"competitors": [{"id": str(uuid.uuid4()), "changed_at": at(9), "brand": "R", "category": 10**6}]}, "competitors.0.category"),
    ],
)
def test_a_fault_names_its_field(rep, visit, now, parts, field):
    if field is None:  # an empty object where a list is wanted says nothing at all
        assert send(rep, now, visit.client_id, **parts)[1].applied == 0
    else:
        assert field in refused(rep, now, visit.client_id, **parts)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("facings", -1),
        ("facings", 10**20),
        ("facings", "many"),
        ("facings", True),
        ("price", "-0.01"),
        ("price", "12.3万"),
        ("price", "NaN"),
        ("price", 1.5),
        ("price", "1,234.50"),
        ("price", "1_0"),
        ("price", "1e2"),
        ("price", "1e400"),
        ("price", "1.999"),
        ("price", "0.001"),
        ("stock_units", 3.5),
        ("product", 0),
        ("product", 999_999),
        ("is_present", "yes"),
        ("is_out_of_stock", True),
        ("note", "x" * 251),
        ("note", ["a"]),
        ("changed_at", None),
        ("changed_at", "2026-03-09T10:00:01+00:00"),
        ("id", "17"),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_of_a_shelf_fact_names_its_field(rep, visit, product, now, name, value):
    errors = refused(rep, now, visit.client_id, shelf=[{**shelf_fact(product), name: value}])
    assert list(errors) == [f"shelf.0.{name}"]
    assert not ShelfFact.objects.exists()


def test_a_product_that_is_not_there_has_no_facings(rep, visit, product, now):
    assert refused(rep, now, visit.client_id, shelf=[shelf_fact(product, is_present=False, facings=3)]) == {
        "shelf.0.facings": "A product that is not on the shelf has no facings."
    }
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, is_present=False, facings=0)])
    assert ShelfFact.objects.get().facings == 0


def test_a_currency_without_decimals_takes_none(rep, visit, product, now):
    visit.account.currency = "JPY"
    visit.account.save(update_fields=["currency"])
    assert refused(rep, now, visit.client_id, shelf=[shelf_fact(product, price="12.5")]) == {"shelf.0.price": "JPY has no decimals."}
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, price="12.00")])
    assert ShelfFact.objects.get().price_minor == 12


def test_full_width_digits_are_digits(rep, visit, product, now):
    send(rep, now, visit.client_id, shelf=[shelf_fact(product, price="１２．５", facings="３")])
    assert (ShelfFact.objects.get().price_minor, ShelfFact.objects.get().facings) == (1250, 3)


def test_one_fault_refuses_the_whole_document(rep, visit, product, now):
    refused(rep, now, visit.client_id, check_in={"at": at(9)}, shelf=[shelf_fact(product), shelf_fact(ProductFactory(), facings=-1)])
    visit.refresh_from_db()
    assert (visit.status, ShelfFact.objects.count(), AuditEvent.objects.count()) == ("planned", 0, 0)


def test_a_check_out_before_a_check_in_that_nobody_received_is_refused(rep, visit, now):
    """As of visits that came from elsewhere: there is no server's clock to compare with."""
    Visit.objects.filter(pk=visit.pk).update(status="in_progress", checked_in_at=now + timedelta(hours=48))
    assert list(refused(rep, now, visit.client_id, check_out={"at": at(9)})) == ["check_out.at"]


def test_a_check_out_before_the_check_in_is_refused(rep, visit, now):
    assert list(refused(rep, now, visit.client_id, check_in={"at": at(9)}, check_out={"at": at(8, 59)})) == ["check_out.at"]


@pytest.mark.parametrize("raw", [None, [], "visit", 7, {"visit": 5}, {"visit": "x" * 50}, {}])
def test_what_is_no_document_is_refused(rep, now, raw):
    with pytest.raises(DocumentRefused):
        record_visit(document=raw, actor=rep, now=now)


def test_text_loses_what_no_field_can_store(rep, visit, now):
    visit, _outcome = send(rep, now, visit.client_id, note={"text": "a\x00b \ud83d😀 \u202eabc", "changed_at": at(9)})
    assert visit.note == "ab 😀 \u202eabc"


# -- who may -----------------------------------------------------------------------------------------------------------------
def test_an_unknown_visit_and_a_foreign_one_get_the_same_answer(rep, stranger, visit, now):
    messages = []
    for visit_id in (visit.client_id, uuid.uuid4()):
        with pytest.raises(VisitUnknown) as caught:
            send(stranger, now, visit_id, note={"text": "x", "changed_at": at(9)})
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    with pytest.raises(VisitUnknown):
        send(stranger, now, visit.client_id, header={"account": KeyAccountFactory().pk}, check_in={"at": at(9)})


def test_a_store_out_of_scope_is_answered_like_none(stranger, store, now):
    foreign = refused(stranger, now, uuid.uuid4(), header={"store": store.pk}, check_in={"at": at(9)})
    missing = refused(stranger, now, uuid.uuid4(), header={"store": store.pk + 1000}, check_in={"at": at(9)})
    assert foreign == missing == {"header.store": "There is no such store among yours."}


def test_a_supervisor_sees_but_does_not_record(boss, visit, now):
    with pytest.raises(NotAllowed, match="Ana Field's visit"):
        send(boss, now, visit.client_id, check_in={"at": at(9)})


def test_a_viewer_records_nothing(store, now):
    with pytest.raises(NotAllowed):
        send(UserFactory(viewer=True), now, uuid.uuid4(), header={"store": store.pk})


def test_a_deputy_records_and_history_names_both(rep, visit, now, today_is):
    deputy = UserFactory(field_rep=True)
    DelegationFactory(absent=rep, deputy=deputy, starts_on=today_is, ends_on=today_is)
    visit, _outcome = send(deputy, now, visit.client_id, check_in={"at": at(9)})
    event = AuditEvent.objects.get(verb="visit.checked_in")
    assert (visit.status, event.actor, event.on_behalf_of) == ("in_progress", deputy, rep)


def test_an_account_that_left_ones_care_is_refused(rep, visit, now):
    rep.assignments.update(ends_on=date(2026, 1, 31))
    with pytest.raises(NotAllowed, match="no longer in your care"):
        send(rep, now, visit.client_id, check_in={"at": at(9)})


def test_a_cancelled_visit_takes_nothing(rep, store, product, now):
    visit = VisitFactory(store=store, visitor=rep, cancelled=True)
    with pytest.raises(IllegalMove):
        send(rep, now, visit.client_id, shelf=[shelf_fact(product)])


def test_an_archived_store_gets_no_new_visit(rep, now):
    store = StoreFactory(account=rep.assignments.get().account, archived_at=now)
    assert list(refused(rep, now, uuid.uuid4(), header={"store": store.pk})) == ["header.store"]


# -- the queue of a phone (reliability C3) -------------------------------------------------------------------------------------
@pytest.mark.parametrize("visits", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_a_thousand_documents_shuffled_and_doubled_are_the_visits_once(rep, store, now, visits):
    """Visits of ten documents each, every one sent once or twice, in any order: the same rows as sent once in order."""
    products = [MustStockRuleFactory(account=store.account).product for _number in range(4)]
    chance = random.Random(7)
    documents, expected = [], {}
    for number in range(visits):
        visit_id = uuid.UUID(int=chance.getrandbits(128), version=4)
        documents += _documents_of(visit_id, store, products, chance, number)
        expected[visit_id] = number
    sent = documents + chance.choices(documents, k=len(documents) // 2)
    chance.shuffle(sent)
    conflicts = []
    for one in sent:
        _visit, outcome = record_visit(document=copy.deepcopy(one), actor=rep, now=now + timedelta(days=30))
        conflicts += outcome.conflicts

    assert conflicts == []
    assert len(documents) == visits * 10
    assert Visit.objects.filter(status="completed").count() == Visit.objects.count() == visits
    stored = {
        visit.client_id: (int(visit.note), sorted(visit.shelffacts.values_list("product_id", "facings"))) for visit in Visit.objects.all()
    }
    assert stored == {visit_id: (number, [(product.pk, number % 9 + 1) for product in products]) for visit_id, number in expected.items()}


def _documents_of(visit_id, store, products, chance, number):
    """Check-in, four facts said twice (the second time holds), note said last, check-out: ten documents, each with the header."""
    header = {"store": store.pk, "purpose": "routine"}
    facts = []
    for product in products:
        first = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "changed_at": at(9, 10),
            "product": product.pk,
            "is_present": True,
        }
        facts += [{**first, "facings": 0}, {**first, "facings": number % 9 + 1, "changed_at": at(9, 20)}]
    parts = [{"check_in": {"at": at(9)}, "note": {"text": str(number), "changed_at": at(9, 1)}}]
    parts += [{"shelf": [fact]} for fact in facts]
    parts += [{"check_out": {"at": at(9, 40)}}]
    return [document(visit_id, header=header, **part) for part in parts]
