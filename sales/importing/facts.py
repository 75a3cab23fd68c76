"""Facts by statements: which file said what about a key, what holds now, and the rollups, kept in step set-wise.

A *statement* is what one batch says about one key. The first one is the row of the fact table, no more; what a second batch
says goes to the history table, and the first joins it once it no longer holds. What holds is the last statement by the
batches' ``sequence``; a sticky measure (coupons) that a statement leaves open stays as it was known. Where days and weeks
of the same store and product meet, the later grain alone counts. Taking a batch out drops its statements and works out
anew what holds for the groups it spoke of, so the figures are those as if the file had never come.
docs/decisions/0008-sell-out-by-staging-and-deltas.md has the reasons.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from ..states import BatchStatus
from .staging import ask, ask_one, create, day_parameter, days_after, is_postgres, month_of, run, temporary_tables, week_of

COMMIT_LOCK = 7_203_201  # of pg_advisory_xact_lock: one import commits at a time, the others read on


@dataclass(frozen=True)
class Rollup:
    """Sums of the facts under ``key``, columns of the touched rows; ``extra`` columns hang on the key."""

    table: str
    key: tuple[str, ...]
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactTable:
    """A fact table, its history and rollups. ``columns``: column → kind of staging.TYPES, of a staged row.

    ``dates`` names the day; ``grained`` facts have the key column ``grain`` and are grouped by store, product and week.
    """

    table: str
    history: str
    key: tuple[str, ...]
    measures: tuple[str, ...]
    day: str
    sticky: tuple[str, ...] = ()
    rollups: tuple[Rollup, ...] = ()
    grained: bool = False
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def staging(self):
        return f"{self.table}_staged"

    @property
    def matched(self):
        return f"{self.table}_matched"

    @property
    def touched(self):
        return f"{self.table}_touched"

    @property
    def superseded(self):
        return f"{self.table}_superseded"

    @property
    def values(self):
        return ("account_id", *self.measures, *self.sticky)

    def on(self, one, other):
        return " AND ".join(f"{one}.{column} = {other}.{column}" for column in self.key)

    def cols(self, alias, names):
        return ", ".join(f"{alias}.{name}" for name in names)

    def room(self):
        """The temporary tables of one import or undo."""
        names = (self.staging, self.matched, self.touched, self.superseded)
        return temporary_tables(*names, f"{self.table}_groups", f"{self.table}_said", f"{self.table}_anew")


@dataclass
class Counts:
    """What a file does: rows that are new, that change a figure, that say what is known; rows of the other grain it supersedes."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    met: bool = False  # the file speaks of a period that something is known about


def lock_facts():
    """Wait for a commit that is under way; until the end of the transaction nobody else commits facts."""
    if is_postgres():
        run("SELECT pg_advisory_xact_lock(%s)", [COMMIT_LOCK])
        run("SET LOCAL work_mem = '128MB'")  # a file's rows are sorted and grouped in memory


def create_staging(facts):
    create(facts.staging, facts.columns)


def duplicates(facts):
    """(row, first row) of staged rows whose key an earlier row of the file has; the later ones leave the staging table."""
    keys = ", ".join(facts.key)
    first = f"SELECT {keys}, MIN(row_no) AS first_row FROM {facts.staging} GROUP BY {keys} HAVING COUNT(*) > 1"
    found = ask(
        f"SELECT s.row_no, d.first_row FROM {facts.staging} s JOIN ({first}) d ON {facts.on('s', 'd')}"
        " WHERE s.row_no > d.first_row ORDER BY s.row_no"
    )
    for start in range(0, len(found), 500):
        rows = [row for row, _first in found[start : start + 500]]
        run(f"DELETE FROM {facts.staging} WHERE row_no IN ({', '.join(map(str, rows))})")
    return found


