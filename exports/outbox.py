"""The outbox: what each recipient is to get of a night, with revisions that say what changed.

outbox/<as_of>/<recipient>/<files> and manifest.json. A file that was written is never changed: new content gets a new
name (…_r2_…), because somebody may be filling in the first. Rebuilds never come here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path, PurePath
from typing import Any

from exports.call_list import call_list_workbook, call_lists, file_name
from exports.kpi_workbook import file_name as kpi_file_name
from exports.kpi_workbook import kpi_workbook
from exports.other_lists import Kind, other_list_workbook, other_lists
from exports.own_page import own_page, own_pages
from exports.own_sheets import handed_over, months_so_far
from exports.page.words import load_words
from exports.proof import prove
from exports.rejected import read_rejected, rejected_files, rejected_workbook
from exports.report.shelf import kept
from exports.shelf import published_of
from exports.statement import statement_rows, statement_workbook
from exports.team import team_file_name, team_workbook, teams
from exports.wording import Night, Record, load_night
from ingest.home import home, log, read_json, write_atomic, write_json

MANAGERS = "general_manager"
MANY = 200
"""So many recipients are worth the second in which more processes start."""
AT_ONCE = 20
"""Recipients that a process is given at a time: what all workbooks share is handed to it once for them."""


@dataclass(frozen=True)
class Parcel:
    """One file for one recipient before it has a revision.

    render(note) gives the bytes; note is the sentence about the revision, "" for the first; it can be handed to another
    process. lines: line id -> digest
    of its content, so that a revision can say how many lines changed. purpose: why personal data leave in it, None if
    there are none; see marts.fct_export.
    """

    name: str
    rows: int
    render: Callable[[str], bytes]
    purpose: str | None = None
    list_id: str | None = None
    lines: Mapping[str, str] | None = None


def fill_outbox(as_of: date, language: str | None = None) -> dict[str, Any]:
    """Write the outbox of a published night; return {'recipients', 'files_written', 'files_unchanged', 'rows'}.

    Idempotent: the same content again writes nothing. language: 'zh' or 'en', by default XUBAO_LANGUAGE or 'zh'.
    Raises NotPublishedError, and SuppressedOnListError before anything is written.
    """
    language = language or os.environ.get("XUBAO_LANGUAGE") or "zh"
    published = published_of(as_of)
    night = load_night(published, as_of, language)
    lists = list(call_lists(published))
    others = list(other_lists(published))
    rows_of: dict[str, list[Record]] = {"renewal_calls": [row for _, rows in lists for row in rows]}
    for kind, _, rows in others:
        rows_of.setdefault(kind.name, []).extend(rows)
    prove(published, as_of, rows_of)
    parcels: dict[str, list[Parcel]] = {}
    for recipient, parcel in [
        *_call_list_parcels(published, lists, night),
        *_other_list_parcels(published, others, night),
        *_own_page_parcels(published, as_of),
        *((MANAGERS, parcel) for parcel in _manager_parcels(published, night)),
        *_rejected_parcels(published, night),
        *_report_parcels(as_of),
    ]:
        parcels.setdefault(recipient, []).append(parcel)  # who works in two stores gets two lists
    folder = home() / "outbox" / str(as_of)
    before = [path.name for path in folder.iterdir()] if folder.exists() else []
    recipients = [*parcels, *sorted(set(before) - set(parcels))]
    counts = {"recipients": len(parcels), "files_written": 0, "files_unchanged": 0, "rows": 0}
    put = partial(_put, as_of, night)
    for name, count in _each(put, [(recipient, parcels.get(recipient, [])) for recipient in recipients]):
        counts[name] += count
    log("lists", f"{counts['recipients']} recipients, {counts['files_written']} files written, "
        f"{counts['files_unchanged']} unchanged")  # fmt: skip
    return counts


def _each(
    put: Callable[[str, list[Parcel]], dict[str, int]], work: list[tuple[str, list[Parcel]]]
) -> Iterator[tuple[str, int]]:
    """What putting each recipient's parcels came to; of many recipients in as many processes as the build has threads."""
    processes = int(os.environ.get("XUBAO_THREADS") or 2)
    if len(work) < MANY or processes < 2:
        for recipient, parcels in work:
            yield from put(recipient, parcels).items()
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for counts in pool.map(put, *zip(*work, strict=True), chunksize=AT_ONCE):
            yield from counts.items()


