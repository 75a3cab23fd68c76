"""Pages of reports: the list, ordering, reading, commenting, deciding, files, and the panels on other pages."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import KeyAccount
from ka_crm import policy
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from ka_crm.periods import month_of
from ka_crm.serving import attachment
from ka_crm.text import is_id
from sales.models import AccountProductMonth
from team.audit import record

from . import approvals, files, services
from .filters import ReportFilter
from .forms import CommentForm, DecisionForm, OrderForm
from .freshness import newer_data
from .list_actions import FOR_REPORTS
from .models import Report, ReportRun, ReportSection
from .page import document_for_page, section_for_page
from .states import ReportStatus
from .tables import ReportTable

PANEL_ROWS = 6
# What a person still has to do with a report, on the way to its being approved.
WAY = (ReportStatus.DRAFT, ReportStatus.SUBMITTED, ReportStatus.APPROVED, ReportStatus.ARCHIVED)


class ReportList(ListPage):
    title = gettext_lazy("Reports")
    lead = gettext_lazy("Summaries per account, person, team and company: numbers frozen, words added, approved.")
    table_class = ReportTable
    filterset_class = ReportFilter
    bulk_actions = FOR_REPORTS
    action = Action(gettext_lazy("Order reports"), "reports:report_order", capability="reports.build")
    empty = gettext_lazy("No report yet. Order last month's: the workers build it in a minute.")

    def get_queryset(self, request):
        return Report.objects.visible_to(request.user).current().for_list()


report_list = policy.requires("reports.view")(ReportList.as_view())


# --- ordering -----------------------------------------------------------------------------------------------------------------
@policy.requires("reports.build")
def report_order(request):
    running = month_of(timezone.localdate())  # a month is reported on when it is over
    months = AccountProductMonth.objects.visible_to(request.user).filter(month__lt=running.starts_on)
    newest = months.order_by("-month").values_list("month", flat=True).first()
    period = month_of(newest) if newest else running.previous()
    initial = {
        "kind": "monthly",
        "period": period.label,
        "languages": [code for code, _name in settings.LANGUAGES],
        "accounts": [request.GET["account"]] if is_id(request.GET.get("account", "")) else [],
    }
    form = OrderForm(request.POST or None, user=request.user, initial=initial)
    return form_page(
        request,
        form=form,
        save=lambda form: services.order_reports(actor=request.user, **form.order()),
        title=_("Order reports"),
        back_url="..",
        success=_("%(record)s is ordered. The workers build it now; you may leave this page."),
        submit=_("Build"),
        context={"intro": _("Choose whom the reports are about, or leave all empty for everything you look after.")},
    )


@require_safe
@policy.requires("reports.view")
def run_detail(request, public_id):
    """How far an order is, and the reports that came of it."""
    run = get_object_or_404(ReportRun.objects.visible_to(request.user).select_related("job", "ordered_by"), public_id=public_id)
    reports = Report.objects.visible_to(request.user).filter(run=run).order_by("subject_kind", "subject_label", "pk")
    return render(request, "reports/run_detail.html", {"run": run, "reports": list(reports[:500]), "job": _followed(request, run)})


def _followed(request, run):
    """The run's job where this person may follow it."""
    job = run.job
    if job is None or job.is_finished:
        return None
    return job if request.user.has_capability("jobs.manage") or job.requested_by_id == request.user.pk else None


# --- reading ------------------------------------------------------------------------------------------------------------------
def _visible_report(request, public_id):
    reports = Report.objects.visible_to(request.user).for_list().select_related("run__job")
    return get_object_or_404(reports, public_id=public_id)


@require_safe
@policy.requires("reports.view")
def report_detail(request, public_id):
    return _detail(request, _visible_report(request, public_id))


def _detail(request, report, *, status=200):
    building = report.status == ReportStatus.BUILDING
    context = {
        "report": report,
        "document": None if building else document_for_page(report, may_comment=_may_comment(request.user, report)),
        "job": _followed(request, report.run) if building and report.run else None,
        "is_stuck": building and (report.run is None or report.run.job is None or report.run.job.is_finished),
        "steps": _steps(report),
        "versions": _versions(request.user, report),
        "newer_data": None if building or report.superseded_by_id else newer_data(report),
        "downloads": _downloads(report),
        "may_rebuild": request.user.has_capability("reports.build"),
        **_verbs(request.user, report),
    }
    return render(request, "reports/report_detail.html", context, status=status)


