"""Routes of team."""

app_name = "team"
urlpatterns = []
