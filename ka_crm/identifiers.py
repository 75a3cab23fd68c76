"""Numbers that carry a check digit of GS1: GTIN of an item, GLN of a place."""

import re
import unicodedata

GTIN_LENGTHS = (8, 12, 13, 14)
GLN_LENGTH = 13
# What people put between the digits: blanks, and hyphens of every kind.
_BETWEEN = re.compile(r"[\s\u00ad\u200b\u2010-\u2015\u2212-]")


def digits_as_written(text):
    """``text`` as somebody typed or pasted it, without what stands between its digits; full-width digits become plain ones.

    What is neither a digit nor between digits stays, for the check to refuse: a letter O is not taken for a zero.
    """
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text))


def check_digit_holds(digits):
    """Whether ``digits`` are plain digits and the last checks the others.

    By hand: stdnum takes blanks, hyphens and full-width digits away before it looks, so that it passes what is no number yet.
    """
    if not (digits.isascii() and digits.isdigit()):
        return False
    figures = [*map(int, digits)]
    return (sum(figures[-1::-2]) + 3 * sum(figures[-2::-2])) % 10 == 0


def is_gtin(digits):
    return len(digits) in GTIN_LENGTHS and check_digit_holds(digits)


def is_gln(digits):
    return len(digits) == GLN_LENGTH and check_digit_holds(digits)


def spellings_of_gtin(gtin):
    """``gtin`` in each length that has room for it: leading zeros make no other item (036000291452 is 0036000291452)."""
    longest = gtin.zfill(GTIN_LENGTHS[-1])
    return {longest[-length:] for length in GTIN_LENGTHS if not longest[:-length].strip("0")}
