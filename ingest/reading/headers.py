"""Where the header is among the first records, and what it calls each column."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from ingest import limits
from ingest.reading.faults import UnreadableFileError, too_large
from ingest.spec import Extract

HEADER_SEARCH = 30
"""Records at the top of a file among which the header is looked for."""
HEADER_ROWS = 3
"""Rows that one header may span: groups above, names below."""
OURS = ("_row", "_rule", "_text")
"""Columns that we give to rows as read (see expectations/quarantine.py); a file's own of that name is called otherwise."""
ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))


def header_key(text: str) -> str:
    """A header as it is compared: width, case, blanks and zero-width characters do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).translate(ZERO_WIDTH).split()).casefold()


def known_headers(extract: Extract) -> set[str]:
    """All headers the extract knows, as compared."""
    names = [header for source in extract.columns.values() for header in source.headers]
    names += [source.year_from for source in extract.columns.values() if source.year_from]
    return {header_key(name) for name in [*names, *extract.ignored]}


@dataclass(frozen=True)
class Header:
    """`rows`: the records it spans, first to last; `names`: one unique name per column."""

    names: tuple[str, ...]
    rows: tuple[int, ...]

    @property
    def after(self) -> int:
        """Index of the first record below it."""
        return self.rows[-1] + 1 if self.rows else 0


def find_header(top: list[list[str]], extract: Extract) -> Header:
    """The header among the first records: the one to three rows that carry most known headers, the fewest first.

    Above a name may stand its group; a column is then known as the name or as group/name. A blank cell takes what
    stands above it. Raises UnreadableFileError.
    """
    if extract.read.names:
        return Header(unique_names(list(extract.read.names)), ())
    wanted = known_headers(extract)
    best: tuple[int, int, int] | None = None
    names: list[str] = []
    for depth in range(1, HEADER_ROWS + 1):
        for last in range(depth - 1, len(top)):
            found = _joined(top[last - depth + 1 : last + 1], wanted)
            score = len(wanted & set(map(header_key, found)))
            if best is None or score > best[0]:
                best, names = (score, depth, last), found
    if best is None or best[0] < min(2, len(wanted)):
        width = len(top[0]) if top else 0
        raise UnreadableFileError(
            "file:no_header",
            f"第一行有 {width} 列",
            f"the first line has {width} columns",
        )
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.COLUMNS:
        raise too_large("列数", "the number of columns", limits.COLUMNS, "file:too_many_columns")
    _, depth, last = best
    return Header(unique_names(names), tuple(range(last - depth + 1, last + 1)))


def _joined(rows: list[list[str]], wanted: set[str]) -> list[str]:
    """One name per column of a header that spans rows."""
    *above, names = [[cell.strip() for cell in row] for row in rows]
    if not above:
        return names
    width = max(len(names), *map(len, above))
    names = names + [""] * (width - len(names))
    groups: list[list[str]] = []
    for row in above:
        filled, last = [], ""
        for cell in row + [""] * (width - len(row)):
            last = cell or last  # a merged group stands in its first cell
            filled.append(last)
        groups.append(filled)
    out = []
    for place, name in enumerate(names):
        over = [group[place] for group in groups]
        whole = "/".join(part for part in [*over, name] if part)
        direct = next((row[place] for row in reversed(above) if place < len(row) and row[place]), "")
        out.append(whole if header_key(whole) in wanted else name or direct)
    return out


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Names of columns: a blank one is called by its place, a second of the same name gets its place behind it."""
    seen: set[str] = set()
    out = []
    for place, name in enumerate(names, 1):
        name = name or f"column {place}"
        if name in seen or name in OURS:
            name = f"{name} ({place})"
        while name in seen:
            name += "'"
        seen.add(name)
        out.append(name)
    return tuple(out)
