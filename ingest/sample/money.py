"""Fen as the yuan that systems write."""

from __future__ import annotations

import numpy as np
import pandas as pd


def yuan(fen: pd.Series | np.ndarray) -> np.ndarray:
    """'1234.56' of whole fen; an object array."""
    out = []
    for value in np.asarray(fen).tolist():
        sign, value = ("-", -value) if value < 0 else ("", value)
        out.append(f"{sign}{value // 100}.{value % 100:02d}")
    return np.array(out, dtype=object)


def yuan_or_blank(fen: pd.Series | np.ndarray) -> np.ndarray:
    """The same, with '' for -1: nothing was entered."""
    fen = np.asarray(fen)
    return np.where(fen == -1, "", yuan(fen)).astype(object)
