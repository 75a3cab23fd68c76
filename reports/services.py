"""The verbs of reports: order, comment, submit, approve, return, archive. Building and drawing are the workers' (builder.py, files.py)."""

from hashlib import sha256

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import KeyAccount
from ka_crm.errors import DomainError, IllegalMove, NotAllowed, StaleRecord
from ka_crm.jobs.models import Job
from ka_crm.jobs.states import JobState
from ka_crm.moves import move
from ka_crm.text import clean_text, fold
from team.audit import on_behalf, record
from team.models import Team, User
from team.roles import Role, capabilities_of

from . import approvals
from .files import FORMATS, order_files
from .models import PERIOD_KINDS, Deadline, Report, ReportKind, ReportRun, ReportSection
from .states import REFRESHED, REPORT_MOVES, ReportStatus
from .subjects import Directory, everything, subjects_of

MOST_COMMENTARY = 20_000


class Conflict(StaleRecord):
    """Somebody else's words came first: ``section`` is the row as it is now."""

    def __init__(self, message, section):
        super().__init__(message)
        self.section = section


# --- ordering -----------------------------------------------------------------------------------------------------------------
def order_reports(
    *,
    kind,
    period,
    accounts=(),
    people=(),
    teams=(),
    company=False,
    formats=("json", "html", "xlsx", "pdf"),
    languages=("en",),
    actor,
    today=None,
):
    """Order reports of ``kind`` for ``period`` about the given rows; without any, about all that has figures.

    Writes the run, its reports (new ones, drafts to refresh, next versions of submitted ones) and the job in one transaction; the
    workers do the rest. The same order again while its job still waits is the same run. ``actor`` None is the command line, which
    sees everything. Returns the ReportRun; raises DomainError for a kind or period that is not built, NotAllowed out of scope.
    """
    check_kind(kind, period)
    today = today or timezone.localdate()
    if kind == ReportKind.WEEKLY and (accounts or teams or company):
        raise DomainError(_("A weekly summary is about one person’s visits: choose people."))
    if accounts or people or teams or company:
        scope = {
            "accounts": sorted({account.pk for account in accounts}),
            "people": sorted({person.pk for person in people}),
            "teams": sorted({team.pk for team in teams}),
            "company": bool(company),
        }
    else:
        scope = everything(kind, period, today)
        if actor is not None and not actor.sees_all:
            scope = _cut_to(actor, scope)
    if actor is not None:
        _check_scope(actor, scope)
    scope |= {
        "formats": [name for name in FORMATS if name in formats],
        "languages": [code for code, _name in settings.LANGUAGES if code in languages] or [settings.LANGUAGE_CODE],
        "today": str(today),
    }
    try:
        with transaction.atomic():
            return _write_order(kind, period, scope, actor, today)
    except IntegrityError:  # a rival made the same reports in this moment: now they are there to be refreshed
        with transaction.atomic():
            return _write_order(kind, period, scope, actor, today)


def check_kind(kind, period):
    """Raise DomainError unless reports of ``kind`` are about such a period."""
    wanted = PERIOD_KINDS[kind]
    if period.kind != wanted:
        example = {"month": "2026-03", "quarter": "2026Q1", "year": "2026", "week": "2026-W10"}[wanted]
        raise DomainError(
            _("“%(kind)s” needs a period such as %(example)s, not %(period)s.")
            % {"kind": ReportKind(kind).label, "example": example, "period": period.label}
        )


def _cut_to(actor, scope):
    """What ``everything`` names, cut down to what ``actor`` may see."""
    visible = set(KeyAccount.objects.visible_to(actor).values_list("pk", flat=True))
    scope["accounts"] = [pk for pk in scope["accounts"] if pk in visible]
    scope["people"] = [pk for pk in scope["people"] if pk in actor.people_in_scope]
    allowed = set(teams_of(actor).values_list("pk", flat=True))
    scope["teams"] = [pk for pk in scope["teams"] if pk in allowed]
    scope["company"] = False
    return scope


def teams_of(user):
    """The teams whose reports ``user`` may order and see: all of them, or a supervisor's own subtree."""
    if user.sees_all:
        return Team.objects.all()
    paths = [person.team.path for person in [user, *user.acts_for] if person.role == Role.SUPERVISOR and person.team_id]
    chosen = Team.objects.none()
    for path in paths:
        chosen |= Team.objects.filter(path__startswith=path)
    return chosen


def _check_scope(actor, scope):
    foreign = (
        KeyAccount.objects.visible_to(actor).filter(pk__in=scope["accounts"]).count() != len(scope["accounts"])
        or User.objects.visible_to(actor).filter(pk__in=scope["people"]).count() != len(scope["people"])
        or teams_of(actor).filter(pk__in=scope["teams"]).count() != len(scope["teams"])
        or (scope["company"] and not actor.sees_all)
    )
    if foreign:
        raise NotAllowed(_("You may order reports about your own accounts, people and teams only."))
    if not (scope["accounts"] or scope["people"] or scope["teams"] or scope["company"]):
        raise DomainError(_("None of your accounts has sell-out in this period, so there is nothing to report."))


