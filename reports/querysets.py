"""Questions about reports."""

from django.db import models
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When

from accounts.models import KeyAccount
from team.models import Team

from .states import DeadlineState

# Without which words a report of a kind is not complete: the sections whose commentary is asked for.
REQUIRED_WORDS = {
    "monthly": ("problems",),
    "quarterly": ("problems",),
    "annual": ("problems",),
    "weekly": ("week",),
    "plan": ("goals",),
    "survey": ("survey",),
}


class ReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Reports on accounts and people in scope, on a supervisor's own teams; company reports for those who see all."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        teams = Q(pk__in=[])
        for person in [user, *user.acts_for]:
            if person.role == "supervisor" and person.team_id:
                teams |= Q(path__startswith=person.team.path)
        return self.filter(
            Q(subject_kind="account", account__in=accounts)
            | Q(subject_kind="person", person__in=user.people_in_scope)
            | Q(subject_kind="team", team__in=Team.objects.filter(teams).values("pk"))
        )

    def current(self):
        """The newest version of each report."""
        return self.filter(superseded_by=None)

    def for_list(self):
        return self.select_related("account", "person", "team", "owner", "submitted_by", "decided_by").order_by(
            "-starts_on", "subject_kind", "subject_label", "pk"
        )


class ReportSectionQuerySet(models.QuerySet):
    def visible_to(self, user):
        from .models import Report  # the model names this queryset as its manager's

        return self.filter(report__in=Report.objects.visible_to(user).values("pk"))


class ReportRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own orders and those of one's people; all for those who see all."""
        return self.all() if user.sees_all else self.filter(ordered_by__in=user.people_in_scope)


class DeadlineRuleQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The company's rules: those who see deadlines may know them."""
        return self.all()

    def in_force(self):
        return self.filter(is_active=True)


class DeadlineQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What is due from oneself and one's people, and on the accounts in scope; all of them for those who see all."""
        if user.sees_all:
            return self.all()
        accounts = KeyAccount.objects.visible_to(user).values("pk")
        return self.filter(Q(owner__in=user.people_in_scope) | Q(subject_kind="account", account__in=accounts))

    def filed(self):
        return self.exclude(filed_at=None)

    def not_filed(self):
        return self.filter(filed_at=None)

    def late_on(self, day):
        """Due before ``day`` and not handed in."""
        return self.not_filed().filter(due_on__lt=day)

    def incomplete(self):
        """Not handed in although the draft is there: words that are asked for are missing, or a section has no data."""
        from .models import ReportSection  # the model names this queryset as its manager's

        section = ReportSection.objects.filter(report=OuterRef("report"))
        wanted = Q()
        for kind, keys in REQUIRED_WORDS.items():
            wanted |= Q(report__kind=kind, key__in=keys)
        return self.not_filed().filter(Exists(section.filter(wanted, commentary="")) | Exists(section.filter(sources__is_empty=True)))

    def with_state(self, today):
        """Each with ``state``, a DeadlineState: how it stands on ``today``."""
        on_time = Q(filed_at__isnull=False, filed_at__date__lte=F("due_on"))
        incomplete = self.model.objects.filter(pk=OuterRef("pk")).incomplete()
        return self.annotate(
            state=Case(
                When(on_time, then=Value(DeadlineState.ON_TIME)),
                When(filed_at__isnull=False, then=Value(DeadlineState.FILED_LATE)),
                When(due_on__lt=today, then=Value(DeadlineState.LATE)),
                When(report=None, then=Value(DeadlineState.OPEN)),
                When(Exists(incomplete), then=Value(DeadlineState.INCOMPLETE)),
                default=Value(DeadlineState.DRAFT),
                output_field=CharField(),
            )
        )

    def counted(self, today, *keys):
        """Rows of ``keys`` with due, on_time, filed_late, late, incomplete and coming; one statement. ``due`` are those due by today."""
        return self._with_completeness().values(*keys).annotate(**_deadline_counts(today))

    def totals(self, today):
        """The same counts over all rows, as one dict; one statement."""
        return self._with_completeness().aggregate(**_deadline_counts(today))

    def _with_completeness(self):
        return self.order_by().annotate(is_incomplete=Exists(self.model.objects.filter(pk=OuterRef("pk")).incomplete()))

    def of_reports(self, run):
        """The deadlines that the reports of one order answer."""
        keys = run.reports.values("subject_key")
        return self.filter(kind=run.kind, starts_on=run.starts_on, ends_on=run.ends_on, subject_key__in=keys)

    def link_reports(self):
        """Point each deadline of the set to the newest version of its report; one statement."""
        from .models import Report  # as above

        same = Report.objects.filter(
            kind=OuterRef("kind"), subject_key=OuterRef("subject_key"), starts_on=OuterRef("starts_on"), ends_on=OuterRef("ends_on")
        )
        return self.update(report=Subquery(same.order_by("-version").values("pk")[:1]))

    def hand_in(self, report, now):
        """Note the first submission of ``report``; a later version does not make it later."""
        mine = self.filter(kind=report.kind, subject_key=report.subject_key, starts_on=report.starts_on, ends_on=report.ends_on)
        return mine.not_filed().update(filed_at=now, report=report)

    def for_list(self):
        return self.select_related("owner__team", "account", "team", "report").order_by(
            F("filed_at").desc(nulls_first=True), "due_on", "subject_label", "pk"
        )


def _deadline_counts(today):
    return {
        "due": Count("pk", filter=Q(due_on__lte=today) | Q(filed_at__isnull=False)),
        "on_time": Count("pk", filter=Q(filed_at__date__lte=F("due_on"))),
        "filed_late": Count("pk", filter=Q(filed_at__date__gt=F("due_on"))),
        "late": Count("pk", filter=Q(filed_at=None, due_on__lt=today)),
        "incomplete": Count("pk", filter=Q(is_incomplete=True)),
        "coming": Count("pk", filter=Q(filed_at=None, due_on__gte=today)),
    }
