"""What a file is, by its content and never by its name, and its bytes after unpacking."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large

Kind = Literal["text", "xlsx", "xls", "html", "parquet"]
DAMAGED = (
    OSError,
    EOFError,
    LookupError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Opened:
    """A received file behind its packing: what its content is, and a way to read it from the start."""

    kind: Kind
    open: Callable[[], BinaryIO]

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return stream.read(size)

    def whole(self) -> bytes:
        """All bytes of something that must be held in memory."""
        with self.open() as stream:
            data = stream.read(limits.BOOK_BYTES + 1)
        if len(data) > limits.BOOK_BYTES:
            raise too_large("文件内容", "its content", limits.BOOK_BYTES)
        return data


class _Metered(io.RawIOBase):
    """A stream that refuses to give more than an honest file holds; damage in it is a verdict."""

    def __init__(self, inner: BinaryIO, packed_bytes: int) -> None:
        self._inner, self._given = inner, 0
        self._limit = min(limits.UNPACKED_BYTES, max(limits.UNPACKED_FREE, packed_bytes * limits.UNPACKED_RATIO))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        try:
            data = self._inner.read(len(buffer))
        except DAMAGED:
            raise _damaged() from None
        self._given += len(data)
        if self._given > self._limit:
            raise too_large("解压后的内容", "its unpacked content", self._limit, rule="file:bomb")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _damaged() -> UnreadableFileError:
    return UnreadableFileError(
        "file:unreadable", "压缩文件已损坏(可能上传未完成)", "the compressed file is damaged (perhaps cut off)"
    )


def open_file(path: Path) -> Opened:
    """Look into a landed file: unpack gzip and one-member zip, tell workbooks from text. Raises UnreadableFileError."""
    size = path.stat().st_size
    if size > limits.FILE_BYTES:
        raise too_large("文件大小", "the file", limits.FILE_BYTES)
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\x1f\x8b"):
        return _typed(lambda: io.BufferedReader(_Metered(gzip.open(path), size), 1 << 20))
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except DAMAGED:
            raise _damaged() from None
        if any(member.filename == "[Content_Types].xml" for member in members):
            return Opened("xlsx", lambda: path.open("rb"))
        if members and members[0].filename == "mimetype":
            raise UnreadableFileError(
                "file:unreadable", "OpenDocument(.ods),请另存为 xlsx", "OpenDocument (.ods): save it as xlsx"
            )
        return _typed(lambda: io.BufferedReader(_Metered(_member(path, members), size), 1 << 20))
    return _typed(lambda: path.open("rb"))


def _member(path: Path, members: list[zipfile.ZipInfo]) -> BinaryIO:
    """The one file of a zip archive, as a stream; its name is never used as a path."""
    files = [m for m in members if not m.filename.endswith("/") and not m.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise UnreadableFileError(
            "file:ambiguous_archive",
            f"有 {len(files)} 个文件",
            f"it holds {len(files)}",
        )
    if files[0].flag_bits & 1:
        raise encrypted()
    archive = zipfile.ZipFile(path)
    try:
        return archive.open(files[0])  # type: ignore[return-value]
    except DAMAGED:
        archive.close()
        raise _damaged() from None


def encrypted() -> UnreadableFileError:
    """A password stands before the content."""
    return UnreadableFileError("file:encrypted")


def _typed(opener: Callable[[], BinaryIO]) -> Opened:
    with opener() as stream:
        head = stream.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return Opened("xlsx", opener)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Opened("xls", opener)
    if head.startswith(b"PAR1"):
        return Opened("parquet", opener)
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return Opened("html", opener)
    return Opened("text", opener)
