"""Assemble a published folder from an audited build, whole or not at all, and move `current` to it."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import duckdb

from exports import extract_schema
from exports.audit import table_rows
from exports.board.write import write_board
from exports.cells import csv_column
from exports.dictionary import description, dictionary_csv
from exports.metrics import metrics_csv, metrics_page
from exports.page.words import load_words
from exports.shelf import as_of_of, current, literal, open_read_only, published_folders, quoted
from exports.wording import records
from ingest.home import home, log, read_json, sha256_file, write_json

PARQUET = "format parquet, compression zstd, compression_level 3, row_group_size 122880, parquet_version v1"
BOM = b"\xef\xbb\xbf"  # Excel reads a CSV as UTF-8 only with it
COMPARED = ("extracts", "parquet", "board")
TEMPORARY = ".tmp-"


class BuildNotAuditedError(RuntimeError):
    """Only a build that passed its audit is published."""


class PublishedBytesDifferError(RuntimeError):
    """Same inputs, other bytes: something in the pipeline is not deterministic."""


def publish(build: Path, rebuild: bool) -> Path:
    """Publish a build folder (its name is the build id) and return the published folder.

    published/<as_of>-<build_id>/ for a night, rebuilt/<as_of>-<build_id>/ for a rebuild, which leaves `current` alone.
    Idempotent: an equal folder that is already there is kept. Raises BuildNotAuditedError, and
    PublishedBytesDifferError when the same build id was published before with other bytes.
    """
    as_of = date.fromisoformat(read_json(build / "inputs.json")["as_of"])
    audit_file = build / "audit.json"
    if not audit_file.exists() or not read_json(audit_file)["ok"]:
        raise BuildNotAuditedError(
            f"{build.name} has not passed an audit, so nothing is published for {as_of}. "
            f"The night published before stays in force. Run the audit first: `make nightly DATE={as_of}`."
        )
    root = home() / ("rebuilt" if rebuild else "published")
    root.mkdir(parents=True, exist_ok=True)
    for leftover in sorted(root.glob(f"{TEMPORARY}*")):
        shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()

    target = root / f"{as_of}-{build.name}"
    assembled = root / f"{TEMPORARY}{target.name}"
    _assemble(build, assembled, as_of, rebuild)
    for place in {target, home() / "published" / target.name}:
        if (place / "manifest.json").exists():
            _raise_if_bytes_differ(place, assembled)
    if (target / "manifest.json").exists():
        shutil.rmtree(assembled)
        log("publish", f"{target.name} was already there with the same bytes")
    else:
        if target.exists():
            shutil.rmtree(target)  # without a manifest it was never whole
        os.rename(assembled, target)
        _sync(root)
        log("publish", f"{target.name} is in place")
    if not rebuild:
        _move_current(target)
    return target


def _assemble(build: Path, folder: Path, as_of: date, rebuild: bool) -> None:
    folder.mkdir()
    for name, mode in (("analytics.duckdb", 0o644), ("restricted.duckdb", 0o600)):
        file = folder / name
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, mode))
        shutil.copyfile(build / name, file)
        describe(file)
    shutil.copyfile(build / "inputs.json", folder / "inputs.json")
    if (build / "docs").is_dir():
        shutil.copytree(build / "docs", folder / "docs")
    (folder / "docs").mkdir(exist_ok=True)
    rows = table_rows(folder / "analytics.duckdb")
    with open_read_only(folder / "analytics.duckdb") as connection:
        _write_parquet(connection, folder / "parquet", rows)
        _write_extracts(connection, folder / "extracts", rows)
        (folder / "docs" / "metrics.html").write_bytes(metrics_page(_labels(connection)))
        write_board(connection, load_words(folder, as_of), folder / "board")
        sources = records(connection, "select * from marts.kpi_source_status order by all")
    row_of_file = {file: rows[file.stem] for file in folder.glob("*/*") if file.stem in rows}
    files = [
        {
            "path": str(file.relative_to(folder)),
            "rows": row_of_file.get(file),
            "bytes": file.stat().st_size,
            "sha256": sha256_file(file),
        }
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    audit = read_json(build / "audit.json")
    manifest = {
        "as_of": str(as_of),
        "build_id": build.name,
        "is_rebuild": rebuild,
        "revision": 1 + sum(as_of_of(other) == as_of for other in published_folders()),
        "rows": rows,
        "files": files,
        "audit": "passed",
        "checks": audit["checks"],
        "sources": sources,
    }
    write_json(folder / "manifest.json", manifest)
    for file in sorted(folder.rglob("*"), reverse=True):
        _sync(file)
    _sync(folder)


def describe(file: Path) -> None:
    """Write into a DuckDB file what each table and column means, "Chinese · English", as its own comments.

    Whoever opens the file sees them: duckdb_columns(), a shell's or a BI tool's list of columns.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"attach {literal(file)} as described; use described")
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() semi join duckdb_tables() "
            "using (database_name, schema_name, table_name) where database_name = 'described' order by all"
        ).fetchall()
        of_table = {(schema, table): description(table) for schema, table, _ in columns}
        statements = [
            f"comment on table {quoted(schema)}.{quoted(table)} is {literal(text)}"
            for (schema, table), text in of_table.items()
            if text
        ]
        statements += [
            f"comment on column {quoted(schema)}.{quoted(table)}.{quoted(column)} is {literal(text)}"
            for schema, table, column in columns
            if (text := description(table, column))
        ]
        connection.execute("begin; " + "; ".join([*statements, "commit"]))


