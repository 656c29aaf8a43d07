"""The insurance manager's workbook: everybody's list of the store, what is not called and why, what does
not fit into the day, 成交未见保单."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from exports.cells import LEGEND, new_workbook
from exports.shelf import open_read_only
from exports.source_sheet import write_source_sheet
from exports.table_sheet import Field, add_table
from exports.wording import Night, Record, grouped, records

EVERYBODY = (
    Field("staff_name", "team.staff_name", 10),
    Field("staff_id", "call_list.staff_id", 9),
    Field("sequence_number", "call_list.sequence_number", 6, "number"),
    Field("today_action", "call_list.today_action", 13, "wrapped"),
    Field("call_reason", "call_list.call_reason", 40, "wrapped"),
    Field("customer_name", "call_list.customer_name", 11, "wrapped"),
    Field("phone", "call_list.phone", 14),
    Field("plate_number", "call_list.plate_number", 11),
    Field("model", "call_list.model", 16, "wrapped"),
    Field("days_left", "call_list.days_left", 9, "number"),
    Field("last_result", "call_list.last_result", 15, "wrapped"),
    Field("last_result_on", "call_list.last_result_on", 12, "date"),
    Field("next_contact_on", "call_list.next_contact_on", 12, "date"),
    Field("quoted_amount", "call_list.quoted_amount", 11, "money"),
)
WHOSE = (
    Field("staff_name", "team.staff_name", 10),
    Field("staff_id", "call_list.staff_id", 9),
    Field("customer_name", "call_list.customer_name", 12, "wrapped"),
    Field("plate_number", "call_list.plate_number", 11),
    Field("model", "call_list.model", 20, "wrapped"),
    Field("first_expires_on", "lists.first_expires_on", 12, "date"),
)
SUPPRESSED = (
    *WHOSE,
    Field("days_left", "call_list.days_left", 9, "number"),
    Field("reason", "team.suppressed_by", 26, "wrapped", codes="suppressed"),
    Field("release_on", "team.release_on", 12, "date"),
    Field("last_result", "call_list.last_result", 18, "wrapped", codes="result"),
    Field("last_contact_on", "call_list.last_result_on", 12, "date"),
)
UNCOVERED = (
    *WHOSE,
    Field("days_left", "call_list.days_left", 9, "number"),
    Field("urgency", "team.urgency", 12, codes="urgency"),
    Field("sequence_number", "call_list.sequence_number", 8, "number"),
    Field("last_result", "call_list.last_result", 18, "wrapped", codes="result"),
    Field("last_contact_on", "call_list.last_result_on", 12, "date"),
)
CLAIMED = (
    *WHOSE,
    Field("claimed_on", "team.claimed_on", 12, "date"),
    Field("issue_by", "team.issue_by", 12, "date"),
)
ESCALATED = (
    Field("escalation", "escalation.what", 20, "wrapped", codes="escalation"),
    Field("since_on", "escalation.since_on", 12, "date"),
    *WHOSE,
    Field("reference_number", "escalation.reference_number", 13, codes="step"),
    Field("decision", "escalation.decision", 14),
    Field("to_staff_id", "escalation.to_staff", 11),
    Field("decided_for", "escalation.reason", 24, "wrapped"),
)
FOLLOW_UP = (
    Field("list_for_on", "follow_up.list_for_on", 13, "date"),
    Field("staff_id", "call_list.staff_id", 12),
    Field("sent_rows", "follow_up.sent_rows", 12, "number"),
    Field("returned_rows", "follow_up.returned_rows", 12, "number"),
    Field("returned_rate", "follow_up.returned_rate", 12, "rate"),
    Field("called_on_time", "follow_up.called_on_time", 13, "number"),
    Field("reached_on_time", "follow_up.reached_on_time", 14, "number"),
    Field("returned_without_call", "follow_up.returned_without_call", 16, "number"),
)
FOLLOWED_UP = """
    select *, cast(returned_rows / sent_rows as decimal(18, 4)) as returned_rate
    from marts.kpi_follow_up_daily
    qualify dense_rank() over (partition by store_id order by list_for_on desc) <= 5
    order by list_for_on desc, staff_id
