"""Data Docs: one page per source, extract and night that says which promises were kept. It never shows a value."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ingest.home import home, write_atomic

OUTSIDE = re.compile(
    r"<script[^>]*\bsrc=[\"']https?:[^>]*>\s*</script>|<link[^>]*\bhref=[\"']https?:[^>]*>|<img[^>]*\bsrc=[\"']https?:[^>]*>"
    r"|\burl\([\"']?https?:[^)]*\)",
    re.S,
)
"""Great Expectations' pages load styles and pictures from other hosts; ours open from the file system, offline."""

STYLE = """<style>body{font-family:system-ui,sans-serif;margin:2rem;max-width:80rem}table{border-collapse:collapse}
td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;vertical-align:top}.modal,.navbar,nav,form{display:none}
</style></head>"""


def page_path(source: str, extract: str, received_on: date) -> Path:
    """Where the page of one extract and night lies."""
    return home() / "raw" / "_docs" / str(received_on) / f"{source}-{extract}.html"


@cache
def _view() -> Any:
    """One view for all pages: each compiles its templates anew, which costs more than the page."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def write_page(source: str, extract: str, received_on: date, result: Any) -> None:
    """Render Great Expectations' own result of one suite run; `result` holds counts and positions only."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    result.meta["run_id"] = {"run_name": f"{source} {extract}", "run_time": str(received_on)}
    result.meta["batch_markers"] = {}  # the clock and a fingerprint of the frame
    page = _view().render(ValidationResultsPageRenderer().render(result))
    text = OUTSIDE.sub("", page).replace("</head>", STYLE, 1)
    write_atomic(page_path(source, extract, received_on), text.encode())
