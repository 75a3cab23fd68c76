"""Pages of what hangs on records. Everything begins with the record: who cannot open its page gets the 404 of a missing one."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ka_crm import policy, undo_offer
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import search_words
from ka_crm.serving import attachment as served

from ..models import Attachment, AuditEvent, Comment, User
from ..subjects import may_open, subject_of
from . import attachments, comments, undo
from .forms import ChangedCommentForm, CommentForm, FileForm
from .reversible import is_reversible
from .timeline import LABELS, read_timeline

PEOPLE_SHOWN = 8


def record_or_404(request, object_type, object_id):
    """The record of that name if this person sees it and may open its page."""
    record = subject_of(request.user, object_type, object_id)
    if record is None or not may_open(request.user, record):
        raise Http404
    return record


def _address(record):
    return f"{record.get_absolute_url().partition('#')[0]}#timeline"


# -- the line ----------------------------------------------------------------------------------------------------------------
@policy.signed_in
@require_safe
def timeline(request, object_type, object_id):
    """The whole line of one record on a page of its own; for htmx, the part that goes on from ``?older=``, or the line by kind."""
    record = record_or_404(request, object_type, object_id)
    only = request.GET.get("kind", "") if request.GET.get("kind", "") in LABELS else ""
    before = request.GET.get("older", "")
    context = {
        **timeline_context(record, request.user, only=only, before=before),
        "title": _("What happened: %(record)s") % {"record": record},
    }
    if request.headers.get("HX-Request"):
        return render(request, "team/records/_entries.html" if before else "team/records/_line.html", context)
    return render(request, "team/records/timeline_page.html", context)


def timeline_context(record, user, *, only="", before=""):
    """What the timeline's templates draw."""
    page = read_timeline(record, user, only=only, before=before)
    where = [record._meta.label_lower, record.pk]
    address = reverse("records:timeline", args=where)
    return {
        "record": record,
        "entries": page.entries,
        "only": only,
        "tabs": [
            {"label": label, "url": f"{address}?kind={key}" if key else address, "current": key == only} for key, label in LABELS.items()
        ],
        "older_url": f"{address}?kind={only}&older={page.older}" if page.older else None,
        "may_comment": user.has_capability("records.comment"),
        "comment_url": reverse("records:comment_create", args=where),
        "file_url": reverse("records:file_create", args=where),
        "people_url": reverse("records:people", args=where),
    }


# -- comments ----------------------------------------------------------------------------------------------------------------
@policy.requires("records.comment")
def comment_create(request, object_type, object_id):
    record = record_or_404(request, object_type, object_id)

    def save(form):
        _comment, refused = comments.write_comment(record=record, text=form.cleaned_data["text"], actor=request.user)
        _tell_refused(request, refused)
        return _address(record)

    return form_page(
        request,
        form=CommentForm(request.POST or None),
        save=save,
        title=_("Comment on %(record)s") % {"record": record},
        back_url=_address(record),
        success=_("Your comment is there."),
        submit=_("Comment"),
    )


def _tell_refused(request, people):
    if people:
        names = ", ".join(str(person) for person in people)
        said = ngettext(
            "%(names)s was not told: this record is not among what they may see.",
            "%(names)s were not told: this record is not among what they may see.",
            len(people),
        )
        messages.warning(request, said % {"names": names})


def _own_comment(request, public_id):
    """One's own comment with its record; a foreign one, a missing one, and one on a record that left one's scope are the same 404."""
    comment = get_object_or_404(Comment.objects.visible_to(request.user), public_id=public_id)
    return comment, record_or_404(request, comment.object_type, comment.object_id)


@policy.requires("records.comment")
def comment_edit(request, public_id):
    comment, record = _own_comment(request, public_id)

    def save(form):
        changed = comments.change_comment(comment=comment, values=form.values, actor=request.user, expected_version=form.expected_version)
        _tell_refused(request, changed.refused)
        return _address(record)

    return form_page(
        request,
        form=ChangedCommentForm(request.POST or None, comment=comment),
        save=save,
        title=_("Change the comment on %(record)s") % {"record": record},
        back_url=_address(record),
        success=_("Your comment is changed."),
    )


def _do(request, verb, said, record):
    """Run ``verb()`` for a button of the timeline and go back to the record."""
    try:
        verb()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said, extra_tags=undo_offer.tags())
    return redirect(_address(record))


@policy.requires("records.comment")
@require_POST
def comment_remove(request, public_id):
    comment, record = _own_comment(request, public_id)
    return _do(request, lambda: comments.remove_comment(comment=comment, actor=request.user), _("Your comment is taken back."), record)


@policy.requires("records.comment")
@require_safe
def people(request, object_type, object_id):
    """Colleagues whose name begins with ``?q=``, to be called in a comment: a part of the page, as one types."""
    record_or_404(request, object_type, object_id)
    words = request.GET.get("q", "")[:60]
    found = []
    if words.strip():
        colleagues = User.objects.colleagues().exclude(pk=request.user.pk)
        by_sound = search_words(colleagues, words, columns=("sort_key",))
        found = list(colleagues.filter(Q(pk__in=by_sound.order_by().values("pk")) | Q(name__icontains=words.strip()))[:PEOPLE_SHOWN])
    return render(request, "team/records/_people.html", {"people": found})


# -- files -------------------------------------------------------------------------------------------------------------------
@policy.requires("records.comment")
def file_create(request, object_type, object_id):
    record = record_or_404(request, object_type, object_id)

    def save(form):
        attachments.attach_file(record=record, upload=form.cleaned_data["file"], caption=form.cleaned_data["caption"], actor=request.user)
        return _address(record)

    return form_page(
        request,
        form=FileForm(request.POST or None, request.FILES or None),
        save=save,
        title=_("Attach a file to %(record)s") % {"record": record},
        back_url=_address(record),
        success=_("The file is attached."),
        submit=_("Attach"),
        context={"is_upload": True},
    )


def _attachment(request, public_id):
    """A file that was not taken away, with its record, whose scope decides."""
    attachment = get_object_or_404(Attachment.objects.kept().select_related("file"), public_id=public_id)
    return attachment, record_or_404(request, attachment.object_type, attachment.object_id)


@policy.signed_in
@require_safe
def file(request, public_id):
    """The file, to be saved; a picture or PDF opens in place with ``?show=1``."""
    attachment, _record = _attachment(request, public_id)
    return served(attachment.file, inline=request.GET.get("show") == "1")


@policy.requires("records.comment")
@require_POST
def file_remove(request, public_id):
    attachment, record = _attachment(request, public_id)
    return _do(
        request,
        lambda: attachments.remove_file(attachment=attachment, actor=request.user),
        _("“%(file)s” is taken away.") % {"file": attachment},
        record,
    )


# -- undo --------------------------------------------------------------------------------------------------------------------
@policy.signed_in
@require_POST
def undo_entry(request, pk):
    """Take back what one did a moment ago, and show the record again."""
    event = get_object_or_404(AuditEvent.objects.visible_to(request.user), pk=pk)
    if not is_reversible(event):
        messages.error(request, _("This cannot be undone. Change it by hand; the timeline says what it was."))
        return redirect("home")
    row = undo.row_of(event, request.user)
    if row is None:
        raise Http404
    try:
        undo.undo(event=event, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Undone."))
    record = undo.record_of(row, request.user)
    return redirect(_address(record) if record != row else record)
