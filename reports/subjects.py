"""Who and what a report can be about, and which accounts its totals run over."""

from collections import defaultdict
from functools import cached_property

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import AccountAssignment, KeyAccount
from ka_crm.errors import DomainError
from ka_crm.periods import span
from sales.models import AccountProductMonth
from team.models import Team, User
from team.roles import Role
from visits.models import Visit

from .models import ReportKind, SubjectKind
from .sections.base import Subject

# Whose accounts make a team's figures: those who answer for an account, not those who help on it.
_DUTY = AccountAssignment.Duty.KA_MANAGER


def subject_key(kind, pk=None):
    return kind if pk is None else f"{kind}:{pk}"


class Directory:
    """Accounts, people and who looked after what in a period, read in four statements whatever the number of each."""

    def __init__(self, period, today):
        self.period = period
        self.accounts = {account.pk: account for account in KeyAccount.objects.only("pk", "code", "name", "currency", "path", "sort_key")}
        rows = list(
            AccountAssignment.objects.filter(duty=_DUTY)
            .filter(
                Q(starts_on__lte=period.ends_on) & (Q(ends_on=None) | Q(ends_on__gte=period.starts_on))
                | Q(starts_on__lte=today) & (Q(ends_on=None) | Q(ends_on__gte=today))
            )
            .values_list("account_id", "user_id", "starts_on", "ends_on")
        )
        in_period = [row for row in rows if row[2] <= period.ends_on and (row[3] is None or row[3] >= period.starts_on)]
        self.assigned = defaultdict(set)
        self.assigned_today = defaultdict(set)
        for account_id, user_id, *_days in in_period:
            self.assigned[user_id].add(account_id)
        for account_id, user_id, *_days in rows:
            self.assigned_today[user_id].add(account_id)
        # The latest assignment on the account itself decides whose report it is.
        self.manager_of = {row[0]: row[1] for row in sorted(in_period or rows, key=lambda row: (row[2], row[1]))}

    @cached_property
    def people(self):
        return {person.pk: person for person in User.objects.select_related("team")}

    @cached_property
    def teams(self):
        return {team.pk: team for team in Team.objects.all()}

    def below(self, account_ids):
        """The accounts and everything under them."""
        paths = tuple(self.accounts[pk].path for pk in account_ids)
        if not paths:
            return frozenset()
        return frozenset(pk for pk, account in self.accounts.items() if account.path.startswith(paths))

    def accounts_of(self, person_id):
        """(accounts, note): those of the period, else today's where the records begin later than the period."""
        if self.assigned[person_id]:
            return self.below(self.assigned[person_id]), ""
        return self.below(self.assigned_today[person_id]), "assigned_today" if self.assigned_today[person_id] else ""

    def _split(self, account_ids, currency):
        """(accounts in ``currency``, the others)."""
        same = frozenset(pk for pk in account_ids if self.accounts[pk].currency == currency)
        return same, frozenset(account_ids) - same

    def _currency_of(self, account_ids):
        """The one currency of all these accounts; the company's where there are several or none."""
        found = {self.accounts[pk].currency for pk in account_ids}
        return found.pop() if len(found) == 1 else settings.KA_BASE_CURRENCY

    def account(self, account):
        same, other = self._split(self.below([account.pk]), account.currency)
        return Subject(
            key=subject_key("account", account.pk),
            kind=SubjectKind.ACCOUNT,
            label=account.name,
            code=account.code,
            currency=account.currency,
            account_ids=same,
            other_ids=other,
            account_id=account.pk,
            owner_id=self.manager_of.get(account.pk),
        )

    def person(self, person):
        accounts, note = self.accounts_of(person.pk)
        currency = self._currency_of(accounts)
        same, other = self._split(accounts, currency)
        return Subject(
            key=subject_key("person", person.pk),
            kind=SubjectKind.PERSON,
            label=str(person),
            code=person.email,
            currency=currency,
            account_ids=same,
            other_ids=other,
            people_ids=frozenset([person.pk]),
            person_id=person.pk,
            owner_id=person.pk,
            note=note,
        )

    def team(self, team):
        members = frozenset(pk for pk, person in self.people.items() if person.team_id and person.team.path.startswith(team.path))
        found = [self.accounts_of(pk) for pk in members]
        accounts = frozenset().union(*(accounts for accounts, _note in found))
        currency = self._currency_of(accounts)
        same, other = self._split(accounts, currency)
        leads = sorted(pk for pk in members if self.people[pk].role == Role.SUPERVISOR and self.people[pk].team_id == team.pk)
        return Subject(
            key=subject_key("team", team.pk),
            kind=SubjectKind.TEAM,
            label=team.name,
            code=team.name,
            currency=currency,
            account_ids=same,
            other_ids=other,
            people_ids=members,
            team_id=team.pk,
            owner_id=leads[0] if leads else None,
            note=next((note for _accounts, note in found if note), ""),
        )

    def company(self):
        same, other = self._split(self.accounts, settings.KA_BASE_CURRENCY)
        return Subject(
            key=subject_key("company"),
            kind=SubjectKind.COMPANY,
            label=settings.KA_COMPANY_NAME,
            code="company",
            currency=settings.KA_BASE_CURRENCY,
            account_ids=same,
            other_ids=other,
            people_ids=frozenset(self.people),
        )


