"""How tests import: bytes in, batch and outcome out, through the same verbs as pages, jobs and the command."""

from io import BytesIO

from sales.services.imports import receive_file, run_import

HEADER = "account_code,store_code,date,sku,units,gross_value,discount_value,net_value,supplier_coupon_value"


def money(minor):
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def sellout_csv(rows):
    """Canonical sell-out of (account code, store code, day, sku, units, gross, discount, coupon or None), amounts in cents."""
    lines = [HEADER]
    for account, store, day, sku, units, gross, discount, coupon in rows:
        stated = "" if coupon is None else money(coupon)
        lines.append(f"{account},{store},{day},{sku},{units},{money(gross)},{money(discount)},{money(gross - discount)},{stated}")
    return "\n".join(lines).encode() + b"\n"


def import_bytes(content, *, kind="sellout", name="sellout.csv", account=None, profile="", skip_invalid=False, actor=None):
    """Receive ``content`` and import it; answers (batch, Outcome)."""
    batch = receive_file(kind=kind, file=BytesIO(content), name=name, actor=actor, account=account, profile_code=profile)
    outcome = run_import(batch=batch, skip_invalid=skip_invalid, actor=actor)
    batch.refresh_from_db()
    return batch, outcome


def import_path(path, *, kind="sellout", **options):
    return import_bytes(path.read_bytes(), kind=kind, name=path.name, **options)
