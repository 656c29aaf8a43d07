"""The data dictionary that goes out with the extracts: what each column of each mart means, in Chinese and English.

The words are those of the YAML beside each model (description, meta.zh); a column without them gets its label. `label`
says of a column of codes under which kind dim_label words them: key = label || '.' || code.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb
import yaml

from exports.cells import csv_text
from ingest.home import PROJECT

MODELS = PROJECT / "dbt_project" / "models"
HEADER = ("table", "column", "type", "zh", "en", "label")


def dictionary_csv(connection: duckdb.DuckDBPyConnection) -> bytes:
    """CSV of all columns in schema marts of an opened analytics.duckdb, in the order of tables and columns."""
    columns = connection.execute("""
        select table_name, column_name, data_type, coalesce(label.zh, column_name), coalesce(label.en, column_name)
        from duckdb_columns() left join marts.dim_label as label on label.key = 'kpi.' || column_name
        where schema_name = 'marts' and database_name = current_database()
        order by table_name, column_index
    """).fetchall()
    words = _declared()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for table, column, data_type, label_zh, label_en in columns:
        zh, en, label = words.get((table, column), ("", "", ""))
        writer.writerow(map(csv_text, (table, column, data_type, zh or label_zh, en or label_en, label)))
    return text.getvalue().encode()


def _declared() -> dict[tuple[str, str], tuple[str, str, str]]:
    """(model, column) -> (Chinese, English, kind of labels) as declared beside the models."""
    return {
        (name, column["name"]): (
            chinese(column),
            " ".join(str(column.get("description") or "").split()),
            str(meta(column).get("label") or ""),
        )
        for name, model in declared_models().items()
        for column in model.get("columns") or []
    }


def description(table: str, column: str | None = None) -> str | None:
    """What a table or a column means, "Chinese · English", for a database's own descriptions; None if nobody says."""
    model = declared_models().get(table, {})
    declared = model if column is None else _column(table, column)
    english = " ".join(str(declared.get("description") or "").split())
    return " · ".join(filter(None, (chinese(declared), english))) or None


def _column(table: str, name: str) -> Mapping[str, Any]:
    columns = declared_models().get(table, {}).get("columns") or []
    return next((column for column in columns if column["name"] == name), {})


@cache
def declared_models() -> dict[str, Mapping[str, Any]]:
    """Every model as its YAML declares it, by name, with `room` (marts, restricted, ...) and `area`, in that order."""
    found = {}
    for file in sorted(MODELS.rglob("*.yml")):
        room, *areas = file.parent.relative_to(MODELS).parts or ("",)
        loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for model in loaded.get("models") or []:
            found[model["name"]] = {**model, "room": room, "area": areas[0] if areas else ""}
    return found


def meta(declared: Mapping[str, Any]) -> dict[str, Any]:
    """config.meta of a declared model or column."""
    return (declared.get("config") or {}).get("meta") or {}


def chinese(declared: Mapping[str, Any]) -> str:
    """The Chinese name of a declared model or column, empty without one."""
    return str(meta(declared).get("zh") or "")
