"""Canonical entities: what a row of each kind of input means, declared once in YAML, whoever sent it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent

ColumnType = Literal[
    "text",
    "code",
    "codes",
    "vin",
    "plate",
    "phone",
    "id_number",
    "date",
    "timestamp",
    "money",
    "number",
    "integer",
    "boolean",
]

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "code": "VARCHAR",
    "codes": "VARCHAR",
    "vin": "VARCHAR",
    "plate": "VARCHAR",
    "phone": "VARCHAR",
    "id_number": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(18,2)",
    "number": "DECIMAL(18,6)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}
"""DuckDB type of each canonical type, in raw and archive Parquet."""

PROVENANCE: dict[str, str] = {
    "_source": "VARCHAR",
    "_extract": "VARCHAR",
    "_file": "VARCHAR",
    "_sha8": "VARCHAR",
    "_row": "BIGINT",
    "_received_on": "DATE",
    "_business_date": "DATE",
}
"""Where a raw row came from: columns that stand after an entity's own in every raw Parquet."""


class Column(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ColumnType
    zh: str
    meaning: str
    required: bool = False
    personal: bool = False
    codes: tuple[str, ...] | None = None
    least: int | None = None
    most: int | None = None
    """What a number or an amount may be at least and at most."""


class Reference(BaseModel):
    """Columns that name a record of another entity, or of an archive, by the first columns of its key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...]
    to: str
    may_miss: float = 0.05
    """Share of a night's rows that may name a record nobody delivered before the night says so: new staff and new
    customers arrive a day later than what they did. A reference to an archive has no such share: we made it."""


class Entity(BaseModel):
    """One canonical entity: its columns in order, its key, and how deliveries add up (delta or snapshot)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    zh: str
    meaning: str
    mode: Literal["delta", "snapshot"] = "delta"
    key: tuple[str, ...]
    columns: dict[str, Column]
    order: tuple[tuple[str, str], ...] = ()
    """Pairs of columns of which the first must not be after the second."""
    references: tuple[Reference, ...] = ()

    def sql_types(self) -> dict[str, str]:
        """Column name → DuckDB type, in order, without provenance."""
        return {name: SQL_TYPES[column.type] for name, column in self.columns.items()}


def _load(folder: Path) -> dict[str, Entity]:
    entities = [Entity(**yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.yaml"))]
    return {entity.name: entity for entity in entities}


@cache
def entities() -> dict[str, Entity]:
    """All canonical entities by name."""
    return _load(FOLDER / "entities")


@cache
def archives() -> dict[str, Entity]:
    """What the pipeline itself decided and keeps: declared like entities, read back like any source."""
    return _load(FOLDER / "archives")
