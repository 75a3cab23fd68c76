"""What colour a state has, in one place: the tone says how it stands, the label says what it is.

Tones: ``neutral`` (not begun, over), ``info`` (under way), ``ok``, ``warn`` (somebody has to look), ``danger`` (refused, broken).
An app whose words mean something else says so in ``AppConfig.ready()``: ``statuses.register("visits.visit", planned="warn")``.
"""

TONES = ("neutral", "info", "ok", "warn", "danger")

_WORDS = {
    "neutral": """draft planned new open idle closed archived superseded cancelled inactive ended expired skipped unchanged queued waiting
        none undone low""",
    "info": """submitted running processing started proposed negotiating in_progress checking scheduled building matched sent assigned
        medium""",
    "ok": """approved active agreed signed done completed complete finished succeeded success imported paid settled accepted ready present
        on_shelf ok evaluated""",
    "warn": """returned late overdue due partial partially_imported disputed on_hold quarantined needs_answer retrying expiring at_risk
        warning question high""",
    "danger": "rejected refused failed error dead missed out_of_stock delisted blocked missing breach critical",
}
_TONE_OF = {word: tone for tone, words in _WORDS.items() for word in words.split()}
_BY_NOUN = {}


def register(noun, **tones):
    """Colours of one noun's own words; ``noun`` is the model's lower label, ``visits.visit``. Raises ValueError for an unknown tone."""
    unknown = set(tones.values()) - set(TONES)
    if unknown:
        raise ValueError(f"There is no tone “{unknown.pop()}”; there are {', '.join(TONES)}.")
    _BY_NOUN.setdefault(noun, {}).update(tones)


def tone_of(state, noun=None):
    """The tone of ``state``; neutral for a word nobody has named."""
    word = str(state).casefold()
    return _BY_NOUN.get(noun, {}).get(word) or _TONE_OF.get(word, "neutral")
