"""The jobs of ``sales``, each with what it needs; tests/ka_crm/jobs/test_every_kind.py runs them twice."""

from pathlib import Path

from sales.services.imports import check_batch, order_import, receive_file
from tests.factories.team import UserFactory

ACCOUNTS = Path(__file__).resolve().parents[1] / "data" / "master" / "accounts.csv"


def _received():
    """A file of accounts that an administrator uploaded."""
    actor = UserFactory(administrator=True)
    with ACCOUNTS.open("rb") as file:
        return receive_file(kind="accounts", file=file, name=ACCOUNTS.name, actor=actor), actor


def _ordered():
    """The same file, checked and ordered."""
    batch, actor = _received()
    check_batch(batch=batch, actor=actor)
    order_import(batch=batch, skip_invalid=False, actor=actor)
    return {"batch_id": batch.pk}


CASES = {"sales.check_import": lambda: {"batch_id": _received()[0].pk}, "sales.run_import": _ordered}
