"""Text block by block: what is written regularly becomes columns at once, the rest goes record by record.

Regular is what every reader understands alike: a quote opens at the beginning of a field and closes at its end, lines
end with LF or CRLF. A block in which anything else stands is read by Python's csv, which is slower and knows what to do.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.opening import Opened
from ingest.spec import Read

BLOCK_BYTES = 32 * 1024 * 1024
"""Bytes of a file that are in memory at a time, as read."""
LINE_CHARACTERS = 4 * BLOCK_BYTES
"""A line longer than this is no line."""
CR, LF = 13, 10

csv.field_size_limit(limits.CELL_CHARACTERS)


@dataclass(frozen=True)
class Block:
    """Some records of a text, in their order: those with one number of fields as `columns`, the others as `records`."""

    count: int
    """Records of the block, all together."""
    columns: pa.Table | None = None
    numbers: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """Place of each row of `columns` among the records of the block, from 0."""
    records: tuple[tuple[int, list[str]], ...] = ()
    """(place, fields) of every other record."""


def dialect(delimiter: str, options: Read) -> dict[str, object]:
    """How Python's csv is told."""
    if not options.quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": delimiter, "quotechar": options.quote}


def text_blocks(opened: Opened, encoding: str, delimiter: str, options: Read) -> Iterator[Block]:
    """All records of a text. Raises UnreadableFileError for what no record can be made of."""
    with opened.open() as stream:
        source = _Characters(stream, encoding)
        lines = 0
        while not source.is_empty:
            block = None
            text = source.take(BLOCK_BYTES)
            if delimiter.isascii() and len(delimiter) == 1 and options.quote.isascii() and len(options.quote) <= 1:
                block, rest = _regular(text, delimiter, options.quote, source.is_last)
            if block is None:
                block, rest = _record_by_record(text, source, dialect(delimiter, options), lines)
            source.put_back(rest)
            lines += block.count
            if block.count:
                yield block


