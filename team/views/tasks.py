"""Tasks: the list, one task, what is done with it, and the panel on pages of other records."""

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from ka_crm.once import once

from ..list_actions import FOR_TASKS
from ..models import Task
from ..services.tasks import cancel_task, change_task, close_task, may_change, open_task, reopen_task
from ..states import TaskStatus
from ..subjects import may_open, subject_of
from ..work_filters import TaskFilter
from ..work_forms import HandOverForm, OutcomeForm, QuickTaskForm, TaskForm
from ..work_tables import TaskTable

PANEL_LENGTH = 8


class TaskList(ListPage):
    title = gettext_lazy("Tasks")
    table_class = TaskTable
    filterset_class = TaskFilter
    bulk_actions = FOR_TASKS
    action = Action(gettext_lazy("New task"), "team:task_create")
    empty = gettext_lazy("No task is open here. Give yourself or a colleague one.")

    def get_queryset(self, request):
        return Task.objects.visible_to(request.user).for_list()


def _row(request, public_id):
    rows = Task.objects.visible_to(request.user).select_related("assignee", "created_by", "closed_by")
    return get_object_or_404(rows, public_id=public_id)


@policy.signed_in
def task_create(request):
    def save(form):
        values = form.values
        return open_task(title=values.pop("title"), assignee=values.pop("assignee"), actor=request.user, **values)

    return form_page(
        request,
        form=TaskForm(request.POST or None, user=request.user),
        save=save,
        title=_("New task"),
        back_url=reverse("team:task_list"),
        success=_("The task is given."),
    )


@policy.signed_in
@require_safe
def task_detail(request, public_id):
    task = _row(request, public_id)
    subject = subject_of(request.user, task.object_type, task.object_id)
    context = {
        "task": task,
        "is_late": task.status == TaskStatus.OPEN and task.due_on is not None and task.due_on < timezone.localdate(),
        "subject_label": task.object_label if subject is not None else "",
        "subject_url": subject.get_absolute_url() if subject is not None and may_open(request.user, subject) else "",
        "may_change": may_change(request.user, task),
        "outcome_form": OutcomeForm(initial={"version": task.version}),
        "hand_over_form": HandOverForm(initial={"version": task.version}),
    }
    return render(request, "team/desk/task_detail.html", context)


@policy.signed_in
def task_edit(request, public_id):
    task = _row(request, public_id)
    if not may_change(request.user, task):
        messages.error(request, _("“%(task)s” is changed by whose task it is, by who gave it, or by their supervisor.") % {"task": task})
        return redirect(task)
    form = TaskForm(request.POST or None, instance=task, user=request.user)

    def save(form):
        return change_task(task_id=task.pk, actor=request.user, expected_version=form.expected_version, **form.values)

    return form_page(
        request,
        form=form,
        save=save,
        title=_("Edit %(record)s") % {"record": task.title},
        back_url=task.get_absolute_url(),
        success=_("“%(record)s” is saved."),
    )


def _step(request, public_id, form_class, call, success):
    """One POST that does one thing to one task; answers with its page, or with its row in place where htmx asked."""
    task = _row(request, public_id)
    form = form_class(request.POST)
    problem = "" if form.is_valid() else " ".join(error for errors in form.errors.values() for error in errors)
    if not problem:
        try:
            task = call(task, form.cleaned_data)
        except DomainError as error:
            problem = str(error)
    if request.headers.get("HX-Request"):
        task = _row(request, public_id)
        context = {
            "task": task,
            "problem": problem,
            "done": "" if problem else success % {"task": task},
            "today": timezone.localdate(),
            "me": request.user.pk,
        }
        answer = render(request, "team/desk/_task_row.html", context, status=422 if problem else 200)
        answer["HX-Trigger"] = "ka:counts"
        return answer
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, success % {"task": task})
    return HttpResponseRedirect(reverse("team:inbox") if request.POST.get("from") == "inbox" else task.get_absolute_url())


def _step_view(name, form_class, verb, success, **places):
    """The view ``name``: ``verb`` is called with the task's id, who asks, and its keywords from the form's fields as ``places`` says."""

    @policy.signed_in
    @require_POST
    def step(request, public_id):
        def call(task, values):
            return verb(task_id=task.pk, actor=request.user, **{keyword: values[field] for keyword, field in places.items()})

        return _step(request, public_id, form_class, call, success)

    step.__name__ = name
    return step


task_done = _step_view("task_done", OutcomeForm, close_task, gettext_lazy("“%(task)s” is done."), outcome="outcome", version="version")
task_cancel = _step_view(
    "task_cancel", OutcomeForm, cancel_task, gettext_lazy("“%(task)s” is taken back."), reason="outcome", version="version"
)
task_reopen = _step_view("task_reopen", OutcomeForm, reopen_task, gettext_lazy("“%(task)s” is open again."), version="version")
task_hand_over = _step_view(
    "task_hand_over",
    HandOverForm,
    change_task,
    gettext_lazy("“%(task)s” is handed over."),
    assignee="assignee",
    expected_version="version",
)


# --- on the pages of other records ----------------------------------------------------------------------------------------------
def record_panel(object_type, url_name):
    """The view of the panel “Tasks” on the page of a record of ``object_type``: its open tasks, and a form to add one in place."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def panel(request, pk):
        record = subject_of(request.user, object_type, pk)
        if record is None:
            raise Http404
        form = QuickTaskForm(request.POST if request.method == "POST" else None, user=request.user, prefix="task")
        status = 200
        if request.method == "POST":
            status = _add(request, record, form)
            if status == 200 and not request.headers.get("HX-Request"):
                return redirect(record)
            form = form if status == 422 else QuickTaskForm(user=request.user, prefix="task")
        tasks = Task.objects.visible_to(request.user).about(record).open().for_list()[: PANEL_LENGTH + 1]
        context = {
            "record": record,
            "tasks": list(tasks)[:PANEL_LENGTH],
            "has_more": len(tasks) > PANEL_LENGTH,
            "today": timezone.localdate(),
            "form": form,
            "address": reverse(url_name, args=[pk]),
        }
        is_part = bool(request.headers.get("HX-Request")) or request.method != "POST"
        template = "team/desk/_task_panel.html" if is_part else "team/desk/task_panel_page.html"
        return render(request, template, context, status=status)

    panel.__name__ = url_name.rpartition(":")[2]
    return panel


def _add(request, record, form):
    """200 once the task is given, else 422 with what is wrong at its field."""
    if not form.is_valid():
        return 422
    values = form.cleaned_data
    try:
        once(request, lambda: open_task(**values, actor=request.user, subject=record))
    except DomainError as error:
        form.add_error(None, str(error))
        return 422
    return 200
