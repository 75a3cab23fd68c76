"""Numbers as people and spreadsheets write them, into exact Decimals; the decimal mark belongs to the file, not to the cell."""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from .errors import refuse_file

MAX_DIGITS = 15
BLANKS = dict.fromkeys(map(ord, "\u00a0\u2007\u2008\u2009\u202f\u3000"), " ")
MINUS_SIGNS = dict.fromkeys(map(ord, "−‒–﹣－"), "-")
QUOTES = dict.fromkeys(map(ord, "’‘´`"), "'")
LOOSE = BLANKS | MINUS_SIGNS | QUOTES
CURRENCY = re.compile(r"^(?:US\$|\$|€|£|¥|元|円|[A-Z]{3}(?= |[-\d.,(]))\s*|\s*(?:\$|€|£|¥|元|円|(?<=[\d )-])[A-Z]{3})$")
CORE = re.compile(r"[0-9]*(?:[.,' ][0-9]+)*[.,]?")
SCALES = {"万": 4, "萬": 4, "亿": 8, "億": 8, "千": 3, "k": 3, "K": 3, "m": 6, "M": 6}
OTHER = {".": ",", ",": "."}


class BadValue(ValueError):
    """A cell that cannot be read: a stable code and the reason with the way out."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code, self.reason = code, reason


class NumberCell(str):
    """A cell that the spreadsheet held as a number; its text has a point and is exact to 15 digits."""

    __slots__ = ()


class DateCell(str):
    """A cell that the spreadsheet held as a date; its text is ISO."""

    __slots__ = ()


@dataclass
class Marks:
    """The decimal and thousands marks of one file. ``decimal`` None: found out from the cells, once and for the whole file."""

    decimal: str | None = None
    thousands: str | None = None
    evidence: dict[str, str] = field(default_factory=dict)

    def observe(self, column, texts):
        """Note which decimal mark the cells prove. Raises FileRefused when they prove two."""
        if self.decimal is not None:
            return
        for text in texts:
            if isinstance(text, NumberCell) or ("." not in text and "," not in text):
                continue
            _negative, core = sign_and_core(text)
            mark = proven_mark(core)
            if mark and mark not in self.evidence:
                self.evidence[mark] = text
                if len(self.evidence) == 2:
                    raise refuse_file(
                        "decimal",
                        _(
                            "The file writes decimals in two ways, as in “%(one)s” and “%(two)s”. The decimal mark belongs to the file:"
                            " ask for the file again with one decimal mark."
                        )
                        % {"one": self.evidence["."], "two": self.evidence[","]},
                        column=column,
                        value=text,
                    )

    @property
    def proven(self):
        """Whether the cells, not the profile, said which mark it is: then the other one can only part thousands."""
        return self.decimal is None and bool(self.evidence)

    @property
    def known(self):
        return self.decimal or next(iter(self.evidence), None)


def sign_and_core(text):
    """(negative, digits and marks) of ``text`` without currency, brackets and sign; the core of a non-number is its rest."""
    text = unicodedata.normalize("NFKC", text.translate(LOOSE)).translate(LOOSE).strip()
    signs = 0
    for _round in range(3):
        before = text
        if text.startswith("(") and text.endswith(")"):
            signs, text = signs + 1, text[1:-1].strip()
        if text.startswith(("-", "+")):
            signs, text = signs + (text[0] == "-"), text[1:].strip()
        elif text.endswith("-"):
            signs, text = signs + 1, text[:-1].strip()
        text = CURRENCY.sub("", text, count=2).strip()
        if text == before:
            break
    return signs == 1, text if signs <= 1 else "--"


def proven_mark(core):
    """The decimal mark that ``core`` shows beyond doubt, or None: 1.234,50 shows the comma, 2.49 the point, 1.234 nothing."""
    if not CORE.fullmatch(core) or not core:
        return None
    point, comma = core.rfind("."), core.rfind(",")
    if point < 0 and comma < 0:
        return None
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    mark = "." if point >= 0 else ","
    head, *groups = core.split(mark)
    if len(groups) > 1:
        return OTHER[mark] if all(len(group) == 3 for group in groups) else None
    return None if len(groups[0]) == 3 and 1 <= len(head) <= 3 and head.lstrip("0") else mark


def parse_number(text, marks):
    """The exact Decimal that ``text`` means in a file with these ``marks``. Raises BadValue."""
    if isinstance(text, NumberCell):
        return _within_reach(Decimal(text), text)
    negative, core = sign_and_core(text)
    if not core or not CORE.fullmatch(core) or not any(char.isdigit() for char in core):
        raise BadValue("number", _not_a_number(text, marks.known))
    decimal = marks.known
    if decimal is None and proven_mark(core) is None and ("." in core or "," in core):
        raise BadValue("decimal", _("can be read with a decimal mark or with a thousands mark. Set the decimal mark in the profile."))
    number = _with_mark(core, decimal or ".", marks.thousands or (OTHER[decimal] if marks.proven and OTHER[decimal] in core else None))
    if number is None:
        meant = _with_mark(core, OTHER[decimal or "."], None)
        if meant is not None:
            example = f"{-meant if negative else meant}".replace(".", decimal or ".")
            raise BadValue(
                "decimal",
                _("does not fit the file's decimal mark “%(mark)s”. Write %(example)s.") % {"mark": decimal or ".", "example": example},
            )
        raise BadValue("number", _not_a_number(text, decimal))
    return _within_reach(-number if negative else number, text)


def _with_mark(core, decimal, thousands):
    """``core`` as a Decimal if it is well formed with ``decimal``, else None. Without a declared thousands mark, any usual one
    is taken where a decimal part follows it; a lone group of three stays undecided."""
    whole, mark, part = core.partition(decimal)
    if mark and not (part.isdigit() or (not part and whole)):
        return None
    if whole and not whole.isdigit():
        separators = set(re.sub("[0-9]", "", whole))
        if len(separators) != 1 or (thousands and separators != {thousands}):
            return None
        separator = separators.pop()
        groups = whole.split(separator)
        if separator == decimal or not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:]):
            return None
        if not thousands and separator in OTHER and not mark and len(groups) == 2:
            return None
        whole = "".join(groups)
    return Decimal(f"{whole or 0}.{part or 0}")


def _within_reach(number, text):
    if not number.is_finite():
        raise BadValue("number", _not_a_number(text, "."))
    if number.adjusted() >= MAX_DIGITS or len(number.as_tuple().digits) > MAX_DIGITS + 5:
        raise BadValue("number", _("is out of range: a number may have up to %(digits)d digits.") % {"digits": MAX_DIGITS})
    return number


def _not_a_number(text, decimal):
    """Why, and what to write instead, as exactly as the cell allows, in a file whose decimal mark is ``decimal`` (None: unknown)."""
    scaled = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([万萬亿億千kKmM])", unicodedata.normalize("NFKC", text).strip())
    if scaled:
        plain = Decimal(scaled[1]).scaleb(SCALES[scaled[2]])
        if plain == plain.to_integral_value() and plain.adjusted() < MAX_DIGITS:
            return _("is not a number. Write %(example)s.") % {"example": int(plain)}
    return _("is not a number. Write it with digits only, such as %(example)s.") % {"example": f"1234{decimal or '.'}50"}


def to_whole(number):
    """``number`` as an int of pieces. Raises BadValue for a fraction."""
    if number != number.to_integral_value():
        raise BadValue("number", _("is not a whole number of pieces."))
    return int(number)


def to_minor(number, digits, *, may_round):
    """``number`` in minor units of a currency with ``digits`` decimals; a finer amount is rounded half up only where allowed."""
    minor = number.scaleb(digits)
    whole = minor.to_integral_value(rounding=ROUND_HALF_UP)
    if whole != minor and not may_round:
        raise BadValue(
            "number",
            _("has more than the %(digits)d decimals of the currency; the number is refused rather than rounded.") % {"digits": digits},
        )
    return int(whole)