class _Characters:
    """The characters of a text without NUL and byte order marks (joined exports have one in the middle)."""

    def __init__(self, stream: io.BufferedIOBase, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        self._rest, self.is_last = "", False

    @property
    def is_empty(self) -> bool:
        return self.is_last and not self._rest

    def take(self, size: int) -> str:
        """What was put back and about `size` bytes more."""
        data = b"" if self.is_last else self._stream.read(size)
        self.is_last = not data
        try:
            text = self._decoder.decode(data, self.is_last)
        except UnicodeError:
            raise UnreadableFileError("file:unreadable", "文件编码前后不一致", "its encoding breaks off") from None
        for mark in ("\0", "\ufeff"):
            if mark in text:
                text = text.replace(mark, "")
        text, self._rest = self._rest + text, ""
        return text

    def put_back(self, text: str) -> None:
        self._rest = text


def _regular(text: str, delimiter: str, quote: str, is_last: bool) -> tuple[Block | None, str]:
    """The block of a text written regularly, and what stands behind its last whole record; None for any other text."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # damaged characters
        return None, text
    if data.count(b"\r") != data.count(b"\r\n") or (is_last and data.endswith(b"\r")):
        return None, text
    found = np.frombuffer(data, np.uint8)
    cut = (found == ord(delimiter)) | (found == LF)
    has_quotes = bool(quote) and quote.encode() in data
    if has_quotes:
        inside = _inside_quotes(found, ord(delimiter), ord(quote))
        if inside is None or (is_last and inside[-1]):
            return None, text
        has_lines = bool(((found == LF) & inside).any())
        cut &= ~inside
    at = np.flatnonzero(cut)  # ends of fields
    last_of_record = np.flatnonzero(found[at] == LF)
    ends = at[last_of_record] + 1  # ends of records
    fields = np.diff(last_of_record, prepend=-1)
    if is_last and (ends[-1] if len(ends) else 0) < len(data):  # the last line without its end
        fields = np.append(fields, len(at) - (last_of_record[-1] + 1 if len(last_of_record) else 0) + 1)
        ends = np.append(ends, len(data))
    if not len(ends):
        return (Block(0), text) if not is_last and len(text) < limits.CELL_CHARACTERS else (None, text)
    starts = np.append(0, ends[:-1])
    if (ends - starts).max() > limits.CELL_CHARACTERS or fields.max() > limits.COLUMNS:
        return None, text
    blank = (ends - starts <= 2) & (fields == 1) & np.isin(found[starts], (CR, LF))
    width = int(np.bincount(fields[~blank]).argmax()) if not blank.all() else 0
    is_regular = (fields == width) & ~blank
    columns = _columns(
        data, starts, ends, is_regular, width, delimiter, quote if has_quotes else "", has_quotes and has_lines
    )
    if columns is None:
        return None, text
    others = np.flatnonzero(~is_regular)
    apart = [data[starts[n] : ends[n]].decode() for n in others]
    records = [next(csv.reader(io.StringIO(one, newline=""), **_csv(delimiter, quote)), []) for one in apart]
    block = Block(len(ends), columns, np.flatnonzero(is_regular), tuple(zip(others.tolist(), records, strict=True)))
    return block, data[ends[-1] :].decode()


def _csv(delimiter: str, quote: str) -> dict[str, object]:
    return dialect(delimiter, Read(quote=quote))


def _inside_quotes(found: np.ndarray, delimiter: int, quote: int) -> np.ndarray | None:
    """True for each byte between quotes, the opening one included; None if a quote stands where it has no meaning."""
    is_quote = found == quote
    inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).astype(bool)
    before, behind = np.zeros(256, bool), np.zeros(256, bool)
    before[[delimiter, LF, quote]] = True
    behind[[delimiter, CR, LF, quote]] = True
    opening, closing = np.flatnonzero(is_quote & inside), np.flatnonzero(is_quote & ~inside)
    if opening[0] == 0:
        opening = opening[1:]
    if len(closing) and closing[-1] == len(found) - 1:
        closing = closing[:-1]
    return inside if before[found[opening - 1]].all() and behind[found[closing + 1]].all() else None


def _columns(
    data: bytes, starts: np.ndarray, ends: np.ndarray, wanted: np.ndarray, width: int,
    delimiter: str, quote: str, has_lines: bool,
) -> pa.Table | None:  # fmt: skip
    """The wanted records as columns of text called by their place; None if the library sees other records in them."""
    if not width or not wanted.any():
        return pa.table({})
    if wanted.all():
        body = memoryview(data)[: ends[-1]]
    else:
        edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
        view = memoryview(data)
        body = b"".join(view[starts[first] : ends[after - 1]] for first, after in edges.reshape(-1, 2))
    names = [str(place) for place in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            arrow_csv.ReadOptions(column_names=names, block_size=max(len(body) // 4, 1 << 20)),
            arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char=quote or False, double_quote=True,
                newlines_in_values=has_lines, ignore_empty_lines=False,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), check_utf8=False, null_values=[],
                strings_can_be_null=False, quoted_strings_can_be_null=False,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == wanted.sum() else None


def _record_by_record(text: str, source: _Characters, how: dict[str, object], before: int) -> tuple[Block, str]:
    """The records of a text, read by Python's csv, and the line that is not whole yet."""
    if len(text) > LINE_CHARACTERS:
        raise too_large("一行的字数", "a line", LINE_CHARACTERS, "file:cell_too_long")
    lines = _Lines(text, source)
    reader = csv.reader(lines, **how)
    records: list[list[str]] = []
    while lines.has_more():
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            line = before + reader.line_num
            if "field larger" in str(error):
                raise too_large(
                    f"第 {line} 行的单元格字数", f"a cell at line {line}", limits.CELL_CHARACTERS, "file:cell_too_long"
                ) from None
            raise UnreadableFileError(
                "file:unreadable", f"第 {line} 行无法解析", f"line {line} cannot be parsed"
            ) from None
        if len(record) > limits.COLUMNS:
            raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")
        if lines.is_done:  # a record came out of no line: the end was reached inside quotes
            raise UnreadableFileError(
                "file:unclosed_quote",
                f"第 {before + reader.line_num} 行之前有引号没有闭合",
                f"a quote before line {before + reader.line_num} is never closed",
            )
        records.append(record)
    return Block(len(records), records=tuple(enumerate(records))), lines.rest()


class _Lines:
    """Lines of a text; inside a record that is not finished they go on with what the source still has."""

    def __init__(self, text: str, source: _Characters) -> None:
        self._source = source
        self._lines: list[str] = []
        self._at = 0
        self._add(text)
        self.is_done = False

    def _add(self, text: str) -> None:
        self._lines, self._at = list(io.StringIO(text, newline="")), 0

    def has_more(self) -> bool:
        """True if a whole line is left, so that the next record may begin."""
        left = len(self._lines) - self._at
        return left > 0 and (left > 1 or self._source.is_last)

    def rest(self) -> str:
        return "".join(self._lines[self._at :])

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while not self.has_more():
            if len(self.rest()) > LINE_CHARACTERS:
                raise too_large("一行的字数", "a line", LINE_CHARACTERS, "file:cell_too_long")
            if self._source.is_last:
                self.is_done = True
                raise StopIteration
            self._add(self.rest() + self._source.take(BLOCK_BYTES))
        self._at += 1
        return self._lines[self._at - 1]
