"""A chart of charts.yaml as Superset keeps it."""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from exports.superset.datasets import FORMATS, columns, kpis

SHARES = ("_rate", "_share")


class Chart(pydantic.BaseModel):
    """A chart as declared; charts.yaml says what the fields mean."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    mart: str
    kind: Literal["number", "bar", "line", "pie", "table", "rows"]
    by: str | list[str] = []
    split: str = ""
    show: list[str] = []
    where: str = ""
    note: str = ""
    month: bool = True
    flat: bool = False
    """Bars beside each other, not on top."""
    lying: bool = False
    """Bars that lie: for long words."""
    width: int
    height: int

    @pydantic.model_validator(mode="after")
    def _is_on_its_mart(self) -> Chart:
        there = columns(self.mart)
        wrong = {*self.dimensions, *([self.split] if self.split else [])} - set(there)
        wrong |= {
            shown
            for shown in self.show
            if shown.removeprefix("sum:") not in (there if ":" in shown else kpis(self.mart))
        }
        if wrong:
            raise ValueError(f"chart {self.name}: {self.mart} has no {', '.join(sorted(wrong))}")
        return self

    @property
    def dimensions(self) -> list[str]:
        return [self.by] if isinstance(self.by, str) else list(self.by)


def chart_file(chart: Chart, uuid: str, dataset_uuid: str) -> dict[str, Any]:
    """The file of a chart in Superset's bundle."""
    params = _params(chart)
    return {
        "slice_name": chart.title, "description": chart.note or None, "viz_type": params["viz_type"], "params": params,
        "uuid": uuid, "dataset_uuid": dataset_uuid, "version": "1.0.0", "cache_timeout": 0,
    }  # fmt: skip


def _params(chart: Chart) -> dict[str, Any]:
    shown = [_metric(chart, name) for name in chart.show]
    kept = [{"expressionType": "SQL", "clause": "WHERE", "sqlExpression": chart.where}] if chart.where else []
    common = {"adhoc_filters": kept, "row_limit": 1000, "time_range": "No filter", "color_scheme": "supersetColors"}
    match chart.kind:
        case "number":
            special = {"viz_type": "big_number_total", "metric": shown[0], "y_axis_format": _format(chart),
                       "header_font_size": 0.5, "subheader_font_size": 0.15}  # fmt: skip
        case "pie":
            special = {
                "viz_type": "pie", "groupby": chart.dimensions, "metric": shown[0], "donut": True, "innerRadius": 35,
                "label_type": "percent", "number_format": _format(chart), "show_legend": True, "legendOrientation": "bottom", "show_labels": True,
                "labels_outside": True, "sort_by_metric": True,
            }  # fmt: skip
        case "table":
            special = {"viz_type": "table", "query_mode": "aggregate", "groupby": chart.dimensions, "metrics": shown,
                       "order_desc": True, "column_config": _table_columns(chart), "show_cell_bars": True}  # fmt: skip
        case "rows":
            special = {
                "viz_type": "table", "query_mode": "raw", "all_columns": chart.dimensions, "metrics": [],
                "order_by_cols": [f'["{column}", true]' for column in chart.dimensions[:2]],
                "column_config": _table_columns(chart), "show_cell_bars": False, "table_timestamp_format": "%Y-%m-%d",
            }  # fmt: skip
        case _:
            special = {
                "viz_type": f"echarts_timeseries_{chart.kind}", "x_axis": chart.dimensions[0], "metrics": shown,
                "groupby": [chart.split] if chart.split else [], "x_axis_sort_asc": True, "xAxisForceCategorical": True,
                "x_axis_sort": chart.dimensions[0], "y_axis_format": _format(chart), "show_legend": bool(chart.split or chart.show[1:]),
                "legendOrientation": "top", "legendType": "scroll", "rich_tooltip": True, "truncate_metric": True,
                "markerEnabled": True, "y_axis_title_margin": 15, "stack": None if chart.flat or chart.kind == "line" else "Stack",
                "orientation": "horizontal" if chart.lying else "vertical", "only_total": True, "show_value": chart.kind == "bar",
            }  # fmt: skip
    return common | special


def _metric(chart: Chart, name: str) -> Any:
    """A KPI by its name, or the sum of a column under its Chinese name."""
    if not name.startswith("sum:"):
        return name
    column = name.removeprefix("sum:")
    return {
        "expressionType": "SQL", "sqlExpression": f"sum({column})", "label": label(chart, name), "hasCustomLabel": True,
        "optionName": f"metric_{column}",
    }  # fmt: skip


def label(chart: Chart, name: str) -> str:
    """What is shown for a KPI or a sum."""
    return columns(chart.mart)[name.removeprefix("sum:")][1] if name.startswith("sum:") else kpis(chart.mart)[name].zh


def _format(chart: Chart) -> str:
    metric = kpis(chart.mart).get(chart.show[0])
    return FORMATS.get(metric.unit, ",d") if metric else ",d"


def _table_columns(chart: Chart) -> dict[str, Any]:
    named = {label(chart, name) if ":" in name else name: name for name in [*chart.dimensions, *chart.show]}
    return {
        shown: {"d3NumberFormat": ",.1%" if name.endswith(SHARES) else ",d"}
        for shown, name in named.items()
        if name.endswith(SHARES) or ":" in name
    }
