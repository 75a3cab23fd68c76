"""Pages of must-stock rules."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ka_crm import policy
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage

from . import services
from .forms import EndRuleForm, MustStockRuleForm
from .models import MustStockRule
from .tables import MustStockFilter, MustStockTable


class MustStockList(ListPage):
    title = gettext_lazy("Must-stock lists")
    lead = gettext_lazy("What has to be on the shelf, per account and store format; visits check it.")
    table_class = MustStockTable
    filterset_class = MustStockFilter
    action = Action(gettext_lazy("Add a product"), "contracts:must_stock_create", capability="must_stock.manage")
    empty = gettext_lazy("No must-stock product yet. Add those that every visit has to look for.")

    def get_queryset(self, request):
        return MustStockRule.objects.visible_to(request.user).for_list(request.user)


def _manageable(request, pk):
    """A rule that this person may change; one that is only visible to them is a 404 here, since the page is not for them."""
    rule = get_object_or_404(MustStockRule.objects.visible_to(request.user).select_related("account", "product"), pk=pk)
    if not services.may_manage(rule, request.user):
        raise Http404
    return rule


def _list_url(_rule=None):
    return reverse("contracts:must_stock_list")


@policy.requires("must_stock.manage")
def must_stock_create(request):
    def save(form):
        services.create_rule(actor=request.user, **form.values)
        return _list_url()

    return form_page(
        request,
        form=MustStockRuleForm(request.POST or None, user=request.user, initial={"starts_on": timezone.localdate()}),
        save=save,
        title=_("Add a must-stock product"),
        back_url=_list_url(),
        success=_("The product is on the list."),
    )


@policy.requires("must_stock.manage")
def must_stock_update(request, pk):
    rule = _manageable(request, pk)

    def save(form):
        services.change_rule(rule_id=rule.pk, actor=request.user, version=form.expected_version, **form.values)
        return _list_url()

    return form_page(
        request,
        form=MustStockRuleForm(request.POST or None, instance=rule, user=request.user),
        save=save,
        title=_("Must-stock product: %(product)s") % {"product": rule.product},
        back_url=_list_url(),
        success=_("The rule is changed."),
        template="contracts/must_stock_form.html",
        context={"rule": rule},
    )


@policy.requires("must_stock.manage")
def must_stock_end(request, pk):
    rule = _manageable(request, pk)

    def save(form):
        services.end_rule(rule_id=rule.pk, actor=request.user, ends_on=form.cleaned_data["ends_on"])
        return _list_url()

    return form_page(
        request,
        form=EndRuleForm(request.POST or None, initial={"ends_on": timezone.localdate()}),
        save=save,
        title=_("End the rule: %(product)s") % {"product": rule.product},
        back_url=_list_url(),
        success=_("The rule ends."),
        submit=_("End the rule"),
    )