def net_returns(facts):
    """Make one row of a sale and a return of the same key: an interchange states both, each on a line of its own."""
    keys = ", ".join(facts.key)
    sums = ", ".join(f"SUM({name})" for name in (*facts.measures, *facts.sticky))
    found = ask(
        f"SELECT MIN(row_no), MAX(row_no), {sums} FROM {facts.staging} GROUP BY {keys}"
        f" HAVING COUNT(*) = 2 AND MIN({facts.measures[0]}) < 0 AND MAX({facts.measures[0]}) > 0"
    )
    sets = ", ".join(f"{name} = %s" for name in (*facts.measures, *facts.sticky))
    for first, second, *values in found:
        run(f"UPDATE {facts.staging} SET {sets} WHERE row_no = %s", [*values, first])
        run(f"DELETE FROM {facts.staging} WHERE row_no = %s", [second])


def classify(facts, intake=None):
    """Hold the rows of ``intake``, or those staged, against the facts; Counts. Within the commit's lock final, before a preview."""
    if intake is not None and intake.spool is not None:
        if not any_known(facts, intake.spool.near):
            return Counts(new=intake.spool.rows)
        intake.stage()
    for name in (facts.matched, facts.superseded):
        run(f"DROP TABLE IF EXISTS {name}")
    staged, low, high = ask(f"SELECT COUNT(*), MIN({facts.day}), MAX({facts.day}) FROM {facts.staging}")[0]
    held = (*facts.key, *facts.values)
    known = bool(staged) and any_known(facts, Near(_day(low), _day(high)))
    if known and is_postgres():
        run(f"ANALYZE {facts.staging}")
    run(
        f"CREATE TEMPORARY TABLE {facts.matched} AS SELECT s.row_no, {facts.cols('f', held)}, f.batch_id,"
        f" CASE WHEN {_differs(facts)} THEN 1 ELSE 0 END AS differs"
        f" FROM {facts.staging} s JOIN {facts.table} f ON {facts.on('s', 'f')} WHERE {'1 = 1' if known else '1 = 0'}"
    )
    run(f"CREATE TEMPORARY TABLE {facts.superseded} AS SELECT {facts.cols('f', held)}, f.batch_id FROM {facts.table} f WHERE 1 = 0")
    superseded = _find_superseded(facts) if known and facts.grained else 0
    matched, changed = ask(f"SELECT COUNT(*), COALESCE(SUM(differs), 0) FROM {facts.matched}")[0]
    if is_postgres() and matched:
        run(f"ANALYZE {facts.matched}")
    return Counts(staged - matched, int(changed), matched - int(changed), superseded, known)


@dataclass(frozen=True)
class Near:
    """What rows speak of: first and last day, accounts and stores; without the two latter, those of the staged rows."""

    low: object = None
    high: object = None
    accounts: frozenset = frozenset()
    stores: frozenset = frozenset()

    def widened(self, arrays):
        """This and what staged ``arrays`` speak of."""
        low, high = (day.astype(object) for day in (arrays["sold_on"].min(), arrays["sold_on"].max()))
        accounts, stores = (np.unique(arrays[name]).tolist() for name in ("account_id", "store_id"))
        return Near(min(self.low or low, low), max(self.high or high, high), self.accounts.union(accounts), self.stores.union(stores))

    def inside(self, column, staging):
        """(SQL condition, its parameters) for rows of the same accounts or stores, by ``column``."""
        named = self.accounts if column == "account_id" else self.stores
        return (f"{column} = ANY(%s)", [sorted(named)]) if named else (f"{column} IN (SELECT DISTINCT {column} FROM {staging})", [])


