"""Routes of visits."""

app_name = "visits"
urlpatterns = []
