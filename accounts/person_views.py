"""What the accounts add to a person's page."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from ka_crm import policy
from team.models import User

from .models import AccountAssignment


@policy.requires("people.view")
def person_panel(request, pk):
    """What one person looks after, as far as the reader sees the accounts."""
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    assignments = AccountAssignment.objects.visible_to(request.user).filter(user=person).for_list()
    return render(request, "accounts/_person_panel.html", {"assignments": assignments[:50], "today": timezone.localdate()})
