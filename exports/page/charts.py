"""Charts: declared with Altair, compiled to Vega here, drawn by Vega's own script in a page or as SVG in a report.

A colour is the name of a CSS variable of style.css, so that light, dark and print need no second drawing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from exports.page.render import plain
from exports.wording import Record

ROWS = "rows"
"""The name of a chart's data: alt.Chart(alt.NamedData(ROWS))."""

COLOURS = {
    "ink": "#1b2733", "soft": "#5a6775", "line": "#d5dbe1", "paper": "#ffffff", "accent": "#1f5fa8",
    "good": "#1b7f5c", "warn": "#a86200", "bad": "#b3362c", "muted": "#8d99a6",
    "c1": "#1f5fa8", "c2": "#d9822b", "c3": "#1b7f5c", "c4": "#8e4a9e", "c5": "#b3362c", "c6": "#4f9bb8", "c7": "#8a7a2f",
}  # fmt: skip
"""The light values of the variables in style.css, for pictures outside a page."""
SERIES = [f"var(--c{number})" for number in range(1, 8)]
FONT = '"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif'


def colour(name: str) -> str:
    """A colour by the name of its variable: ink, soft, line, accent, good, warn, bad, muted, c1 … c7."""
    if name not in COLOURS:
        raise KeyError(f"{name} is no colour of a page; there are {', '.join(COLOURS)}")
    return f"var(--{name})"


CONFIG: dict[str, Any] = {
    "font": FONT, "background": "transparent", "padding": 2, "range": {"category": SERIES},
    "view": {"stroke": None},
    "axis": {
        "labelColor": colour("soft"), "titleColor": colour("soft"), "gridColor": colour("line"),
        "domainColor": colour("line"), "tickColor": colour("line"), "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "labelFont": FONT, "titleFont": FONT,
    },
    "legend": {
        "labelColor": colour("ink"), "titleColor": colour("soft"), "labelFontSize": 12, "titleFontSize": 12,
        "labelFont": FONT, "titleFont": FONT, "orient": "top", "symbolType": "square",
    },
    "text": {"color": colour("ink"), "fontSize": 12, "font": FONT},
    "bar": {"color": colour("accent")}, "rule": {"color": colour("soft")}, "line": {"color": colour("accent")},
    "point": {"color": colour("accent"), "filled": True, "size": 60},
    "title": {"color": colour("ink"), "font": FONT},
}  # fmt: skip


def compiled(chart: alt.TopLevelMixin) -> Record:
    """The Vega specification of a chart over the data ROWS; draws as wide as its place (width='container')."""
    return dict(vl_convert.vegalite_to_vega(_spec(chart)))


def svg(chart: alt.TopLevelMixin, rows: Sequence[Record], width: int) -> str:
    """The chart over rows as SVG in the light colours, `width` pixels wide."""
    spec = _spec(chart)
    for part in [spec, *spec.get("layer", []), *spec.get("hconcat", []), *spec.get("vconcat", [])]:
        if part.get("width") == "container":
            part["width"] = width
    spec["datasets"] = {ROWS: list(rows)}
    drawn = vl_convert.vegalite_to_svg(json.loads(json.dumps(spec, default=plain)))
    drawn = re.sub(
        r"<text (?![^>]*font-weight)", '<text font-weight="500" ', drawn
    )  # a variable font is thin without it
    return re.sub(r"var\(--(\w+)\)", lambda match: COLOURS[match[1]], drawn)


@cache
def vega_script() -> Markup:
    """Vega as one script for a <script> element: vegaEmbed(place, specification, options); asks for nothing from outside."""
    script = vl_convert.javascript_bundle()
    assert "</script" not in script
    return Markup(script)  # noqa: S704 a library's own script


def _spec(chart: alt.TopLevelMixin) -> Record:
    spec = chart.to_dict()
    spec["config"] = CONFIG
    spec.pop("usermeta", None)
    return spec
