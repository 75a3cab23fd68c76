"""Pages of products."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.models import KeyAccount
from ka_crm import policy
from ka_crm.bulk import archive_actions
from ka_crm.listpage import Action, ListPage
from ka_crm.recordpages import archive_or_restore, create_page, edit_page

from ..filters import ProductFilter
from ..forms import ProductForm
from ..models import Product, RetailerArticle
from ..services import products as services
from ..tables import ProductTable


class ProductList(ListPage):
    title = gettext_lazy("Products")
    table_class = ProductTable
    filterset_class = ProductFilter
    bulk_actions = archive_actions(
        noun="product", archive=services.archive_product, restore=services.restore_product, capability="products.change"
    )
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
        "may_change": request.user.has_capability("products.change"),
        "may_see_cost": request.user.has_capability("costs.view"),
    }
    return render(request, "sales/product_detail.html", context)


@policy.requires("products.change")
def product_create(request):
    return create_page(
        request,
        form=ProductForm(request.POST or None, user=request.user),
        save=lambda form: services.create_product(product=form.instance, values=form.values, actor=request.user),
        title=_("New product"),
        back_url=reverse("sales:product_list"),
    )


@policy.requires("products.change")
def product_edit(request, pk):
    rows = Product.objects.visible_to(request.user).select_related("brand", "category")
    return edit_page(request, rows=rows, pk=pk, form_class=ProductForm, service=services.change_product, noun="product")


@require_POST
@policy.requires("products.change")
def product_archive(request, pk):
    rows = Product.objects.visible_to(request.user)
    return archive_or_restore(request, rows=rows, pk=pk, archive=services.archive_product, restore=services.restore_product, noun="product")