def _call_list_parcels(
    published: Path, lists: list[tuple[Record, list[Record]]], night: Night
) -> Iterator[tuple[str, Parcel]]:
    """(recipient, parcel) of every call list."""
    months = months_so_far(published, night.as_of)
    came = handed_over(published)
    for person, rows in lists:
        whose = (person["store_id"], person["staff_id"])
        month, mine = months.get(whose), came.get(whose, [])
        yield (
            person["staff_id"],
            Parcel(
                name=file_name(person, night.as_of),
                rows=len(rows),
                render=partial(call_list_workbook, person, rows, night, month=month, handed_over=mine),
                purpose="renewal_calls",
                list_id=person["list_id"],
                lines={str(row["row_id"]): _digest(row) for row in rows},
            ),
        )


def _other_list_parcels(
    published: Path, others: list[tuple[Kind, Record, list[Record]]], night: Night
) -> Iterator[tuple[str, Parcel]]:
    """(recipient, parcel) of the other kinds of list and of the insurance managers' workbooks; none without a row."""
    for kind, person, rows in others:
        yield (
            person["staff_id"],
            Parcel(
                name=kind.file_name(person, night.as_of),
                rows=len(rows),
                render=partial(other_list_workbook, kind, person, rows, night),
                purpose=kind.name,
                lines={kind.line_id(row): _digest(row) for row in rows},
            ),
        )
    for team in teams(published):
        yield (
            team.person["staff_id"],
            Parcel(
                name=team_file_name(team.person, night.as_of),
                rows=team.rows,
                render=partial(team_workbook, team, night),
                purpose="team",
                lines={line: _digest(row) for line, row in team.lines().items()},
            ),
        )


def _own_page_parcels(published: Path, as_of: date) -> Iterator[tuple[str, Parcel]]:
    """(recipient, parcel) of everybody's own page."""
    words = load_words(published, as_of)
    for own in own_pages(published, as_of):
        yield (
            own.person["staff_id"],
            Parcel(
                name=f"{own.file_name}_{as_of:%Y%m%d}.html",
                rows=1,
                render=partial(own_page, own, words),
                purpose="own_page",
            ),
        )


def _manager_parcels(published: Path, night: Night) -> list[Parcel]:
    files = {item["path"]: item for item in read_json(published / "manifest.json")["files"]}
    parcels = [
        Parcel(
            name=file.name,
            rows=files[f"extracts/{file.name}"]["rows"] or 0,
            render=partial(_extract, file),
        )
        for file in sorted((published / "extracts").glob("*.csv"))
    ]
    statement = Parcel(
        name=f"bonus_{night.as_of:%Y%m%d}.xlsx",
        rows=statement_rows(published),
        render=partial(_statement, published, night),
        purpose="pay_statement",
    )
    kpis = Parcel(name=kpi_file_name(night.as_of), rows=0, render=partial(_kpis, published, night))
    return [kpis, *parcels, statement]


def _report_parcels(as_of: date) -> Iterator[tuple[str, Parcel]]:
    """(recipient, parcel) of the reports that were written from this night."""
    for recipient, purpose, file in kept(as_of):
        yield (
            recipient,
            Parcel(name=file.name, rows=1 if purpose else 0, render=partial(_extract, file), purpose=purpose),
        )


