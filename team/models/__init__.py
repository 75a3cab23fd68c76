"""People and what they add to every record; one file per noun."""

from .approvals import Approval, ApprovalRoute, ApprovalRouteStep, ApprovalSeat, ApprovalStep
from .calendars import CalendarDay, WorkCalendar
from .people import Delegation, Team, User, UserManager
from .records import Attachment, Comment
from .trail import AuditEvent
from .work import Notification, NotificationPreference, Task

__all__ = [
    "Approval",
    "ApprovalRoute",
    "ApprovalRouteStep",
    "ApprovalSeat",
    "ApprovalStep",
    "Attachment",
    "AuditEvent",
    "CalendarDay",
    "Comment",
    "Delegation",
    "Notification",
    "NotificationPreference",
    "Task",
    "Team",
    "User",
    "UserManager",
    "WorkCalendar",
]