def subjects_of(directory, scope):
    """The subjects that an order names (``scope`` as stored on the run), accounts first, in a fixed order."""
    accounts = sorted((directory.accounts[pk] for pk in scope["accounts"]), key=lambda account: (account.sort_key, account.pk))
    people = sorted((directory.people[pk] for pk in scope["people"]), key=lambda person: (person.sort_key, person.pk))
    teams = sorted((directory.teams[pk] for pk in scope["teams"]), key=lambda team: (team.path, team.pk))
    subjects = [directory.account(account) for account in accounts]
    subjects += [directory.person(person) for person in people]
    subjects += [directory.team(team) for team in teams]
    return tuple(subjects + ([directory.company()] if scope["company"] else []))


def everything(kind, period, today):
    """Ids of all that an order without a choice is about: accounts with figures, KA managers and teams with accounts, the company.

    A plan is about those with sell-out in the year before; a weekly summary about the people who had a visit on their plan.
    """
    if kind == ReportKind.WEEKLY:
        visits = Visit.objects.filter(planned_on__range=(period.starts_on, period.ends_on), visitor__is_active=True)
        people = sorted(set(visits.values_list("visitor_id", flat=True)))
        if not people:
            raise DomainError(_("Nobody had a visit on the plan in %(period)s, so there is nothing to report.") % {"period": period.label})
        return {"accounts": [], "people": people, "teams": [], "company": False}
    directory = Directory(period, today)
    known = _known_accounts(kind, period)
    roots = {directory.accounts[pk].path for pk in known if pk in directory.accounts}
    above = {int(part) for path in roots for part in path.split("/") if part}
    accounts = sorted(pk for pk in directory.accounts if pk in above)
    people = sorted(pk for pk, person in directory.people.items() if person.role == Role.KA_MANAGER and directory.accounts_of(pk)[0])
    teams = sorted(pk for pk, team in directory.teams.items() if directory.team(team).all_ids)
    if not accounts:
        raise DomainError(
            _("There is no sell-out for %(period)s yet, so there is nothing to report. Import the retailers' files first.")
            % {"period": period.label}
        )
    return {"accounts": accounts, "people": people, "teams": teams, "company": True}


def _known_accounts(kind, period):
    """Ids of the accounts that something is known of: sell-out in the period, in the year before a plan, visits of a survey."""
    months = period.months()
    if kind == ReportKind.PLAN:
        months = span(period.year_before().starts_on, period.ends_on).months()
    known = set(AccountProductMonth.objects.filter(month__in=months).values_list("account_id", flat=True).distinct())
    if kind == ReportKind.SURVEY:
        known |= set(Visit.objects.filter(planned_on__range=(period.starts_on, period.ends_on)).values_list("account_id", flat=True))
    return known
