"""From records to tables of text: every record is a data row, held under a rule, or declared non-data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain, islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import limits
from ingest.reading.blocks import Block
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.reading.headers import HEADER_SEARCH, Header, find_header, header_key
from ingest.spec import Extract, TotalsRow

BATCH_RECORDS = 250_000
"""Records of a table at the most."""
NEVER = 1 << 30
MOSTLY_FILLED = 0.6
"""Share of the columns that a record above the header must fill to be a row and no title."""
BLANK = r"^[\s\p{Z}\x00-\x20\x{85}]*"
"""What Python's strip() takes away, as Arrow's regular expressions say it."""
SURROGATE = re.compile("[\ud800-\udfff]")
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
    blocks: Iterable[Block],
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
    blocks = iter(blocks)
    first: list[Block] = []
    while sum(block.count for block in first) < HEADER_SEARCH and (block := next(blocks, None)):
        first.append(block)
    top = list(islice((record for block in first for record in _records(block, HEADER_SEARCH)), HEADER_SEARCH))
    header = find_header(top, extract)
    sorter = _Sorter(extract, header, top, delimiter, padded or extract.read.names is not None)
    declared = Counter({"header": len(header.rows)} if header.rows else {})
    no_data = set(header.rows)
    for place, record in enumerate(top[: header.rows[0] if header.rows else 0]):
        if not sorter.is_like_data(record):
            declared["totals" if sorter.is_total(record) else "title" if any(map(str.strip, record)) else "blank"] += 1
            no_data.add(place)
    totals, start = declared["totals"], 0
    stream = chain(first, blocks)
    following = next(stream, Block(0))
    while following is not None:
        block, following = following, next(stream, None)
        part = sorter.sort(block, start, no_data, declared, is_last=following is None)
        totals += part.declared.get("totals", 0)
        yield from _split(replace(part, delimiter=delimiter, sheet=sheet, encoding=encoding))
        start, declared = start + block.count, Counter()
        if start > limits.ROWS:
            raise too_large("行数", "the number of rows", limits.ROWS, "file:too_many_rows")
    required = extract.read.totals_row
    if required and required.required and not totals:
        raise UnreadableFileError(
            "file:truncated",
            f"没有“{'/'.join(required.starts_with)}”行,读到 {start - header.after} 行后中断",
            f"no {'/'.join(required.starts_with)} after {start - header.after} rows",
        )


def blocks_of(rows: list[list[str]]) -> Iterator[Block]:
    """Rows of a sheet or a page as blocks."""
    for start in range(0, len(rows), BATCH_RECORDS):
        chunk = rows[start : start + BATCH_RECORDS]
        yield Block(len(chunk), records=tuple(enumerate(chunk)))


def _records(block: Block, most: int) -> list[list[str]]:
    """The first records of a block as lists."""
    some = np.flatnonzero(block.numbers < most)
    found = dict(zip(block.numbers[some].tolist(), _rows(block.columns, some), strict=True))
    found |= {place: record for place, record in block.records if place < most}
    return [found[place] for place in sorted(found)]


def _rows(columns: pa.Table | None, places: np.ndarray) -> list[list[str]]:
    """Some rows of a table as lists."""
    if columns is None or not len(places):
        return []
    cells = [column.to_pylist() for column in columns.take(pa.array(places)).columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _split(part: TextTable) -> Iterator[TextTable]:
    """A table in pieces of at most BATCH_RECORDS rows; what is no row is told with the first."""
    rows = part.table.num_rows
    if rows <= BATCH_RECORDS:
        yield part
        return
    apart = part.records - rows
    for start in range(0, rows, BATCH_RECORDS):
        table = part.table.slice(start, BATCH_RECORDS)
        yield replace(part, table=table, records=table.num_rows + (apart if not start else 0),
                      declared=part.declared if not start else {}, held=part.held if not start else ())  # fmt: skip


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

    def is_like_data(self, record: list[str]) -> bool:
        """True for a record above the header that is no title: a list that was sorted with its header in it, or two
        exports joined. It fills most columns, each with something else, and figures are among it."""
        cells = {cell.strip() for cell in record} - {""}
        figures = sum(any(map(str.isdigit, cell)) for cell in cells)
        return len(cells) >= max(3, self.width * MOSTLY_FILLED) and figures >= 2 and not self.is_total(record)

    def sort(self, block: Block, before: int, no_data: set[int], declared: Counter[str], is_last: bool) -> TextTable:
        """The table of a block that stands behind `before` records; `no_data`: which of all are header and titles."""
        cut_off = block.count - 1 if self.is_log and self._is_cut_off(block, is_last) else None
        held: list[tuple[int, str, str]] = []
        others = [(place, record) for place, record in block.records if place + before not in no_data]
        tables = []
        if block.columns is not None and block.columns.num_columns:
            keep = np.isin(block.numbers + before, list(no_data), invert=True)
            columns = block.columns if keep.all() else block.columns.filter(pa.array(keep))
            numbers = block.numbers[keep]
            apart = self._apart(columns, numbers, cut_off)
            others += zip(numbers[apart].tolist(), _rows(columns, apart), strict=True)
            if len(apart):
                stay = np.delete(np.arange(len(numbers)), apart)
                columns, numbers = columns.take(pa.array(stay)), numbers[stay]
            tables.append(self._table(self._to_width(columns), numbers + before + 1, held))
        rows, places = [], []
        for place, record in others:
            kind = self._kind(record)
            fitted = self._fitted(record, place == cut_off)
            if kind is not None:
                declared[kind] += 1
            elif fitted is not None:
                rows.append(fitted)
                places.append(place + before + 1)
            else:
                held.append((place + before + 1, WRONG_FIELDS, _clean(self.delimiter.join(record))))
        if rows or not tables:
            tables.append(self._table_of_lists(rows, places, held))
        table = pa.concat_tables(tables)
        if len(tables) > 1:
            table = table.sort_by("_row")
        return TextTable(table, block.count, dict(declared), tuple(sorted(held)))

    def _filled_up(self, record: list[str]) -> list[str]:
        """A short record at full width: blank where its layout has no field, by default at its end."""
        places = self.places.get(len(record), range(len(record)))
        cells = dict(zip(places, record, strict=True))
        return [cells.get(place, "") for place in range(self.width)]

    def _fitted(self, record: list[str], is_cut_off: bool) -> list[str] | None:
        """A record as wide as the header: without blank cells behind it, filled up if it may be short."""
        width = self.width
        if len(record) > width and not any(map(str.strip, record[width:])):
            return record[:width]
        if len(record) < width and self.padded and not is_cut_off:
            return self._filled_up(record)
        return record if len(record) == width else None

    def _apart(self, columns: pa.Table, numbers: np.ndarray, cut_off: int | None) -> np.ndarray:
        """Places of rows that are perhaps no data, or do not fit: those are looked at one by one."""
        width = columns.num_columns
        if width < self.width and not self.padded:
            return np.arange(columns.num_rows)
        first = columns.column(0)
        doubtful = pc.or_(
            pc.match_substring_regex(first, f"{BLANK}$"), pc.is_in(first, pa.array(sorted(self.first_cells)))
        )
        if self.total_at is not None and self.total_at < width:
            total = BLANK + "(?:" + "|".join(re.escape(text) for text in self.totals) + ")"
            doubtful = pc.or_(doubtful, pc.match_substring_regex(columns.column(self.total_at), total))
        if self.fill_in:
            blanks = [pc.match_substring_regex(columns.column(at), f"{BLANK}$") for at in self.fill_in if at < width]
            doubtful = pc.or_(doubtful, reduce(pc.and_, blanks, pa.scalar(True)))
        for extra in range(self.width, width):
            doubtful = pc.or_(doubtful, pc.invert(pc.match_substring_regex(columns.column(extra), f"{BLANK}$")))
        apart = doubtful.to_numpy(zero_copy_only=False).copy() if columns.num_rows else np.empty(0, bool)
        if cut_off is not None and width < self.width:
            apart |= numbers == cut_off
        return np.flatnonzero(apart)

    def _to_width(self, columns: pa.Table) -> list[pa.ChunkedArray]:
        """As many columns as the header has."""
        blank = pa.chunked_array([pa.repeat(pa.scalar(""), columns.num_rows)])
        width = min(columns.num_columns, self.width)
        given = dict(zip(self.places.get(width, range(width)), columns.columns, strict=False))
        return [given.get(place, blank) for place in range(self.width)]

    def _is_cut_off(self, block: Block, is_last: bool) -> bool:
        """True if the last record of a log is narrower than every record before it: it was cut off on its way."""
        last, widths = block.count - 1, [len(record) for place, record in block.records if record]
        last_width = next((len(record) for place, record in block.records if place == last), NEVER)
        if is_last and last_width < NEVER:
            widths = [len(record) for place, record in block.records if record and place != last]
        if block.columns is not None and len(block.numbers):
            is_here = is_last and block.numbers[-1] == last
            last_width = block.columns.num_columns if is_here else last_width
            widths += [block.columns.num_columns] if len(block.numbers) > is_here else []
        self.narrowest = min([self.narrowest, *widths])
        return is_last and last_width < self.narrowest < NEVER

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

    def _table_of_lists(self, rows: list[list[str]], numbers: list[int], held: list[tuple[int, str, str]]) -> pa.Table:
        """The table of data rows, without those in which characters are damaged."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.width
        damaged: set[int] = set()
        arrays = []
        for column in columns:
            try:
                arrays.append(pa.array(column, pa.string()))
            except UnicodeEncodeError:
                damaged |= {at for at, cell in enumerate(column) if SURROGATE.search(cell)}
                arrays.append(pa.array([_clean(cell) for cell in column], pa.string()))
        if damaged:
            held += [(numbers[at], UNDECODABLE, _clean(self.delimiter.join(rows[at]))) for at in damaged]
            stay = pa.array([at for at in range(len(rows)) if at not in damaged], pa.int64())
            arrays, numbers = [array.take(stay) for array in arrays], [numbers[at] for at in stay.to_pylist()]
        return self._table(arrays, np.array(numbers, np.int64), held)

    def _table(self, arrays: list[pa.Array], numbers: np.ndarray, held: list[tuple[int, str, str]]) -> pa.Table:
        """The table of data rows, without those in which a stray quote swallowed lines."""
        table = pa.table([*arrays, pa.array(numbers)], names=[*self.names, "_row"])
        doubtful: set[int] = set()
        for place, array in enumerate(arrays):
            lines = pc.match_substring(array, "\n").to_numpy(zero_copy_only=False) if len(array) else np.empty(0, bool)
            doubtful |= {int(at) for at in lines.nonzero()[0] if self._swallowed(array[int(at)].as_py(), place)}
        if not doubtful:
            return table
        places = np.array(sorted(doubtful))
        rows = _rows(table.drop_columns(["_row"]), places)
        held += [(int(numbers[at]), UNCLOSED, self.delimiter.join(row)) for at, row in zip(places, rows, strict=True)]
        return table.take(pa.array(np.delete(np.arange(table.num_rows), places)))

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
