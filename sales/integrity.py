"""What must hold between sell-out facts, their statements, rollups and imports."""

from django.utils.translation import gettext_lazy as _

from ka_crm.integrity import invariant

from .importing.category_totals import FACTS as TOTALS
from .importing.sellout import FACTS as SELLOUT
from .importing.staging import month_of, stream, week_of

SUMS = ("units", "gross_minor", "discount_minor", "net_minor", "coupon_minor")
STORE, PRODUCT, ACCOUNT, CATEGORY, BATCH = "accounts_store", "sales_product", "accounts_keyaccount", "sales_category", "sales_importbatch"


@invariant("sales.rollups", _("The sell-out rollups are the sums of the facts"))
def rollups_hold():
    """Every key of every rollup, from both sides: sums that differ, keys too many, keys missing."""
    for rollup in SELLOUT.rollups:
        time = {"month": month_of("f.sold_on"), "week_start": week_of("f.sold_on")}
        keys = ", ".join(f"{time.get(name, f'f.{name}')} AS {name}" for name in rollup.key)
        sums = ", ".join(f"SUM(f.{name}) AS {name}" for name in SUMS)
        places = ", ".join(str(place) for place in range(1, len(rollup.key) + 1))
        facts = f"SELECT {keys}, {sums}, COUNT(*) AS fact_rows FROM {SELLOUT.table} f GROUP BY {places}"
        held = f"SELECT {', '.join((*rollup.key, *SUMS, 'fact_rows'))} FROM {rollup.table}"
        for label, one, other in (("the facts do not say so", held, facts), ("the rollup does not say so", facts, held)):
            for row in stream(f"SELECT * FROM ({one}) a EXCEPT SELECT * FROM ({other}) b"):
                yield f"{rollup.table} {'/'.join(map(str, row[: len(rollup.key)]))} {list(map(int, row[len(rollup.key) :]))}: {label}"


@invariant("sales.orphans", _("Facts, statements and rollups name stores, products, accounts and imports that exist"))
def no_orphans():
    """The fact tables have no foreign-key constraints in the database; this is asked for instead."""
    targets = {"store_id": STORE, "product_id": PRODUCT, "account_id": ACCOUNT, "category_id": CATEGORY, "batch_id": BATCH}
    tables = [
        (facts, table, (*facts.key, "account_id", "batch_id")) for facts in (SELLOUT, TOTALS) for table in (facts.table, facts.history)
    ]
    tables += [(SELLOUT, rollup.table, (*rollup.key, *rollup.extra)) for rollup in SELLOUT.rollups]
    for _facts, table, columns in tables:
        for column in columns:
            if column not in targets:
                continue
            missing = f"NOT EXISTS (SELECT 1 FROM {targets[column]} t WHERE t.id = f.{column})"
            for key, number in stream(f"SELECT f.{column}, COUNT(*) FROM {table} f WHERE {missing} GROUP BY 1"):
                yield f"{table}: {number} rows name {column} {key}, which does not exist"


@invariant("sales.statements", _("Every fact and statement comes from an import that is in effect"))
def statements_in_effect():
    """Undone imports say nothing; an import that repeats another has no rows; no statement since the one that holds says otherwise."""
    for facts in (SELLOUT, TOTALS):
        for table in (facts.table, facts.history):
            rows = stream(
                f"SELECT f.batch_id, COUNT(*) FROM {table} f JOIN {BATCH} b ON b.id = f.batch_id"
                " WHERE b.status <> 'imported' OR b.sequence IS NULL OR b.repeats_id IS NOT NULL GROUP BY 1"
            )
            for batch, number in rows:
                yield f"{table}: {number} rows of import {batch}, which is not in effect"
        key = ", ".join(f"f.{name}" for name in facts.key)
        otherwise = " OR ".join(f"h.{name} <> f.{name}" for name in facts.measures)
        overruled = (
            f"SELECT {key} FROM {facts.table} f JOIN {facts.history} h ON {facts.on('h', 'f')} JOIN {BATCH} fb ON fb.id = f.batch_id"
            f" JOIN {BATCH} hb ON hb.id = h.batch_id WHERE hb.sequence >= fb.sequence AND ({otherwise})"
        )
        for row in stream(overruled):
            yield f"{facts.table} {'/'.join(map(str, row))}: its statements on record say otherwise"


@invariant("sales.grains", _("Days and weeks of the same store and product are never both counted"))
def one_grain_per_week():
    week = week_of("f.sold_on")
    rows = stream(f"SELECT f.store_id, f.product_id, {week} FROM {SELLOUT.table} f GROUP BY 1, 2, 3 HAVING MIN(f.grain) <> MAX(f.grain)")
    for store, product, monday in rows:
        yield f"store {store}, product {product}, week of {monday}: daily and weekly rows"


@invariant("sales.amounts", _("Net is gross less discount in every fact and rollup"))
def amounts_add_up():
    for table in (SELLOUT.table, *(rollup.table for rollup in SELLOUT.rollups)):
        for (number,) in stream(f"SELECT COUNT(*) FROM {table} WHERE gross_minor - discount_minor <> net_minor"):
            if number:
                yield f"{table}: {number} rows"


@invariant("sales.repetitions", _("A repetition repeats an import in effect with the same content"))
def repetitions_hold():
    rows = stream(
        f"SELECT b.id, r.id FROM {BATCH} b JOIN {BATCH} r ON r.id = b.repeats_id JOIN ka_crm_storedfile bf ON bf.id = b.file_id"
        " JOIN ka_crm_storedfile rf ON rf.id = r.file_id WHERE b.status = 'imported'"
        " AND (r.status <> 'imported' OR r.repeats_id IS NOT NULL OR bf.sha256 <> rf.sha256)"
    )
    for batch, root in rows:
        yield f"import {batch} says it repeats import {root}"
