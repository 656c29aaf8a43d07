"""What happened at the desk of the ten vehicles of group.py until 24 November 2026; nearly all expire on 20 November.

20 October  S1's list has V02, V03, V04, V05 and V09. V02 is reported 成交, V03 refuses (too expensive, no price),
            V05 is lost to a cheaper competitor, V09 does not answer; nothing came back of V04.
10 November S1's list has V03, V07 and V09. V09 is considering, V03 is called back; nothing came back of V07.
            The same day S2, who has the same name, has a list with V02.
Calls       On 20 October V03 talked for 45 seconds, V09 did not answer; on 21 October V02 talked. None in November.
Hotline     On 23 November V01 was answered after 30 seconds, recorded and guided, and came in the same day for 4,200
            yuan; V03 rang, was not answered and called back after 7 minutes; a stranger asked about a claim.
Quotes      V03 on 19 October, V04 on 14 November, V02 half an hour before as_of; V09 once, a year ago.
Workshop    V03 is expected today, V10 tomorrow, V02 the day after; V01 came on 25 September, V08 on 2 November, V09 did
            not come on 20 November.
Claims      V03 had two in 24 months before the freeze of 1 September, V04 one, V07 one of which was rejected.
"""

from __future__ import annotations

from typing import Any

from tests.dbt_project import group

AS_OF = group.AS_OF
OCTOBER_LIST = "20261020-001-S1"
NOVEMBER_LIST = "20261110-001-S1"
NAMESAKES_LIST = "20261110-001-S2"

Row = dict[str, Any]


def result(list_id: str, vin: str, result: str, **other: Any) -> Row:
    """A filled-in line of a list, as it came back two days later."""
    back = "2026-10-22" if list_id == OCTOBER_LIST else "2026-11-12"
    return {"list_id": list_id, "row_id": "r" + vin, "result": result, "_business_date": back} | other


def claim(number: str, vin: str, day: str, **other: Any) -> Row:
    """An own-damage claim at PICC, reported the same day."""
    row = {
        "insurer_code": "PICC",
        "claim_number": number,
        "vin": vin,
        "claim_kind": "own_damage",
        "accident_at": f"{day} 10:00:00",
        "reported_at": f"{day} 11:00:00",
        "status": "settled",
    }
    return row | other


def quote(number: str, vin: str, at: str, amount: str = "3000.00") -> Row:
    """A commercial quote of PICC."""
    return {"insurer_code": "PICC", "quote_number": number, "store_code": "001", "vin": vin, "requested_at": at,
            "quoted_at": at, "commercial_amount": amount}  # fmt: skip


def call(number: str, vin: str, at: str, seconds: int) -> Row:
    """An outbound call to the customer's number; 0 seconds: not answered."""
    row = {"call_id": number, "leg_id": number, "store_id": "001", "direction": "outbound", "caller_number": "801",
           "callee_number": "138000000" + vin[-2:], "started_at": at, "ended_at": at, "billable_seconds": seconds,
           "disposition": "answered" if seconds else "no_answer"}  # fmt: skip
    return row | ({"answered_at": at} if seconds else {})


def hotline(number: str, vin: str | None, **other: Any) -> Row:
    """A call to store 001's accident hotline at ten on 23 November."""
    row = {"log_number": number, "store_id": "001", "vin": vin, "called_at": "2026-11-23 10:00:00",
           "call_kind": "accident", "data_origin": "customer_gave"}  # fmt: skip
    return row | other


def appointment(number: str, vin: str, at: str, status: str = "booked") -> Row:
    """A maintenance appointment at store 001, booked on 1 September."""
    return {"appointment_number": number, "store_id": "001", "vin": vin, "appointment_kind": "maintenance",
            "staff_id": "A1", "booked_at": "2026-09-01 09:00:00", "appointed_at": at, "status": status}  # fmt: skip


