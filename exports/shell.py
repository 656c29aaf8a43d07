"""A SQL shell on the published warehouse: `make sql`, or `python -m exports.shell [restricted]`.

The file is attached read-only under its own schema, so that tables need no prefix: `from kpi_renewal_rate_monthly`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from exports.shelf import NotPublishedError, current, literal

FILES = {"analytics": "marts", "restricted": "restricted"}
"""File -> the schema that is looked into first."""
HINTS = """{folder}  (read-only; it stays this night until you leave)
  show tables;                                   -- 有哪些表 which tables
  select table_name, comment from duckdb_tables();       -- 每张表的含义 what they mean
  select column_name, comment from duckdb_columns() where table_name = 'kpi_renewal_rate_monthly';
  .mode csv  .mode line  .quit                   -- docs/analyst-guide.md has ten questions with their SQL
"""


def opening(file: Path, schema: str) -> str:
    """The statements with which a shell opens a published file."""
    return f"set autoinstall_known_extensions = false; attach {literal(file)} as night (read_only); use night.{schema};"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="exports.shell", description="A SQL shell on the published warehouse.")
    parser.add_argument("file", nargs="?", choices=list(FILES), default="analytics", help="default: analytics")
    options = parser.parse_args(argv)
    folder = current()
    if folder is None:
        raise NotPublishedError(
            "还没有发布过的夜间数据,请先运行 make nightly。 No night is published yet, so there is no warehouse to ask; run `make nightly` first."
        )
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent)) or shutil.which("duckdb")
    if shell is None:
        raise FileNotFoundError(
            "环境中没有 duckdb 命令,请重新运行 make setup。 The shell `duckdb` is not in the environment; run `make setup` again."
        )
    file = folder / f"{options.file}.duckdb"
    if sys.stdin.isatty():
        print(HINTS.format(folder=folder.name))
    return os.spawnv(os.P_WAIT, shell, [shell, "-bail", "-cmd", opening(file, FILES[options.file])])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (NotPublishedError, FileNotFoundError) as error:
        sys.exit(str(error))
