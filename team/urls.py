"""Routes of team."""

from django.urls import include, path

from ka_crm import policy

from . import views
from .views import delegations, profile, teams
from .work_urls import work_routes

app_name = "team"
people_routes = [
    path("", policy.requires("people.view")(views.PersonList.as_view()), name="person_list"),
    path("new/", views.person_create, name="person_create"),
    path("<int:pk>/", views.person_detail, name="person_detail"),
    path("<int:pk>/edit/", views.person_edit, name="person_edit"),
    path("<int:pk>/role/", views.person_role, name="person_role"),
    path("<int:pk>/deactivate/", views.person_deactivate, name="person_deactivate"),
    path("<int:pk>/reactivate/", views.person_reactivate, name="person_reactivate"),
    path("<int:pk>/invite/", views.person_invite, name="person_invite"),
    path("<int:pk>/unlock/", views.person_unlock, name="person_unlock"),
    path("<int:pk>/second-factor/", views.person_reset_second_factor, name="person_reset_second_factor"),
    path("me/", profile.profile, name="profile"),
    path("teams/", teams.team_tree, name="team_tree"),
    path("teams/new/", teams.team_create, name="team_create"),
    path("teams/<int:pk>/edit/", teams.team_edit, name="team_edit"),
    path("teams/<int:pk>/delete/", teams.team_delete, name="team_delete"),
    path("deputies/", policy.signed_in(delegations.DelegationList.as_view()), name="delegation_list"),
    path("deputies/new/", delegations.delegation_create, name="delegation_create"),
    path("deputies/<int:pk>/", delegations.delegation_detail, name="delegation_detail"),
    path("deputies/<int:pk>/end/", delegations.delegation_end, name="delegation_end"),
    path("audit/", policy.requires("audit.view")(profile.AuditList.as_view()), name="audit_list"),
]
urlpatterns = [path("people/", include(people_routes)), path("", include(work_routes))]
