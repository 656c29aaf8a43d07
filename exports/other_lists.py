"""The lists besides the call list: due visits, gaps, accident callers, lost customers, messages, the expiry table.

One workbook per person and kind, to be worked off and not sent back; whose list it is, the model list_recipient says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exports.cells import new_workbook
from exports.shelf import open_read_only
from exports.source_sheet import write_source_sheet
from exports.table_sheet import Field, add_table
from exports.wording import Night, Record, records


@dataclass(frozen=True)
class Kind:
    """A kind of list: its name in list_recipient (also its purpose), the table's key per row, and what is shown.

    hides: columns that no file of this kind may hold; such a list is the whole store's.
    """

    name: str
    table: str
    line: tuple[str, ...]
    order: str
    fields: tuple[Field, ...]
    hides: tuple[str, ...] = ()

    def is_for(self, row: Record, staff_id: str) -> bool:
        """Whether a row of the store stands on that person's list."""
        return bool(self.hides) or row.get("recipient_id") in (None, staff_id)

    def file_name(self, person: Record, as_of: date) -> str:
        return f"{self.name}_{person['store_id']}_{person['staff_id']}_{as_of:%Y%m%d}.xlsx"

    def line_id(self, row: Record) -> str:
        return "|".join(str(row[name]) for name in self.line)


EXPIRING = "first_expires_on, vehicle_key, expiry_month"
WRITTEN = (
    Field("written_on", "lists.written_on", 11),
    Field("written_result", "lists.written_result", 16),
    Field("written_reason", "lists.written_reason", 26),
)
"""Columns of the renewal-expiry table that are filled in by hand, day by day (L197)."""

KINDS = (
    Kind(
        "service_lane", "service_lane_list", ("appointment_number",), "appointed_at, appointment_number",
        (
            Field("appointed_at", "lists.appointed_at", 13, "time"),
            Field("plate_number", "call_list.plate_number", 11),
            Field("customer_name", "call_list.customer_name", 12, "wrapped"),
            Field("model", "call_list.model", 18, "wrapped"),
            Field("appointment_kind", "lists.appointment_kind", 10, codes="appointment_kind"),
            Field("first_expires_on", "lists.first_expires_on", 12, "date"),
            Field("days_left", "lists.days_left_at_visit", 15, "number"),
            Field("reason", "lists.talk_about", 48, "wrapped"),
            Field("claim_free_years", "lists.claim_free_years", 15, "number"),
            Field("lowest_quote_amount", "lists.lowest_quote", 12, "money"),
            Field("is_do_not_call", "lists.in_person_only", 11, "yes"),
            Field("has_open_case", "lists.open_case", 17, "yes"),
        ),
    ),
    Kind(
        "data_gap", "data_gap_list", ("list_kind", "subject", "expiry_month"),
        "first_expires_on nulls last, list_kind, subject, expiry_month",
        (
            Field("list_kind", "lists.about", 20, "wrapped", codes="gap_list"),
            Field("gaps", "lists.gaps", 26, "wrapped", codes="gap"),
            Field("customer_name", "call_list.customer_name", 12, "wrapped"),
            Field("phone", "call_list.phone", 14),
            Field("plate_number", "call_list.plate_number", 11),
            Field("vin", "lists.vin", 20),
            Field("customer_id", "lists.customer_id", 12),
            Field("first_expires_on", "lists.first_expires_on", 12, "date"),
            Field("expiry_is_estimated", "lists.expiry_is_estimated", 10, "yes"),
            Field("segment", "lists.segment", 20, "wrapped", codes="segment"),
            Field("is_do_not_call", "lists.in_person_only", 11, "yes"),
        ),
    ),
    Kind(
        "hotline_follow_up", "hotline_follow_up", ("log_number",), "called_at desc, log_number",
        (
            Field("called_at", "lists.called_at", 13, "time"),
            Field("call_kind", "lists.call_kind", 9, codes="call_kind"),
            Field("caller_name", "lists.caller_name", 12, "wrapped"),
            Field("caller_phone", "lists.caller_phone", 14),
            Field("plate_number", "call_list.plate_number", 11),
            Field("vin", "lists.vin", 20),
            Field("insurer_code", "lists.insurer", 14, "wrapped", codes="insurer"),
            Field("lacks_response", "lists.lacks_response", 11, "yes"),
            Field("lacks_record", "lists.lacks_record", 11, "yes"),
            Field("lacks_guidance", "lists.lacks_guidance", 11, "yes"),
            Field("staff_id", "lists.answered_by", 11),
            Field("is_do_not_call", "lists.no_renewal_calls", 12, "yes"),
            Field("log_number", "lists.log_number", 14),
        ),
    ),
    Kind(
        "win_back", "win_back_list", ("vehicle_key",), "recipient_id, sequence_number, vehicle_key",
        (
            Field("sequence_number", "lists.number", 6, "number"),
            Field("customer_name", "call_list.customer_name", 13, "wrapped"),
            Field("phone", "call_list.phone", 15),
            Field("plate_number", "call_list.plate_number", 12),
            Field("model", "call_list.model", 22, "wrapped"),
            Field("insured_until", "lists.insured_until", 12, "date"),
            Field("lapsed_days", "lists.lapsed_days", 10, "number"),
            Field("last_insurer_code", "lists.last_insurer", 14, "wrapped", codes="insurer"),
            Field("last_outcome", "lists.last_outcome", 15, "wrapped", codes="outcome"),
            Field("last_visit_on", "lists.last_visit_on", 12, "date"),
            Field("last_contact_on", "lists.last_contact_on", 12, "date"),
        ),
    ),
    Kind(
        "message", "message_list", ("vehicle_key", "expiry_month"), "first_expires_on, phone",
        (
            Field("customer_name", "call_list.customer_name", 13, "wrapped"),
            Field("phone", "call_list.phone", 15),
            Field("text", "lists.message_text", 72, "wrapped"),
            Field("plate_number", "call_list.plate_number", 12),
            Field("model", "call_list.model", 18, "wrapped"),
            Field("first_expires_on", "lists.first_expires_on", 12, "date"),
            Field("days_left", "call_list.days_left", 9, "number"),
            Field("consent_number", "lists.consent_number", 14),
        ),
    ),
    Kind(
        "expiry_table", "expiry_table", ("vehicle_key", "expiry_month"), EXPIRING,
        (
            Field("first_expires_on", "lists.first_expires_on", 12, "date"),
            Field("days_left", "call_list.days_left", 7, "number"),
            Field("customer_name", "call_list.customer_name", 11, "wrapped"),
            Field("phone", "call_list.phone", 14),
            Field("plate_number", "call_list.plate_number", 11),
            Field("model", "call_list.model", 17, "wrapped"),
            Field("commercial_expires_on", "lists.commercial_expires_on", 12, "date"),
            Field("compulsory_expires_on", "lists.compulsory_expires_on", 12, "date"),
            Field("lowest_quote_amount", "lists.lowest_quote", 11, "money"),
            Field("step", "lists.step", 9, codes="step"),
            Field("not_called_for", "lists.not_called_for", 16, "wrapped", codes="suppressed"),
            *WRITTEN,
        ),
    ),
    Kind(
        "expiry_wall", "expiry_table", ("vehicle_key", "expiry_month"), EXPIRING,
        (
            Field("first_expires_on", "lists.first_expires_on", 13, "date"),
            Field("days_left", "call_list.days_left", 9, "number"),
            Field("customer_masked", "call_list.customer_name", 12),
            Field("plate_masked", "call_list.plate_number", 13),
            Field("model", "call_list.model", 22, "wrapped"),
            Field("step", "lists.step", 11, codes="step"),
            Field("step_owner_id", "lists.step_owner", 11),
            *WRITTEN,
        ),
        hides=("customer_name", "phone", "plate_number", "recipient_id"),
    ),
)  # fmt: skip
HOURS = ("call_from_hour", "call_until_hour")
"""Columns of lists by which customers are called or written to; every page says them (DOMAIN §6)."""