def _rejected_parcels(published: Path, night: Night) -> Iterator[tuple[str, Parcel]]:
    """(recipient, parcel) of rejected rows: each source's owner gets those of that source and no others."""
    for given in rejected_files(published):
        yield (
            f"source_{given['source']}",
            Parcel(
                name=given["name"],
                rows=given["rows"],
                render=partial(_rejected, published, given, night),
                purpose="rejected_rows",
            ),
        )


def _kpis(published: Path, night: Night, note: str) -> bytes:
    return kpi_workbook(published, night)


def _extract(file: Path, note: str) -> bytes:
    return file.read_bytes()


def _statement(published: Path, night: Night, note: str) -> bytes:
    return statement_workbook(published, night)


def _rejected(published: Path, given: Record, night: Night, note: str) -> bytes:
    return rejected_workbook(read_rejected(published, given), night)


def _put(as_of: date, night: Night, recipient: str, parcels: list[Parcel]) -> dict[str, int]:
    """Write a recipient's new or changed files, then the manifest that names those in force; return what was counted."""
    counts = {"files_written": 0, "files_unchanged": 0, "rows": 0}
    folder = home() / "outbox" / str(as_of) / recipient
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    old = read_json(folder / "manifest.json") if (folder / "manifest.json").exists() else None
    before = {item["base_name"]: item for item in old["files"]} if old else {}
    files, changes = [], []
    for parcel in parcels:
        first = parcel.render("")
        content = hashlib.sha256(first).hexdigest()
        entry = before.get(parcel.name)
        counts["rows"] += parcel.rows
        if entry and entry["content_sha256"] == content and _is_whole(folder, entry):
            counts["files_unchanged"] += 1
            files.append(entry)
            continue
        is_change = entry is not None and entry["content_sha256"] != content
        revision = (entry["revision"] if entry else 1) + is_change
        data = first
        if revision > 1:
            difference = _difference((entry or {}).get("lines") or {}, parcel.lines or {})
            data = parcel.render(night.say("call_list.revised", revision=revision, **difference))
            if is_change:
                changes.append({"file": parcel.name, "revision": revision, **difference})
        name = _revised_name(parcel.name, revision, as_of)
        write_atomic(folder / name, data, mode=0o600)
        counts["files_written"] += 1
        files.append(_entry(parcel, name, revision, content, data))
    if old is None or files != old["files"]:
        history = [*(old["changes"] if old else []), *changes]
        write_json(folder / "manifest.json", {
            "as_of": str(as_of), "recipient": recipient, "revision": max((f["revision"] for f in files), default=1),
            "list_id": next((f["list_id"] for f in files if f["list_id"]), None), "files": files, "changes": history,
        }, mode=0o600)  # fmt: skip
    return counts


def _entry(parcel: Parcel, name: str, revision: int, content: str, data: bytes) -> Record:
    return {
        "name": name, "base_name": parcel.name, "rows": parcel.rows, "list_id": parcel.list_id, "revision": revision,
        "sha256": hashlib.sha256(data).hexdigest(), "content_sha256": content,
        "bytes": len(data), "purpose": parcel.purpose,
        "lines": dict(parcel.lines) if parcel.lines is not None else None,
    }  # fmt: skip


def _is_whole(folder: Path, entry: Record) -> bool:
    file = folder / entry["name"]
    return file.exists() and file.stat().st_size == entry["bytes"]


def _revised_name(name: str, revision: int, as_of: date) -> str:
    """call_list_001_S1_r2_20261124.xlsx: the date stays last, so that the source spec still knows the file."""
    if revision == 1:
        return name
    path, day = PurePath(name), f"_{as_of:%Y%m%d}"
    if path.stem.endswith(day):
        return f"{path.stem.removesuffix(day)}_r{revision}{day}{path.suffix}"
    return f"{path.stem}_r{revision}{path.suffix}"


def _difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, int]:
    return {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": sum(before[line] != after[line] for line in before.keys() & after.keys()),
    }


def _digest(row: Record) -> str:
    return hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()[:12]