def _may_comment(user, report):
    return report.is_editable and user.has_capability("reports.write")


def _verbs(user, report):
    """Which steps this person may take now, and why not where it is the rule of two persons."""
    approves = user.has_capability("reports.approve")
    decides = approves and report.status == ReportStatus.SUBMITTED
    obstacle = services.why_not_approver(report, user) if decides else ""
    return {
        "may_submit": report.is_editable and user.has_capability("reports.write"),
        "may_approve": decides and not obstacle,
        "may_return": decides and (not obstacle or approvals.may_return(report, user)),
        "may_archive": approves and report.status == ReportStatus.APPROVED,
        "obstacle": obstacle,
    }


def _steps(report):
    """The way from draft to archive; a returned report is at its beginning again."""
    at = {ReportStatus.BUILDING: -1, ReportStatus.RETURNED: 0}.get(report.status)
    at = WAY.index(report.status) if at is None else at
    return [
        {"label": step.label, "state": "done" if place < at else "current" if place == at else "next"} for place, step in enumerate(WAY)
    ]


def _versions(user, report):
    """All versions of this report, newest first; one alone is no list."""
    same = Report.objects.visible_to(user).filter(
        kind=report.kind, subject_key=report.subject_key, starts_on=report.starts_on, ends_on=report.ends_on
    )
    versions = list(same.order_by("-version"))
    return versions if len(versions) > 1 else []


def _downloads(report):
    """What can be saved: (language, name, formats) with the reader's own language first."""
    if report.status == ReportStatus.BUILDING:
        return []
    own = get_language()
    return [
        {"code": code, "name": name, "formats": ["pdf", "xlsx", "html"]}
        for code, name in sorted(settings.LANGUAGES, key=lambda pair: pair[0] != own)
    ]


# --- files --------------------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("reports.view")
def report_file(request, public_id, language, file_format):
    """A report's file as the report is now; ``data.json`` holds the frozen numbers. PDF opens in place with ``?inline=1``."""
    report = _visible_report(request, public_id)
    known = {code for code, _name in settings.LANGUAGES}
    if (language, file_format) != ("data", "json") and (language not in known or file_format not in files.FORMATS[1:]):
        raise Http404
    if report.status == ReportStatus.BUILDING:
        messages.info(request, _("The report is still being built; its files come with it."))
        return redirect(report)
    row = files.ensure_file(report, file_format, files.NO_LANGUAGE if language == "data" else language)
    record(report, "report.exported", actor=request.user, changes={"file": [None, row.file.original_name]})
    return attachment(row.file, inline=request.GET.get("inline") == "1")


# --- commentary ---------------------------------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@policy.requires("reports.write")
def section_comment(request, public_id, key):
    """The words to one section: a form on a page of its own, or in place for htmx; also when somebody else was faster."""
    report = _visible_report(request, public_id)
    section = get_object_or_404(ReportSection.objects.select_related("commented_by"), report=report, key=key)
    in_place = bool(request.headers.get("HX-Request"))
    form = CommentForm(request.POST or None, initial={"text": section.commentary, "edit_version": section.edit_version})
    theirs, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.comment_section(report_id=report.pk, key=key, actor=request.user, **form.cleaned_data)
        except services.Conflict as conflict:
            # htmx swaps 422 and leaves 409 alone: the same refusal, in place or as a page
            theirs, status = conflict.section, 422 if in_place else 409
            form.add_error(None, str(conflict))
            form.data = form.data.copy()
            form.data["edit_version"] = theirs.edit_version
        except DomainError as error:
            form.add_error(None, str(error))
            status = 422
        else:
            return _commented(request, report, saved) if in_place else redirect(f"{report.get_absolute_url()}#{key}")
    elif request.method == "POST":
        status = 422
    elif request.GET.get("shown"):
        return _commentary(request, report, section)
    context = {"report": report, "section": section_for_page(section), "form": form, "theirs": theirs}
    return render(request, "reports/_comment_form.html" if in_place else "reports/comment_page.html", context, status=status)


