"""A team at a glance: per person what was planned and done, covered, handed in, scored and sold; twelve statements for any size.

Sell-out of a person is that of the accounts they answer for, as in their own report (subjects.Directory). Coverage counts the open
stores of all accounts that they are assigned to today, in whatever duty.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from accounts.models import AccountAssignment, Store
from ka_crm import fiscal
from ka_crm.errors import DomainError
from ka_crm.money import ratio
from ka_crm.periods import Period, month_of, parse_period, span
from team.models import ApprovalSeat, Task, Team, User
from team.roles import Role
from team.states import ApprovalStatus, StepStatus
from visits.figures import VisitFigures, scores_by_person, visit_counts
from visits.models import Attendance, Visit

from ..facts import Facts
from ..models import Deadline
from ..services import teams_of
from ..subjects import Directory
from .figures import Compared
from .scope import FIRST_YEAR, LAST_YEAR

ROLES_AT_WORK = (Role.KA_MANAGER, Role.FIELD_REP, Role.SUPERVISOR)


@dataclass
class PersonFigures:
    """One person in one period; ``sales`` is None for somebody who answers for no account in the currency."""

    person: User
    visits: VisitFigures
    stores: int = 0
    stores_seen: int = 0
    days_started: int = 0
    days_late: int = 0
    reports_due: int = 0
    reports_on_time: int = 0
    reports_missing: int = 0
    score: Decimal | None = None
    score_reason: str = ""
    approvals: int = 0
    tasks_overdue: int = 0
    sales: Compared | None = None

    @property
    def kept(self):
        """Planned visits that took place ÷ planned visits; None without a plan."""
        return ratio(self.visits.planned_done, self.visits.planned)

    @property
    def coverage(self):
        """Stores in care that were visited ÷ open stores in care; None without stores."""
        return ratio(self.stores_seen, self.stores)

    @property
    def on_time(self):
        """Reports handed in by their day ÷ reports due; None where none was due."""
        return ratio(self.reports_on_time, self.reports_due)

    @property
    def weight(self):
        """What the list is ordered by, the worst first: money lost, then visits that did not happen, then late reports."""
        lost = self.sales.gained if self.sales is not None and self.sales.change is not None else 0
        return lost, self.visits.planned_done - self.visits.planned, self.reports_on_time - self.reports_due, self.person.sort_key


def activity_period(text, today):
    """(Period, note) of what people did: what the address asks for, up to today; the running month where it asks for nothing."""
    asked, note = month_of(today), ""
    if text and text != "ytd":
        try:
            wanted = parse_period(text)
            if not FIRST_YEAR <= wanted.starts_on.year <= wanted.ends_on.year <= LAST_YEAR:
                raise DomainError(_("Dashboards know the years %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR})
            asked = wanted
        except DomainError as error:
            note = str(error)
    elif text == "ytd":
        asked = span(fiscal.year_to_date(month_of(today)).starts_on, today)
    if asked.starts_on <= today < asked.ends_on:
        asked = Period(asked.starts_on, today, asked.kind if asked.kind != "span" else "span", asked.label)
    return asked, note


def teams_for(user):
    """The teams that ``user`` may look at, in the order of the tree."""
    return list(teams_of(user).order_by("path", "pk"))


def people_of(user, team=None):
    """Active people at work whom ``user`` sees, of ``team`` and below where one is given."""
    people = User.objects.visible_to(user).active().filter(role__in=ROLES_AT_WORK).order_by("sort_key", "pk")
    return list(people.in_team(team) if isinstance(team, Team) else people)


def team_figures(people, *, activity, facts, currency, today):
    """PersonFigures of ``people``, the worst first; ``activity`` is the Period of what was done, ``facts`` hold what was sold."""
    ids = [person.pk for person in people]
    rows = {person.pk: PersonFigures(person, VisitFigures()) for person in people}
    directory = Directory(facts.period, today)
    _visits(rows, ids, activity, directory, today)
    for attendance in (
        Attendance.objects.filter(person__in=ids, day__range=(activity.starts_on, activity.ends_on))
        .order_by()
        .values("person_id")
        .annotate(days=Count("pk"), late=Count("pk", filter=Q(is_late=True)))
    ):
        rows[attendance["person_id"]].days_started, rows[attendance["person_id"]].days_late = attendance["days"], attendance["late"]
    for owner_id, filed in filing_by_owner(ids, activity, today).items():
        rows[owner_id].reports_due, rows[owner_id].reports_on_time, rows[owner_id].reports_missing = filed
    for person_id, scores in scores_by_person(ids, activity).items():
        rows[person_id].score, rows[person_id].score_reason = scores.score, scores.score_reason
    for person_id, waiting in waiting_approvals(ids).items():
        rows[person_id].approvals = waiting
    overdue = Task.objects.overdue_on(today).filter(assignee__in=ids).order_by().values_list("assignee_id").annotate(Count("pk"))
    for person_id, count in overdue:
        rows[person_id].tasks_overdue = count
    _sales(rows, directory, facts, currency)
    return sorted(rows.values(), key=lambda row: row.weight)


def _visits(rows, ids, activity, directory, today):
    """Counts of visits, and how many of the stores in care they reached: a store has one account, so that its stores add up."""
    assigned = defaultdict(set)
    for user_id, account_id in AccountAssignment.objects.in_force_on(today).filter(user__in=ids).values_list("user_id", "account_id"):
        assigned[user_id].add(account_id)
    care = {person_id: directory.below(accounts) for person_id, accounts in assigned.items()}
    everybody = frozenset().union(*care.values())
    open_stores = Store.objects.active().in_force_on(today).filter(account__in=everybody)
    stores = dict(open_stores.order_by().values_list("account_id").annotate(Count("pk")))
    for person_id, accounts in care.items():
        rows[person_id].stores = sum(stores.get(pk, 0) for pk in accounts)
    visits = Visit.objects.filter(visitor__in=ids, planned_on__range=(activity.starts_on, activity.ends_on)).order_by()
    for counted in visits.values("visitor_id", "account_id").annotate(**visit_counts()):
        person_id, account_id = counted.pop("visitor_id"), counted.pop("account_id")
        found = VisitFigures(**counted)
        rows[person_id].visits += found
        if account_id in care.get(person_id, ()):
            rows[person_id].stores_seen += found.stores_seen


def filing_by_owner(owner_ids, period, today):
    """{owner: (due, handed in by their day, neither handed in nor any longer on time)} of reports due in ``period``; one statement.

    A report that is not due yet counts in none of them.
    """
    due = Deadline.objects.filter(owner__in=owner_ids, due_on__range=(period.starts_on, period.ends_on))
    over = Q(due_on__lt=today) | Q(filed_at__isnull=False)
    rows = (
        due.order_by()
        .values("owner_id")
        .annotate(
            due=Count("pk", filter=over),
            on_time=Count("pk", filter=Q(filed_at__isnull=False, filed_at__date__lte=F("due_on"))),
            missing=Count("pk", filter=Q(filed_at__isnull=True, due_on__lt=today)),
        )
    )
    return {row["owner_id"]: (row["due"], row["on_time"], row["missing"]) for row in rows}


def waiting_approvals(person_ids):
    """{person: approvals that wait for their decision}; one statement."""
    seats = ApprovalSeat.objects.filter(
        approver__in=person_ids, decision="", step__status=StepStatus.OPEN, step__approval__status=ApprovalStatus.PENDING
    )
    return dict(seats.order_by().values_list("approver_id").annotate(Count("step__approval", distinct=True)))


def _sales(rows, directory, facts, currency):
    answers = {}
    for person_id, row in rows.items():
        if row.person.role == Role.KA_MANAGER:
            accounts, _note = directory.accounts_of(person_id)
            answers[person_id] = frozenset(pk for pk in accounts if directory.accounts[pk].currency == currency)
    wanted = frozenset().union(*answers.values())
    if not wanted <= facts.account_ids:  # somebody answered in the period for what is others' business today
        facts = Facts(facts.period, wanted, facts.today)
    for person_id, accounts in answers.items():
        if not accounts:
            continue
        before = facts.year_ago.months()
        row = rows[person_id].sales = Compared(person_id, "")
        row.is_incomplete = facts.months_known(accounts, before) < facts.months_known(accounts, facts.months)
        for months, now in ((facts.months, True), (before, False)):
            sums, is_there = facts.sums(accounts, months)
            if is_there:
                row.take(sums, now=now)
