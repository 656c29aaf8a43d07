"""Channel `folder`: a local or mounted folder with one folder per recipient. Exactly once."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from exports.channels.placing import one_by_one, place_file, target_of, withdraw_file
from exports.channels.settings import FolderSettings
from exports.channels.shipping import ChannelDownError, Claimed, NotDeliveredError, Outgoing, Shipment
from ingest.home import home, sha256_file


def delivery_folder(settings: FolderSettings) -> Path:
    """Where files are put: the channel's path, else XUBAO_DELIVERY_FOLDER, else delivered/ in the home."""
    return Path(settings.path or os.environ.get("XUBAO_DELIVERY_FOLDER") or home() / "delivered")


class Folder:
    """A folder as a channel and as a destination."""

    can_look = True

    def __init__(self, settings: FolderSettings, as_of: date) -> None:
        self._root, self._day = delivery_folder(settings), str(as_of)

    def pack(self, files: Mapping[tuple[str, tuple[str, ...]], Sequence[Outgoing]]) -> list[Shipment]:
        """A shipment per file."""
        return one_by_one(files)

    def ready(self) -> None:
        """Make the folder. Raises ChannelDownError if that cannot be."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ChannelDownError(
                f"交付文件夹无法使用({error.strerror})",
                f"the delivery folder cannot be used ({error.strerror})",
                is_temporary=True,
            ) from None

    def hand_over(self, shipment: Shipment, claim: Claimed) -> dict[str, Any] | None:
        """Put the file in place, unless it has arrived."""
        file = shipment.files[0]
        with _told():
            is_new = place_file(self, file, target_of(file, shipment.addresses[0], self._day), claim)
        return {} if is_new else None

    def withdraw(self, shipment: Shipment, claim: Claimed) -> bool:
        """Let go of a file, unless it has arrived."""
        with _told():
            return withdraw_file(self, target_of(shipment.files[0], shipment.addresses[0], self._day), claim)

    def close(self) -> None:
        """Nothing is open."""

    def has(self, path: str) -> bool:
        return (self._root / path).exists()

    def fingerprint(self, path: str) -> tuple[int, str]:
        return (self._root / path).stat().st_size, sha256_file(self._root / path)

    def write(self, path: str, source: Path) -> None:
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            source.open("rb") as reader,
            open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
        ):
            shutil.copyfileobj(reader, file)
            file.flush()
            os.fsync(file.fileno())

    def move(self, path: str, target: str) -> None:
        """A link does not overwrite; on mounted folders without links the look and the rename are two steps."""
        old, new = self._root / path, self._root / target
        try:
            os.link(old, new)
        except FileExistsError:
            raise
        except OSError:
            if new.exists():
                raise FileExistsError from None
            os.rename(old, new)
        else:
            old.unlink()

    def remove(self, path: str) -> None:
        (self._root / path).unlink()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotDeliveredError(
            f"无法写入({error.strerror})", f"cannot be written: {error.strerror}", is_temporary=True
        ) from None