def _write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path, tables: dict[str, int]) -> None:
    folder.mkdir()
    for table in sorted(tables):
        _copy(connection, table, folder / f"{table}.parquet", PARQUET)


def _write_extracts(connection: duckdb.DuckDBPyConnection, folder: Path, tables: dict[str, int]) -> None:
    """Every kpi_ table as CSV (UTF-8 with BOM) and Parquet, dictionary.csv for all tables, metrics.csv, schema.json (the promise)."""
    folder.mkdir()
    for table in sorted(table for table in tables if table.startswith("kpi_")):
        _copy(connection, table, folder / f"{table}.parquet", PARQUET)
        _copy(connection, table, folder / f"{table}.csv", "format csv, header true", _harmless(connection, table))
        (folder / f"{table}.csv").write_bytes(BOM + (folder / f"{table}.csv").read_bytes())
    (folder / "dictionary.csv").write_bytes(BOM + dictionary_csv(connection))
    (folder / "metrics.csv").write_bytes(BOM + metrics_csv(_labels(connection)))
    (folder / "schema.json").write_bytes(extract_schema.FILE.read_bytes())


def _labels(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """Key -> (Chinese, English) of all words."""
    return {key: (zh, en) for key, zh, en in connection.execute("select key, zh, en from marts.dim_label").fetchall()}


def _harmless(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The columns of a table as a CSV shows them."""
    columns = connection.execute(f"describe marts.{quoted(table)}").fetchall()
    return ", ".join(csv_column(name, data_type) for name, data_type, *_ in columns)


def _copy(connection: duckdb.DuckDBPyConnection, table: str, file: Path, options: str, columns: str = "*") -> None:
    rows = f"select {columns} from (select * from marts.{quoted(table)} order by all)"
    connection.execute(f"copy ({rows}) to {literal(file)} ({options})")


def _raise_if_bytes_differ(old: Path, new: Path) -> None:
    def hashes(folder: Path) -> dict[str, str]:
        return {
            str(file.relative_to(folder)): sha256_file(file) for part in COMPARED for file in (folder / part).glob("*")
        }

    before, after = hashes(old), hashes(new)
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if differing:
        shutil.rmtree(new)
        raise PublishedBytesDifferError(
            f"The same inputs gave other bytes than {old.name} published before; "
            f"{len(differing)} of {len(after)} files differ:\n  " + "\n  ".join(differing[:20]) + "\n"
            "What was published stays in force. This is a defect of our own (a missing total order, a clock, a sum "
            "over DOUBLE in a model), not of a source: compare the named tables of the two and mend the model."
        )


def _move_current(target: Path) -> None:
    """Point `current` to a night unless it already points to a later one."""
    now = current()
    if now == target.resolve() or (now and as_of_of(now) > as_of_of(target)):
        return
    link = target.parent / f"{TEMPORARY}current"
    os.symlink(target.name, link)
    os.replace(link, target.parent / "current")
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
