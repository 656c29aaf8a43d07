"""What the KPI extracts promise to whoever reads them by program: tables, columns, their order and types, with a version.

The promise stands in extract_schema.json and goes out beside the extracts as schema.json. A new table or a new last
column raises the second number, anything that can break a reader (gone, renamed, moved, of another type) the first.

    python -m exports.extract_schema     writes the promise anew from the models and raises the version as needed
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from exports.dictionary import declared_models

FILE = Path(__file__).with_name("extract_schema.json")
Tables = dict[str, dict[str, str]]
"""Table -> column -> type, in order."""


def promised() -> dict[str, Any]:
    """The promise in force: {"version", "tables"}."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def declared() -> Tables:
    """The kpi_ tables as the models declare them now."""
    return {
        name: {column["name"]: " ".join(column["data_type"].upper().split()) for column in model["columns"]}
        for name, model in sorted(declared_models().items())
        if model["room"] == "marts" and name.startswith("kpi_")
    }


def raised(version: str, before: Tables, now: Tables) -> str:
    """The version of `now` when `before` was `version`: major if a reader of before could break, minor if it only grew."""
    major, minor = map(int, version.split("."))
    breaks = any(
        table not in now or list(columns.items()) != list(now[table].items())[: len(columns)]
        for table, columns in before.items()
    )
    if breaks:
        return f"{major + 1}.0"
    return version if before == now else f"{major}.{minor + 1}"


def written(version: str, tables: Tables) -> str:
    """The promise as it is kept: one table a line."""
    lines = ",\n".join(
        f"  {json.dumps(table)}: {json.dumps(columns, ensure_ascii=False)}" for table, columns in tables.items()
    )
    return f'{{"version": "{version}", "tables": {{\n{lines}\n}}}}\n'


def main() -> int:
    now = declared()
    before = promised() if FILE.exists() else {"version": "1.0", "tables": now}
    version = raised(before["version"], before["tables"], now)
    FILE.write_text(written(version, now), encoding="utf-8")
    print(f"extracts {before['version']} -> {version}; say it in CHANGELOG.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
