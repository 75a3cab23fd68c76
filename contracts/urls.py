"""Routes of what was agreed."""

from django.urls import path

from ka_crm import policy

from . import views

app_name = "contracts"
urlpatterns = [
    path("must-stock/", policy.requires("must_stock.manage", "visits.view")(views.MustStockList.as_view()), name="must_stock_list"),
    path("must-stock/new/", views.must_stock_create, name="must_stock_create"),
    path("must-stock/<int:pk>/", views.must_stock_update, name="must_stock_update"),
    path("must-stock/<int:pk>/end/", views.must_stock_end, name="must_stock_end"),
]
