"""After any sequence of imports and undos the figures are those as if the undone files had never come."""

import random
from datetime import date, timedelta

import pytest

from ka_crm.errors import DomainError, IllegalMove
from ka_crm.integrity import invariants
from ka_crm.periods import month_of, week_start
from sales.models import AccountProductMonth, AccountProductWeek, ImportBatch, Product, SellOut, SellOutHistory, StoreProductMonth
from sales.services.imports import undo_import
from sales.services.shipped_profiles import load_shipped_profiles
from tests.factories.accounts import KeyAccountFactory, StoreFactory
from tests.factories.sales import ImportProfileFactory, ProductFactory
from tests.sales.importing import import_bytes, sellout_csv

pytestmark = pytest.mark.django_db
MONDAY = date(2017, 2, 20)  # the week of 27 February runs over the end of the month


class World:
    """Two stores, two products, and a retailer that sends days at one time and weeks at another."""

    def __init__(self):
        load_shipped_profiles()
        self.account = KeyAccountFactory(code="A1")
        self.stores = {code: StoreFactory(code=code, account=self.account) for code in ("S1", "S2")}
        self.products = {sku: ProductFactory(sku=sku) for sku in ("P1", "P2")}
        definition = {
            "columns": {
                name: [name]
                for name in (
                    "account_code",
                    "store_code",
                    "date",
                    "sku",
                    "units",
                    "gross_value",
                    "discount_value",
                    "net_value",
                    "supplier_coupon_value",
                )
            },
            "grain": "week_ending",
        }
        ImportProfileFactory(code="WEEKLY", definition=definition)

    def random_file(self, chance):
        """(profile, grain, {(store, day, sku): (units, gross, discount, coupon)}) of one to eight rows."""
        weekly = chance.random() < 0.3
        rows = {}
        for _row in range(chance.randint(1, 8)):
            offset = 6 + 7 * chance.randrange(3) if weekly else chance.randrange(21)
            units = chance.choice([0, 1, 2, 3, -1])
            gross, discount = units * 250, units * chance.choice([0, 10])
            key = (chance.choice(list(self.stores)), MONDAY + timedelta(days=offset), chance.choice(list(self.products)))
            rows[key] = (units, gross, discount, chance.choice([None, None, 0, 5]))
        return ("WEEKLY" if weekly else "CANONICAL"), (7 if weekly else 1), rows

    def content(self, rows):
        return sellout_csv([("A1", store, day, sku, *values) for (store, day, sku), values in rows.items()])


def as_if(files):
    """What the facts must say after ``files`` (grain, rows) in this order: {(store, day, sku, grain): (units, gross, discount, coupon)}."""
    held = {}
    for grain, rows in files:
        weeks = {(store, sku, week_start(day)) for store, day, sku in rows}
        held = {key: values for key, values in held.items() if key[3] == grain or (key[0], key[2], week_start(key[1])) not in weeks}
        for (store, day, sku), (units, gross, discount, coupon) in rows.items():
            known = held.get((store, day, sku, grain), (0, 0, 0, 0))[3]
            held[(store, day, sku, grain)] = (units, gross, discount, known if coupon is None else coupon)
    return held


def facts():
    rows = SellOut.objects.values_list(
        "store__code", "sold_on", "product__sku", "grain", "units", "gross_minor", "discount_minor", "coupon_minor"
    )
    return {row[:4]: row[4:] for row in rows}


def assert_rollups_are_the_sums_of(held):
    skus = dict(Product.objects.values_list("pk", "sku"))
    expected = {}
    for (_store, day, sku, _grain), (units, *_amounts) in held.items():
        count, total = expected.get((month_of(day).starts_on, sku), (0, 0))
        expected[(month_of(day).starts_on, sku)] = (count + 1, total + units)
    found = {(row.month, skus[row.product_id]): (row.fact_rows, row.units) for row in AccountProductMonth.objects.all()}
    assert found == expected
    assert [line for rule in invariants() if rule.name.startswith("sales.") for line in rule.find()] == []


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_imports_and_undos_leaves_what_the_other_files_say(seed):
    chance, world = random.Random(seed), World()
    done = []  # (batch, grain, rows), in the order of import
    for _step in range(14):
        in_effect = [entry for entry in done if entry[0].status == "imported"]
        if in_effect and chance.random() < 0.35:
            batch = chance.choice(in_effect)[0]
            undo_import(batch=batch, actor=None)
            batch.refresh_from_db()
        else:
            profile, grain, rows = world.random_file(chance)
            if done and chance.random() < 0.3:
                _batch, grain, rows = chance.choice(done)  # the same content again
                profile = "WEEKLY" if grain == 7 else "CANONICAL"
            batch, outcome = import_bytes(world.content(rows), profile=profile)
            assert outcome.rows_rejected == 0
            done.append((batch, grain, rows))
        for entry in done:
            entry[0].refresh_from_db()
        held = as_if([(grain, rows) for batch, grain, rows in done if batch.status == "imported"])
        assert facts() == held
        assert_rollups_are_the_sums_of(held)
    for batch, _grain, _rows in done:
        if batch.status == "imported":
            undo_import(batch=batch, actor=None)
    assert not SellOut.objects.exists() and not SellOutHistory.objects.exists()
    assert not any(model.objects.exists() for model in (StoreProductMonth, AccountProductMonth, AccountProductWeek))


