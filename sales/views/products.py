"""Pages of products."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import KeyAccount
from ka_crm import policy
from ka_crm.errors import DomainError
from ka_crm.forms import form_page
from ka_crm.listpage import Action, ListPage
from team.trail import trail_of

from ..filters import ProductFilter
from ..forms import ProductForm
from ..models import Product, RetailerArticle
from ..services import products as services
from ..tables import ProductTable


class ProductList(ListPage):
    title = gettext_lazy("Products")
    table_class = ProductTable
    filterset_class = ProductFilter
    action = Action(gettext_lazy("New product"), "sales:product_create", capability="products.change")
    empty = gettext_lazy("No product here yet. Import the product list from a file, or enter the first one by hand.")

    def get_queryset(self, request):
        return Product.objects.visible_to(request.user).for_list()


@policy.requires("products.view")
def product_detail(request, pk):
    product = get_object_or_404(Product.objects.visible_to(request.user).select_related("brand", "category"), pk=pk)
    accounts = KeyAccount.objects.visible_to(request.user)
    context = {
        "product": product,
        "articles": RetailerArticle.objects.filter(product=product, account__in=accounts)
        .select_related("account")
        .order_by("account__sort_key", "pk")[:50],
        "trail": trail_of(product) if request.user.has_capability("products.change") else [],
        "may_change": request.user.has_capability("products.change"),
        "may_see_cost": request.user.has_capability("costs.view"),
    }
    return render(request, "sales/product_detail.html", context)


@policy.requires("products.change")
def product_create(request):
    form = ProductForm(request.POST or None, user=request.user)
    return form_page(
        request,
        form=form,
        save=lambda form: services.create_product(product=form.instance, values=form.values, actor=request.user),
        title=_("New product"),
        back_url=reverse("sales:product_list"),
        success=_("“%(record)s” is created."),
    )


@policy.requires("products.change")
def product_edit(request, pk):
    product = get_object_or_404(Product.objects.visible_to(request.user).select_related("brand", "category"), pk=pk)
    form = ProductForm(request.POST or None, instance=product, user=request.user)
    return form_page(
        request,
        form=form,
        save=lambda form: services.change_product(
            product=product, values=form.values, actor=request.user, expected_version=form.expected_version
        ),
        title=_("Edit %(record)s") % {"record": product.name},
        back_url=product.get_absolute_url(),
        success=_("“%(record)s” is saved."),
    )


@require_POST
@policy.requires("products.change")
def product_archive(request, pk):
    product = get_object_or_404(Product.objects.visible_to(request.user), pk=pk)
    verb = services.restore_product if product.archived_at else services.archive_product
    try:
        verb(product=product, actor=request.user)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(record)s” is saved.") % {"record": product})
    return redirect(product)
