"""What the name of a file tells: the day it is about, and what a source could be called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

DATES = (
    (re.compile(r"(?<!\d)(20\d{2})([-_.年]?)(\d{2})([-_.月]?)(\d{2})(?!\d{1,5}(?:\D|$))"), True),
    (re.compile(r"(?<!\d)(20\d{2})([-_.年]?)(\d{2})(?!\d)"), False),
)
COPY = re.compile(r" ?[((]\d+[))](?=\.[^.]+$)|^副本[-_ ]?|^Copy of | - 副本| - Copy")


def pattern_of(name: str) -> str:
    """A pattern for files like this one: its last date becomes {business_date}, other runs of digits behind it `*`."""
    name = COPY.sub("", name)
    for form, has_day in DATES:
        found = [match for match in form.finditer(name) if _is_date(match, has_day)]
        if not found:
            continue
        last = found[-1]
        year_sep, month_sep = last.group(2), last.group(4) if has_day else ""
        asked = f"%Y{year_sep}%m" + (f"{month_sep}%d" if has_day else "")
        before, after = name[: last.start()], name[last.end() :]
        for other in reversed(found[:-1]):
            before = before[: other.start()] + "*" + before[other.end() :]
        return before + "{business_date:" + asked + "}" + re.sub(r"\d{3,}", "*", after)
    return name


def _is_date(found: re.Match[str], has_day: bool) -> bool:
    try:
        date(int(found.group(1)), int(found.group(3)), int(found.group(5)) if has_day else 1)
    except ValueError:
        return False
    return True


def patterns_of(names: Iterable[str]) -> list[str]:
    """The patterns of several files, each once, in order."""
    return list(dict.fromkeys(pattern_of(name) for name in names))


def source_name(insurer: str | None, file: str) -> str:
    """A name for a source: its insurer's code, else the letters of the file's name."""
    letters = re.sub(r"[^a-z]+", "_", file.rsplit(".", 1)[0].casefold()).strip("_")
    return (insurer or letters or "new_source").lower()
