"""Hand the outbox of a night over to a channel: each file exactly once, with a claim before and a receipt after.

A receipt stands for a file that arrived whole; those of files with personal data are archived as the export log
(ingest.archive.remember_step). A claim without a receipt is a delivery that was killed: the file that
lies at the destination counts as delivered, even if its recipient has already written into it; nothing is overwritten.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from exports.proof import raise_if_disproved
from ingest.home import home, log, read_json, sha256_file, write_json

CHANNELS = ("folder",)


class UnknownChannelError(ValueError):
    """No way to deliver by that name."""


class DeliveryFailedError(RuntimeError):
    """A file could not be handed over whole."""


def delivery_folder() -> Path:
    """Where channel 'folder' puts files: XUBAO_DELIVERY_FOLDER, or delivered/ in the home."""
    return Path(os.environ.get("XUBAO_DELIVERY_FOLDER") or home() / "delivered")


def deliver(as_of: date, channel: str = "folder") -> dict[str, Any]:
    """Deliver every recipient's files of a night; return {'channel', 'delivered', 'already', 'failed': [messages]}.

    Idempotent. A file that cannot be delivered is reported in 'failed' and tried again by the next run; the others go
    on. Raises UnknownChannelError, and SuppressedOnListError if the night's lists were stopped.
    """
    if channel not in CHANNELS:
        raise UnknownChannelError(f"There is no channel {channel!r}; known channels: {', '.join(CHANNELS)}.")
    raise_if_disproved(as_of)
    result: dict[str, Any] = {"channel": channel, "delivered": 0, "already": 0, "failed": []}
    for manifest in sorted((home() / "outbox" / str(as_of)).glob("*/manifest.json")):
        recipient = manifest.parent.name
        for entry in read_json(manifest)["files"]:
            try:
                is_new = _deliver_file(manifest.parent / entry["name"], entry, as_of, recipient, channel)
            except (OSError, DeliveryFailedError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                result["failed"].append(f"{recipient}/{entry['name']}: {reason}")
            else:
                result["delivered" if is_new else "already"] += 1
    log("deliver", f"{channel}: {result['delivered']} files delivered, {result['already']} were already there, "
        f"{len(result['failed'])} failed")  # fmt: skip
    return result


def _deliver_file(source: Path, entry: dict[str, Any], as_of: date, recipient: str, channel: str) -> bool:
    """True if the file was handed over now, False if it had been before."""
    state = home() / "state" / "delivery" / channel / str(as_of) / recipient
    receipt = state / f"{entry['name']}.receipt.json"
    if receipt.exists():
        return False
    claim = state / f"{entry['name']}.claim"
    state.mkdir(parents=True, exist_ok=True)
    was_claimed = claim.exists()
    target = _target(entry["name"], as_of, recipient)
    arrived = target.exists() and (was_claimed or _is_same(target, entry))
    if target.exists() and not arrived:
        raise DeliveryFailedError(
            f"another file of that name lies in {target.parent} and is not overwritten; move it away and deliver again"
        )
    claim.touch()
    if not arrived:
        _copy(source, target, entry)
    claimed_at = datetime.fromtimestamp(claim.stat().st_mtime, UTC).replace(tzinfo=None, microsecond=0)
    write_json(receipt, {
        "as_of": str(as_of), "channel": channel, "recipient": recipient, "file": entry["name"], "rows": entry["rows"],
        "purpose": entry["purpose"], "revision": entry["revision"], "sha256": entry["sha256"], "bytes": entry["bytes"],
        "delivered_at": str(claimed_at),
    })  # fmt: skip
    return not arrived


def _target(name: str, as_of: date, recipient: str) -> Path:
    """Lists carry their date in the name; other files (KPI extracts) go into a folder of the date."""
    folder = delivery_folder() / recipient
    return folder / name if f"{as_of:%Y%m%d}" in name else folder / str(as_of) / name


def _is_same(file: Path, entry: dict[str, Any]) -> bool:
    return file.stat().st_size == entry["bytes"] and sha256_file(file) == entry["sha256"]


def _copy(source: Path, target: Path, entry: dict[str, Any]) -> None:
    """Copy under a temporary name, compare size and hash with the manifest, then rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    with (
        source.open("rb") as reader,
        open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
    ):
        shutil.copyfileobj(reader, file)
        file.flush()
        os.fsync(file.fileno())
    if not _is_same(temporary, entry):
        temporary.unlink()
        raise DeliveryFailedError(
            f"the copy differs from the outbox manifest; check the disk, then delete {source.parent} and run the night again"
        )
    os.replace(temporary, target)
