"""The laboratory serves no pages."""

urlpatterns = []
