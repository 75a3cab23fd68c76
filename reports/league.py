"""League tables: accounts, stores and people in order of one figure, with their place in the period before.

All figures of one table are read by a fixed number of statements, whatever the number of rows. A row without the figure has no
place and stands last; equal figures share a place.
"""

from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import AccountAssignment, KeyAccount, Store
from ka_crm.money import from_minor, growth, ratio
from ka_crm.periods import span
from sales import figures
from team.models import User
from visits.figures import (
    ShelfScores,
    scores_by_account,
    scores_by_person,
    scores_by_store,
    visit_counts,
)
from visits.models import Visit
from visits.planning.cadence import TOOK_PLACE, due_by, with_cadence

from .models import Deadline

# Figure → (label, kind of cell). Money is in minor units inside, rates are fractions.
FIGURES = {
    "net": (_("Net sell-out"), "money"),
    "units": (_("Units"), "count"),
    "growth": (_("Growth"), "delta"),
    "distribution": (_("Selling stores"), "percent"),
    "coverage": (_("Visit coverage"), "percent"),
    "plan_hit": (_("Plan kept"), "percent"),
    "score": (_("Perfect-store score"), "score"),
    "on_time": (_("Handed in on time"), "percent"),
}
SUBJECTS = {"accounts": _("Accounts"), "stores": _("Stores"), "people": _("People")}
# Which figures each kind of table has, the one it is ordered by at first in front.
COLUMNS = {
    "accounts": ("net", "units", "growth", "distribution", "coverage", "plan_hit", "score"),
    "stores": ("net", "units", "growth", "score"),
    "people": ("net", "growth", "coverage", "plan_hit", "score", "on_time"),
}


@dataclass(slots=True)
class Row:
    """One account, store or person; ``values`` and ``before`` hold the figures of the period and of the one before."""

    pk: int
    name: str
    code: str
    currency: str
    values: dict
    before: dict = field(default_factory=dict)
    rank: int | None = None
    rank_before: int | None = None
    of_largest: tuple = (None, 0)  # the value it is ranked by and the largest of the table

    @property
    def part(self):
        """How much of the largest value it has, for the bar; None without a value or below 0."""
        value, largest = self.of_largest
        return None if value is None or value < 0 else ratio(value, largest)

    @property
    def climbed(self):
        """Places won since the period before; negative where lost, None where one of the two places is missing."""
        return None if self.rank is None or self.rank_before is None else self.rank_before - self.rank


def rank(rows, by):
    """``rows`` in order of the figure ``by``, the highest first, with rank, rank before and what its bar is drawn from."""
    _place(rows, "rank", lambda row: row.values.get(by))
    _place(rows, "rank_before", lambda row: row.before.get(by))
    known = [row.values[by] for row in rows if row.values.get(by) is not None]
    largest = max((abs(value) for value in known), default=0)
    for row in rows:
        row.of_largest = (row.values.get(by), largest)
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.name, row.pk))


def _place(rows, attribute, value_of):
    """Competition ranking: equal values share the better place, the next one counts them all."""
    ordered = sorted((value for row in rows if (value := value_of(row)) is not None), reverse=True)
    first = {}
    for position, value in enumerate(ordered, 1):
        first.setdefault(value, position)
    for row in rows:
        value = value_of(row)
        setattr(row, attribute, None if value is None else first[value])


# --- the three tables ---------------------------------------------------------------------------------------------------------
def league(what, *, by, period, user, today, account=None, team=None):
    """Rows of a table in the scope of ``user``, narrowed to one account with all below it or to one team.

    ``by`` is one of COLUMNS[what]. Raises KeyError for a table or figure that there is not.
    """
    if by not in COLUMNS[what]:
        raise KeyError(by)
    accounts = KeyAccount.objects.visible_to(user).active()
    people = User.objects.visible_to(user).active()
    if account is not None:
        accounts = accounts.filter(path__startswith=account.path)
        people = people.filter(pk__in=_duties().filter(account__in=accounts.values("pk")).values("user"))
    if team is not None:
        people = people.filter(team__path__startswith=team.path)
        accounts = accounts.filter(pk__in=_duties().filter(user__in=people.values("pk")).values("account"))
    table = {"accounts": _accounts, "stores": _stores, "people": _people}[what]
    return rank(table(accounts, people, period, until(period, today)), by)


def until(period, today):
    """The days of ``period`` up to today: what is planned for tomorrow is neither kept nor missed."""
    return span(period.starts_on, max(period.starts_on, min(period.ends_on, today)))


