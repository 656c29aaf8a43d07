"""Where written reports lie until they leave: reports/<kind>/<as_of>/<recipient>/<file>, for their readers only (0600)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from ingest.home import home, log, read_json, write_atomic

KINDS = {"weekly": None, "statements": "pay_statement"}
"""Kind of report -> why personal data leave in it (marts.fct_export); None: there are none in it."""


def keep(kind: str, as_of: date, files: Iterable[tuple[str, str, bytes]]) -> int:
    """Keep (recipient, file name, bytes); return how many. The outbox of the night takes them up."""
    count = 0
    for recipient, name, data in files:
        folder = home() / "reports" / kind / str(as_of) / recipient
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(folder / name, data, mode=0o600)
        count += 1
    log("reports", f"{count} files of kind {kind} for the night of {as_of}")
    return count


def kept(as_of: date) -> Iterator[tuple[str, str | None, Path]]:
    """(recipient, purpose, file) of every report that leaves with a night."""
    for kind, purpose in KINDS.items():
        for file in sorted(
            (home() / "reports" / kind / str(as_of)).glob("*/[!.]*")
        ):  # what a break left half written begins with a dot
            yield file.parent.name, purpose, file


def keys_in_outbox(as_of: date) -> set[str]:
    """The keys (recipient/name) under which the reports of a night stand in its outbox."""
    found = set()
    for recipient, _, file in kept(as_of):
        manifest = home() / "outbox" / str(as_of) / recipient / "manifest.json"
        entries = read_json(manifest)["files"] if manifest.exists() else []
        found |= {f"{recipient}/{entry['name']}" for entry in entries if entry["base_name"] == file.name}
    return found
