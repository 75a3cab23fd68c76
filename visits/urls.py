"""Routes of visits."""

from django.urls import include, path

from ka_crm import policy

from . import api, guide_views, history_views, photo_views, views

app_name = "visits"
urlpatterns = [
    path("", include("visits.planning.urls")),
    path("visits/", policy.requires("visits.view")(views.VisitList.as_view()), name="visit_list"),
    path("visits/today/", views.today, name="today"),
    path("visits/today/panel/", views.home_panel, name="home_panel"),
    path("visits/plan/", views.visit_plan, name="visit_plan"),
    path("visits/start/", guide_views.visit_start, name="visit_start"),
    path("visits/stores/", guide_views.store_search, name="store_search"),
    path("visits/<int:pk>/", views.visit_detail, name="visit_detail"),
    path("visits/<int:pk>/record/", views.visit_record, name="visit_record"),
    path("visits/<int:pk>/score/", guide_views.visit_score, name="visit_score"),
    path("visits/<int:pk>/change/", views.visit_change, name="visit_change"),
    path("visits/<int:pk>/cancel/", views.visit_cancel, name="visit_cancel"),
    path("visits/<int:pk>/missed/", views.visit_missed, name="visit_missed"),
    path("visits/<int:pk>/products/", views.product_search, name="product_search"),
    path("visits/<int:pk>/products/<int:product_pk>/", views.product_form, name="product_form"),
    path("visits/<int:pk>/competitor/", views.competitor_form, name="competitor_form"),
    path("visits/photos/<uuid:client_id>/remove/", guide_views.photo_remove, name="photo_remove"),
    path("visits/photos/<uuid:client_id>/restore/", guide_views.photo_restore, name="photo_restore"),
    path("visits/photos/", history_views.photo_list, name="photo_list"),
    path("visits/photos/twice/", history_views.photo_reuse_list, name="photo_reuse_list"),
    path("visits/photos/<uuid:client_id>/twice/", history_views.photo_reuse, name="photo_reuse"),
    path("visits/photos/<uuid:client_id>/remove/", guide_views.photo_remove, name="photo_remove"),
    path("visits/photos/<uuid:client_id>/restore/", guide_views.photo_restore, name="photo_restore"),
    path("visits/photos/<uuid:client_id>/", photo_views.photo, name="photo"),
    path("visits/photos/<uuid:client_id>/small/", photo_views.photo_small, name="photo_small"),
    path("visits/api/record/", api.record, name="api_record"),
    path("visits/api/photos/", api.photo_add, name="api_photo"),
    path("visits/stores/<int:pk>/panel/", views.store_panel, name="store_panel"),
    path("visits/stores/<int:pk>/history/", history_views.store_history, name="store_history"),
    path("visits/accounts/<int:pk>/panel/", views.account_panel, name="account_panel"),
    path("visits/accounts/<int:pk>/in-store/", history_views.account_scores_panel, name="account_scores_panel"),
    path("visits/accounts/<int:pk>/stores/", history_views.account_scores, name="account_scores"),
]
