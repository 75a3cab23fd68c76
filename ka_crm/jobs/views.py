"""Following a job, and the administrators' list with its dead letters."""

import json

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ka_crm import policy
from ka_crm.errors import DomainError, NotAllowed
from ka_crm.listpage import ListPage

from . import services
from .advice import advice
from .models import Job
from .states import JobState
from .tables import JobFilter, JobTable

LONG_WAIT_SECONDS = 60
MOST_AT_ONCE = 500


class JobList(ListPage):
    """Every job, the newest first; which of them failed for good is the first thing it says."""

    title = gettext_lazy("Jobs")
    lead = gettext_lazy("Work that the workers do in the background.")
    table_class = JobTable
    filterset_class = JobFilter
    empty = gettext_lazy("No job yet. Imports, reports and other long work will be listed here.")
    template_name = "jobs/job_list.html"

    def get_queryset(self, request):
        return Job.objects.visible_to(request.user).select_related("requested_by").order_by("-created_at", "-pk")

    def extra_context(self, request):
        jobs = Job.objects.visible_to(request.user)
        counts = dict(jobs.order_by().values_list("state").annotate(Count("pk")))
        oldest = jobs.due_at(timezone.now()).order_by("created_at").first()
        return {
            "tabs": [_tab(state, counts.get(state.value, 0), request.GET.get("state")) for state in JobState],
            "failed_count": counts.get(JobState.FAILED, 0),
            "waits_long": oldest is not None and waits_long(oldest),
        }


def _tab(state, count, chosen):
    return {"url": f"?state={state.value}", "label": state.label, "count": count, "current": chosen == state.value}


job_list = policy.requires("jobs.manage")(JobList.as_view())


def waits_long(job):
    """Whether a due job has waited so long for a worker that probably none runs."""
    since = job.run_after or job.created_at
    return job.state == JobState.DUE and (timezone.now() - since).total_seconds() > LONG_WAIT_SECONDS


def _visible_job(request, uuid):
    return get_object_or_404(Job.objects.visible_to(request.user).select_related("requested_by"), uuid=uuid)


def _progress_context(request, job):
    may_manage = request.user.has_capability("jobs.manage")
    now = timezone.now()
    return {
        "job": job,
        "may_manage": may_manage,
        "may_cancel": not job.is_finished and not job.cancel_requested and (may_manage or job.requested_by_id == request.user.pk),
        "waits_long": waits_long(job),
        "rests": job.state == JobState.DUE and job.run_after is not None and job.run_after > now,
        "runs": job.state == JobState.RUNNING,
        "is_done": job.state == JobState.DONE,
        "is_failed": job.state == JobState.FAILED,
        "is_cancelled": job.state == JobState.CANCELLED,
        "advice": advice(job) if may_manage and job.state == JobState.FAILED else "",
    }


@policy.signed_in
@never_cache
@require_safe
def job_detail(request, uuid):
    """A page to follow one job; only who asked for it, alone or after somebody else, and who manages jobs."""
    return render(request, "jobs/job_detail.html", _progress_context(request, _visible_job(request, uuid)))


@policy.signed_in
@never_cache
@require_safe
def job_progress(request, uuid):
    """The part that asks for itself every second until the job has ended; then it tells the page by an event.

    ``job-done`` or ``job-stopped`` (failed, cancelled) reaches ``hx-trigger="job-done from:body"`` anywhere on the page.
    """
    return _progress(request, _visible_job(request, uuid))


def _progress(request, job):
    answer = render(request, "jobs/_progress.html", _progress_context(request, job))
    if job.is_finished:
        name = "job-done" if job.state == JobState.DONE else "job-stopped"
        answer["HX-Trigger"] = json.dumps({name: {"uuid": str(job.uuid), "state": job.state, "url": job.result_url}})
    return answer


@policy.signed_in
@require_POST
def job_cancel(request, uuid):
    """Cancel one's own job, or any as a manager of jobs; who merely watches it may not."""
    job = _visible_job(request, uuid)
    try:
        if job.requested_by_id != request.user.pk and not request.user.has_capability("jobs.manage"):
            raise NotAllowed(
                _("%(person)s asked for “%(job)s” first, so only they can cancel it.") % {"person": job.requested_by, "job": job.title}
            )
        job = services.cancel_job(job_id=job.pk, actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        said = _("“%(job)s” is cancelled.") if job.is_finished else _("“%(job)s” stops at the next safe point.")
        messages.success(request, said % {"job": job.title})
    return _progress(request, job) if request.htmx else redirect(job)


@policy.requires("jobs.manage")
@require_POST
def job_retry(request, uuid):
    job = _visible_job(request, uuid)
    try:
        job = services.retry_job(job_id=job.pk, actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(job)s” runs again as soon as a worker is free.") % {"job": job.title})
    return redirect(job)


@policy.requires("jobs.manage")
@require_POST
def job_retry_failed(request):
    """Make every failed job due again, 500 at a time."""
    again, refused = 0, []
    failed = Job.objects.visible_to(request.user).filter(state=JobState.FAILED).order_by("pk")
    for job_id in failed.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        try:
            services.retry_job(job_id=job_id, actor=request.user)
            again += 1
        except DomainError as error:
            refused.append(str(error))
    for text in refused[:3]:
        messages.error(request, text)
    messages.success(request, ngettext("%(count)d job runs again.", "%(count)d jobs run again.", again) % {"count": again})
    return redirect("jobs:job_list")
