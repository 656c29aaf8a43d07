"""The data dictionary that goes out with the extracts: what each column of each mart means, in Chinese and English.

The words are those of the YAML beside each model (description, meta.zh); a column without them gets its label.
"""

from __future__ import annotations

import csv
import io
from functools import cache

import duckdb
import yaml

from ingest.home import PROJECT

MODELS = PROJECT / "dbt_project" / "models"
HEADER = ("table", "column", "type", "zh", "en")


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
        zh, en = words.get((table, column), ("", ""))
        writer.writerow((table, column, data_type, zh or label_zh, en or label_en))
    return text.getvalue().encode()


@cache
def _declared() -> dict[tuple[str, str], tuple[str, str]]:
    """(model, column) -> (Chinese, English) as declared beside the models."""
    words = {}
    for file in sorted(MODELS.rglob("*.yml")):
        loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
        for model in loaded.get("models") or []:
            for column in model.get("columns") or []:
                meta = (column.get("config") or {}).get("meta") or {}
                english = " ".join(str(column.get("description") or "").split())
                words[model["name"], column["name"]] = (str(meta.get("zh") or ""), english)
    return words
