"""What the pipeline itself decided, kept as immutable files and read back like any source."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.entities import Entity, archives
from ingest.home import home, is_rebuild, log, read_json, step, write_atomic

ARCHIVE_PROVENANCE = {"_as_of": "DATE", "_revision": "BIGINT"}
"""Columns that stand after an archive's own."""
AFTERWARDS = (
    "night", "export", "statement", "statement_line", "statement_plan", "propensity_model", "propensity_training",
)  # fmt: skip
"""What is archived when the night is over; everything else is decided in the warehouse."""


def archived(entity: Entity, as_of: date) -> list[str]:
    """Archive files strictly before as_of: all revisions of lists that people may hold, else the highest of each night;
    only the newest night's of a snapshot.
    """
    nights = [f for f in sorted((home() / "archive" / entity.name).glob("????-??-??")) if f.name < str(as_of)]
    revisions = [sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem)) for folder in nights]
    if entity.name == "call_list":
        files = [path for night in revisions for path in night]
    else:
        files = [night[-1] for night in revisions if night]
    return [str(file.relative_to(home())) for file in (files[-1:] if entity.mode == "snapshot" else files)]


def keep_build(build: Path, as_of: date) -> list[str]:
    """Keep what the night decided: the tables of schema `archive` in work.duckdb, each as the next revision if it changed."""
    written = []
    with duckdb.connect(str(build / "work.duckdb"), read_only=True) as connection:
        for name, entity in archives().items():
            if name not in AFTERWARDS:
                columns = ", ".join(entity.columns)
                table = connection.execute(f"select {columns} from archive.{name} order by all").to_arrow_table()
                written += keep(entity, as_of, table)
    return written


def keep(entity: Entity, as_of: date, table: pa.Table) -> list[str]:
    """Write one archive table for a night unless its newest revision says the same; return the paths written."""
    folder = home() / "archive" / entity.name / str(as_of)
    revisions = sorted(int(path.stem) for path in folder.glob("*.parquet"))
    if revisions:
        last = pq.read_table(folder / f"{revisions[-1]}.parquet").drop_columns([*ARCHIVE_PROVENANCE])
        if last.column_names == table.column_names and last.equals(table.cast(last.schema)):
            return []
    revision = (revisions[-1] if revisions else 0) + 1
    count = table.num_rows
    table = table.append_column("_as_of", pa.repeat(pa.scalar(as_of, pa.date32()), count))
    table = table.append_column("_revision", pa.repeat(pa.scalar(revision, pa.int64()), count))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    path = folder / f"{revision}.parquet"
    write_atomic(path, buffer.getvalue(), mode=0o600)
    return [str(path.relative_to(home()))]


def keep_step(build: str) -> int:
    """Archive what a build decided; a rebuild archives nothing. Returns how many files were written."""
    folder = Path(build)
    as_of = date.fromisoformat(read_json(folder / "inputs.json")["as_of"])
    if is_rebuild(as_of):
        return 0
    with step(as_of, "keep"):
        written = keep_build(folder, as_of)
        log("keep", f"{len(written)} archive files written")
    return len(written)


def remember_step(as_of: str) -> int:
    """Archive the verdict on a night and what of personal data left in it; a rebuild has neither.

    Returns how many files were written.
    """
    day = date.fromisoformat(as_of)
    if is_rebuild(day):
        return 0
    verdict = read_json(home() / "state" / "verdict" / f"{as_of}.json")
    row = {"as_of": day, "build_id": verdict["build_id"], "status": verdict["status"]}
    told = {name: "\n".join(verdict[name]) for name in ("reasons", "notices")}
    table = pa.Table.from_pylist([row | told])
    written = keep(archives()["night"], day, table)
    return len([*written, *keep_exports(day)])


EXPORT_SCHEMA = pa.schema([
    ("as_of", pa.date32()), ("channel", pa.string()), ("recipient", pa.string()), ("file_name", pa.string()),
    ("sha256", pa.string()), ("records", pa.int64()), ("purpose", pa.string()), ("delivered_at", pa.timestamp("us")),
])  # fmt: skip


def export_purposes() -> list[str]:
    """Why a file with personal data may leave: the codes of the export log."""
    return list(archives()["export"].columns["purpose"].codes or ())


def keep_exports(as_of: date) -> list[str]:
    """Archive the export log of a night, if anything left, as its next revision if it changed; return the paths written."""
    exported = exports_of(as_of)
    return keep(archives()["export"], as_of, pa.Table.from_pylist(exported, schema=EXPORT_SCHEMA)) if exported else []


def exports_of(as_of: date) -> list[dict[str, Any]]:
    """Every file with personal data that was handed over in a night, from the receipts.

    What was claimed and has no receipt may have left, so it counts, with the moment of the claim.
    """
    state = home() / "state" / "delivery"
    found = [read_json(path) for path in state.glob(f"*/{as_of}/*/*.receipt.json")]
    for path in state.glob(f"*/{as_of}/*/*.claim.json"):
        claimed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None, microsecond=0)
        found += [receipt | {"delivered_at": str(claimed_at)} for receipt in read_json(path)["receipts"]]
    rows = {
        (receipt["channel"], receipt["recipient"], receipt["file"]): {
            "as_of": as_of, "channel": receipt["channel"], "recipient": receipt["recipient"],
            "file_name": receipt["file"], "sha256": receipt["sha256"], "records": receipt["rows"],
            "purpose": receipt["purpose"], "delivered_at": datetime.fromisoformat(receipt["delivered_at"]),
        }
        for receipt in reversed(found)
        if receipt.get("purpose")
    }  # fmt: skip
    return [rows[key] for key in sorted(rows)]


def keep_trained_step(trained: str) -> int:
    """Archive what train_propensity left in a folder: its record, and the model if it was taken; a rebuild archives
    nothing. Returns how many files were written.
    """
    folder = Path(trained)
    as_of = date.fromisoformat(folder.name)
    if is_rebuild(as_of):
        log("keep", f"{as_of} is past: what was learned from it is not archived")
        return 0
    written = []
    for name in ("propensity_training", "propensity_model"):  # no model without its record, should it break off between
        if (folder / f"{name}.parquet").exists():
            written += keep(archives()[name], as_of, pq.read_table(folder / f"{name}.parquet"))
    log("keep", f"{len(written)} archive files written")
    return len(written)
