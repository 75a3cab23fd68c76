"""Routes of reports."""

from django.urls import path

from . import league_views, views
from .deadlines import views as deadlines

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="report_list"),
    path("new/", views.report_order, name="report_order"),
    path("panel/", views.home_panel, name="home_panel"),
    path("accounts/<int:pk>/panel/", views.account_panel, name="account_panel"),
    path("orders/<uuid:public_id>/", views.run_detail, name="run_detail"),
    path("league/", league_views.league_page, name="league"),
    path("deadlines/", deadlines.deadline_list, name="deadline_list"),
    path("deadlines/summary/", deadlines.deadline_summary, name="deadline_summary"),
    path("deadlines/rules/", deadlines.rule_list, name="rule_list"),
    path("deadlines/rules/<int:pk>/", deadlines.rule_update, name="rule_update"),
    path("<uuid:public_id>/", views.report_detail, name="report_detail"),
    path("<uuid:public_id>/submit/", views.report_submit, name="report_submit"),
    path("<uuid:public_id>/approve/", views.report_approve, name="report_approve"),
    path("<uuid:public_id>/return/", views.report_return, name="report_return"),
    path("<uuid:public_id>/archive/", views.report_archive, name="report_archive"),
    path("<uuid:public_id>/rebuild/", views.report_rebuild, name="report_rebuild"),
    path("<uuid:public_id>/sections/<slug:key>/", views.section_comment, name="section_comment"),
    path("<uuid:public_id>/<slug:language>.<slug:file_format>", views.report_file, name="report_file"),
]
