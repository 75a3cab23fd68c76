"""What the shell around every page shows."""

from django.conf import settings


def shell(request):
    return {"company_name": settings.KA_COMPANY_NAME, "base_currency": settings.KA_BASE_CURRENCY, "request_id": getattr(request, "id", "")}
