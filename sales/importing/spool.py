"""A new period's rows wait on disk and go straight into the facts, with their sums worked out while the file is read.

Staging exists so that rows can be held against what is known. Where nothing is, the rows would only be written twice: here
they are kept as arrays, added up by week, month, store and product as they go by, and copied into the fact table at the
commit. Whether nothing is known is asked with the first rows and, finally, within the commit's lock; as soon as something is,
or a key may stand twice in the file, the rows are staged after all. PostgreSQL only: SQLite has no COPY to gain by.
"""

import io
import pickle
import tempfile
from contextlib import ExitStack

import numpy as np
from django.db import connection

from .facts import Near, any_known
from .staging import HEADER, TRAILER, TYPES, Filler, create, fill, is_postgres, records, run

FIRST_MONDAY = np.datetime64("1990-01-01", "D")  # no sale is dated before it
BITS = 22  # of a store's and of a product's id in a packed key; ids beyond are staged
MOST_WAITING = 150_000  # rows or groups held in memory
MIXER, NOT_STATED = 0x9E3779B97F4A7C15, 0x5851F42D4C957F2D
MOST_AMOUNT = 2**62 // (2 * MOST_WAITING)  # of one cell, so that no sum can leave 64 bits


class Intake:
    """Takes in a file's rows, column → array, and keeps them on disk or stages them; ``spool`` is None once they are staged.

    ``repetition``: the file is expected to say what is known already, so that its rows wait on disk whatever is known of their
    period. ``fingerprint`` is a sum over all rows taken in: two files of which it is the same say the same.
    """

    def __init__(self, facts, *, repetition=False):
        self.facts, self.spool, self._fill = facts, None, None
        self.repetition, self.fingerprint = repetition and facts.grained, 0
        self._open = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        return self._open.__exit__(*reason)

    def __call__(self, arrays):
        if not len(arrays["row_no"]):
            return
        self.fingerprint = (self.fingerprint + _fingerprint(arrays, self.facts.columns)) % 2**64
        if self._fill is None and self.spool is None:
            if self.repetition:
                self.spool = Spool(self.facts, summed=False)
            elif self.facts.grained and is_postgres() and not any_known(self.facts, Near().widened(arrays)):
                self.spool = Spool(self.facts)
            else:
                self._fill = self._filler()
        if self.spool is not None and not self.spool.add(arrays):
            self.stage()
            self._fill = self._filler()
        if self._fill is not None:
            self._fill(arrays)

    def _filler(self):
        return self._open.enter_context(Filler(self.facts.staging, self.facts.columns))

    def stage(self):
        """Stage what is kept on disk: it has to be held against something."""
        if self.spool is not None:
            for arrays in self.spool.parts():
                fill(self.facts.staging, self.facts.columns, arrays)
            self.spool.close()
            self.spool = None