def test_undoing_the_first_version_keeps_the_rows_that_the_corrected_file_repeats():
    world = World()
    first, _outcome = import_bytes(
        world.content({("S1", MONDAY, "P1"): (2, 500, 0, None), ("S1", MONDAY, "P2"): (9, 900, 0, None)}), profile="CANONICAL"
    )
    import_bytes(world.content({("S1", MONDAY, "P1"): (2, 500, 0, None), ("S1", MONDAY, "P2"): (1, 100, 0, None)}), profile="CANONICAL")

    undo_import(batch=first, actor=None)

    assert facts() == {("S1", MONDAY, "P1", 1): (2, 500, 0, 0), ("S1", MONDAY, "P2", 1): (1, 100, 0, 0)}


def test_an_identical_file_leaves_no_statements_and_takes_over_when_the_first_is_undone():
    world = World()
    content = world.content({("S1", MONDAY, "P1"): (2, 500, 0, None)})
    first, _outcome = import_bytes(content, profile="CANONICAL")
    second, outcome = import_bytes(content, profile="CANONICAL")
    assert (outcome.rows_imported, outcome.rows_unchanged, SellOutHistory.objects.count()) == (0, 1, 0)
    assert second.repeats_id == first.pk

    undo_import(batch=first, actor=None)

    assert SellOut.objects.get().batch_id == second.pk
    assert ImportBatch.objects.get(pk=second.pk).repeats_id is None
    undo_import(batch=ImportBatch.objects.get(pk=second.pk), actor=None)
    assert not SellOut.objects.exists()


def test_the_file_imported_last_is_known_again_without_comparing(monkeypatch):
    world = World()
    content = world.content({("S1", MONDAY, "P1"): (2, 500, 0, None), ("S2", MONDAY, "P2"): (1, 250, 0, 5)})
    first, _outcome = import_bytes(content, profile="CANONICAL")
    before = facts()
    monkeypatch.setattr("sales.importing.facts._differs", lambda facts: pytest.fail("The rows were held against the facts."))

    second, outcome = import_bytes(content, profile="CANONICAL")

    assert (outcome.rows_imported, outcome.rows_unchanged, second.repeats_id) == (0, 2, first.pk)
    assert facts() == before
    assert_rollups_are_the_sums_of(before)


def test_the_same_bytes_after_a_correction_restate_what_they_said():
    world = World()
    content = world.content({("S1", MONDAY, "P1"): (2, 500, 0, None), ("S1", MONDAY, "P2"): (9, 900, 0, None)})
    import_bytes(content, profile="CANONICAL")
    import_bytes(world.content({("S1", MONDAY, "P1"): (3, 750, 0, None)}), profile="CANONICAL")

    again, outcome = import_bytes(content, profile="CANONICAL")

    assert (outcome.changed, outcome.rows_unchanged, again.repeats_id) == (1, 1, None)
    assert facts() == {("S1", MONDAY, "P1", 1): (2, 500, 0, 0), ("S1", MONDAY, "P2", 1): (9, 900, 0, 0)}


def test_the_same_bytes_are_held_against_the_facts_where_a_code_has_another_meaning_since():
    world = World()
    content = world.content({("S1", MONDAY, "P1"): (2, 500, 0, None)})
    import_bytes(content, profile="CANONICAL")
    Product.objects.filter(sku="P1").update(sku="P0")
    other = ProductFactory(sku="P1")

    again, outcome = import_bytes(content, profile="CANONICAL")

    assert (outcome.new, again.repeats_id) == (1, None)
    assert SellOut.objects.filter(product=other).count() == 1


def test_a_weekly_file_supersedes_days_of_the_month_before_its_own():
    world = World()
    monday = date(2017, 2, 27)
    import_bytes(world.content({("S1", monday, "P1"): (2, 500, 0, None)}), profile="CANONICAL")

    _batch, outcome = import_bytes(world.content({("S1", date(2017, 3, 5), "P1"): (7, 1750, 0, None)}), profile="WEEKLY")

    assert outcome.superseded == 1
    assert facts() == {("S1", date(2017, 3, 5), "P1", 7): (7, 1750, 0, 0)}


def test_undoing_twice_is_refused():
    world = World()
    batch, _outcome = import_bytes(world.content({("S1", MONDAY, "P1"): (2, 500, 0, None)}), profile="CANONICAL")
    undo_import(batch=batch, actor=None)
    with pytest.raises(IllegalMove):
        undo_import(batch=batch, actor=None)


def test_products_that_have_sold_cannot_be_taken_back():
    world = World()
    batch, _outcome = import_bytes(b"sku,name\nP9,Nine\n", kind="products", name="products.csv")
    import_bytes(sellout_csv([("A1", "S1", MONDAY, "P9", 1, 100, 0, None)]), profile="CANONICAL")
    with pytest.raises(DomainError, match="Nine"):
        undo_import(batch=batch, actor=None)
    assert Product.objects.filter(sku="P9").exists()
    assert world.account.code == "A1"