def _commentary(request, report, section):
    """The words as they stand, with the button to change them."""
    context = {"report": report, "section": section_for_page(section), "may_comment": _may_comment(request.user, report)}
    return render(request, "reports/_commentary.html", context)


def _commented(request, report, section):
    """The saved words and, out of band, the buttons that carry the report's new version."""
    report.refresh_from_db(fields=["edit_version", "status"])
    answer = _commentary(request, report, section)
    verbs = render_to_string("reports/_verbs.html", {"report": report, "swapped": True, **_verbs(request.user, report)}, request)
    return HttpResponse(answer.content + verbs.encode())


# --- steps --------------------------------------------------------------------------------------------------------------------
def _step(request, public_id, verb, done, *, with_reason=False):
    report = _visible_report(request, public_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The page was incomplete. Read the report again, then decide."))
        return redirect(report)
    values = {"edit_version": form.cleaned_data["edit_version"]}
    if with_reason:
        values["reason"] = form.cleaned_data["reason"]
    try:
        report = verb(report_id=report.pk, actor=request.user, **values)
    except StaleRecord as error:
        messages.error(request, str(error))
        return _detail(request, _visible_report(request, public_id), status=409)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        waits = verb is services.approve_report and report.status == ReportStatus.SUBMITTED  # a route of several steps
        messages.success(
            request, (_("Your approval of “%(report)s” is noted. It goes on to others.") if waits else done) % {"report": report}
        )
    return redirect(report)


@require_POST
@policy.requires("reports.write")
def report_submit(request, public_id):
    return _step(request, public_id, services.submit_report, _("“%(report)s” is submitted for approval."))


@require_POST
@policy.requires("reports.approve")
def report_approve(request, public_id):
    return _step(request, public_id, services.approve_report, _("“%(report)s” is approved."))


@require_POST
@policy.requires("reports.approve")
def report_return(request, public_id):
    return _step(request, public_id, services.return_report, _("“%(report)s” is back with its author."), with_reason=True)


@require_POST
@policy.requires("reports.approve")
def report_archive(request, public_id):
    return _step(request, public_id, services.archive_report, _("“%(report)s” is archived."))


@require_POST
@policy.requires("reports.build")
def report_rebuild(request, public_id):
    """Order this one report again: a draft gets fresh numbers and keeps its words, a submitted one a next version."""
    report = _visible_report(request, public_id)
    about = {
        "accounts": [report.account] if report.account else [],
        "people": [report.person] if report.person else [],
        "teams": [report.team] if report.team else [],
        "company": report.subject_kind == "company",
    }
    try:
        languages = [code for code, _name in settings.LANGUAGES]
        run = services.order_reports(kind=report.kind, period=report.period, languages=languages, actor=request.user, **about)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(report)
    return redirect(run.reports.first() or run)


# --- panels -------------------------------------------------------------------------------------------------------------------
@require_safe
@policy.requires("reports.view")
def account_panel(request, pk):
    """The newest reports of one account, for its page."""
    account = get_object_or_404(KeyAccount.objects.visible_to(request.user), pk=pk)
    reports = Report.objects.visible_to(request.user).current().filter(account=account).for_list()[:PANEL_ROWS]
    return render(request, "reports/_account_panel.html", {"reports": list(reports), "account": account, **_may_order(request.user)})


@require_safe
@policy.requires("reports.view")
def home_panel(request):
    """What waits for this person: drafts to finish, reports to decide; else the newest ones."""
    user = request.user
    mine = Report.objects.visible_to(user).current().for_list()
    to_decide = mine.filter(status=ReportStatus.SUBMITTED) if user.has_capability("reports.approve") else mine.none()
    to_write = (
        mine.filter(status__in=[ReportStatus.DRAFT, ReportStatus.RETURNED], owner=user)
        if user.has_capability("reports.write")
        else mine.none()
    )
    context = {
        "to_decide": list(to_decide[:PANEL_ROWS]),
        "to_write": list(to_write[:PANEL_ROWS]),
        "newest": list(mine[:PANEL_ROWS]),
        **_may_order(user),
    }
    return render(request, "reports/_home_panel.html", context)


def _may_order(user):
    return {"may_order": user.has_capability("reports.build")}