def _write_order(kind, period, scope, actor, today):
    order = sha256(f"{kind} {period.label} {scope} {actor and actor.pk}".encode()).hexdigest()[:24]
    waiting = Job.objects.filter(kind="reports.build_run", unique_key__startswith=f"{order}:", state=JobState.DUE, attempts=0).first()
    if waiting is not None:
        return ReportRun.objects.get(pk=waiting.args["run_id"])
    run = ReportRun.objects.create(kind=kind, starts_on=period.starts_on, ends_on=period.ends_on, scope=scope, ordered_by=actor)
    subjects = subjects_of(Directory(period, today), scope)
    _prepare_reports(run, period, subjects, actor)
    run.job = Job.objects.enqueue(
        "reports.build_run",
        unique_key=f"{order}:{run.pk}",
        requested_by=actor,
        subject=_("%(kind)s %(period)s") % {"kind": ReportKind(kind).label, "period": period.label},
        run_id=run.pk,
    )
    run.save(update_fields=["job"])
    Deadline.objects.of_reports(run).link_reports()
    changes = {"reports": [None, len(subjects)], "period": [None, period.label]}
    record(run, "report.ordered", actor=actor, changes=changes, on_behalf_of=_ordered_for(actor, scope["accounts"]))
    return run


def _ordered_for(actor, account_ids):
    """The absent person who alone sees the first of these accounts that ``actor`` does not; None if all are the actor's own."""
    if actor is None or not actor.acts_for:
        return None
    own = KeyAccount.objects.visible_to(actor.without_delegations()).values("pk")
    lent = KeyAccount.objects.filter(pk__in=account_ids).exclude(pk__in=own).order_by("pk").first()
    return on_behalf(actor, lent) if lent is not None else None


def _prepare_reports(run, period, subjects, actor):
    """The rows that this run will fill: refreshed where nobody submitted them, else the next version."""
    same = Report.objects.filter(kind=run.kind, starts_on=period.starts_on, ends_on=period.ends_on)
    newest = {}
    for report in same.select_for_update(of=("self",)).order_by("version"):
        newest[report.subject_key] = report
    refreshed, made = [], []
    for subject in subjects:
        report = newest.get(subject.key)
        fresh = _new_report(run, period, subject, actor, version=report.version + 1 if report else 1)
        if report is not None and report.status in REFRESHED:
            # Names, owner and currency as they are today, like the numbers; only the words stay.
            for name in ("subject_label", "currency", "search"):
                setattr(report, name, getattr(fresh, name))
            report.owner_id = fresh.owner_id or report.owner_id
            report.status, report.run, report.edit_version = ReportStatus.BUILDING, run, report.edit_version + 1
            refreshed.append(report)
        else:
            made.append(fresh)
    Report.objects.bulk_update(refreshed, ["subject_label", "currency", "search", "owner", "status", "run", "edit_version"])
    Report.objects.bulk_create(made)


def _new_report(run, period, subject, actor, *, version):
    return Report(
        kind=run.kind,
        subject_kind=subject.kind,
        subject_key=subject.key,
        subject_label=subject.label,
        account_id=subject.account_id,
        person_id=subject.person_id,
        team_id=subject.team_id,
        owner_id=subject.owner_id or (actor.pk if actor else None),
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        period_label=period.label,
        currency=subject.currency,
        version=version,
        run=run,
        search=fold(f"{subject.label} {subject.code} {period.label}"),
    )


# --- commentary ---------------------------------------------------------------------------------------------------------------
@transaction.atomic
def comment_section(*, report_id, key, text, edit_version, actor):
    """Write the commentary of one section of a draft or returned report.

    ``edit_version`` is the section's as the writer saw it. Raises Conflict, which carries the other's words, if somebody wrote
    meanwhile; IllegalMove if the report is no longer open for words; NotAllowed without reports.write.
    """
    _need(actor, "reports.write")
    report = _locked(report_id)
    if not report.is_editable:
        raise IllegalMove(_("The report is “%(status)s”: its words can no longer be changed.") % {"status": report.get_status_display()})
    section = ReportSection.objects.select_for_update(of=("self",)).select_related("commented_by").get(report=report, key=key)
    if section.edit_version != edit_version:
        raise Conflict(
            _("%(person)s has changed this commentary in the meantime. Put the two together and save again.")
            % {"person": section.commented_by or _("Somebody else")},
            section,
        )
    text = clean_text(text.replace("\r\n", "\n"))
    if len(text) > MOST_COMMENTARY:
        raise DomainError(
            _("The commentary has %(count)s characters; %(most)s fit. Shorten it.") % {"count": len(text), "most": MOST_COMMENTARY}
        )
    if text == section.commentary:
        return section
    record(
        report,
        "report.commented",
        actor=actor,
        changes={f"{key}.commentary": [section.commentary, text]},
        on_behalf_of=acts_as(actor, "reports.write"),
    )
    section.commentary, section.commented_by, section.commented_at = text, actor, timezone.now()
    section.edit_version += 1
    section.save(update_fields=["commentary", "commented_by", "commented_at", "edit_version"])
    Report.objects.filter(pk=report.pk).update(edit_version=F("edit_version") + 1)
    return section


