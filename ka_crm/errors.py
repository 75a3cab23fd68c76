"""The refusals that people read. Views turn a DomainError into a message, commands into exit 1."""


class DomainError(Exception):
    """A rule of the business refused; ``str(error)`` says what happened and the way out, translated."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message

    def __str__(self):
        return str(self.message)  # lazy translations become text in the reader's language


class IllegalMove(DomainError):
    """The object's state does not allow this step."""


class StaleRecord(DomainError):
    """Somebody else changed the record since it was read; answered with 409."""


class NotAllowed(DomainError):
    """The person may see the object but not do this to it."""