def entities() -> dict[str, list[Row]]:
    """The group's raw rows and the desk's."""
    return group.entities() | {
        "call_result": [
            result(OCTOBER_LIST, "V02", "renewed"),
            result(OCTOBER_LIST, "V03", "offer_refused", loss_reason="too_expensive"),
            result(OCTOBER_LIST, "V05", "lost", loss_reason="competitor_cheaper", competitor="平安",
                   competitor_amount="2800.00"),
            result(OCTOBER_LIST, "V09", "no_answer"),
            result(NOVEMBER_LIST, "V03", "call_back", next_contact_on="2026-11-12"),
            result(NOVEMBER_LIST, "V09", "quoting"),
        ],
        "staff": [row | {"staff_name": "甲"} for row in group.entities()["staff"]],
        "call": [
            call("1", "V03", "2026-10-20 10:00:00", 45),
            call("2", "V09", "2026-10-20 10:05:00", 0),
            call("3", "V02", "2026-10-21 09:00:00", 60),
        ],
        "quote": [
            quote("Q1", "V03", "2026-10-19 09:00:00", "3150.00"),
            quote("Q2", "V04", "2026-11-14 16:00:00"),
            quote("Q3", "V02", "2026-11-23 23:30:00"),
            quote("Q4", "V09", "2025-11-20 10:00:00"),
        ],
        "hotline_log": [
            hotline("H1", "V01", answered_at="2026-11-23 10:00:30", recorded_at="2026-11-23 10:10:00",
                    guided_at="2026-11-23 10:05:00", is_first_contact=True),
            hotline("H2", "V03", guided_at="2026-11-23 10:07:00", recorded_at="2026-11-24 09:00:00",
                    is_first_contact=False),
            hotline("H3", None, call_kind="claim_question", answered_at="2026-11-23 10:02:00"),
        ],
        "repair_order": [
            *group.entities()["repair_order"],
            {"order_number": "R1", "store_id": "001", "vin": "V01", "order_kind": "accident",
             "opened_at": "2026-11-23 15:00:00", "amount": "4200.00"},
        ],
        "service_appointment": [
            appointment("T1", "V03", "2026-11-24 10:00:00"),
            appointment("T2", "V10", "2026-11-25 09:00:00"),
            appointment("T3", "V02", "2026-11-26 09:00:00"),
            appointment("T4", "V01", "2026-09-25 09:00:00", "arrived"),
            appointment("T5", "V09", "2026-11-20 09:00:00", "no_show"),
            appointment("T6", "V08", "2026-11-02 09:00:00", "arrived"),
            appointment("T7", "V07", "2026-11-20 09:00:00", "cancelled"),
        ],
        "claim": [
            claim("C1", "V03", "2025-03-01"),
            claim("C2", "V03", "2026-06-01"),
            claim("C3", "V04", "2026-02-01"),
            claim("C4", "V07", "2025-05-01", status="rejected"),
        ],
    }  # fmt: skip


def listed(list_id: str, number: int, vin: str) -> Row:
    """A row of an archived list; the list is for the day of its as_of."""
    day = f"{list_id[:4]}-{list_id[4:6]}-{list_id[6:8]}"
    return {
        "list_id": list_id,
        "row_id": "r" + vin,
        "as_of": day,
        "list_for_on": day,
        "store_id": "001",
        "staff_id": list_id[-2:],
        "vin": vin,
        "vehicle_key": "key" + vin,
        "expiry_month": "2026-11-01",
        "phone": "138000000" + vin[-2:],
        "sequence_number": number,
        "_as_of": day,
    }


def archives() -> dict[str, list[Row]]:
    """The lists that were handed out."""
    october = ["V02", "V03", "V04", "V05", "V09"]
    november = ["V03", "V07", "V09"]
    return {
        "call_list": [
            *(listed(OCTOBER_LIST, number, vin) for number, vin in enumerate(october, start=1)),
            *(listed(NOVEMBER_LIST, number, vin) for number, vin in enumerate(november, start=1)),
            listed(NAMESAKES_LIST, 1, "V02"),
        ]
    }
