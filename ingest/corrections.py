"""Corrected rows: what was rejected goes back to its owner as a workbook and returns under the name it was given.

`<name of the file>.更正-<extract>-<number>.xlsx` holds, on sheet 更正, rejected rows of that file in its own columns. It
is read by the spec of the same extract, takes business date and scope from the file's name, and adds to that file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ingest.spec import Extract, Read, match_file

SHEET = "更正"
ROW_HEADER = "原行号"
"""Header of the column that says which record of the file a row was; known everywhere and loaded nowhere."""
NAME = re.compile(r"(?P<original>.+)\.更正-(?P<extract>[^.]+)-(?P<number>\d+)(?:\D[^.]*)?\.(?:xlsx|xls|csv)")
"""Behind the number may stand what programs add to a copy: `_r2`, ` (1)`."""


@dataclass(frozen=True)
class Correction:
    """What the name of a file of corrected rows says."""

    original: str
    extract: str
    number: int


def correction_of(name: str) -> Correction | None:
    """What a file's name says if it is one of corrected rows, else None."""
    found = NAME.fullmatch(name)
    return Correction(found["original"], found["extract"], int(found["number"])) if found else None


def next_name(extract: str, name: str) -> str:
    """The name under which the rejected rows of a file come back; of corrected rows, the next number."""
    before = correction_of(name)
    original, number = (before.original, before.number + 1) if before else (name, 1)
    return f"{original}.{SHEET}-{extract}-{number}.xlsx"


def fields_of(extract_name: str, extract: Extract, name: str) -> dict[str, Any] | None:
    """The fields of a file's name (business_date as date); corrected rows have those of the file they correct.

    None if the file is not one of this extract.
    """
    correction = correction_of(name)
    if correction and correction.extract != extract_name:
        return None
    return match_file(extract, correction.original if correction else name)


def as_read(extract: Extract, name: str) -> Extract:
    """The extract as a file of that name is read: corrected rows come on our own sheet, however the source writes."""
    if correction_of(name) is None:
        return extract
    reading = Read(format="xlsx", sheet=SHEET, unanswered_if_blank=extract.read.unanswered_if_blank)
    return extract.model_copy(update={"read": reading, "ignored": (*extract.ignored, ROW_HEADER)})
