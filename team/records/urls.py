"""Routes of what hangs on records."""

from django.urls import path

from . import views

app_name = "records"
urlpatterns = [
    path("undo/<int:pk>/", views.undo_entry, name="undo"),
    path("comments/<uuid:public_id>/", views.comment_edit, name="comment_edit"),
    path("comments/<uuid:public_id>/remove/", views.comment_remove, name="comment_remove"),
    path("files/<uuid:public_id>/", views.file, name="file"),
    path("files/<uuid:public_id>/remove/", views.file_remove, name="file_remove"),
    path("<str:object_type>/<str:object_id>/", views.timeline, name="timeline"),
    path("<str:object_type>/<str:object_id>/comment/", views.comment_create, name="comment_create"),
    path("<str:object_type>/<str:object_id>/attach/", views.file_create, name="file_create"),
    path("<str:object_type>/<str:object_id>/people/", views.people, name="people"),
]
