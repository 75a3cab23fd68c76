"""Routes of accounts, stores and contacts."""

from django.urls import path

from ka_crm import policy

from . import person_views, views

app_name = "accounts"
viewing = policy.requires("accounts.view")
urlpatterns = [
    path("accounts/", viewing(views.KeyAccountList.as_view()), name="account_list"),
    path("accounts/new/", views.account_create, name="account_create"),
    path("accounts/<int:pk>/", views.account_detail, name="account_detail"),
    path("accounts/<int:pk>/edit/", views.account_edit, name="account_edit"),
    path("accounts/<int:pk>/archive/", views.account_archive, name="account_archive"),
    path("accounts/<int:pk>/assign/", views.assignment_create, name="assignment_create"),
    path("assignments/<int:pk>/end/", views.assignment_end, name="assignment_end"),
    path("stores/", viewing(views.StoreList.as_view()), name="store_list"),
    path("stores/new/", views.store_create, name="store_create"),
    path("stores/<int:pk>/", views.store_detail, name="store_detail"),
    path("stores/<int:pk>/edit/", views.store_edit, name="store_edit"),
    path("stores/<int:pk>/archive/", views.store_archive, name="store_archive"),
    path("contacts/", viewing(views.ContactList.as_view()), name="contact_list"),
    path("contacts/new/", views.contact_create, name="contact_create"),
    path("contacts/<int:pk>/", views.contact_detail, name="contact_detail"),
    path("contacts/<int:pk>/edit/", views.contact_edit, name="contact_edit"),
    path("contacts/<int:pk>/archive/", views.contact_archive, name="contact_archive"),
    path("people/<int:pk>/assignments/", person_views.person_panel, name="person_panel"),
]
