"""Several sheets of a workbook as one table: those that carry the headers, one after the other."""

from __future__ import annotations

from ingest.reading.headers import HEADER_SEARCH, header_key

SHARE = 2
"""A sheet belongs to the list if it carries at least 1/SHARE as many known headers as the best one."""
SEPARATOR = "/"
"""Between the names of joined sheets; no sheet's name may hold it."""

Sheet = tuple[str, list[list[str]]]


def joined(sheets: list[Sheet], wanted: set[str]) -> Sheet:
    """All rows of the sheets that carry the headers, in the order of the first one's columns.

    Each sheet has its own order of columns, and perhaps columns of its own: those come behind. Every row stays a
    row: the headers of later sheets stand there as the first one's, so that they are told as headers.
    """
    scored = [(_header_row(rows, wanted), (name, rows)) for name, rows in sheets]
    best = max(score for (score, _), _ in scored)
    chosen = [(at, sheet) for (score, at), sheet in scored if score and score * SHARE >= best]
    if len(chosen) < 2:
        return next(sheet for (score, _), sheet in scored if score == best)
    names: list[tuple[str, int]] = []
    header: list[str] = []
    moved: list[list[str]] = []
    headers: list[int] = []
    for at, (_, rows) in chosen:
        cells = rows[at] + [""] * (max(map(len, rows)) - len(rows[at]))
        keys = _counted(cells)
        for key, cell in zip(keys, cells, strict=True):
            if key not in names:
                names.append(key)
                header.append(cell)
        places = [names.index(key) for key in keys]
        headers.append(len(moved) + at)
        for row in rows:
            out = [""] * len(names)
            for place, cell in zip(places, row, strict=False):
                out[place] = cell
            moved.append(out)
    for at in headers:
        moved[at] = header
    return SEPARATOR.join(name for _, (name, _) in chosen), [row + [""] * (len(header) - len(row)) for row in moved]


def _header_row(rows: list[list[str]], wanted: set[str]) -> tuple[int, int]:
    """(known headers, place) of the record among the first that carries most of them."""
    scores = [len(wanted & set(map(header_key, row))) for row in rows[:HEADER_SEARCH]]
    best = max(scores, default=0)
    return best, scores.index(best) if scores else 0


def _counted(cells: list[str]) -> list[tuple[str, int]]:
    """Headers as compared, the second of one name being another than the first."""
    seen: dict[str, int] = {}
    out = []
    for cell in cells:
        key = header_key(cell)
        seen[key] = seen.get(key, 0) + 1
        out.append((key, seen[key]))
    return out
