"""Routes of what waits for people: the inbox, approvals, tasks, notifications, the calendar feed."""

from django.urls import path

from ka_crm import policy

from .views import approvals, inbox, notifications, routes, tasks

# On which records' pages tasks are shown and added: route → the model's label and the capability that its page asks for.
PANELS = {
    "account_tasks": ("accounts.keyaccount", "accounts.view"),
    "store_tasks": ("accounts.store", "accounts.view"),
    "visit_tasks": ("visits.visit", "visits.view"),
    "report_tasks": ("reports.report", "reports.view"),
}

work_routes = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/counts/", inbox.work_counts, name="work_counts"),
    path("approvals/", policy.signed_in(approvals.ApprovalList.as_view()), name="approval_list"),
    path("approvals/routes/", routes.route_list, name="route_list"),
    path("approvals/routes/<str:kind>/", routes.route_edit, name="route_edit"),
    path("approvals/<uuid:public_id>/", approvals.approval_detail, name="approval_detail"),
    path("approvals/<uuid:public_id>/decide/", approvals.approval_decide, name="approval_decide"),
    path("approvals/<uuid:public_id>/withdraw/", approvals.approval_withdraw, name="approval_withdraw"),
    path("tasks/", policy.signed_in(tasks.TaskList.as_view()), name="task_list"),
    path("tasks/new/", tasks.task_create, name="task_create"),
    path("tasks/<uuid:public_id>/", tasks.task_detail, name="task_detail"),
    path("tasks/<uuid:public_id>/edit/", tasks.task_edit, name="task_edit"),
    path("tasks/<uuid:public_id>/done/", tasks.task_done, name="task_done"),
    path("tasks/<uuid:public_id>/cancel/", tasks.task_cancel, name="task_cancel"),
    path("tasks/<uuid:public_id>/reopen/", tasks.task_reopen, name="task_reopen"),
    path("tasks/<uuid:public_id>/hand-over/", tasks.task_hand_over, name="task_hand_over"),
    path("notifications/", notifications.notification_list, name="notification_list"),
    path("notifications/read/", notifications.notification_read_all, name="notification_read_all"),
    path("notifications/settings/", notifications.notification_settings, name="notification_settings"),
    path("notifications/calendar/", notifications.calendar_renew, name="calendar_renew"),
    path("notifications/calendar/close/", notifications.calendar_close, name="calendar_close"),
    path("notifications/<int:pk>/", notifications.notification_open, name="notification_open"),
    path("notifications/<int:pk>/toggle/", notifications.notification_toggle, name="notification_toggle"),
    path("notifications/<int:pk>/mute/", notifications.notification_mute, name="notification_mute"),
    path("calendar/<str:secret>.ics", notifications.calendar_feed, name="calendar_feed"),
]
for _name, (_model, _capability) in PANELS.items():
    _view = policy.requires(_capability)(tasks.record_panel(_model, f"team:{_name}"))
    work_routes.append(path(f"tasks/about/{_name.removesuffix('_tasks')}/<int:pk>/", _view, name=_name))
