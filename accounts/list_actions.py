"""What can be done with many accounts, stores or contacts at once."""

from django.utils.translation import gettext_lazy as _

from ka_crm.bulk import BulkAction, archive_actions

from . import services
from .forms import AssignmentForm

ASSIGN = BulkAction(
    "assign",
    _("Assign a person"),
    lambda account, actor, **values: services.assign(account=account, actor=actor, **values),
    capability="assignments.manage",
    text=_("The person looks after each of these accounts and all that lies below it."),
    form_class=AssignmentForm,
    icon="user",
)
FOR_ACCOUNTS = (
    ASSIGN,
    *archive_actions(noun="account", archive=services.archive_account, restore=services.restore_account, capability="accounts.change"),
)
FOR_STORES = archive_actions(noun="store", archive=services.archive_store, restore=services.restore_store, capability="stores.change")
FOR_CONTACTS = archive_actions(
    noun="contact", archive=services.archive_contact, restore=services.restore_contact, capability="contacts.change"
)
