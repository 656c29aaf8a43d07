"""The bundle: Superset's layout of YAML files in a zip whose bytes follow from what is declared and the connection."""

from __future__ import annotations

import io
import itertools
import uuid
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exports.superset.charts import Chart, chart_file, label
from exports.superset.datasets import dataset, month_column, months_dataset

DECLARED = Path(__file__).parent / "charts.yaml"
NAMESPACE = uuid.UUID("6f7a3a8e-2f0c-4c55-9d0e-6a1d3b5c7e90")
"""Names below it give each part the same id for ever, so that a later bundle replaces an earlier one."""
ROOT = "xubao_board"
MONTHS = "months"
COLORS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0")
"""Ten colours that are told apart, in turn."""


@cache
def declared() -> dict[str, Any]:
    """charts.yaml, its charts checked. Raises pydantic.ValidationError."""
    found = yaml.safe_load(DECLARED.read_text(encoding="utf-8"))
    return found | {
        "sections": [
            (section["heading"], [Chart.model_validate(chart) for chart in section["charts"]])
            for section in found["sections"]
        ]
    }


def charts() -> list[Chart]:
    """All charts in the order of the board."""
    return [chart for _, found in declared()["sections"] for chart in found]


def marts() -> list[str]:
    """The marts that the board shows."""
    return sorted({"dim_store", *(chart.mart for chart in charts())})


def id_of(kind: str, name: str) -> str:
    """The id of a part of the bundle, which never changes."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def file_address(file: Path) -> str:
    """The URL of a DuckDB file that is only read, and from which SQL reaches no other file of the machine."""
    return f"duckdb:///{file}?access_mode=read_only&enable_external_access=false"


def bundle(address: str) -> bytes:
    """The zip. address: SQLAlchemy URL of the marts, such as duckdb:////srv/xubao/published/current/analytics.duckdb."""
    database = id_of("database", "xubao")
    files = {
        "metadata.yaml": {"version": "1.0.0", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/xubao.yaml": {
            "database_name": "续保 Xubao", "sqlalchemy_uri": address, "expose_in_sqllab": True, "allow_dml": False,
            "allow_ctas": False, "allow_cvas": False, "allow_file_upload": False, "allow_run_async": False,
            "cache_timeout": 0, "extra": {"allows_virtual_table_explore": True}, "uuid": database, "version": "1.0.0",
        },
        f"datasets/xubao/{MONTHS}.yaml": months_dataset(id_of("dataset", MONTHS), database),
        "dashboards/xubao.yaml": _dashboard(),
    }  # fmt: skip
    for mart in marts():
        files[f"datasets/xubao/{mart}.yaml"] = dataset(mart, id_of("dataset", mart), database)
    for chart in charts():
        files[f"charts/{chart.name}.yaml"] = chart_file(chart, id_of("chart", chart.name), id_of("dataset", chart.mart))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{ROOT}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, yaml.safe_dump(files[name], allow_unicode=True, sort_keys=False, width=120))
    return packed.getvalue()


def _dashboard() -> dict[str, Any]:
    return {
        "dashboard_title": declared()["title"], "slug": declared()["slug"], "published": True, "css": "",
        "description": "续保夜批的看板,每夜更新", "uuid": id_of("dashboard", "xubao"), "version": "1.0.0",
        "position": _position(),
        "metadata": {
            "native_filter_configuration": [_filter("store", "门店", "dim_store", "store_name", False),
                                            _filter("month", "月份", MONTHS, "month_name", True)],
            "color_scheme": "supersetColors", "refresh_frequency": 0, "cross_filters_enabled": False,
            "expanded_slices": {}, "timed_refresh_immune_slices": [], "label_colors": _colors(), "shared_label_colors": [],
        },
    }  # fmt: skip


def _colors() -> dict[str, str]:
    """A colour for each bar and line that stands beside others, the same on every chart."""
    names = [label(chart, name) for chart in charts() if len(chart.show) > 1 for name in chart.show]
    return dict(zip(dict.fromkeys(names), itertools.cycle(COLORS)))


def _position() -> dict[str, Any]:
    """The grid: per section a heading and rows of at most 12 columns."""
    parts: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": declared()["title"]}},
    }
    grid, number = parts["GRID_ID"]["children"], 0
    for place, (heading, found) in enumerate(declared()["sections"]):
        key = f"HEADER-{place}"
        parts[key] = {"type": "HEADER", "id": key, "children": [], "parents": ["ROOT_ID", "GRID_ID"],
                      "meta": {"text": heading, "headerSize": "MEDIUM_HEADER", "background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
        grid.append(key)
        used = 12
        for chart in found:
            if used + chart.width > 12:
                row, used = f"ROW-{place}-{number}", 0
                parts[row] = {"type": "ROW", "id": row, "children": [], "parents": ["ROOT_ID", "GRID_ID"],
                              "meta": {"background": "BACKGROUND_TRANSPARENT"}}  # fmt: skip
                grid.append(row)
            number, used, key = number + 1, used + chart.width, f"CHART-{chart.name}"
            parts[row]["children"].append(key)
            parts[key] = {
                "type": "CHART", "id": key, "children": [], "parents": ["ROOT_ID", "GRID_ID", row],
                "meta": {"chartId": number, "uuid": id_of("chart", chart.name), "sliceName": chart.title,
                         "width": chart.width, "height": chart.height},
            }  # fmt: skip
    return parts


def _filter(name: str, title: str, source: str, column: str, is_month: bool) -> dict[str, Any]:
    """A filter of the board; charts without such a column, or that say so, are out of its reach."""
    reached = [
        chart.month and month_column(chart.mart) is not None if is_month else chart.mart != "kpi_source_status"
        for chart in charts()
    ]
    return {
        "id": f"NATIVE_FILTER-{name}", "name": title, "type": "NATIVE_FILTER", "filterType": "filter_select",
        "requiredFirst": is_month,
        "targets": [{"datasetUuid": id_of("dataset", source), "column": {"name": column}}],
        "controlValues": {"enableEmptyFilter": False, "defaultToFirstItem": is_month, "multiSelect": not is_month,
                          "searchAllOptions": False, "inverseSelection": False, "sortAscending": not is_month},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}}, "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": [n for n, is_in in enumerate(reached, 1) if not is_in]},
        "description": "",
    }  # fmt: skip
