"""Rules that find what went wrong; each is a function of the ground that yields findings, thresholds are settings.

A drop compares four weeks with the same four weeks a year before (52 weeks back, so that weekdays match); where last year is not
known, with the average of the thirteen weeks before them, if at least eight of those are known. A week that a file only tells in
part is left out.
"""

from collections import defaultdict
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ka_crm import company, formats
from ka_crm.money import growth
from ka_crm.navigation import address_of
from ka_crm.periods import month_of, week_start

from .findings import ALERT, DANGER, WARN, Finding, Way, about_account, about_store
from .ground import WEEKS_BACK, WEEKS_COMPARED, WEEKS_TRAILING

LEAST_TRAILING = 8
MOST_PER_ACCOUNT = 3
MOST_PER_RULE = 20
LEAST_STORES_LOST = 2
NAMED = 3


def _money(minor, currency):
    return formats.short_money(minor, currency)


def newest_whole_week(ground, account_id):
    """Monday of the account's newest week that is told whole, or None: its newest with figures, unless the files end within it."""
    weeks = [monday for monday in ground.weeks.get(account_id, {}) if monday > week_start(ground.today) - timedelta(weeks=WEEKS_BACK)]
    weeks = sorted(monday for monday in weeks if monday + timedelta(days=6) < ground.today)
    if not weeks:
        return None
    until = ground.known_until(account_id)
    if until is None or until < weeks[-1] + timedelta(days=6):
        weeks.pop()
    return weeks[-1] if weeks else None


def compared_weeks(net, newest):
    """(net of the four weeks up to ``newest``, what they are compared with, "year" or the number of trailing weeks) or None.

    ``net``: Monday → minor units. The trailing average is scaled to four weeks and rounded down to a whole minor unit.
    """
    weeks = [newest - timedelta(weeks=number) for number in range(WEEKS_COMPARED)]
    if any(monday not in net for monday in weeks):
        return None
    now = sum(net[monday] for monday in weeks)
    year_ago = [monday - timedelta(weeks=52) for monday in weeks]
    if all(monday in net for monday in year_ago):
        return now, sum(net[monday] for monday in year_ago), "year"
    trailing = [newest - timedelta(weeks=number) for number in range(WEEKS_COMPARED, WEEKS_COMPARED + WEEKS_TRAILING)]
    known = [net[monday] for monday in trailing if monday in net]
    if len(known) < LEAST_TRAILING:
        return None
    return now, sum(known) * WEEKS_COMPARED // len(known), len(known)


def sales_drops(ground):
    threshold = company.value("dashboards.drop_rate")
    for account_id, account in ground.accounts.items():
        newest = newest_whole_week(ground, account_id)
        found = compared_weeks(ground.weeks[account_id], newest) if newest else None
        change = growth(found[0], found[1]) if found else None
        if change is None or change > -threshold:
            continue
        now, then, base = found
        if base == "year":
            compared = _("the same weeks last year")
        else:
            compared = ngettext("the average of %(count)s week before", "the average of the %(count)s weeks before", base) % {"count": base}
        first, last = newest - timedelta(weeks=WEEKS_COMPARED - 1), newest + timedelta(days=6)
        words = {
            "account": account.name,
            "rate": formats.percent(-change),
            "now": _money(now, account.currency),
            "then": _money(then, account.currency),
            "compared": compared,
            "first": formats.day(first),
            "last": formats.day(last),
            "threshold": formats.percent(threshold, 0),
        }
        yield about_account(
            account_id,
            key=f"drop:{account_id}",
            kind=ALERT,
            tone=DANGER,
            weight=then - now,
            title=_("%(account)s: sell-out down %(rate)s") % words,
            reason=_("%(now)s net from %(first)s to %(last)s against %(then)s, %(compared)s. The limit is %(threshold)s.") % words,
            task=_("Find out why sell-out at %(account)s fell by %(rate)s") % words,
            icon="arrow-down-right",
        )


