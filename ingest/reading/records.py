"""From records to tables of text: every record is a data row, held under a rule, or declared non-data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

import pyarrow as pa
import pyarrow.compute as pc

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.headers import HEADER_SEARCH, Header, find_header, header_key
from ingest.spec import Extract, TotalsRow

BATCH_RECORDS = 250_000
"""Records that are in memory at a time."""
NEVER = 1 << 30
WRONG_FIELDS, UNCLOSED, UNDECODABLE = "row:wrong_number_of_fields", "row:unclosed_quote", "row:undecodable"


@dataclass(frozen=True)
class TextTable:
    """What was read: `table` holds VARCHAR columns named like the headers, `_row` the 1-based record numbers.

    `records` = rows of `table` + `held` + all `declared`. `delimiter`, `sheet` and `encoding` say which was found.
    """

    table: pa.Table
    records: int
    declared: dict[str, int] = field(default_factory=dict)
    held: tuple[tuple[int, str, str], ...] = ()
    """Records that are no row of this table: (record number, rule, its fields joined)."""
    delimiter: str = ","
    sheet: str | None = None
    encoding: str = "utf-8"


def tables_of(
    records: Iterable[list[str]],
    extract: Extract,
    delimiter: str,
    sheet: str | None = None,
    padded: bool = False,
    encoding: str = "utf-8",
) -> Iterator[TextTable]:
    """Tables of at most BATCH_RECORDS records each, all with the same columns; at least one.

    `padded`: a short record is filled up (cells of a sheet), not held. Raises UnreadableFileError, a missing totals
    row at the very end.
    """
    records = iter(records)
    top = list(islice(records, HEADER_SEARCH))
    header = find_header(top, extract)
    sorter = _Sorter(extract, header, top, delimiter, padded or extract.read.names is not None)
    stream, number = chain(top[header.after :], records), header.after
    declared = Counter({"header": len(header.rows)} if header.rows else {})
    first_of_header = header.rows[0] if header.rows else 0
    for record in top[:first_of_header]:
        declared["totals" if sorter.is_total(record) else "title" if any(map(str.strip, record)) else "blank"] += 1
    totals, start, is_first = declared["totals"], number, True
    following = list(islice(stream, BATCH_RECORDS))
    while following or is_first:
        chunk, following = following, list(islice(stream, BATCH_RECORDS))
        part = sorter.sort(chunk, start + 1, declared, is_last=not following)
        totals += part.declared.get("totals", 0)
        read = len(chunk) + (header.after if is_first else 0)
        yield TextTable(part.table, read, part.declared, part.held, delimiter, sheet, encoding)
        start, is_first, declared = start + len(chunk), False, Counter()
        if start > limits.ROWS:
            raise too_large("行数", "the number of rows", limits.ROWS, "file:too_many_rows")
    required = extract.read.totals_row
    if required and required.required and not totals:
        raise UnreadableFileError(
            "file:truncated",
            f"没有“{'/'.join(required.starts_with)}”行,读到 {start - header.after} 行后中断",
            f"no {'/'.join(required.starts_with)} after {start - header.after} rows",
        )


class _Sorter:
    """Says of each record what it is; knows the layout of one file."""

    def __init__(self, extract: Extract, header: Header, top: list[list[str]], delimiter: str, padded: bool) -> None:
        self.names, self.width, self.delimiter, self.padded = header.names, len(header.names), delimiter, padded
        keys = [header_key(name) for name in header.names]
        self.headers = [[header_key(cell) for cell in top[row]] for row in header.rows]
        if extract.read.names:
            self.headers = [keys]  # a log whose header was switched on
        without = {width: set(left_out) for width, left_out in extract.read.without.items()}
        self.places = {w: [at for at, n in enumerate(self.names) if n not in out] for w, out in without.items()}
        self.is_log = bool(extract.read.names) and len(self.names) > 1
        self.narrowest = NEVER
        self.first_cells = {top[row][0] for row in header.rows if top[row]} or {header.names[0]}
        self.totals, self.total_at = _totals(extract.read.totals_row, keys)
        fill_in = set(map(header_key, extract.read.unanswered_if_blank))
        self.fill_in = [place for place, key in enumerate(keys) if key in fill_in]

    def is_total(self, record: list[str]) -> bool:
        at = self.total_at
        return at is not None and len(record) > at and record[at].strip().startswith(self.totals)

    def sort(self, chunk: list[list[str]], start: int, declared: Counter[str], is_last: bool) -> TextTable:
        """The table of a batch of records, the first of which has the number `start`."""
        cut_off = start + len(chunk) - 1 if self.is_log and self._is_cut_off(chunk, is_last) else None
        width, fill_in, total_at = self.width, self.fill_in, self.total_at
        rows: list[list[str]] = []
        numbers: list[int] = []
        held: list[tuple[int, str, str]] = []
        for number, record in enumerate(chunk, start):
            if (
                len(record) == width and record[0].strip() and record[0] not in self.first_cells
                and not fill_in and (total_at is None or not self.is_total(record))
            ):  # fmt: skip
                rows.append(record)
                numbers.append(number)
                continue
            kind = self._kind(record)
            if kind is not None:
                declared[kind] += 1
            elif len(record) == width:
                rows.append(record)
                numbers.append(number)
            elif len(record) > width and not any(map(str.strip, record[width:])):
                rows.append(record[:width])
                numbers.append(number)
            elif len(record) < width and self.padded and number != cut_off:
                rows.append(self._filled_up(record))
                numbers.append(number)
            else:
                held.append((number, WRONG_FIELDS, _clean(self.delimiter.join(record))))
        table, doubtful = self._table(rows, numbers)
        return TextTable(table, len(chunk), dict(declared), tuple(sorted([*held, *doubtful])))

    def _filled_up(self, record: list[str]) -> list[str]:
        """A short record at full width: blank where its layout has no field, by default at its end."""
        places = self.places.get(len(record), range(len(record)))
        cells = dict(zip(places, record, strict=True))
        return [cells.get(place, "") for place in range(self.width)]

    def _is_cut_off(self, chunk: list[list[str]], is_last: bool) -> bool:
        """True if the last record of a log is narrower than every record before it: it was cut off on its way."""
        widths = [len(record) for record in (chunk[:-1] if is_last else chunk) if record]
        self.narrowest = min([self.narrowest, *widths])
        return is_last and bool(chunk) and len(chunk[-1]) < self.narrowest < NEVER

    def _kind(self, record: list[str]) -> str | None:
        """What a record is that is no data; None for data."""
        if not any(map(str.strip, record)):
            return "blank"
        if self.is_total(record):
            return "totals"
        if record[0] in self.first_cells and self._is_header(record):
            return "header"
        if self.fill_in and not any(record[place].strip() for place in self.fill_in if place < len(record)):
            return "unanswered"
        return None

    def _is_header(self, record: list[str]) -> bool:
        keys = [header_key(cell) for cell in record]
        while keys and not keys[-1]:
            keys.pop()
        return any(keys == [*row][: len(keys)] and not any(row[len(keys) :]) for row in self.headers)

    def _table(self, rows: list[list[str]], numbers: list[int]) -> tuple[pa.Table, list[tuple[int, str, str]]]:
        """The table of data rows, without those that cannot be trusted: damaged characters, swallowed lines."""
        doubtful: dict[int, str] = {}
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.width
        arrays = []
        for place, column in enumerate(columns):
            try:
                array = pa.array(column, pa.string())
            except UnicodeEncodeError:
                for at, cell in enumerate(column):
                    if any("\ud800" <= character <= "\udfff" for character in cell):
                        doubtful[at] = UNDECODABLE
                array = pa.array([_clean(cell) for cell in column], pa.string())
            arrays.append(array)
            if len(array) and (lines := pc.match_substring(array, "\n").to_numpy(zero_copy_only=False)).any():
                for at in lines.nonzero()[0]:
                    if self._swallowed(column[at], place):
                        doubtful.setdefault(int(at), UNCLOSED)
        table = pa.table(
            {name: array for name, array in zip(self.names, arrays, strict=True)}
            | {"_row": pa.array(numbers, pa.int64())}
        )
        if not doubtful:
            return table, []
        keep = [at for at in range(len(rows)) if at not in doubtful]
        out = [(numbers[at], rule, _clean(self.delimiter.join(rows[at]))) for at, rule in doubtful.items()]
        return table.take(pa.array(keep, pa.int64())), out

    def _swallowed(self, cell: str, place: int) -> bool:
        """True if a cell holds what looks like whole records: a stray quote opened it, another one closed it."""
        *lines, last = cell.split("\n")
        between = self.width - 1
        return between > 1 and (
            any(line.count(self.delimiter) == between for line in lines[1:])
            or (place >= 2 and last.count(self.delimiter) == place)
        )


def _totals(option: TotalsRow | None, keys: list[str]) -> tuple[tuple[str, ...], int | None]:
    if option is None or header_key(option.column) not in keys:
        return (), None
    return option.starts_with, keys.index(header_key(option.column))


def _clean(text: str) -> str:
    """Text that can be stored: what could not be decoded becomes U+FFFD."""
    return text.encode("utf-8", "replace").decode() if text.isascii() else "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text
    )  # fmt: skip
