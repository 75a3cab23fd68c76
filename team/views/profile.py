"""One's own profile, and the audit trail."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.listpage import ListPage

from .. import services
from ..filters import AuditFilter
from ..forms import ProfileForm
from ..models import AuditEvent, Delegation, User
from ..second_factor import has_second_factor, needs_second_factor
from ..tables import AuditTable


@policy.signed_in
def profile(request):
    """Name, phone, language, time zone and appearance; the way to password, second factor, devices and deputies."""
    person = User.objects.select_related("team").get(pk=request.user.pk)

    def save(form):
        services.change_own_profile(actor=request.user, expected_version=form.expected_version, **form.values)
        return reverse("team:profile")

    return form_page(
        request,
        form=ProfileForm(request.POST or None, instance=person),
        save=save,
        title=_("My profile"),
        back_url=reverse("home"),
        success=_("Your profile is saved."),
        template="team/profile.html",
        context={
            "person": person,
            "second_factor": {"on": has_second_factor(person), "needed": needs_second_factor(person)},
            "deputising": request.user.acts_for,
            "absences": Delegation.objects.not_ended().filter(absent=person).for_list()[:5],
        },
    )


class AuditList(ListPage):
    title = gettext_lazy("Audit trail")
    lead = gettext_lazy("Every change with who, when, old and new. Nobody, not even an administrator, can alter it.")
    table_class = AuditTable
    filterset_class = AuditFilter
    empty = gettext_lazy("No entry fits. Take a filter away.")

    def get_queryset(self, request):
        return AuditEvent.objects.visible_to(request.user).for_list()
