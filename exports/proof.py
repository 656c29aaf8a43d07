"""The compliance gate once more, right before lists are written: no suppressed vehicle or number leaves (DOMAIN §6).

It asks the published tables of suppressed vehicles and of numbers that nobody may call, not the gate that made the
lists, and it asks about the rows as they will be written. The figures are the nightly proof: state/proof/<as_of>.json,
the summary and, with the verdict, the manifest of the night.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from exports.shelf import open_read_only
from exports.wording import Record
from ingest.home import home, log, read_json, write_json

CALLED = ("renewal_calls", "win_back")
"""Lists by which vehicles are called: what is true of a number of the others, need not be of its vehicle."""


class SuppressedOnListError(RuntimeError):
    """A list held a vehicle or a number that nobody may call."""


def prove(published: Path, as_of: date, lists: Mapping[str, Iterable[Record]]) -> dict[str, Any]:
    """Check the rows that are to leave, by kind of list; return the figures, overlap 0.

    A row has phone and list_for_on, one of CALLED also vehicle_key. Whoever called the accident hotline herself is called
    back whatever she wished about renewals. Figures: numbers_on_lists and suppressed_numbers (distinct numbers),
    numbers_by_list, suppressed_vehicles, callers_back (numbers of such callers who wished no renewal calls), and overlap,
    the rows of other lists about a suppressed vehicle or number. Raises SuppressedOnListError after the figures were kept if overlap
    is not 0; deliver() then hands nothing of that night over.
    """
    with open_read_only(published / "restricted.duckdb") as connection:
        wishes = connection.execute("select phone, ends_on from restricted.do_not_call_number").fetchall()
    with open_read_only(published / "analytics.duckdb") as connection:
        vehicles = {
            key for (key,) in connection.execute("select vehicle_key from marts.fct_suppressed_vehicle").fetchall()
        }
    ends = {_digits(phone): last for phone, last in wishes}
    numbers: dict[str, set[str]] = {}
    back: set[str] = set()
    overlap = 0
    for kind, rows in lists.items():
        numbers[kind] = set()
        for row in rows:
            called_us = "caller_phone" in row
            number = _digits(row.get("caller_phone") or row.get("phone") or "")
            if number:
                numbers[kind].add(number)
            is_wish = number in ends and (ends[number] is None or ends[number] >= row.get("list_for_on", as_of))
            if called_us:
                back |= {number} if is_wish else set()
            else:
                overlap += is_wish or (kind in CALLED and row["vehicle_key"] in vehicles)
    figures = {
        "numbers_on_lists": len(set().union(*numbers.values())),
        "numbers_by_list": {kind: len(found) for kind, found in numbers.items()},
        "callers_back": len(back),
        "suppressed_numbers": len(ends),
        "suppressed_vehicles": len(vehicles),
        "overlap": overlap,
    }
    write_json(_file(as_of), figures)
    raise_if_disproved(as_of)
    log("lists", f"{figures['numbers_on_lists']} numbers on lists, {len(ends)} suppressed numbers, overlap 0")
    return figures


def raise_if_disproved(as_of: date) -> None:
    """Raise SuppressedOnListError if the newest proof of a night found something suppressed on a list."""
    overlap = (proof_of(as_of) or {}).get("overlap")
    if overlap:
        raise SuppressedOnListError(
            f"{overlap} rows of the lists of {as_of} are about a vehicle or a number that nobody may call; no list was "
            "written and nothing of this night is delivered. This is a defect of our own, not of a source: compare "
            "restricted.call_list with restricted.do_not_call_number and marts.fct_suppressed_vehicle, mend "
            f"int_call_gate_judge and run `make nightly DATE={as_of}` again. Tell the insurance managers that no lists come."
        )


def proof_of(as_of: date) -> dict[str, Any] | None:
    """The figures of a night's newest proof; None if no lists were made."""
    file = _file(as_of)
    return dict(read_json(file)) if file.exists() else None


def _file(as_of: date) -> Path:
    return home() / "state" / "proof" / f"{as_of}.json"


def _digits(phone: str) -> str:
    """A number however it is written: its digits, of a mobile number without the country."""
    return re.sub(r"\D", "", phone)[-11:]
