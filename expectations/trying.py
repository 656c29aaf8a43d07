"""What would load of some files under a spec, and what would not: the real reception in a home that is thrown away.

    python -m expectations.trying SPEC FILE...     (called by `python -m ingest try`)

Exit code 0: every file would be used; 1: at least one would be refused; 2: nothing could be tried. It prints counts,
rules and row numbers, never a value.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.batches import Batch
from ingest.corrections import fields_of
from ingest.spec import Source, SourceSpecError, load

ROWS_SHOWN = 8
SOME_DAY = date(2000, 1, 1)
"""The day before the night, where no file name says one: nothing here asks the clock."""


def try_files(spec: Path, files: Iterable[Path]) -> int:
    """Print what would come of the files; returns the exit code."""
    try:
        source = load(spec)
    except (SourceSpecError, OSError) as error:
        print(f"登记文件不能使用 · the spec cannot be used:\n{error}")
        return 2
    files = list(files)
    if len({file.name for file in files}) < len(files):
        print("文件重名 · two of the files have the same name; try them one by one")
        return 2
    for file in files:
        if not file.is_file():
            print(f"找不到文件 · no such file: {file}")
            return 2
        if not any(fields_of(name, extract, file.name) for name, extract in source.extracts.items()):
            patterns = "、".join(pattern for extract in source.extracts.values() for pattern in extract.files)
            print(f"文件名与登记不符 · {file.name} fits no pattern of the spec; it has: {patterns or '-'}")
            return 2
    with TemporaryDirectory(prefix="xubao-try-") as folder:
        batches = _received(source, files, Path(folder))
        for batch in batches:
            _show(batch, Path(folder))
    ignored = sorted({file.name for file in files} - {batch.name for batch in batches})
    for name in ignored:
        print(f"\n{name}\n  不会使用 · would not be taken: an upload in progress, or the same bytes as another file")
    return 0 if not ignored and all(batch.is_accepted for batch in batches) else 1


def _received(source: Source, files: list[Path], folder: Path) -> list[Batch]:
    """Receive copies of the files in a home of their own; the night is the one after the newest of them."""
    for name in ("home", "outbox", "sources"):
        (folder / name).mkdir()
    shutil.copyfile(source.path, folder / "sources" / "source.yaml")
    days = [SOME_DAY]
    for file in files:
        shutil.copyfile(file, folder / "outbox" / file.name)
        for name, extract in source.extracts.items():
            fields = fields_of(name, extract, file.name)
            if extract.read.marker and fields:
                (folder / "outbox" / (file.name + extract.read.marker)).touch()
            days += [day for key, day in (fields or {}).items() if key == "business_date"]
    os.environ["XUBAO_HOME"] = str(folder / "home")
    os.environ["XUBAO_SOURCES"] = str(folder / "sources")
    place = {"conn_type": "file", "extra": {"path": str(folder / "outbox")}}
    os.environ[f"AIRFLOW_CONN_{source.connection.upper()}"] = json.dumps(place)
    os.environ.setdefault("AIRFLOW_HOME", str(folder / "airflow"))
    logging.disable(logging.CRITICAL)

    from expectations.reception import receive
    from ingest.batches import batches

    receive(source.name, max(days) + timedelta(days=1))
    names = {file.name for file in files}
    return [batch for batch in batches() if batch.name in names]


def _show(batch: Batch, folder: Path) -> None:
    import pyarrow.parquet as pq

    print(f"\n{batch.name} → {batch.extract} ({batch.entity})")
    if not batch.is_accepted:
        print(f"  不会使用 · refused: {batch.message_zh}\n  {batch.message_en}")
        return
    print(
        f"  记录 records {batch.records:,} = 载入 loaded {batch.loaded:,} + 隔离 quarantined {batch.quarantined:,}"
        f" + 非数据 declared {sum(batch.declared.values()):,}"
    )
    for kind, count in sorted(batch.declared.items()):
        print(f"    {kind:<28}{count:>10,}")
    held: dict[str, list[int]] = defaultdict(list)
    path = folder / "home" / "quarantine" / batch.entity / batch.source / str(batch.received_on)
    for file in path.glob(f"{batch.sidecar().stem}.parquet"):
        for row in pq.read_table(file, columns=["_row", "_rule"]).to_pylist():
            held[row["_rule"]].append(row["_row"])
    for title, counts in (
        ("隔离的规则 · rules that hold rows", batch.rules),
        ("提示 · told, row let in", batch.warnings),
    ):
        if counts:
            print(f"  {title}")
        for rule, count in sorted(counts.items()):
            rows = sorted(held.get(rule, ()))
            shown = ", ".join(map(str, rows[:ROWS_SHOWN])) + (" …" if len(rows) > ROWS_SHOWN else "")
            print(f"    {rule:<36}{count:>8,}{'  行 rows ' + shown if shown else ''}")
    raw = pq.read_table(folder / "home" / str(batch.raw))
    empty = [name for name in batch_columns(batch) if raw[name].null_count == raw.num_rows]
    print(f"  没有值的列 · columns without a value: {', '.join(empty) or '-'}")
    if batch.unknown_headers:
        print(f"  未登记的列 · headers the spec does not name: {len(batch.unknown_headers)}")
    note = f"{batch.message_zh} · {batch.message_en}" if batch.rule else "会使用 · would be used"
    print(f"  {note}")


def batch_columns(batch: Batch) -> list[str]:
    """Canonical columns of a batch's entity."""
    from ingest.entities import entities

    return list(entities()[batch.entity].columns)


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__)
        return 2
    return try_files(Path(arguments[0]), map(Path, arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
