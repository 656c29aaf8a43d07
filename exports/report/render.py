"""A report as a page (HTML) and as PDF: two thin renderers of the same content, with the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import manimgx_fonts_cjk
import typst
from markupsafe import Markup

from exports.page.render import render
from exports.page.words import Words
from exports.report.content import Report

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(manimgx_fonts_cjk.__file__).parent
"""Noto Sans CJK: a PDF is set the same way on every machine, with or without Chinese fonts of its own."""


def as_html(report: Report, words: Words) -> bytes:
    """The report as one page that opens from the file system, for screen and print."""
    pictures = [Markup(section.picture) for section in report.sections]  # noqa: S704 our own drawing of escaped texts
    return render("report.html", words, TEMPLATES, report=report, pictures=pictures)


def as_pdf(reports: Sequence[Report]) -> bytes:
    """Reports as one PDF, each beginning on a page of its own. Values reach the typesetter as data, never as markup."""
    content = json.dumps([asdict(report) for report in reports], ensure_ascii=False, default=str)
    return bytes(
        typst.compile(
            str(TEMPLATES / "report.typ"), root=str(TEMPLATES), font_paths=[str(FONTS)], ignore_system_fonts=True,
            sys_inputs={"reports": content},
        )
    )  # fmt: skip
