"""Signed-in devices, ended at the server."""

from allauth.usersessions.models import UserSession


def end_sessions(user, *, but_for=None):
    """End every session of ``user`` at the server, except that with the key ``but_for``; returns how many."""
    ended = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=but_for):
        session.end()
        ended += 1
    return ended
