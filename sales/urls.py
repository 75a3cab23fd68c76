"""Routes of products, imports and profiles, and the sell-out panels."""

from django.urls import path

from ka_crm import policy

from .views import imports, panels, products, profiles

app_name = "sales"
urlpatterns = [
    path("products/", policy.requires("products.view")(products.ProductList.as_view()), name="product_list"),
    path("products/new/", products.product_create, name="product_create"),
    path("products/<int:pk>/", products.product_detail, name="product_detail"),
    path("products/<int:pk>/edit/", products.product_edit, name="product_edit"),
    path("products/<int:pk>/archive/", products.product_archive, name="product_archive"),
    path("products/<int:pk>/sellout/", panels.product_panel, name="product_panel"),
    path("accounts/<int:pk>/sellout/", panels.account_panel, name="account_panel"),
    path("stores/<int:pk>/sellout/", panels.store_panel, name="store_panel"),
    path("home/sellout/", panels.home_panel, name="home_panel"),
    path("imports/profiles/", policy.requires("imports.view")(profiles.ImportProfileList.as_view()), name="profile_list"),
    path("imports/profiles/new/", profiles.profile_create, name="profile_create"),
    path("imports/profiles/<int:pk>/", profiles.profile_detail, name="profile_detail"),
    path("imports/profiles/<int:pk>/edit/", profiles.profile_edit, name="profile_edit"),
    path("imports/", policy.requires("imports.view")(imports.ImportBatchList.as_view()), name="import_list"),
    path("imports/new/", imports.import_create, name="import_create"),
    path("imports/<uuid:public_id>/", imports.import_detail, name="import_detail"),
    path("imports/<uuid:public_id>/check/", imports.import_check, name="import_check"),
    path("imports/<uuid:public_id>/run/", imports.import_run, name="import_run"),
    path("imports/<uuid:public_id>/undo/", imports.import_undo, name="import_undo"),
    path("imports/<uuid:public_id>/file/", imports.import_file, name="import_file"),
    path("imports/<uuid:public_id>/errors/", imports.import_errors, name="import_errors"),
]
