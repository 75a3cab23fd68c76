"""The forms under a timeline: a comment, a file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ka_crm.forms import PlainForm

from .comments import LONGEST
from .content import ACCEPT


class CommentForm(PlainForm):
    text = forms.CharField(
        label=_("Comment"),
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST}),
        help_text=_("“@” and a colleague's name tells them. Addresses become links."),
    )


class ChangedCommentForm(CommentForm):
    """Another text for one's own comment; remembers which version was seen, as ``ka_crm.forms.form_page`` wants it."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args, comment, **kwargs):
        super().__init__(*args, initial={"text": comment.text, "seen_version": comment.version}, **kwargs)
        self.instance = comment

    @property
    def values(self):
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_version"}

    @property
    def expected_version(self):
        return self.cleaned_data.get("seen_version")


class FileForm(PlainForm):
    file = forms.FileField(
        label=_("File"),
        max_length=255,
        allow_empty_file=True,  # what is empty is refused by name, like everything that cannot be kept
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=_("JPEG, PNG, WebP, PDF, XLSX or CSV. Pictures are kept without place and time of taking."),
    )
    caption = forms.CharField(label=_("What it shows"), max_length=200, required=False)