def _duties():
    return AccountAssignment.objects.filter(duty=AccountAssignment.Duty.KA_MANAGER)


def _sold(now, before):
    """The figures of sell-out from two Sums, either of which may be missing."""
    if now is None:
        return {"net": None, "units": None, "growth": None}
    return {"net": now.net_minor, "units": now.units, "growth": growth(now.net_minor, before.net_minor if before else None)}


def _three(period):
    """The period, the one before, and the one before that, which the growth of the one before needs."""
    return period, period.previous(), period.previous().previous()


def _by_account(accounts, period):
    """{account: Sums} from the account rollup; whole months only."""
    found = {}
    for account_id, months in figures.trend_by_account(accounts, period.months()).items():
        found[account_id] = sum(months.values(), figures.Sums())
    return found


def coverage_by_account(stores, first, last):
    """{account id: (visited, due)} of ``stores`` (visits.planning.cadence.coverage, for many accounts); one statement and the rules'."""
    seen = Visit.objects.filter(store=OuterRef("pk"), status__in=TOOK_PLACE, planned_on__range=(first, last))
    rows = with_cadence(stores.in_force_on(last), last, before=first).filter(due_by(last)).annotate(is_visited=Exists(seen))
    counted = rows.order_by().values("account_id").annotate(due=Count("pk"), visited=Count("pk", filter=Q(is_visited=True)))
    return {row["account_id"]: (row["visited"], row["due"]) for row in counted}


def kept_plans(key, ids, period):
    """{id: (planned visits that took place, planned visits)} by account or visitor; counted as visits.figures does, one statement."""
    visits = Visit.objects.filter(**{f"{key}__in": ids}, planned_on__range=(period.starts_on, period.ends_on))
    counts = {name: count for name, count in visit_counts().items() if name in ("planned", "planned_done")}
    rows = visits.order_by().values(key).annotate(**counts)
    return {row[key]: (row["planned_done"], row["planned"]) for row in rows}


def _summed_ratio(parts, keys):
    """Σ numerators ÷ Σ denominators of ``parts`` over ``keys``; None where nothing was due."""
    found = [parts[key] for key in keys if key in parts]
    return ratio(sum(part[0] for part in found), sum(part[1] for part in found))


def _accounts(accounts, people, period, visited):
    rows = {
        pk: (name, code, currency, path)
        for pk, name, code, currency, path in accounts.values_list("pk", "name", "code", "currency", "path")
    }
    below = _subtrees({pk: row[3] for pk, row in rows.items()})
    sold = [_by_account(accounts, one) for one in _three(period)]
    stores = dict(
        Store.objects.filter(account__in=accounts.values("pk")).in_force_on(period.ends_on).values_list("account_id").annotate(Count("pk"))
    )
    table = {pk: Row(pk, name, code, currency, {}) for pk, (name, code, currency, _path) in rows.items()}
    for place, one in enumerate((visited, period.previous())):
        selling = figures.selling_stores_by_account(accounts, period if place == 0 else one)
        seen, scores = kept_plans("account_id", list(rows), one), scores_by_account(rows, one)
        covered = coverage_by_account(Store.objects.filter(account__in=accounts.values("pk")), one.starts_on, one.ends_on)
        for pk, row in table.items():
            values = _sold(sold[place].get(pk), sold[place + 1].get(pk))
            values["distribution"] = ratio(selling.get(pk, 0), sum(stores.get(leaf, 0) for leaf in below[pk]))
            values["plan_hit"] = _summed_ratio(seen, below[pk])
            values["score"] = sum((scores[leaf] for leaf in below[pk] if leaf in scores), ShelfScores()).score
            values["coverage"] = _summed_ratio(covered, below[pk])
            setattr(row, "values" if place == 0 else "before", values)
    return [row for row in table.values() if any(value not in (None, 0) for value in row.values.values())]


def _subtrees(paths):
    """{account: itself and all below it} of accounts given by their paths."""
    ordered = sorted(paths.items(), key=lambda pair: pair[1])
    found = {pk: [pk] for pk in paths}
    stack = []
    for pk, path in ordered:
        while stack and not path.startswith(stack[-1][1]):
            stack.pop()
        for above, _path in stack:
            found[above].append(pk)
        stack.append((pk, path))
    return found


