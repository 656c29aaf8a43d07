"""What a VIN, a phone number and a plate look like: one place for those who type them and those who judge them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

VIN = r"^[A-HJ-NPR-Z0-9]{17}$"
PHONE = r"^(?:1[3-9]\d{9}|0\d{9,11})$"
"""A mobile number (MIIT ranges 13x to 19x) or a landline with its area code."""
UNASSIGNED = r"^1(?:4[0-4]|54|6[01348-9]|79|94)"
"""Ranges of mobile numbers that no person has."""
PLATE = (
    r"^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]"
    r"(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK])$|^[使领]\d{6}$|^\d{6}[使领]$"
)
"""Five characters behind the city's letter, or six for new energy (its letter first or last), or a consulate's."""

VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
VIN_DIGITS = "12345678123457923456789"
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def vin_check_fails(vins: pa.ChunkedArray) -> np.ndarray:
    """True for a VIN of right shape that has a wrong ninth character (GB 16735, ISO 3779).

    Only makers that must have it are judged: China (L) and North America (1 to 5).
    """
    fails = np.zeros(len(vins), bool)
    shaped = pc.fill_null(pc.match_substring_regex(vins, "^[L1-5][A-HJ-NPR-Z0-9]{16}$"), False)
    places = np.flatnonzero(shaped.to_numpy())
    if len(places):
        signs = np.frombuffer("".join(vins.take(pa.array(places)).to_pylist()).encode(), np.uint8).reshape(-1, 17)
        values = np.zeros(256, np.int64)
        values[list(b"0123456789" + VIN_LETTERS.encode())] = [*range(10), *map(int, VIN_DIGITS)]
        wanted = np.frombuffer(b"0123456789X", np.uint8)[values[signs] @ np.array(VIN_WEIGHTS) % 11]
        fails[places] = signs[:, 8] != wanted
    return fails


def id_number_check_fails(number: str) -> str:
    """SQL, true if an 18-digit identity number has a wrong last character (GB 11643)."""
    total = " + ".join(
        f"{weight} * try_cast({number}[{place}] as integer)" for place, weight in enumerate(ID_WEIGHTS, 1)
    )
    return f"(regexp_full_match({number}, '\\d{{17}}[0-9X]') and {number}[18] <> '10X98765432'[({total}) % 11 + 1])"