"""
"""What came back of the lists of a store's last five days."""


@dataclass(frozen=True)
class Team:
    """What lies before one manager: rows of the lists, of what waits for a decision, is not called or covered, was not
    issued, and what came back of each person's lists."""

    person: Record
    calls: list[Record]
    suppressed: list[Record]
    uncovered: list[Record]
    claimed: list[Record]
    escalations: list[Record]
    follow_up: list[Record]

    @property
    def rows(self) -> int:
        """Rows about customers."""
        about = (self.calls, self.suppressed, self.uncovered, self.claimed, self.escalations)
        return sum(len(rows) for rows in about)

    def lines(self) -> dict[str, Record]:
        """Line id -> row, over all sheets."""
        found = {f"call|{row['list_id']}|{row['row_id']}": row for row in self.calls}
        sheets = (("suppressed", self.suppressed), ("uncovered", self.uncovered), ("claimed", self.claimed))
        for sheet, rows in sheets:
            found |= {f"{sheet}|{row['vehicle_key']}|{row['expiry_month']}": row for row in rows}
        for row in self.escalations:
            parts = (row[name] for name in ("escalation", "vehicle_key", "expiry_month", "reference_number"))
            found["|".join(map(str, parts))] = row
        return found


def teams(published: Path) -> Iterator[Team]:
    """Per insurance manager and store with anything to show."""
    with open_read_only(published / "restricted.duckdb") as connection:
        managers = records(
            connection, "select * from restricted.list_recipient where list_kind = 'team' order by store_id, staff_id"
        )
        found = [
            grouped(records(connection, query), "store_id")
            for query in (
                "select * from restricted.call_list order by staff_name, staff_id, sequence_number, row_id",
                "select * from restricted.suppressed_vehicle_list "
                "order by days_left, staff_id, vehicle_key, expiry_month",
                "select * from restricted.uncovered_vehicle_list "
                "order by staff_id, sequence_number, vehicle_key, expiry_month",
                "select * from restricted.claimed_not_issued_list order by claimed_on, vehicle_key, expiry_month",
                "select * from restricted.escalation_list "
                "order by escalation, since_on, vehicle_key, expiry_month, reference_number",
            )
        ]
    with open_read_only(published / "analytics.duckdb") as connection:
        found.append(grouped(records(connection, FOLLOWED_UP), "store_id"))
    for person in managers:
        team = Team(person, *(rows.get(person["store_id"], []) for rows in found))
        if team.rows:
            yield team


def team_file_name(person: Record, as_of: date) -> str:
    return f"team_{person['store_id']}_{person['staff_id']}_{as_of:%Y%m%d}.xlsx"


def team_workbook(team: Team, night: Night, note: str = "") -> bytes:
    """The bytes of a manager's workbook; equal bytes for equal arguments. note: what a new revision changed."""
    person = team.person
    book, buffer = new_workbook(f"{night.say('list_kind.team')} {person['list_for_on']}", night.as_of)
    english = "_en" if night.language == "en" else ""
    calls = [
        {**row, **{name: row[f"{name}{english}"] for name in ("today_action", "call_reason")}} for row in team.calls
    ]
    add_table(book, "list_kind.team", EVERYBODY, calls, person, night)
    add_table(book, "sheet.escalation", ESCALATED, team.escalations, person, night)
    add_table(book, "sheet.suppressed", SUPPRESSED, team.suppressed, person, night)
    add_table(book, "sheet.uncovered", UNCOVERED, team.uncovered, person, night)
    add_table(book, "sheet.claimed_not_issued", CLAIMED, team.claimed, person, night)
    add_table(book, "sheet.follow_up", FOLLOW_UP, team.follow_up, person, night)
    remarks = [note, night.say("lists.how_to_team"), night.say("call_list.confidential")]
    write_source_sheet(book, person, night, remarks, LEGEND)
    book.close()
    return buffer.getvalue()