def _stores(accounts, people, period, visited):
    stores = Store.objects.filter(account__in=accounts.values("pk"), archived_at=None)
    rows = stores.values_list("pk", "name", "code", "account__currency")
    sold = [figures.sellout_by_store(accounts, one) for one in _three(period)]
    scores = [scores_by_store(accounts.values("pk"), one) for one in (visited, period.previous())]
    table = []
    for pk, name, code, currency in rows:
        row = Row(pk, name, code, currency, {})
        for place, attribute in enumerate(("values", "before")):
            values = _sold(sold[place].get(pk), sold[place + 1].get(pk))
            values["score"] = scores[place][pk].score if pk in scores[place] else None
            setattr(row, attribute, values)
        if any(value is not None for value in row.values.values()):
            table.append(row)
    return table


def _people(accounts, people, period, visited):
    rows = list(people.values_list("pk", "name", "email"))
    ids = [row[0] for row in rows]
    paths = dict(accounts.values_list("pk", "path"))
    below, currency = _subtrees(paths), dict(accounts.values_list("pk", "currency"))
    duties = _in_period(_duties().filter(user__in=ids, account__in=paths), period)
    assigned = {}
    for user_id, account_id in duties.values_list("user_id", "account_id"):
        assigned.setdefault(user_id, set()).update(below[account_id])
    own = [_own_sums(accounts, one, paths) for one in _three(period)]
    table = [Row(pk, name, email, _only(currency[leaf] for leaf in assigned.get(pk, ())), {}) for pk, name, email in rows]
    for place, one in enumerate((visited, period.previous())):
        seen, scores, filed = kept_plans("visitor_id", ids, one), scores_by_person(ids, one), on_time_by_person(ids, one)
        covered = coverage_by_account(Store.objects.filter(account__in=accounts.values("pk")), one.starts_on, one.ends_on)
        for row in table:
            leaves = assigned.get(row.pk, ())
            sums = [_sum(own[place + back], leaves) if row.currency else None for back in (0, 1)]
            values = _sold(*sums)
            values["plan_hit"] = ratio(*seen.get(row.pk, (0, 0)))
            values["score"] = scores[row.pk].score if row.pk in scores else None
            values["coverage"] = _summed_ratio(covered, leaves)
            values["on_time"] = ratio(*filed.get(row.pk, (0, 0)))
            setattr(row, "values" if place == 0 else "before", values)
    return [row for row in table if any(value is not None for value in row.values.values())]


def _in_period(duties, period):
    return duties.filter(starts_on__lte=period.ends_on).filter(Q(ends_on=None) | Q(ends_on__gte=period.starts_on))


def _own_sums(accounts, period, paths):
    """{account: Sums} of what each account sold itself: what its branches sold is theirs, so that a person's sum counts it once."""
    whole = _by_account(accounts, period)
    children = {}
    by_path = {path: pk for pk, path in paths.items()}
    for pk, path in paths.items():
        parent = by_path.get(path.rstrip("/").rpartition("/")[0] + "/")
        if parent is not None:
            children.setdefault(parent, []).append(pk)
    found = {}
    for pk, sums in whole.items():
        parts = [whole[child] for child in children.get(pk, ()) if child in whole]
        found[pk] = figures.Sums(
            units=sums.units - sum(part.units for part in parts), net_minor=sums.net_minor - sum(part.net_minor for part in parts)
        )
    return found


def _sum(own, leaves):
    found = [own[leaf] for leaf in leaves if leaf in own]
    return sum(found, figures.Sums()) if found else None


def _only(currencies):
    """The one currency of all, "" where there are several: amounts of two currencies are never added up."""
    found = set(currencies)
    return found.pop() if len(found) == 1 else ""


def on_time_by_person(people, period):
    """{person: (handed in by the due day, due)} of the deadlines that fell due in ``period``; one statement."""
    due = Deadline.objects.filter(owner__in=people, due_on__range=(period.starts_on, period.ends_on))
    counted = due.order_by().values("owner_id").annotate(due=Count("pk"), on_time=Count("pk", filter=on_time()))
    return {row["owner_id"]: (row["on_time"], row["due"]) for row in counted}


def on_time():
    """The condition of a deadline that was met: handed in on the due day or before, by the company's clock."""
    return Q(filed_at__isnull=False, filed_at__date__lte=F("due_on"))


def shown_value(value, by, currency):
    """A figure as blocks show it: money in currency units, all else as it is."""
    if value is None:
        return None
    return str(from_minor(value, currency or "USD")) if FIGURES[by][1] == "money" else str(value)
