"""The KPIs of a night as a workbook for the general manager: the board's figures, every store and the group, with their definitions.

The numbers are the board's own (exports/board/data.py), so that a figure is the same on the screen and in the workbook.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from exports.board.data import ALL, months, topics
from exports.board.figures import Figure, figures_for
from exports.cells import new_workbook
from exports.metrics import metrics
from exports.shelf import open_read_only
from exports.source_sheet import write_source_sheet
from exports.table_sheet import Field, add_table
from exports.wording import Night, Record, records

KINDS = {"text": "text", "count": "number", "rate": "rate", "money": "money", "number": "decimal"}
"""How the board shows a value -> how a sheet does."""
WIDTH = {"text": 22, "count": 12, "rate": 11, "money": 16, "number": 12}
DEFINITIONS = (
    Field("name", "kpi_workbook.metric", 22, "wrapped"),
    Field("formula", "kpi_workbook.formula", 70, "wrapped"),
    Field("source", "kpi_workbook.source", 14),
)


def kpi_workbook(published: Path, night: Night) -> bytes:
    """The bytes of the workbook of a published folder; equal bytes for equal contents."""
    with open_read_only(published / "analytics.duckdb") as connection:
        found = topics(connection, night.as_of)
        periods = months(connection, night.as_of).named()
        stores = {
            row["store_id"]: row for row in records(connection, "select * from marts.dim_store order by store_id")
        }
    who = {"store_name": night.say("board.group"), "staff_name": night.say("role.general_manager"),
           "staff_id": "general_manager", "list_for_on": night.as_of}  # fmt: skip
    book, buffer = new_workbook(f"{night.say('kpi_workbook.title')} {night.as_of}", night.as_of)
    shown = figures_for(stores.values())
    for figure in shown:
        topic = found[figure.topic or figure.name]
        rows = [
            {
                "store": _store(row[0], stores, night),
                "period": periods.get(figure.period),
                **dict(zip(topic.columns[1:], row[1:], strict=True)),
            }
            for row in topic.rows
        ]
        if figure.matured is not None:
            rows = [row for row in rows if row["is_matured"] is figure.matured]
        add_table(book, f"kpi_workbook.{figure.name}", _fields(figure), rows, who, night)
    add_table(book, "kpi_workbook.definitions", DEFINITIONS, _definitions(shown, night.language), who, night)
    write_source_sheet(book, who, night, [night.say("kpi_workbook.how_to")], {})
    book.close()
    return buffer.getvalue()


def file_name(as_of: date) -> str:
    return f"kpi_{as_of:%Y%m%d}.xlsx"


def _fields(figure: Figure) -> list[Field]:
    store = [] if figure.group_only else [Field("store", "board.store", 18)]
    period = [Field("period", "kpi_workbook.period", 11)] if figure.period else []
    return (
        store
        + period
        + [
            Field(name, f"board.column.{name}", WIDTH[kind], KINDS[kind], figure.codes.get(name, ""))
            for name, kind in figure.columns.items()
        ]
    )


def _store(store_id: str, stores: dict[str, Record], night: Night) -> str:
    if store_id == ALL:
        return night.say("board.group")
    return str(stores.get(store_id, {}).get("store_name") or store_id)


def _definitions(shown: list[Figure], language: str) -> list[Record]:
    named = {name for figure in shown for name in figure.metrics}
    return [
        {"name": getattr(metric, language), "formula": getattr(metric, f"formula_{language}"), "source": metric.source}
        for metric in metrics()
        if metric.name in named
    ]
