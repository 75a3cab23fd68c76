"""Money: integers in minor units in the database, Decimal in rules, forms and files, never a float.

Rounding happens once, last, half up (``round_money``). Unit prices are kept in 10⁻⁴ of the currency unit.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import get_currency_precision

ZERO = Decimal("0.00")
RATIO_PLACES = Decimal("0.000001")


def digits_of(currency):
    """Decimal digits of an ISO 4217 currency: 2 for USD and CNY, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def to_decimal(value):
    """Exact Decimal of an int, Decimal or decimal text. A float is a TypeError, other text a ValueError."""
    if type(value) is int:  # most figures: nothing to check, and a report asks some hundred thousand times
        return Decimal(value)
    if isinstance(value, float | bool):
        raise TypeError(f"Money is never a {type(value).__name__}: {value!r}. Pass a Decimal, an int or text.")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"“{value}” is not an amount.") from None
    if not number.is_finite():
        raise ValueError(f"“{value}” is not an amount.")
    return number


def round_money(value, currency="USD"):
    """``value`` rounded half up to the currency's digits, as Decimal."""
    return to_decimal(value).quantize(Decimal(1).scaleb(-digits_of(currency)), rounding=ROUND_HALF_UP)


def to_minor(value, currency):
    """Decimal in currency units → integer minor units, half up: 12.345 USD → 1235; 12 JPY → 12."""
    return int(round_money(value, currency).scaleb(digits_of(currency)))


def from_minor(minor, currency):
    """Integer minor units → Decimal in currency units with the currency's digits; None stays None."""
    return None if minor is None else Decimal(minor).scaleb(-digits_of(currency))


def to_e4(value):
    """Unit price in currency units → integer of 10⁻⁴, half up: 2.153 → 21530."""
    return int((to_decimal(value) * 10_000).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_e4(price_e4):
    """Integer of 10⁻⁴ → Decimal unit price with 4 digits; None stays None."""
    return None if price_e4 is None else Decimal(price_e4).scaleb(-4)


def ratio(numerator, denominator):
    """``numerator ÷ denominator`` as Decimal with 6 digits (half up); None where the denominator is zero or missing.

    Integers or Decimals of the same unit (formulas.md, conventions). The caller says why a ratio is missing.
    """
    if numerator is None or not denominator:
        return None
    return (to_decimal(numerator) / to_decimal(denominator)).quantize(RATIO_PLACES, rounding=ROUND_HALF_UP)


def growth(now, then):
    """(now − then) ÷ |then| as a 6-digit Decimal; None where ``then`` is missing, zero or negative (formulas.md, YoY / MoM)."""
    if now is None or then is None or then <= 0:
        return None
    return ratio(to_decimal(now) - to_decimal(then), then)