def silent_accounts(ground):
    limit = company.value("dashboards.silent_weeks")
    last_whole = week_start(ground.today) - timedelta(weeks=1)
    for account_id, account in ground.accounts.items():
        told = [monday for monday in ground.weeks.get(account_id, {}) if monday > last_whole - timedelta(weeks=WEEKS_BACK)]
        silent = (last_whole - max(told)).days // 7 if told else 0
        if silent < limit:
            continue
        words = {"account": account.name, "count": silent, "last": formats.day(max(told) + timedelta(days=6)), "limit": limit}
        upload = (Way(_("Import a file"), reverse("sales:import_create"), "upload"),) if _may_import(ground) else ()
        yield about_account(
            account_id,
            key=f"silent:{account_id}",
            kind=ALERT,
            tone=WARN,
            weight=silent * 10**6,
            title=ngettext("%(account)s: no sell-out for %(count)s week", "%(account)s: no sell-out for %(count)s weeks", silent) % words,
            reason=_("The newest week with figures ends on %(last)s; the limit is %(limit)s weeks. Ask the retailer for the file.") % words,
            ways=upload,
            task=_("Ask %(account)s for the missing sell-out files") % words,
            icon="file",
        )


def _may_import(ground):
    return ground.user.has_capability("imports.run") and address_of("sales:import_create") is not None


def silent_stores(ground):
    """Stores that sold in the months before their account's newest one and not in that: told per store, by whole months."""
    limit = company.value("dashboards.silent_weeks")
    newest_of = {}
    for store_id, months in ground.store_months.items():
        if store_id in ground.stores:
            account_id = ground.stores[store_id].account_id
            newest_of[account_id] = max(newest_of.get(account_id, min(months)), *months)
    found = []
    for store_id, months in ground.store_months.items():
        store = ground.stores.get(store_id)
        if store is None or max(months) >= newest_of[store.account_id]:
            continue
        last, newest = month_of(max(months)), month_of(newest_of[store.account_id])
        weeks = (newest.ends_on - last.ends_on).days // 7
        if weeks >= limit:
            found.append((weeks, sum(months.values()), store, last, newest))
    for weeks, units, store, last, newest in sorted(found, key=lambda row: (-row[0], -row[1], row[2].pk))[:MOST_PER_RULE]:
        words = {"store": store.name, "count": weeks, "last": last.label, "newest": newest.label, "units": formats.number(units)}
        yield about_store(
            ground,
            store,
            key=f"silent-store:{store.pk}",
            kind=ALERT,
            tone=WARN,
            weight=units,
            title=ngettext("%(store)s: no sell-out for %(count)s week", "%(store)s: no sell-out for %(count)s weeks", weeks) % words,
            reason=_("Last figures in %(last)s (%(units)s units in the months before); the account's other stores report %(newest)s.")
            % words,
            task=_("Find out why %(store)s reports no sell-out") % words,
            icon="building-store",
        )


def lost_distribution(ground):
    """Products that sell in fewer stores of an account than the month before."""
    threshold = company.value("dashboards.distribution_loss_rate")
    per_account = defaultdict(list)
    if ground.newest is None:
        return
    newest, before = ground.newest, ground.newest.previous()
    told = {account_id for account_id, _product, month in ground.selling_stores if month == newest.starts_on}
    for (account_id, product_id, month), then in ground.selling_stores.items():
        if month != before.starts_on or account_id not in told or product_id not in ground.products:
            continue
        now = ground.selling_stores.get((account_id, product_id, newest.starts_on), 0)
        change = growth(now, then)
        if then - now >= LEAST_STORES_LOST and change is not None and change <= -threshold:
            per_account[account_id].append((then - now, product_id, now, then))
    for account_id, rows in per_account.items():
        for lost, product_id, now, then in sorted(rows, key=lambda row: (-row[0], row[1]))[:MOST_PER_ACCOUNT]:
            account, product = ground.accounts[account_id], ground.products[product_id]
            words = {
                "account": account.name,
                "product": product.name,
                "sku": product.sku,
                "lost": lost,
                "now": now,
                "then": then,
                "newest": newest.label,
                "before": before.label,
            }
            yield about_account(
                account_id,
                key=f"lost:{account_id}:{product_id}",
                kind=ALERT,
                tone=WARN,
                weight=lost,
                title=_("%(account)s: %(product)s lost %(lost)s of %(then)s stores") % words,
                reason=_("%(now)s stores sold %(sku)s in %(newest)s, %(then)s did in %(before)s.") % words,
                task=_("Ask %(account)s about the listing of %(product)s (%(sku)s)") % words,
                icon="package",
            )


