"""One small warehouse in memory, and what of it changes when one value of a seed does.

dbt compiles its models once (tests/bench/plain.py); DuckDB makes the tables. For a changed value only what lies
between the seed and a published table is made anew, nearest tables first, and only as long as something differs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from dbt_project.plugin import session_variables
from tests.bench.plain import make
from tests.dbt_project.compiled import compiled
from tests.dbt_project.small_night import Rows, prepare

DATABASES = ("work", "scratch", "analytics", "restricted")
SEED = "from read_csv"
RELATION = re.compile(r'"(\w+)"\."(\w+)"\."(\w+)"')


@dataclass(frozen=True)
class Value:
    """One value of one row of a seed: `row` counts from 0 in the file's order."""

    seed: str
    row: int
    key: tuple[str, ...]
    column: str
    kind: str
    now: Any

    @property
    def row_name(self) -> str:
        return f"{self.seed}({', '.join(self.key)})"

    def __str__(self) -> str:
        return f"{self.row_name}.{self.column}"


class Warehouse:
    """Every seed and model of the project over given raw rows and archives, made in memory."""

    def __init__(
        self, folder: Path, as_of: str, entities: dict[str, Rows], archives: dict[str, Rows], settings: tuple[str, ...]
    ) -> None:
        """`settings` are SQL statements that fill in seeds first; {name} stands for the table of a seed."""
        build, environment = prepare(folder, as_of, entities, archives)
        made, _ = compiled()
        self.sql = {one["relation"]: one["sql"] for one in made}
        self.python = {one["relation"] for one in made if one["kind"] == "python"}
        self.parents = {
            name: [parent for parent in map(".".join, RELATION.findall(sql)) if parent in self.sql and parent != name]
            for name, sql in self.sql.items()
        }
        self.connection = duckdb.connect(config={"threads": 1})
        with mock.patch.dict(os.environ, environment):
            for name, sql, value in session_variables(build):
                self.connection.execute(f"set variable {name} = {sql}", [value])
        for database in (*DATABASES, "changed"):
            self.connection.execute(f"attach ':memory:' as {database}")
        for schema in sorted({one["schema"] for one in made}):
            self.connection.execute(f"create schema if not exists {schema}")
        tables = {name.rsplit(".", 1)[1]: name for name, sql in self.sql.items() if sql.startswith(SEED)}
        for name in tables.values():
            self.connection.execute(f"create table {name} as {self.sql[name]}")
        for setting in settings:
            self.connection.execute(setting.format_map(tables))
        self.before = {}
        for one in made:
            name = one["relation"]
            if not one["sql"].startswith(SEED):
                make(self.connection, one | {"columns": None})
            self.before[name] = self.fingerprint(f"from {name}")
        self._tables, self._below = tables, {}

    def fingerprint(self, sql: str) -> tuple[Any, ...]:
        """What tells two contents of a table apart, in whatever order their rows come."""
        return self.connection.execute(
            f"select count(*), sum(hash(whole_row)::hugeint), bit_xor(hash(whole_row)) from ({sql}) as whole_row"
        ).fetchone()

    def seeds(self) -> list[str]:
        """Names of the seeds."""
        return sorted(self._tables)

    @property
    def published(self) -> set[str]:
        """Names of the tables that are published."""
        return {name.rsplit(".", 1)[1] for name in self.sql if name.split(".")[0] in ("analytics", "restricted")}

    def values(self, seed: str, keys: tuple[str, ...]) -> Iterator[Value]:
        """Every value of a seed but those of its keys."""
        cursor = self.connection.execute(f"from {self._tables[seed]}")
        kinds = {column[0]: str(column[1]).lower() for column in cursor.description}
        for number, row in enumerate(cursor.fetchall()):
            named = dict(zip(kinds, row, strict=True))
            key = tuple(str(named[name]) for name in keys)
            for column in (name for name in kinds if name not in keys):
                yield Value(seed, number, key, column, kinds[column], named[column])

    def changed_by(self, value: Value, new: Any, ignored: frozenset[str]) -> str | None:
        """The first published table that differs when the value is `new`; None if none does. Mirrors are `ignored`."""
        seed = self._tables[value.seed]
        self.connection.execute(
            f"create or replace table changed.{value.seed} as select * replace ("
            f"case when rowid = ? then cast(? as {value.kind}) else {value.column} end as {value.column}) from {seed}",
            [value.row, new],
        )
        differs: dict[str, bool] = {seed: True}
        for table in self.published_below(seed):
            if table.rsplit(".", 1)[1] not in ignored and self.is_changed(table, differs):
                self._below[seed].remove(table)
                self._below[seed].insert(0, table)  # the next value of the seed is likely to be seen there too
                return table.rsplit(".", 1)[1]
        return None

    def is_changed(self, name: str, differs: dict[str, bool]) -> bool:
        """Make a table anew if one of its parents differs; remember whether it differs itself."""
        if name not in differs:
            changed = [parent for parent in self.parents[name] if self.is_changed(parent, differs)]
            differs[name] = False
            if changed:
                sql = RELATION.sub(
                    lambda found: f"changed.{found[3]}" if ".".join(found.groups()) in changed else found[0],
                    self.sql[name],
                )
                table = f"changed.{name.rsplit('.', 1)[1]}"
                self.connection.execute(f"drop table if exists {table}")
                kind = "python" if name in self.python else "table"
                make(self.connection, {"relation": table, "kind": kind, "columns": None, "sql": sql})
                differs[name] = self.fingerprint(f"from {table}") != self.before[name]
        return differs[name]

    def published_below(self, seed: str) -> list[str]:
        """Published tables that a seed can reach, those first for which the least has to be made anew."""
        if seed not in self._below:
            below = {seed}
            needed: dict[str, set[str]] = {seed: set()}
            for name in self.sql:  # in an order in which they can be made
                parents = below.intersection(self.parents[name])
                if parents and name != seed:
                    below.add(name)
                    needed[name] = {name}.union(*(needed[parent] for parent in parents))
            published = [name for name in below if name.split(".")[0] in ("analytics", "restricted")]
            self._below[seed] = sorted(published, key=lambda name: (len(needed[name]), name))
        return self._below[seed]


def others(value: Value, codes: dict[str, list[str]]) -> list[Any]:
    """Other valid values to try, the likeliest to be seen first."""
    now, kind = value.now, value.kind
    if kind == "boolean":
        return [not now]
    if kind == "date":
        return [date(2026, 10, 31), date(2099, 12, 31), date(2020, 1, 1)]
    if kind == "time":
        return ["09:00:00", "23:59:00"]
    if kind == "bigint":
        return [n for n in (0 if now is None else now + 1, 1, 2, 0, 60, 1000, (now or 0) - 1) if n != now]
    if kind.startswith("decimal"):
        scale = Decimal(1).scaleb(-int(kind.rstrip(")").split(",")[1]))
        start = now or Decimal(0)
        tried = (start + scale, start * 2, start / 2, Decimal("0.5"), Decimal(1), Decimal(0), Decimal(100))
        return [number for number in tried if number != now]
    if value.column in codes:
        return [code for code in codes[value.column] if code != now]
    return [f"{now or ''}*"]
