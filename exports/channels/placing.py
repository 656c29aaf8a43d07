"""A file gets its name at the destination exactly once, whole, over nobody else's: shared by folder and SFTP.

Temporary name, size and hash read back, rename. A killed delivery is resolved by looking: while the claim does not say
`moving`, the file has not got its name; once it does, it has if the name is taken or the temporary file is gone, even
if its recipient has already written into it or taken it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from exports.channels.shipping import Claimed, NotDeliveredError, Outgoing, Shipment, reached


class Store(Protocol):
    """What a destination can do. Paths are relative to the channel's folder, with /."""

    def has(self, path: str) -> bool:
        """True if something of that name is there."""

    def fingerprint(self, path: str) -> tuple[int, str]:
        """Size in bytes and hexadecimal SHA-256, read back from the destination."""

    def write(self, path: str, source: Path) -> None:
        """Write a file with its folders, over an old one, flushed to disk."""

    def move(self, path: str, target: str) -> None:
        """Rename; raises FileExistsError rather than overwrite."""

    def remove(self, path: str) -> None:
        """Remove a file."""


def place_file(store: Store, file: Outgoing, target: str, claim: Claimed) -> bool:
    """Put a file in place; return False if it had arrived before. Raises NotDeliveredError."""
    part, whole = part_of(target), (file.bytes, file.sha256)
    if claim.is_moving and _has_arrived(store, target):
        return False
    if store.has(target):
        if store.fingerprint(target) == whole:
            return False
        raise in_the_way()
    if not file.path.exists():
        raise NotDeliveredError("发件箱中缺少文件,请重跑当夜", "the file is missing in the outbox; run the night again")
    reached("looked")
    store.write(part, file.path)
    reached("written")
    if store.fingerprint(part) != whole:
        store.remove(part)
        raise NotDeliveredError(
            f"副本与发件箱清单不一致;请检查磁盘,然后删除 {file.path.parent} 并重跑当夜",
            f"the copy differs from the outbox manifest; check the disk, then delete {file.path.parent} "
            "and run the night again",
        )
    reached("checked")
    claim.moving()
    reached("moving")
    try:
        store.move(part, target)
    except FileExistsError:
        store.remove(part)
        claim.moving(False)
        raise in_the_way() from None
    reached("moved")
    return True


def withdraw_file(store: Store, target: str, claim: Claimed) -> bool:
    """Take back what a killed delivery left of a file that nobody wants any more; True if it had arrived."""
    if claim.is_moving and _has_arrived(store, target):
        return True
    if store.has(part_of(target)):
        store.remove(part_of(target))
    return False


def part_of(target: str) -> str:
    """The temporary name of a file, beside its own."""
    folder, _, name = target.rpartition("/")
    return f"{folder}/.{name}.part"


def _has_arrived(store: Store, target: str) -> bool:
    """Whether a file whose claim says `moving` has got its name."""
    if not store.has(part_of(target)):
        return True
    if not store.has(target):
        return False
    store.remove(part_of(target))  # killed within the rename
    return True


def in_the_way() -> NotDeliveredError:
    """Somebody else's file has the name."""
    return NotDeliveredError(
        "目的地已有同名的其他文件,未覆盖;请移走后重新交付",
        "another file of that name lies there and is not overwritten; move it away and deliver again",
    )


def target_of(file: Outgoing, address: str, day: str) -> str:
    """Lists carry their date (YYYY-MM-DD) in the name; other files (KPI extracts) go into a folder of the date."""
    return f"{address}/{file.name}" if day.replace("-", "") in file.name else f"{address}/{day}/{file.name}"


def one_by_one(files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
    """A shipment per file."""
    return [Shipment(recipient, addresses, (file,)) for (recipient, addresses), mine in files.items() for file in mine]