def shelf_gaps(ground):
    """Stores where the last visits found products out of stock or missing, and nobody has found them back since."""
    rows = [(store_id, tickets) for store_id, tickets in ground.open_tickets.items() if store_id in ground.stores]
    for store_id, tickets in sorted(rows, key=lambda row: (-len(row[1]), row[0]))[:MOST_PER_RULE]:
        store = ground.stores[store_id]
        empty = sum(ticket.kind == ticket.Kind.OUT_OF_STOCK for ticket in tickets)
        words = {
            "store": store.name,
            "count": len(tickets),
            "empty": empty,
            "absent": len(tickets) - empty,
            "days": tickets[0].days_open(ground.today),
            "products": formats.listed([ticket.product.name for ticket in tickets[:NAMED]]),
        }
        yield about_store(
            ground,
            store,
            key=f"shelf:{store_id}",
            kind=ALERT,
            tone=DANGER if empty else WARN,
            weight=len(tickets),
            title=ngettext("%(store)s: %(count)s gap on the shelf", "%(store)s: %(count)s gaps on the shelf", len(tickets)) % words,
            reason=_("%(empty)s out of stock, %(absent)s not there; the oldest for %(days)s days. %(products)s.") % words,
            task=_("Close the shelf gaps at %(store)s") % words,
            icon="box",
        )


def overdue_visits(ground):
    visits = ground.overdue_visits
    if not visits:
        return
    words = {
        "count": len(visits),
        "oldest": formats.day(visits[0].planned_on),
        "places": formats.listed(list(dict.fromkeys(str(visit.place) for visit in visits))[:NAMED]),
    }
    yield Finding(
        key=f"overdue:{ground.user.pk}",
        kind=ALERT,
        tone=WARN,
        weight=len(visits),
        title=ngettext("%(count)s planned visit is left over", "%(count)s planned visits are left over", len(visits)) % words,
        reason=_("The oldest was planned for %(oldest)s: %(places)s. Make them up or say that they were missed.") % words,
        ways=(Way(_("Open the day"), reverse("visits:today"), "arrow-right"),) if ground.plans_visits else (),
        icon="calendar",
    )


def overdue_stores(ground):
    """Stores that nobody has visited within their cadence."""
    stores = ground.overdue_stores
    if not stores:
        return
    words = {
        "count": len(stores),
        "oldest": formats.day(stores[0][1]),
        "places": formats.listed([name for name, _due in stores[:NAMED]]),
    }
    yield Finding(
        key=f"cadence:{ground.user.pk}",
        kind=ALERT,
        tone=WARN,
        weight=len(stores),
        title=ngettext("%(count)s store is overdue for a visit", "%(count)s stores are overdue for a visit", len(stores)) % words,
        reason=_("By their cadence; the longest since %(oldest)s: %(places)s. Plan these first.") % words,
        ways=(Way(_("Stores due"), reverse("visits:due_list"), "target"),),
        icon="target",
    )


def late_reports(ground):
    for deadline in ground.late_reports[:MOST_PER_RULE]:
        days = (ground.today - deadline.due_on).days
        words = {"kind": deadline.get_kind_display(), "subject": deadline.subject_label, "due": formats.day(deadline.due_on), "count": days}
        url = reverse("reports:report_detail", args=[deadline.report.public_id]) if deadline.report_id else reverse("reports:report_list")
        yield Finding(
            key=f"late:{deadline.pk}",
            kind=ALERT,
            tone=DANGER,
            weight=days,
            title=_("Late: %(kind)s, %(subject)s") % words,
            reason=ngettext("It was due on %(due)s, %(count)s day ago.", "It was due on %(due)s, %(count)s days ago.", days) % words,
            ways=(Way(_("Open the report"), url, "report"),),
            icon="clock",
        )


def failed_imports(ground):
    for batch in ground.failed_imports:
        words = {
            "file": batch.file.original_name,
            "status": batch.get_status_display(),
            "rows": formats.number(batch.rows_rejected),
            "day": formats.day(batch.created_at),
        }
        yield Finding(
            key=f"import:{batch.public_id}",
            kind=ALERT,
            tone=WARN,
            weight=batch.rows_rejected,
            title=_("Import %(status)s: %(file)s") % words,
            reason=_("Received on %(day)s; %(rows)s rows were refused, nothing of it counts until it is put right.") % words,
            ways=(Way(_("Open the import"), batch.get_absolute_url(), "upload"),) if ground.user.has_capability("imports.view") else (),
            icon="upload",
            account_id=batch.account_id,
        )


# Rules over sell-out need the right to see it; a field rep's come from visits alone.
SALES_RULES = (sales_drops, silent_accounts, silent_stores, lost_distribution)
OTHER_RULES = (shelf_gaps, overdue_visits, overdue_stores, late_reports, failed_imports)
