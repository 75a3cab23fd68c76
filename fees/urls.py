"""Routes of fees: none until its pages are built."""

app_name = "fees"
urlpatterns = []