def _day(value):
    """SQLite gives a date that went through MIN as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def any_known(facts, near):
    """Whether anything is known near the rows: a new period skips all comparing."""
    low, high = near.low - timedelta(days=6), near.high + timedelta(days=6)  # a week reaches beyond its day
    # Where there are facts there are sums of them, and fewer; a store may have come with its facts from another account.
    sums, day, first = (facts.rollups[0].table, "month", low.replace(day=1)) if facts.rollups else (facts.table, facts.day, low)
    for table, column, name, since in (
        (sums, "account_id", day, first),
        (facts.history, "account_id", facts.day, low),
        (sums, "store_id", day, first),
    ):
        inside, params = near.inside(column, facts.staging)
        between = f"{name} BETWEEN {day_parameter()} AND {day_parameter()}"
        if ask_one(f"SELECT 1 FROM {table} WHERE {inside} AND {between} LIMIT 1", [*params, since, high]):
            return True
    return False


def _differs(facts):
    parts = [f"s.{name} <> f.{name}" for name in ("account_id", *facts.measures)]
    parts += [f"(s.{name} IS NOT NULL AND s.{name} <> f.{name})" for name in facts.sticky]
    return " OR ".join(parts)


def _find_superseded(facts):
    """Facts of the other grain in the weeks that the file speaks of; how many."""
    held = facts.cols("f", (*facts.key, *facts.values))
    same = f"JOIN {facts.staging} s ON f.store_id = s.store_id AND f.product_id = s.product_id"
    weekly = f"s.grain = 1 AND f.grain = 7 AND f.sold_on = {days_after('s.week_start', 6)}"
    daily = "s.grain = 7 AND f.grain = 1 AND f.sold_on BETWEEN s.week_start AND s.sold_on"
    found = 0
    for condition in (weekly, daily):
        found += run(f"INSERT INTO {facts.superseded} SELECT DISTINCT {held}, f.batch_id FROM {facts.table} f {same} WHERE {condition}")
    return found


def apply(facts, batch, counts, *, repeats, intake=None, ordered=False):
    """Make the rows hold, as what ``batch`` said; call in one transaction, after ``lock_facts`` and ``classify``.

    ``repeats``: the batch says byte for byte what another one said and nothing changes, so its statements stay that one's.
    ``intake``: where the rows wait, unless they are staged.
    ``ordered``: the rows are staged in the order of their days, which is near enough the key's order.
    """
    if repeats:
        return
    if intake is not None and intake.spool is not None:
        intake.spool.copy_into_facts(batch)
        touched = intake.spool.sums()
    else:
        if counts.met:
            _log_statements(facts, batch, counts, ordered=ordered)
        touched = _note_touched(facts, counts)
        if counts.superseded:
            run(f"DELETE FROM {facts.table} WHERE EXISTS (SELECT 1 FROM {facts.superseded} o WHERE {facts.on('o', facts.table)})")
        _write_facts(facts, batch, counts, ordered=ordered)
    _roll_up(facts, touched, shrinking=bool(counts.superseded or counts.changed))
    _refresh_statistics(facts, counts)


def _refresh_statistics(facts, counts):
    """Tell PostgreSQL's planner of a load that changes the picture; autovacuum would only do so a minute later."""
    if not is_postgres() or counts.new < 1_000:
        return
    known = ask_one("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [facts.table]) or 0
    if counts.new > known / 10:
        for table in (facts.table, *(rollup.table for rollup in facts.rollups)):
            run(f"ANALYZE {table}")


def _log_statements(facts, batch, counts, *, ordered):
    """Put on record what ceases to hold, and what this batch says of keys of which others have spoken."""
    held = (*facts.key, *facts.values)
    names = ", ".join((*held, "batch_id"))
    first, last = ask(f"SELECT MIN({facts.day}), MAX({facts.day}) FROM {facts.staging}")[0]
    near = f"{{0}}.{facts.day} BETWEEN {days_after(day_parameter(), -6)} AND {days_after(day_parameter(), 6)}"
    logged = ask_one(f"SELECT 1 FROM {facts.history} h WHERE {near.format('h')} LIMIT 1", [first, last])
    parts, params = [], []
    for table, rows, going in ((facts.matched, counts.changed, "o.differs = 1"), (facts.superseded, counts.superseded, "1 = 1")):
        if rows:
            known = f"SELECT 1 FROM {facts.history} h WHERE {near.format('h')} AND {facts.on('h', 'o')} AND h.batch_id = o.batch_id"
            unless = f" AND NOT EXISTS ({known})" if logged else ""
            parts.append(f"SELECT {facts.cols('o', held)}, o.batch_id FROM {table} o WHERE {going}{unless}")
            params += [first, last] if logged else []
    said = f"SELECT {facts.cols('s', held)}, {int(batch.pk)} FROM {facts.staging} s"
    matched = f"SELECT 1 FROM {facts.matched} m WHERE m.row_no = s.row_no"
    if counts.changed + counts.unchanged:
        parts.append(f"{said} WHERE EXISTS ({matched})" if counts.new else said)
    if counts.new and logged:  # of keys that hold no longer others may have spoken too
        parts.append(
            f"{said} WHERE NOT EXISTS ({matched}) AND"
            f" EXISTS (SELECT 1 FROM {facts.history} h WHERE {near.format('h')} AND {facts.on('h', 's')})"
        )
        params += [first, last]
    if parts:  # the key's order keeps the index in memory
        order = "" if ordered else f" ORDER BY {', '.join(facts.key)}"
        run(f"INSERT INTO {facts.history} ({names}) {' UNION ALL '.join(parts)}{order}", params)


def _new_value(facts, name):
    return f"COALESCE(s.{name}, m.{name}, 0)" if name in facts.sticky else f"s.{name}"


def _touched_columns(facts, day, alias):
    """The columns that rollups group by, of a fact under ``alias``."""
    if not facts.grained:
        return ""
    return f"{month_of(f'{alias}.{day}')} AS month, {week_of(f'{alias}.{day}')} AS week_start, {alias}.store_id, {alias}.product_id, "


def _note_touched(facts, counts):
    """Where the signed rows of everything that goes and comes are: the rollups change by their sums and by nothing else."""
    run(f"DROP TABLE IF EXISTS {facts.touched}")
    if not facts.rollups:
        return facts.touched
    numbers = (*facts.measures, *facts.sticky)
    if not counts.met:
        coming = ", ".join(f"COALESCE(s.{name}, 0) AS {name}" if name in facts.sticky else f"s.{name}" for name in numbers)
        keys = "s.month, s.week_start, s.store_id, s.product_id, s.account_id"
        return f"(SELECT {keys}, {coming}, 1 AS fact_rows FROM {facts.staging} s) touched"
    coming = ", ".join(f"{_new_value(facts, name)} AS {name}" for name in numbers)
    wanted = "LEFT JOIN {0} m ON m.row_no = s.row_no WHERE m.row_no IS NULL OR m.differs = 1"
    if not counts.new:  # the few changed ones lead to their staged rows
        wanted = "JOIN {0} m ON m.row_no = s.row_no WHERE m.differs = 1"
    parts = [
        f"SELECT s.month, s.week_start, s.store_id, s.product_id, s.account_id, {coming}, 1 AS fact_rows FROM {facts.staging} s"
        f" {wanted.format(facts.matched)}"
    ]
    for table, condition in ((facts.matched, "o.differs = 1"), (facts.superseded, "1 = 1")):
        if (counts.changed if table == facts.matched else counts.superseded) == 0:
            continue
        going = ", ".join(f"-o.{name} AS {name}" for name in numbers)
        parts.append(
            f"SELECT {_touched_columns(facts, facts.day, 'o')}o.account_id, {going}, -1 AS fact_rows FROM {table} o WHERE {condition}"
        )
    run(f"CREATE TEMPORARY TABLE {facts.touched} AS {' UNION ALL '.join(parts)}")
    return facts.touched


def _write_facts(facts, batch, counts, *, ordered):
    held = (*facts.key, *facts.values)
    sticky = {name: f"COALESCE(s.{name}, 0)" for name in facts.sticky}
    if counts.new:
        known = (  # the key's order keeps the index in memory
            f"WHERE NOT EXISTS (SELECT 1 FROM {facts.matched} m WHERE m.row_no = s.row_no)" if counts.changed or counts.unchanged else ""
        )
        run(
            f"INSERT INTO {facts.table} ({', '.join(held)}, batch_id) SELECT {', '.join(sticky.get(n, f's.{n}') for n in held)}, %s"
            f" FROM {facts.staging} s {known}" + ("" if ordered else f" ORDER BY {facts.cols('s', facts.key)}"),
            [batch.pk],
        )
    if counts.changed:
        changed = ", ".join(_new_value(facts, name) if name in facts.sticky else f"s.{name}" for name in held)
        sets = ", ".join(f"{name} = excluded.{name}" for name in (*facts.values, "batch_id"))
        run(
            f"INSERT INTO {facts.table} ({', '.join(held)}, batch_id) SELECT {changed}, %s FROM {facts.staging} s"
            f" JOIN {facts.matched} m ON m.row_no = s.row_no WHERE m.differs = 1"
            f" ON CONFLICT ({', '.join(facts.key)}) DO UPDATE SET {sets}",
            [batch.pk],
        )


def _roll_up(facts, touched, *, shrinking):
    """Add the touched rows to the rollups; a key whose last fact went goes too."""
    numbers = (*facts.measures, *facts.sticky, "fact_rows")
    for rollup in facts.rollups:
        columns = (*rollup.key, *rollup.extra, *numbers)
        # Who a store belongs to is said by the rows that come; rows that only go leave it as it was.
        extra = [f"COALESCE(MAX(CASE WHEN fact_rows > 0 THEN {name} END), MAX({name}))" for name in rollup.extra]
        sums = [f"SUM({name})" for name in numbers]
        conflict = ", ".join(
            [f"{name} = excluded.{name}" for name in rollup.extra] + [f"{n} = {rollup.table}.{n} + excluded.{n}" for n in numbers]
        )
        run(
            f"INSERT INTO {rollup.table} ({', '.join(columns)}) SELECT {', '.join([*rollup.key, *extra, *sums])} FROM {touched}"
            f" WHERE 1 = 1 GROUP BY {', '.join(rollup.key)} ON CONFLICT ({', '.join(rollup.key)}) DO UPDATE SET {conflict}"
        )
        if shrinking:
            keys = " AND ".join(f"t.{name} = {rollup.table}.{name}" for name in rollup.key)
            run(f"DELETE FROM {rollup.table} WHERE fact_rows = 0 AND EXISTS (SELECT 1 FROM {touched} t WHERE {keys})")


def roll_up_loaded(facts, first, last):
    """Add the facts of the days ``first`` to ``last``, both included, to the rollups: for a bulk load into days without any."""
    numbers = ", ".join((*facts.measures, *facts.sticky))
    days = f"o.{facts.day} BETWEEN '{first:%Y-%m-%d}' AND '{last:%Y-%m-%d}'"
    loaded = f"SELECT {_touched_columns(facts, facts.day, 'o')}o.account_id, {numbers}, 1 AS fact_rows FROM {facts.table} o WHERE {days}"
    _roll_up(facts, f"({loaded}) touched", shrinking=False)


# --- taking a batch out ---------------------------------------------------------------------------------------------------------
def undo_batch(facts, batch):
    """Take ``batch`` out, or hand what it said over to an import that repeats it; in one transaction, after ``lock_facts``."""
    heir = batch.repetitions.filter(status=BatchStatus.IMPORTED).order_by("sequence").first()
    if heir is not None:
        hand_over(facts, batch, heir)
        type(batch).objects.filter(repeats=batch).exclude(pk=heir.pk).update(repeats=heir)
        type(batch).objects.filter(pk=heir.pk).update(repeats=None)
        return 0
    return 0 if batch.repeats_id else take_out(facts, batch)


def take_out(facts, batch):
    """Drop what ``batch`` said and make hold what the others said; call in one transaction, after ``lock_facts``. Returns rows changed."""
    with facts.room():
        groups = _groups_of(facts, batch)
        if not groups:
            return 0
        _gather_statements(facts, batch)
        _work_out(facts)
        return _put_back(facts, batch)


def _said_by(facts, alias, batch):
    """SQL condition for the rows of ``batch``; they lie within its period, so the key's index finds them."""
    within = f" AND {alias}.{facts.day} BETWEEN '{batch.period_starts_on}' AND '{batch.period_ends_on}'" if batch.period_starts_on else ""
    return f"{alias}.batch_id = {int(batch.pk)}{within}"


def _group(facts, alias):
    """SQL columns g1, g2, g3 that name the group of a key: what statements can supersede each other."""
    if facts.grained:
        return f"{alias}.store_id AS g1, {alias}.product_id AS g2, {week_of(f'{alias}.{facts.day}')} AS g3"
    one, two, three = (name for name in facts.key)
    return f"{alias}.{two} AS g1, {alias}.{three} AS g2, {alias}.{one} AS g3"


def _in_group(facts, alias):
    """SQL condition that a row under ``alias`` belongs to group ``g``."""
    if facts.grained:
        inside = f"{alias}.{facts.day} BETWEEN g.g3 AND {days_after('g.g3', 6)}"
        return f"{alias}.store_id = g.g1 AND {alias}.product_id = g.g2 AND {inside}"
    one, two, three = (name for name in facts.key)
    return f"{alias}.{two} = g.g1 AND {alias}.{three} = g.g2 AND {alias}.{one} = g.g3"


def _groups_of(facts, batch):
    said = " UNION ".join(
        f"SELECT {_group(facts, 'f')} FROM {table} f WHERE {_said_by(facts, 'f', batch)}" for table in (facts.table, facts.history)
    )
    run(f"CREATE TEMPORARY TABLE {facts.table}_groups AS {said}")
    run(f"CREATE INDEX {facts.table}_groups_key ON {facts.table}_groups (g1, g2, g3)")
    if is_postgres():
        run(f"ANALYZE {facts.table}_groups")
    return ask_one(f"SELECT COUNT(*) FROM {facts.table}_groups")


def _gather_statements(facts, batch):
    """All statements of the groups but those of ``batch``, with the order in which they were made."""
    held = facts.cols("f", (*facts.key, *facts.values))
    near = ask(f"SELECT MIN(g3), MAX(g3) FROM {facts.table}_groups")[0]
    bound = f"f.{facts.day} >= %s AND f.{facts.day} <= " + days_after(day_parameter(), 6)
    grain = "f.grain" if facts.grained else "0"
    select = f"SELECT {held}, f.batch_id, b.sequence AS seq, g.g1, g.g2, g.g3, {grain} AS form, {{0}} AS alone"
    others = f"f.batch_id <> {int(batch.pk)}"
    inside = f"JOIN {facts.table}_groups g ON {_in_group(facts, 'f')} JOIN sales_importbatch b ON b.id = f.batch_id"
    unlogged = f"NOT EXISTS (SELECT 1 FROM {facts.history} h WHERE {facts.on('h', 'f')} AND h.batch_id = f.batch_id)"
    run(
        f"CREATE TEMPORARY TABLE {facts.table}_said AS {select.format(0)} FROM {facts.history} f {inside} WHERE {bound} AND {others}"
        f" UNION ALL {select.format(1)} FROM {facts.table} f {inside} WHERE {bound} AND {others} AND {unlogged}",
        [*near, *near],
    )


def _work_out(facts):
    """What holds by the gathered statements: per group the last grain and what was said since it last changed, per key the last word."""
    said, key = f"{facts.table}_said", ", ".join(facts.key)
    last = f"SELECT g1, g2, g3, form, ROW_NUMBER() OVER (PARTITION BY g1, g2, g3 ORDER BY seq DESC) AS place FROM {said}"
    since = (
        f"SELECT l.g1, l.g2, l.g3, l.form, COALESCE(MAX(CASE WHEN s.form <> l.form THEN s.seq END), -1) AS since FROM ({last}) l"
        f" JOIN {said} s ON s.g1 = l.g1 AND s.g2 = l.g2 AND s.g3 = l.g3 WHERE l.place = 1 GROUP BY l.g1, l.g2, l.g3, l.form"
    )
    sticky = "".join(
        f", FIRST_VALUE(s.{name}) OVER (PARTITION BY {facts.cols('s', facts.key)}"
        f" ORDER BY CASE WHEN s.{name} IS NULL THEN 1 ELSE 0 END, s.seq DESC) AS known_{name}"
        for name in facts.sticky
    )
    plain = ("account_id", *facts.measures)
    alive = (
        f"SELECT {facts.cols('s', (*facts.key, *plain))}, s.batch_id{sticky},"
        f" ROW_NUMBER() OVER (PARTITION BY {facts.cols('s', facts.key)} ORDER BY s.seq DESC) AS place"
        f" FROM {said} s JOIN ({since}) a ON a.g1 = s.g1 AND a.g2 = s.g2 AND a.g3 = s.g3 AND a.form = s.form WHERE s.seq > a.since"
    )
    known = "".join(f", COALESCE(known_{name}, 0) AS {name}" for name in facts.sticky)
    run(f"CREATE TEMPORARY TABLE {facts.table}_anew AS SELECT {key}, {', '.join(plain)}{known}, batch_id FROM ({alive}) v WHERE place = 1")


def _put_back(facts, batch):
    """Replace the facts of the groups by what holds; rollups follow by the differences. Returns how many rows of the batch went."""
    held = (*facts.key, *facts.values)
    numbers = (*facts.measures, *facts.sticky)
    near = ask(f"SELECT MIN(g3), MAX(g3) FROM {facts.table}_groups")[0]
    bound = f"f.{facts.day} >= %s AND f.{facts.day} <= " + days_after(day_parameter(), 6)
    going = f"SELECT {facts.cols('f', held)} FROM {facts.table} f JOIN {facts.table}_groups g ON {_in_group(facts, 'f')} WHERE {bound}"
    run(f"CREATE TEMPORARY TABLE {facts.superseded} AS {going}", near)
    if not is_postgres():  # SQLite walks the whole table once per row where PostgreSQL makes a hash of it
        for table in (facts.superseded, f"{facts.table}_anew"):
            run(f"CREATE INDEX {table}_key ON {table} ({', '.join(facts.key)})")
    if facts.rollups:
        parts = [
            f"SELECT {_touched_columns(facts, facts.day, 'o')}o.account_id, {', '.join(f'{sign}o.{n} AS {n}' for n in numbers)},"
            f" {sign}1 AS fact_rows FROM {table} o"
            for sign, table in (("-", facts.superseded), ("", f"{facts.table}_anew"))
        ]
        run(f"CREATE TEMPORARY TABLE {facts.touched} AS {' UNION ALL '.join(parts)}")
    removed = ask_one(
        f"SELECT (SELECT COUNT(*) FROM {facts.table} f WHERE {_said_by(facts, 'f', batch)}) + (SELECT COUNT(*) FROM {facts.history} h"
        f" WHERE {_said_by(facts, 'h', batch)} AND NOT EXISTS"
        f" (SELECT 1 FROM {facts.table} f WHERE {facts.on('f', 'h')} AND f.batch_id = h.batch_id))"
    )
    if is_postgres():
        run(f"ANALYZE {facts.superseded}")
    names = ", ".join((*held, "batch_id"))
    holds = f"SELECT 1 FROM {facts.table}_anew a WHERE {facts.on('a', 's')} AND a.batch_id = s.batch_id"
    run(  # statements that stood in the fact's row alone, and no longer hold
        f"INSERT INTO {facts.history} ({names}) SELECT {facts.cols('s', held)}, s.batch_id FROM {facts.table}_said s"
        f" WHERE s.alone = 1 AND NOT EXISTS ({holds})"
    )
    run(f"DELETE FROM {facts.table} WHERE EXISTS (SELECT 1 FROM {facts.superseded} o WHERE {facts.on('o', facts.table)})")
    run(f"INSERT INTO {facts.table} ({names}) SELECT {names} FROM {facts.table}_anew")
    run(f"DELETE FROM {facts.history} WHERE {_said_by(facts, facts.history, batch)}")
    _roll_up(facts, facts.touched, shrinking=True)
    return removed


def hand_over(facts, batch, heir):
    """``heir`` repeats ``batch``, which goes: what the one said, the other has said."""
    for table in (facts.table, facts.history):
        run(f"UPDATE {table} SET batch_id = %s WHERE {_said_by(facts, table, batch)}", [heir.pk])


__all__ = ["Counts", "FactTable", "Rollup", "apply", "classify", "create_staging", "duplicates", "lock_facts", "net_returns", "undo_batch"]
