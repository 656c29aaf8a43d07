"""What a report says, before it is a page or a PDF: words, tables and pictures in order, nothing about their looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Table:
    """Cells are finished texts. numbers: positions of columns that stand on the right; marked: rows that stand out."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    marked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading, paragraphs, then a picture (SVG) and a table where there is one. action: what to do, set apart."""

    title: str
    paragraphs: tuple[str, ...] = ()
    action: str = ""
    picture: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Report:
    """One report. facts: pairs of name and value under the title; signatures: a place to sign for each name.

    dated: the data date, which every page bears and the PDF is dated with; footer: left foot of every page.
    """

    title: str
    subtitle: str
    dated: date
    footer: str
    summary: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    signatures: tuple[str, ...] = field(default=())
    language: str = "zh"
