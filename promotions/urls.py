"""Routes of promotions: none until its pages are built."""

app_name = "promotions"
urlpatterns = []
