"""A form that is sent twice has one effect (a double click, a page sent again after a lost answer).

Each form carries a key that was made with it ({% once_key %}). It is kept with what came of the form, in the transaction of the
effect: a rival waits on the unique index and then gets what the first one made. What was typed counts too, so that a page that a
browser kept and somebody fills in anew is a form of its own.
"""

import hashlib
import uuid

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from .models import SentForm

FIELD = "_once"
_NOT_TYPED = {FIELD, "csrfmiddlewaretoken"}


def new_key():
    return uuid.uuid4().hex


def once(request, save):
    """(what ``save()`` gave: a record or an address, True), or (the address that the first one led to, False).

    What ``save`` raises takes the key back: the form may be sent again. A form without a key is saved each time.
    """
    key = _key_of(request)
    if key is None:
        return save(), True
    with transaction.atomic():
        sent, is_first = SentForm.objects.get_or_create(user=request.user, key=key, typed=_typed(request))
        if not is_first:
            return sent.target, False
        target = save()
        sent.target = target if isinstance(target, str) else target.get_absolute_url()
        sent.save(update_fields=["target"])
    return target, True


def _key_of(request):
    try:
        return uuid.UUID(hex=request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _typed(request):
    """What the person entered, as a hash: fields in the order of their names, files by name and size."""
    entries = sorted((name, values) for name, values in request.POST.lists() if name not in _NOT_TYPED)
    files = sorted((name, file.name, file.size) for name, file in request.FILES.items() if isinstance(file, UploadedFile))
    return hashlib.sha256(repr((request.path, entries, files)).encode("utf-8", "surrogatepass")).hexdigest()
