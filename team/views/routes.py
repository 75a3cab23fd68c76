"""Who has to agree to what: the routes of approvals, edited by an administrator."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ka_crm import policy
from ka_crm.errors import DomainError, StaleRecord
from ka_crm.forms import PlainForm
from ka_crm.money import from_minor, to_minor

from .. import approvals as registry
from ..models import ApprovalRoute, ApprovalRouteStep, User
from ..roles import Role
from ..routes import steps_of
from ..services.routes import MOST_STEPS, save_route
from ..trail import trail_of

EXTRA_STEPS = 2


class StepForm(PlainForm):
    """One step; an empty “Who” takes it out."""

    approvers = forms.ChoiceField(
        label=gettext_lazy("Who"), required=False, choices=[("", gettext_lazy("– (no step)")), *ApprovalRouteStep.Approvers.choices]
    )
    name = forms.CharField(label=gettext_lazy("Name of the step"), max_length=80, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False, choices=[("", "–"), *Role.choices])
    person = forms.ModelChoiceField(label=gettext_lazy("Person"), required=False, queryset=User.objects.none())
    quorum = forms.IntegerField(
        label=gettext_lazy("How many have to agree"),
        required=False,
        min_value=0,
        max_value=99,
        help_text=gettext_lazy("0: all who are asked."),
    )
    minimum = forms.DecimalField(label=gettext_lazy("Only from this amount"), required=False, min_value=0, max_digits=14, decimal_places=2)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.colleagues()
        self.fields["minimum"].help_text = _("In %(currency)s. Empty: always.") % {"currency": settings.KA_BASE_CURRENCY}

    @property
    def step(self):
        values = self.cleaned_data
        minimum = values.get("minimum")
        return {
            "approvers": values["approvers"],
            "name": values.get("name", ""),
            "role": values.get("role", ""),
            "person": values.get("person"),
            "quorum": 1 if values.get("quorum") is None else values["quorum"],
            "minimum_minor": None if minimum is None else to_minor(minimum, settings.KA_BASE_CURRENCY),
        }


class SeenVersion(PlainForm):
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


StepFormSet = forms.formset_factory(StepForm, extra=EXTRA_STEPS, max_num=MOST_STEPS, absolute_max=MOST_STEPS + EXTRA_STEPS)


@policy.requires("settings.manage")
@require_safe
def route_list(request):
    kinds = [{"kind": kind, "steps": steps_of(kind), "url": reverse("team:route_edit", args=[kind.key])} for kind in registry.kinds()]
    return render(request, "team/desk/route_list.html", {"kinds": kinds})


@policy.requires("settings.manage")
def route_edit(request, kind):
    """One kind's steps in order; saving without any brings back what the program ships."""
    registered = registry.kinds_by_key().get(kind)
    if registered is None:
        raise Http404
    route = ApprovalRoute.objects.filter(kind=kind).first()
    formset = StepFormSet(request.POST or None, initial=[_initial(step) for step in steps_of(registered)], prefix="step")
    seen = SeenVersion(request.POST or None, initial={"version": route.version if route else None})
    problem, status = "", 200
    if request.method == "POST":
        if formset.is_valid() and seen.is_valid():
            steps = [form.step for form in formset if form.cleaned_data.get("approvers")]
            try:
                save_route(kind=kind, steps=steps, actor=request.user, expected_version=seen.cleaned_data["version"])
            except DomainError as error:
                problem, status = str(error), 409 if isinstance(error, StaleRecord) else 422
            else:
                messages.success(request, _("The route is saved. It counts for what is asked from now on."))
                return redirect("team:route_list")
        else:
            status = 422
    context = {
        "kind": registered,
        "formset": formset,
        "seen": seen,
        "problem": problem,
        "trail": trail_of(route) if route else [],
    }
    return render(request, "team/desk/route_edit.html", context, status=status)


def _initial(step):
    return {
        "approvers": step.approvers,
        "name": step.name,
        "role": step.role,
        "person": step.person,
        "quorum": step.quorum,
        "minimum": from_minor(step.minimum_minor, settings.KA_BASE_CURRENCY),
    }