# --- moves --------------------------------------------------------------------------------------------------------------------
@transaction.atomic
def submit_report(*, report_id, actor, edit_version=None):
    """Hand a draft or returned report to the approvers, with its numbers and words as they are now."""
    _need(actor, "reports.write")
    report = _locked(report_id)
    _check_seen(report, edit_version)
    _move(
        report,
        ReportStatus.SUBMITTED,
        actor,
        "report.submitted",
        "reports.write",
        submitted_by=actor,
        submitted_at=timezone.now(),
        decided_by=None,
        decided_at=None,
    )
    Deadline.objects.hand_in(report, report.submitted_at)
    order_files(report)
    approvals.ask(report, actor)
    return report


@transaction.atomic
def approve_report(*, report_id, actor, edit_version=None, note=""):
    """Approve a submitted report; with a route of several steps it may wait for others yet. Returns the report as it is then.

    Raises NotAllowed for its authors and for the person it is about: nobody approves their own.
    """
    _need(actor, "reports.approve")
    return _decide(report_id, actor, "approve", clean_text(note), edit_version)


@transaction.atomic
def return_report(*, report_id, actor, reason, edit_version=None):
    """Give a submitted report back to its author; ``reason`` says what has to change."""
    _need(actor, "reports.approve")
    return _decide(report_id, actor, "return", clean_text(reason), edit_version)


def _decide(report_id, actor, decision, note, edit_version):
    """One decision for the report's page and the inbox: through the approval that waits, which calls ``conclude`` at its end."""
    waiting = approvals.lock_waiting(report_id)
    report = _locked(report_id)
    _check_seen(report, edit_version)
    if decision == "approve" and (reason := why_not_approver(report, actor)):
        raise NotAllowed(reason)
    if decision == "return" and not note:
        raise DomainError(_("Say what has to change: the author reads it above the report."))
    if waiting is None:
        return conclude(report_id=report_id, actor=actor, approved=decision == "approve", note=note)
    approvals.decide_waiting(waiting, actor=actor, decision=decision, note=note)
    report.refresh_from_db()
    return report


def conclude(*, report_id, actor, approved, note):
    """What the last decision does to a submitted report; called in the transaction of that decision."""
    report = _locked(report_id)
    if approved and (reason := why_not_approver(report, actor)):
        raise NotAllowed(reason)
    to, verb = (ReportStatus.APPROVED, "report.approved") if approved else (ReportStatus.RETURNED, "report.returned")
    decided = {"decided_by": actor, "decided_at": timezone.now(), "decision_note": note}
    _move(report, to, actor, verb, "reports.approve", reason=note, **decided)
    if approved:
        order_files(report)
    return report


@transaction.atomic
def archive_report(*, report_id, actor, edit_version=None):
    """Put an approved report away; its numbers, words and files stay as they are."""
    _need(actor, "reports.approve")
    report = _locked(report_id)
    _check_seen(report, edit_version)
    _move(report, ReportStatus.ARCHIVED, actor, "report.archived", "reports.approve")
    return report


def why_not_approver(report, actor):
    """Why ``actor`` may not approve ``report`` although approving is their work; "" if they may."""
    authors = approvals.authors_of(report)
    instead_of = acts_as(actor, "reports.approve")
    if actor.pk in authors or (instead_of and instead_of.pk in authors):
        return _("Nobody approves a report that they wrote, submitted or that is about themselves. Ask another approver.")
    return ""


def acts_as(actor, capability):
    """The absent person whose right ``actor`` uses as a deputy; None where the right is their own."""
    if capability in capabilities_of(actor.role):
        return None
    return next((person for person in actor.acts_for if capability in capabilities_of(person.role)), None)


def _need(actor, capability):
    if not actor.has_capability(capability):
        raise NotAllowed(_("Your role does not include this step."))


def _locked(report_id):
    return Report.objects.select_for_update(of=("self",)).get(pk=report_id)


def _check_seen(report, edit_version):
    if edit_version is not None and report.edit_version != edit_version:
        raise StaleRecord(_("The report has changed since you opened it. Read it again before you decide."))


def _move(report, to, actor, verb, capability, *, reason="", **values):
    was = report.status
    move(report, to=to, moves=REPORT_MOVES, edit_version=report.edit_version + 1, **values)
    record(report, verb, actor=actor, changes={"status": [was, str(to)]}, reason=reason, on_behalf_of=acts_as(actor, capability))
