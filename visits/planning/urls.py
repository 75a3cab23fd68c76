"""Routes of planning; they belong to the namespace of visits."""

from django.urls import path

from ka_crm import policy

from . import cadence_views, calendar_views, day_views, leave_views, week_views

urlpatterns = [
    path("visits/week/", week_views.itinerary_page, name="itinerary"),
    path("visits/week/print/", week_views.itinerary_print, name="itinerary_print"),
    path("visits/week/add/", week_views.itinerary_add, name="itinerary_add"),
    path("visits/week/copy/", week_views.itinerary_copy, name="itinerary_copy"),
    path("visits/week/order/", week_views.day_order, name="day_order"),
    path("visits/week/priorities/", week_views.plan_priorities, name="plan_priorities"),
    path("visits/week/hand-in/", week_views.plan_submit, name="plan_submit"),
    path("visits/week/take-back/", week_views.plan_take_back, name="plan_take_back"),
    path("visits/<int:pk>/move/", week_views.visit_move, name="visit_move"),
    path("visits/calendar/", calendar_views.calendar, name="calendar"),
    path("visits/due/", policy.requires("visits.view")(cadence_views.DueList.as_view()), name="due_list"),
    path("visits/stores/<int:pk>/due/", cadence_views.due_panel, name="due_panel"),
    path("visits/cadence/", policy.requires("visits.view")(cadence_views.CadenceList.as_view()), name="cadence_list"),
    path("visits/cadence/new/", cadence_views.cadence_create, name="cadence_create"),
    path("visits/cadence/<int:pk>/", cadence_views.cadence_update, name="cadence_update"),
    path("visits/cadence/<int:pk>/end/", cadence_views.cadence_end, name="cadence_end"),
    path("visits/day/start/", day_views.day_start, name="day_start"),
    path("visits/day/", policy.requires("visits.record")(day_views.AttendanceList.as_view()), name="attendance_list"),
    path("visits/leave/", policy.requires("visits.record")(leave_views.LeaveList.as_view()), name="leave_list"),
    path("visits/leave/new/", leave_views.leave_create, name="leave_create"),
    path("visits/leave/<int:pk>/", leave_views.leave_detail, name="leave_detail"),
    path("visits/leave/<int:pk>/cancel/", leave_views.leave_cancel, name="leave_cancel"),
    path("visits/leave/<int:pk>/visits/", leave_views.leave_visits, name="leave_visits"),
]
