"""Dates as whole days since 1970-01-01 (int64 arrays), so that the whole world can be computed at once."""

from __future__ import annotations

from datetime import date

import numpy as np

NEVER = np.int64(2**31)  # later than any date of the sample
EPOCH = date(1970, 1, 1).toordinal()


def day(when: date) -> int:
    """Days since 1970-01-01 of a date."""
    return when.toordinal() - EPOCH


def to_date(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(int(number) + EPOCH)


def text(days: np.ndarray) -> np.ndarray:
    """'YYYY-MM-DD' of each day number, '' for NEVER; an object array of str."""
    days = np.asarray(days, dtype=np.int64)
    known = days < NEVER
    out = np.datetime_as_string(np.where(known, days, 0).astype("datetime64[D]")).astype(object)
    out[~known] = ""
    return out


def time_text(seconds: np.ndarray) -> np.ndarray:
    """'YYYY-MM-DD HH:MM:SS' of local seconds since 1970-01-01 00:00, '' for negative values."""
    seconds = np.asarray(seconds, dtype=np.int64)
    known = seconds >= 0
    stamps = np.datetime_as_string(np.where(known, seconds, 0).astype("datetime64[s]"))
    out = np.array([stamp.replace("T", " ") for stamp in stamps.tolist()], dtype=object)
    out[~known] = ""
    return out


def month_index(days: np.ndarray) -> np.ndarray:
    """Months since 1970-01 of each day number."""
    return np.asarray(days, dtype=np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_first(months: np.ndarray) -> np.ndarray:
    """Day number of the first day of each month (months since 1970-01)."""
    return np.asarray(months, dtype=np.int64).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def years_later(days: np.ndarray, years: int | np.ndarray = 1) -> np.ndarray:
    """The same calendar day some years later; 29 February becomes 1 March where there is none."""
    months = month_index(days)
    return month_first(months + 12 * np.asarray(years)) + (np.asarray(days) - month_first(months))


def cover_end(starts: np.ndarray) -> np.ndarray:
    """Last day of a cover of one year (29 February ends 28 February)."""
    return years_later(starts, 1) - 1


def cover_start(ends: np.ndarray) -> np.ndarray:
    """First day of the year of cover that ends on these days."""
    return years_later(np.asarray(ends) + 1, -1)


def weekday(days: np.ndarray) -> np.ndarray:
    """0 = Monday ... 6 = Sunday."""
    return (np.asarray(days, dtype=np.int64) + 3) % 7
