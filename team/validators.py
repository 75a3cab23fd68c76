"""Password rules beside Django's own."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class MaximumLengthValidator:
    """At most 128 characters: longer ones only cost the hasher time."""

    def __init__(self, max_length=128):
        self.max_length = max_length

    def validate(self, password, user=None):
        if len(password) > self.max_length:
            raise ValidationError(_("Use at most %(max)d characters.") % {"max": self.max_length}, code="password_too_long")

    def get_help_text(self):
        return _("Your password can have up to %(max)d characters.") % {"max": self.max_length}
