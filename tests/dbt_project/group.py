"""Ten vehicles and their policies, small enough to check by hand. as_of is 24 November 2026.

V01  renewed here early, both kinds, full cover; an endorsement repeats the old policy
V02  renewed here, but the renewal was cancelled: open again
V03  nothing yet, window open; commercial and compulsory end on different days
V04  renewed elsewhere, as the insurer tells
V05  renewed elsewhere, as the customer tells
V06  transferred with proof before the expiry: out of the universe
V07  cancelled in its last 90 days without proof: lost
V08  no policy, out of town, first registered on a leap day: estimated
V09  policy issued elsewhere, insurer known; serviced here
V10  sold here as a new car a year ago
"""

from __future__ import annotations

from typing import Any

AS_OF = "2026-11-24"
FULL = "driver_seat;passenger_seats;third_party;vehicle_damage"

Row = dict[str, Any]


def policy(number: str, vin: str, signed: str, start: str, end: str, **other: Any) -> Row:
    """A commercial policy issued at store 001, unless `other` says otherwise."""
    row = {
        "insurer_code": "PICC",
        "policy_number": number,
        "policy_kind": "commercial",
        "business_type": "renewal",
        "issuing_store_code": "001",
        "vin": vin,
        "plate_number": "陕A" + number.zfill(5)[-5:],
        "insured_name": "客户" + vin,
        "insured_phone": "138000000" + vin[-2:],
        "signed_on": signed,
        "cover_starts_on": start,
        "cover_ends_on": end,
        "premium_amount": "3000.00",
        "covers": "third_party",
    }
    return row | other


def last_year(number: str, vin: str, **other: Any) -> Row:
    """The policy that expires on 20 November 2026."""
    return policy(number, vin, "2025-11-01", "2025-11-21", "2026-11-20") | other


def next_year(number: str, vin: str, signed: str, **other: Any) -> Row:
    """A policy that follows it without a gap."""
    return policy(number, vin, signed, "2026-11-21", "2027-11-20") | other


def entities() -> dict[str, list[Row]]:
    """Raw rows per canonical entity."""
    compulsory = {"policy_kind": "compulsory", "covers": "compulsory"}
    policies = [
        last_year("10", "V01"),
        last_year("10", "V01", endorsement_number="E1", endorsement_type="change", signed_on="2026-03-01",
                  premium_amount="-100.00"),
        last_year("11", "V01", **compulsory),
        next_year("12", "V01", "2026-10-02", covers=FULL),
        next_year("13", "V01", "2026-10-05", **compulsory),
        last_year("20", "V02"),
        next_year("22", "V02", "2026-11-01"),
        next_year("22", "V02", "2026-11-22", endorsement_number="E2", endorsement_type="cancellation",
                  premium_amount="-3000.00"),
        last_year("30", "V03"),
        last_year("31", "V03", **compulsory, cover_ends_on="2026-12-05"),
        last_year("40", "V04"),
        next_year("42", "V04", "2026-11-15", insurer_code="PAIC", issuing_store_code=None),
        last_year("50", "V05"),
        last_year("60", "V06"),
        last_year("70", "V07"),
        last_year("70", "V07", endorsement_number="E7", endorsement_type="cancellation", signed_on="2026-10-01"),
        last_year("90", "V09", insurer_code="PAIC", issuing_store_code=None),
        last_year("95", "V10", business_type="new_car"),
        next_year("97", "V10", "2026-11-24"),  # signed on as_of itself: waits for tomorrow
    ]  # fmt: skip
    return {
        "store": [
            {"store_id": "001", "store_name": "西安一店", "city": "西安", "plate_prefixes": "陕A;陕U"},
            {"store_id": "002", "store_name": "咸阳二店", "city": "咸阳", "plate_prefixes": "陕D"},
        ],
        "staff": [
            {"staff_id": "S1", "staff_name": "甲", "store_id": "001", "role": "renewal_specialist",
             "valid_from": "2020-01-01"},
            {"staff_id": "S2", "staff_name": "乙", "store_id": "001", "role": "renewal_specialist",
             "valid_from": "2026-10-01"},
        ],
        "vehicle_sale": [
            {"sale_number": "N10", "store_id": "001", "vin": "V10", "staff_id": "SC", "sold_on": "2025-11-15",
             "is_financed": True},
            {"sale_number": "N02", "store_id": "001", "vin": "V02", "staff_id": "SD", "sold_on": "2025-11-30"},
            {"sale_number": "N03", "store_id": "001", "vin": "V03", "staff_id": "SD", "sold_on": "2025-12-15"},
            {"sale_number": "N04", "store_id": "001", "vin": "V04", "staff_id": "SC", "sold_on": "2025-10-15"},
        ],
        "channel": [
            {"channel_id": "P1", "insurer_code": "PICC", "store_id": "001", "manager_id": "M1",
             "base_amount": "3000.00", "valid_from": "2020-01-01"},
        ],
        "channel_spend": [
            {"spend_number": "B1", "channel_id": "P1", "insurer_code": "PICC", "store_id": "001",
             "spent_on": "2026-11-01", "spend_kind": "budget", "amount": "1000.00"},
            {"spend_number": "B2", "channel_id": "P1", "insurer_code": "PICC", "store_id": "001",
             "spent_on": "2026-11-10", "spend_kind": "campaign", "amount": "1250.00"},
        ],
        "policy": policies,
        "customer_known_policy": [
            {"report_number": "K5", "store_id": "001", "vin": "V05", "insurer_name": "平安",
             "expires_on": "2027-11-20", "reported_on": "2026-11-22"},
        ],
        "ownership_change": [
            {"change_number": "O6", "store_id": "001", "vin": "V06", "change_kind": "transferred",
             "changed_on": "2026-09-15", "recorded_on": "2026-09-20"},
        ],
        "vehicle": [
            {"vin": "V08", "store_id": "001", "plate_number": "豫A88888", "first_registered_on": "2020-02-29",
             "created_on": "2020-03-05"},
        ],
        "repair_order": [
            {"order_number": "R9", "store_id": "001", "vin": "V09", "order_kind": "customer_paid",
             "opened_at": "2026-08-31 10:00:00"},
            {"order_number": "R9b", "store_id": "002", "vin": "V09", "order_kind": "customer_paid",
             "opened_at": "2026-09-01 10:00:00"},
        ],
    }  # fmt: skip