class Spool:
    """Rows of a new period on disk, and their sums unless nobody will ask for them."""

    def __init__(self, facts, *, summed=True):
        self.facts, self.near, self.rows, self._summed = facts, Near(), 0, summed
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 – closed with this object
        self._numbers = (*facts.measures, *facts.sticky)
        self._waiting, self._held = [], 0
        run(f"DROP TABLE IF EXISTS {facts.touched}")
        touched = dict.fromkeys(("month", "week_start"), "day") | dict.fromkeys(("store_id", "product_id", "account_id"), "big")
        self._touched = touched | dict.fromkeys(self._numbers, "big") | {"fact_rows": "int"}
        create(facts.touched, self._touched)

    def close(self):
        self._file.close()
        self._waiting = []
        run(f"DROP TABLE IF EXISTS {self.facts.touched}")

    def add(self, arrays):
        """Keep the rows; False, and nothing is kept, where they cannot be added up within 64 bits."""
        if self._summed and not self._add_up(arrays):
            return False
        kept = {name: _narrow(values, self.facts.columns[name]) for name, values in arrays.items() if name not in ("month", "week_start")}
        pickle.dump(kept, self._file, protocol=5)
        self.near = self.near.widened(arrays)
        self.rows += len(arrays["row_no"])
        return True

    def _add_up(self, arrays):
        numbers = [arrays[name] if name in arrays else np.zeros(len(arrays["row_no"]), dtype=np.int64) for name in self._numbers]
        most = max(max(int(values.max()), -int(values.min())) for values in numbers)
        if most > MOST_AMOUNT or max(arrays["store_id"].max(), arrays["product_id"].max()) >= 1 << BITS:
            return False
        self._waiting.append([_packed(arrays), arrays["account_id"], *numbers, np.ones(len(numbers[0]), dtype=np.int64)])
        self._held += len(numbers[0])
        if self._held > MOST_WAITING:
            self._reduce()
            if self._held > MOST_WAITING // 2:  # too many groups to wait for more of their rows
                self._pass_on()
        return True

    def parts(self):
        """The rows as they came, some ten thousand at a time."""
        self._file.seek(0)
        left = self.rows
        while left:
            kept = pickle.load(self._file)  # noqa: S301 – a nameless file that this object wrote
            left -= len(kept["row_no"])
            days = kept["sold_on"] = kept["sold_on"].astype("datetime64[D]")
            kept["month"] = days.astype("datetime64[M]").astype("datetime64[D]")
            kept["week_start"] = days - (days - FIRST_MONDAY).astype(np.int64) % 7
            yield kept

    def copy_into_facts(self, batch):
        """Write the rows as what ``batch`` said; call in the commit's transaction."""
        facts = self.facts
        given = {name: facts.columns[name] for name in (*facts.key, *facts.values)} | {"batch_id": "big"}
        with io.BufferedReader(_Copied(self._records(given, batch)), 1 << 20) as stream, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {facts.table} ({', '.join(given)}) FROM STDIN (FORMAT binary)", stream, 1 << 16)

    def _records(self, given, batch):
        yield HEADER
        for arrays in self.parts():
            size = len(arrays["row_no"])
            constant = {name: np.zeros(size, dtype=np.int64) for name in self.facts.sticky if name not in arrays}
            yield records(given, arrays | constant | {"batch_id": np.full(size, batch.pk)}, size)
        yield TRAILER

    def sums(self):
        """The temporary table with the sums of all rows, as rollups take them in; a group may stand in it more than once."""
        self._reduce()
        self._pass_on()
        return self.facts.touched

    def _reduce(self):
        """One line per group of what waits."""
        if not self._waiting:
            return
        keys, accounts, *numbers = (np.concatenate(columns) for columns in zip(*self._waiting, strict=True))
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        firsts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        sums = [np.add.reduceat(values[order], firsts) for values in numbers]
        self._waiting, self._held = [[keys[firsts], accounts[order[firsts]], *sums]], len(firsts)

    def _pass_on(self):
        """Hand the groups over to the database, so that memory stays flat."""
        for keys, accounts, *numbers in self._waiting:
            weeks = keys >> (2 * BITS)
            mondays = FIRST_MONDAY + (weeks >> 1) * 7
            months = mondays.astype("datetime64[M]") + (weeks & 1)
            arrays = {"month": months.astype("datetime64[D]"), "week_start": mondays, "account_id": accounts}
            arrays |= {"store_id": keys >> BITS & (1 << BITS) - 1, "product_id": keys & (1 << BITS) - 1}
            fill(self.facts.touched, self._touched, arrays | dict(zip((*self._numbers, "fact_rows"), numbers, strict=True)))
        self._waiting, self._held = [], 0


def _fingerprint(arrays, columns):
    """One number of 64 bits that depends on what each row says and not on the rows' order."""
    mixed = np.zeros(len(arrays["row_no"]), dtype=np.uint64)
    for name, kind in columns.items():
        if name in ("row_no", "month", "week_start"):
            continue
        if name in arrays:
            values = arrays[name].astype("datetime64[D]") if kind == "day" else arrays[name]
            mixed ^= values.astype(np.int64).view(np.uint64)
        else:
            mixed ^= np.uint64(NOT_STATED)
        mixed *= np.uint64(MIXER)
        mixed ^= mixed >> np.uint64(29)
    return int(mixed.sum(dtype=np.uint64))


def _packed(arrays):
    """Week, whether its second month is meant, store and product as one number."""
    weeks = (arrays["week_start"] - FIRST_MONDAY).astype(np.int64) // 7
    second = arrays["month"].astype("datetime64[M]") != arrays["week_start"].astype("datetime64[M]")
    return (weeks << 1 | second) << 2 * BITS | arrays["store_id"] << BITS | arrays["product_id"]


def _narrow(values, kind):
    """The array in the width of its column."""
    return values.astype("datetime64[D]").astype(np.int32) if kind == "day" else values.astype(TYPES[kind][2][1:])


class _Copied(io.RawIOBase):
    """Pieces of bytes as a file that is read once."""

    def __init__(self, pieces):
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
