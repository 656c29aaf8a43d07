"""A mart as a dataset of Superset: its rows with stores, months and codes in words; its columns and KPIs by their names."""

from __future__ import annotations

from typing import Any

from exports.dictionary import chinese, declared_models, meta
from exports.metrics import Metric, metrics

WORDS = {"store_name": "门店", "month_name": "月份"}
ORDERED = {("kpi_cascade_monthly", "step"): "position"}
"""Codes whose words are sorted by another column: its number stands before the word."""
FORMATS = {"rate": ",.1%", "yuan": ",.0f", "vehicles": ",d", "times": ",d", "days": ",d", "seconds": ",d"}
KINDS = {"date": "DATE", "varchar": "STRING", "bool": "BOOLEAN", "bigint": "BIGINT", "integer": "INTEGER", "decimal": "DECIMAL",
         "timestamp": "TIMESTAMP"}  # fmt: skip


def month_column(mart: str) -> str | None:
    """The column of a mart that is a month."""
    found = [c["name"] for c in declared_models()[mart]["columns"] if c["name"].rpartition("_")[2] == "month"]
    day = [c["name"] for c in declared_models()[mart]["columns"] if c["name"] == "list_for_on"]
    return next(iter(found + day), None)


def dataset_sql(mart: str) -> str:
    """The query behind a dataset; it runs in DuckDB and in PostgreSQL."""
    columns = {column["name"]: meta(column).get("label") for column in declared_models()[mart]["columns"]}
    selected, joined = ["mart.*"], []
    if "store_id" in columns:
        selected.append("coalesce(store.store_name, mart.store_id) as store_name")
        joined.append("left join marts.dim_store as store on store.store_id = mart.store_id")
    if month := month_column(mart):
        selected.append(f"substr(cast(mart.{month} as varchar), 1, 7) as month_name")
    for name, kind in columns.items():
        if kind:
            word, before = f"coalesce({name}_label.zh, mart.{name})", ORDERED.get((mart, name))
            number = f"mart.{before} || ' ' || " if before else ""
            selected.append(f"{number}{word} as {name}_name")
            joined.append(f"left join marts.dim_label as {name}_label on {name}_label.key = '{kind}.' || mart.{name}")
    lines = ",\n    ".join(selected)
    return "\n".join([f"select\n    {lines}\nfrom marts.{mart} as mart", *joined])


def columns(mart: str) -> dict[str, tuple[str, str, str]]:
    """Columns of a dataset: name → Superset's type, Chinese name, description."""
    found = {}
    for column in declared_models()[mart]["columns"]:
        kind = KINDS[str(column["data_type"]).split("(")[0].replace("boolean", "bool").lower()]
        found[column["name"]] = (kind, chinese(column), " ".join(str(column.get("description") or "").split()))
    named = {name: ("STRING", zh, "") for name, zh in WORDS.items() if f" as {name}" in dataset_sql(mart)}
    for column in declared_models()[mart]["columns"]:
        if meta(column).get("label"):
            named[f"{column['name']}_name"] = ("STRING", found[column["name"]][1], "")
    return found | named


def kpis(mart: str) -> dict[str, Metric]:
    """KPIs that can be added up on a mart: those that are declared on it, or carried by it."""
    there = {column["name"] for column in declared_models()[mart]["columns"]}
    return {
        metric.name: metric
        for metric in metrics()
        if mart in (metric.mart, *metric.also_in) and metric.numerator in there and metric.denominator in {"", *there}
    }


def expression(metric: Metric) -> str:
    """value = sum(numerator) ÷ sum(denominator), or sum(numerator)."""
    if not metric.denominator:
        return f"sum({metric.numerator})"
    return f"sum({metric.numerator}) * 1.0 / nullif(sum({metric.denominator}), 0)"


def dataset(mart: str, uuid: str, database_uuid: str) -> dict[str, Any]:
    """The file of a dataset in Superset's bundle."""
    model, month = declared_models()[mart], month_column(mart)
    return {
        "table_name": f"{chinese(model)} {mart}", "main_dttm_col": month, "schema": "marts", "sql": dataset_sql(mart),
        "description": " ".join(str(model.get("description") or "").split()), "uuid": uuid,
        "database_uuid": database_uuid, "version": "1.0.0", "filter_select_enabled": True,
        "columns": [
            {
                "column_name": name, "verbose_name": zh, "description": words, "type": kind, "groupby": True,
                "filterable": True, "is_active": True, "is_dttm": kind in ("DATE", "TIMESTAMP"),
            }
            for name, (kind, zh, words) in columns(mart).items()
        ],
        "metrics": [
            {
                "metric_name": name, "verbose_name": metric.zh, "description": metric.formula_zh,
                "expression": expression(metric), "metric_type": "expression", "d3format": FORMATS.get(metric.unit),
            }
            for name, metric in kpis(mart).items()
        ],
    }  # fmt: skip


def months_dataset(uuid: str, database_uuid: str) -> dict[str, Any]:
    """The months that the board's filter offers, the current one last; months that lie ahead are in the forecast."""
    return {
        "table_name": "月份(看板筛选)", "main_dttm_col": None, "schema": "marts", "uuid": uuid,
        "sql": "select distinct substr(cast(expiry_month as varchar), 1, 7) as month_name\n"
        "from marts.kpi_target_attainment_monthly\nwhere expiry_month <= data_date",
        "description": "", "database_uuid": database_uuid, "version": "1.0.0", "filter_select_enabled": True,
        "columns": [{"column_name": "month_name", "verbose_name": "月份", "type": "STRING", "groupby": True,
                     "filterable": True, "is_active": True, "is_dttm": False}],
        "metrics": [{"metric_name": "count", "verbose_name": "行数", "expression": "count(*)", "metric_type": "count"}],
    }  # fmt: skip