def other_lists(published: Path) -> Iterator[tuple[Kind, Record, list[Record]]]:
    """Per kind and person with at least one row: the kind, the recipient, the rows in order."""
    with open_read_only(published / "restricted.duckdb") as connection:
        for kind in KINDS:
            of_store: dict[str, list[Record]] = {}
            for row in records(connection, f"select * from restricted.{kind.table} order by store_id, {kind.order}"):
                of_store.setdefault(row["store_id"], []).append({k: v for k, v in row.items() if k not in kind.hides})
            people = records(
                connection,
                "select * from restricted.list_recipient where list_kind = ? order by store_id, staff_id",
                [kind.name],
            )
            for person in people:
                rows = [row for row in of_store.get(person["store_id"], []) if kind.is_for(row, person["staff_id"])]
                if rows:
                    yield kind, person | {name: rows[0][name] for name in HOURS if name in rows[0]}, rows


def other_list_workbook(kind: Kind, person: Record, rows: list[Record], night: Night, note: str = "") -> bytes:
    """The bytes of one person's list of a kind; equal bytes for equal arguments. note: what a new revision changed."""
    title = night.say(f"list_kind.{kind.name}")
    book, buffer = new_workbook(f"{title} {person['list_for_on']}", night.as_of)
    shown = [_in_words(row, night) for row in rows]
    add_table(book, f"list_kind.{kind.name}", kind.fields, shown, person | {"is_on_wall": bool(kind.hides)}, night)
    remarks = [night.say(f"lists.how_to_{kind.name}"), night.say("call_list.confidential")]
    write_source_sheet(book, person, night, [note, *remarks], {})
    book.close()
    return buffer.getvalue()


def _in_words(row: Record, night: Night) -> Record:
    """What is missing is marked, not what is there; reasons are in the workbook's language."""
    missing = {
        "lacks_response": "has_response", "lacks_record": "is_recorded", "lacks_guidance": "is_guided",
    }  # fmt: skip
    return {
        **row,
        "reason": row.get(f"reason_{night.language}"),
        "text": row.get(f"text_{night.language}"),
        **{mark: not row[fact] for mark, fact in missing.items() if fact in row},
    }
