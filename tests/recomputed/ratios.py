"""Exact ratios and money, rounded once and half-up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def rounded(value: Fraction | Decimal | int, places: int) -> Decimal:
    """Half-up to so many places."""
    exact = Fraction(value)
    with localcontext() as context:
        context.prec = 60
        whole = Decimal(exact.numerator) / Decimal(exact.denominator)
        return whole.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ratio(part: int | Decimal, whole: int | Decimal, places: int = 6) -> Decimal | None:
    """part ÷ whole; None of nothing."""
    return rounded(Fraction(part) / Fraction(whole), places) if whole else None
