"""Routes of contracts: none until its pages are built."""

app_name = "contracts"
urlpatterns = []
