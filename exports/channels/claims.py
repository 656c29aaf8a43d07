"""What is known of each delivery, on disk: a claim before anything leaves, a receipt per file when it has arrived.

state/delivery/<channel>/<as_of>/<recipient>/<id>.claim.json and <file>.receipt.json. A claim that is left is a delivery
of which nobody knows yet how it ended; ingest.archive counts what it names as handed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from exports.channels.shipping import Shipment, reached
from ingest.home import home, read_json, write_json


@dataclass
class Claim:
    """A claim on disk. `files`: keys of the files in it; `receipts`: what the receipts will say."""

    path: Path
    key: str
    files: list[str]
    receipts: list[dict[str, Any]] = field(repr=False)
    state: str = "claimed"
    """claimed, moving (may have its final name), accepted (arrived, receipts to be written), uncertain."""

    @property
    def recipient(self) -> str:
        return self.path.parent.name

    @property
    def id(self) -> str:
        return self.path.name.removesuffix(".claim.json")

    @property
    def is_moving(self) -> bool:
        return self.state == "moving"

    @property
    def moment(self) -> float:
        return self.path.stat().st_mtime

    def moving(self, is_moving: bool = True) -> None:
        self.keep("moving" if is_moving else "claimed")

    def keep(self, state: str, flush: bool = True) -> None:
        """Keep the claim in this state, flushed to disk unless the destination can be looked at."""
        self.state = state
        told = {"key": self.key, "files": self.files, "receipts": self.receipts, "state": state}
        write_json(self.path, told, flush=flush)

    def release(self) -> None:
        """It certainly has not arrived: the next run may try again."""
        self.path.unlink()

    def settle(self, facts: dict[str, Any]) -> None:
        """It has arrived: write the receipts, all of them whatever happens in between, then let go of the claim."""
        delivered_at = str(datetime.fromtimestamp(self.moment, UTC).replace(tzinfo=None, microsecond=0))
        self.receipts = [receipt | facts | {"delivered_at": delivered_at} for receipt in self.receipts]
        if len(self.receipts) > 1:
            self.keep("accepted")
            reached("accepted")
        self._finish()

    def finish(self) -> bool:
        """End what a killed settle() began; False if there was none."""
        if all(self._receipt(receipt).exists() for receipt in self.receipts):
            self.release()
        elif self.state == "accepted":
            self._finish()
        else:
            return False
        return True

    def _finish(self) -> None:
        for receipt in self.receipts:
            write_json(self._receipt(receipt), receipt)
            reached("receipt")
        self.release()

    def _receipt(self, receipt: dict[str, Any]) -> Path:
        return self.path.with_name(f"{receipt['file']}.receipt.json")


def take(shipment: Shipment, channel: str, as_of: date, flush: bool = True) -> Claim:
    """Claim a shipment before anything of it leaves; a claim that was left keeps its state.

    flush: to disk, where the destination cannot be looked at.
    """
    path = _folder(channel, as_of) / shipment.recipient / f"{shipment.id}.claim.json"
    if path.exists():
        claim = _read(path)
        if flush:
            claim.keep(claim.state)  # its moment is that of the new try
        return claim
    common = {"as_of": str(as_of), "channel": channel, "recipient": shipment.recipient}
    if shipment.is_notice:
        receipts: list[dict[str, Any]] = [
            {"file": f"notice-{shipment.id}", "rows": sum(file.rows for file in shipment.files), "purpose": None}
        ]
    else:
        receipts = [
            {"file": file.name, "rows": file.rows, "purpose": file.purpose, "revision": file.revision,
             "sha256": file.sha256, "bytes": file.bytes}
            for file in shipment.files
        ]  # fmt: skip
    keys = [file.key for file in shipment.files]
    told = repr((channel, str(as_of), shipment.recipient, shipment.id))
    claim = Claim(
        path, hashlib.sha256(told.encode()).hexdigest()[:32], keys,
        [common | receipt | {"files": keys if shipment.is_notice else None} for receipt in receipts],
    )  # fmt: skip
    claim.keep("claimed", flush)

    return claim


def claims(channel: str, as_of: date) -> Iterator[Claim]:
    """The claims of a channel's night that have no receipts yet."""
    for path in sorted(_folder(channel, as_of).glob("*/*.claim.json")):
        yield _read(path)


def receipts(channel: str, as_of: date) -> Iterator[dict[str, Any]]:
    """The receipts of a channel's night."""
    for path in sorted(_folder(channel, as_of).glob("*/*.receipt.json")):
        yield read_json(path)


def delivered_keys(channel: str, as_of: date) -> set[str]:
    """Keys of the files that have receipts, or that a notice with a receipt was about."""
    return {
        key
        for receipt in receipts(channel, as_of)
        for key in receipt.get("files") or [f"{receipt['recipient']}/{receipt['file']}"]
    }


def _folder(channel: str, as_of: date) -> Path:
    return home() / "state" / "delivery" / channel / str(as_of)


def _read(path: Path) -> Claim:
    told = read_json(path)
    return Claim(path, told["key"], told["files"], told["receipts"], told["state"])
