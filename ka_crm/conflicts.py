"""What others saved while somebody was editing: the trail knows it and says so here, forms ask here and know no trail.

conflicts.register(changes_since)  # in AppConfig.ready(): (record, seen_version) → [{"field", "name", "old", "new", "who", "at"}]
"""

_tellers = []


def register(teller):
    """Let ``teller(record, seen_version)`` say what happened; registering another replaces it."""
    _tellers[:] = [teller]


def changes_since(record, seen_version):
    """What changed on ``record`` since ``seen_version``, newest first; empty where nobody knows."""
    return [change for teller in _tellers for change in teller(record, seen_version)]
