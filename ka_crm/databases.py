"""How long a statement and a wait for a lock may take, and what a request answers where the database could not.

A page waits three seconds for a row that somebody else holds, once more if nothing of the request is written yet, and then says
so (409, Retry-After). A database that is away, full or overloaded is 503 at once: nobody's browser hangs, and the next request
finds it again by itself.
"""

from django.db import InterfaceError, OperationalError, ProgrammingError, connection

# PostgreSQL's names for “somebody else was first”: serialization failure, deadlock, lock not available.
CONTENTION = {"40001", "40P01", "55P03"}
CANCELED = "57014"  # statement_timeout
SQLITE_AWAY = ("unable to open database file", "disk I/O error", "database or disk is full", "attempt to write a readonly database")
RETRY_AFTER_SECONDS = 2


def limits(*, statement_seconds, lock_seconds):
    """The words for libpq's ``options`` that bound statements and waits for locks of a connection; 0 leaves one unbounded."""
    named = {"statement_timeout": statement_seconds, "lock_timeout": lock_seconds}
    return [f"-c {name}={round(seconds * 1000)}" for name, seconds in named.items() if seconds]


def code_of(error):
    """PostgreSQL's code of a failed statement, or None; a connection that could not be made has none."""
    return getattr(error.__cause__, "pgcode", None)


def is_contention(error):
    """Whether somebody else held what the statement needed: the same again in a moment may go through."""
    if not isinstance(error, OperationalError):
        return False
    return code_of(error) in CONTENTION or "database is locked" in str(error)


def is_too_long(error):
    """Whether the statement was ended because it took too long."""
    return isinstance(error, OperationalError) and code_of(error) == CANCELED


def is_away(error):
    """Whether the database could not work at all: it is down, restarting, full, or out of connections."""
    if isinstance(error, InterfaceError):
        return True  # a connection that ended meanwhile
    if not isinstance(error, OperationalError):
        return False
    if code := code_of(error):
        return code.startswith(("08", "53", "57P", "58"))
    return connection.vendor != "sqlite" or any(words in str(error) for words in SQLITE_AWAY)


def why_away(error):
    """One line for an operator if ``error`` says that the database could not be reached or used; an empty text for any other."""
    if not isinstance(error, OperationalError | InterfaceError | ProgrammingError) or not (is_away(error) or _is_no_address(error)):
        return ""
    at = connection.settings_dict
    where = (
        f"{at['HOST'] or 'this machine'}{':' if at['PORT'] else ''}{at['PORT']}/{at['NAME']}" if at["HOST"] or at["PORT"] else at["NAME"]
    )
    said = str(error).strip().splitlines() or [type(error).__name__]
    return f"The database {where} does not answer: {said[0].rstrip('.')}. See DATABASE_URL in docs/operations.md."


def _is_no_address(error):
    """psycopg2 names an option behind “?” that libpq does not know as a fault of the program."""
    return isinstance(error, ProgrammingError) and str(error).startswith("invalid dsn")


class Written:
    """Knows whether a request has written anything for good, by watching its statements.

    Decides in favour of “yes”: of two transactions that wrote, the first counts as committed.
    """

    READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "SET", "SHOW")

    def __init__(self):
        self.start()

    def start(self):
        """What came before belongs to the frame of every request (session, last click), and may stand."""
        self._outside = False  # a write without a transaction stands at once
        self._blocks = []  # transactions that wrote
        self._failed = None  # the transaction of the statement that failed last

    def watch(self, execute, sql, params, many, context):
        """An execute_wrapper of Django's."""
        db = context["connection"]
        block = db.atomic_blocks[0] if db.atomic_blocks else None
        try:
            answer = execute(sql, params, many, context)
        except Exception:
            self._failed = block
            raise
        if not str(sql).lstrip().upper().startswith(self.READS):
            if block is None:
                self._outside = True
            elif not self._blocks or self._blocks[-1] is not block:
                self._blocks.append(block)
        return answer

    def before_the_failure(self):
        """Whether something stands that the failed statement's own rollback did not take back."""
        return self._outside or any(block is not self._failed for block in self._blocks)
