"""What goes with six renewals of November 2026, small enough to check by hand. as_of is 24 November 2026.

All six expire on 20 November 2026 and were insured here last year, so equals rank by md5 of their VIN:
A6 0b3d…, A4 0c2f…, A1 27f2…, A3 6593…, A2 c6bd…, A5 c6f2…. The middles of their places, 1/12, 3/12 … 11/12, fall in
steps 1, 2, 3, 3, 4, 5 of the ladder (fifths).

A1  open; ceiling 10 %; on 20 November it was too expensive for the customer, and the script was too long
A2  renewed for 4,000, conceded 10 % with the manager's approval; all four main covers, which is 6+1 and 4+1: of its two
    wheel balances one is used; it was towed on 1 November, when its old cover (third party only) gave no tow
A3  renewed for 5,000, conceded 13 % with the manager's approval, which takes the general manager's
A4  renewed for 3,000, no concession record: unknown
A5  renewed for 3,000, conceded nothing, but package one was given: 100 ÷ 3,000 = 3.3333 %; its voucher of 2 × 50 yuan
    was used once, on an order with 280 yuan of labour
A6  renewed for 3,000, conceded 8 % although the likeliest of all and nobody objected
"""

from __future__ import annotations

from tests.dbt_project import group

AS_OF = group.AS_OF
PREMIUMS = {"A2": "4000.00", "A3": "5000.00", "A4": "3000.00", "A5": "3000.00", "A6": "3000.00"}
COVERS = {"A2": group.FULL}


def concession(vin: str, rate: str, amount: str, **other: object) -> group.Row:
    """One concession given by S1 on the day the renewal was signed."""
    row = {"concession_number": f"C-{vin}", "store_id": "001", "vin": vin, "staff_id": "S1", "given_on": "2026-11-02"}
    return row | {"given_rate": rate, "given_amount": amount} | other


def voucher(use_number: int, **other: object) -> group.Row:
    """One of the two uses of the voucher of A5's package."""
    row = {"voucher_number": "Q-A5", "use_number": use_number, "store_id": "001", "vin": "A5", "issue_number": "G-A5"}
    days = {"issued_on": "2026-11-02", "expires_on": "2027-11-01"}
    return row | days | {"voucher_kind": "labour", "face_amount": "50.00"} | other


def staff(staff_id: str, role: str) -> group.Row:
    return {"staff_id": staff_id, "staff_name": staff_id, "store_id": "001", "role": role, "valid_from": "2020-01-01"}


def entities() -> dict[str, list[group.Row]]:
    """Raw rows per canonical entity."""
    manager = {"approver": "M1", "approved_at": "2026-11-02 09:00:00"}
    return {
        "store": [{"store_id": "001", "store_name": "西安一店", "city": "西安", "plate_prefixes": "陕A;陕U"}],
        "staff": [staff("S1", "renewal_specialist"), staff("M1", "insurance_manager"), staff("G1", "general_manager")],
        "policy": [
            *(group.last_year(f"{vin}-2025", vin) for vin in ("A1", *PREMIUMS)),
            *(
                group.next_year(f"{vin}-2026", vin, "2026-11-02", premium_amount=premium, covers=COVERS.get(vin, "third_party"))
                for vin, premium in PREMIUMS.items()
            ),
        ],
        "concession": [
            concession("A2", "0.10", "400.00", **manager),
            concession("A3", "0.13", "650.00", **manager),
            concession("A5", "0.00", "0.00"),
            concession("A6", "0.08", "240.00"),
        ],
        "gift_issue": [
            {"issue_number": "G-A5", "store_id": "001", "vin": "A5", "policy_number": "A5-2026", "package": "one",
             "staff_id": "S1", "issued_on": "2026-11-02", "cost_amount": "100.00", "retail_amount": "469.00"},
        ],
        "voucher": [
            voucher(1, status="used", used_at="2026-11-20 10:00:00", order_number="R-A5", labour_amount="280.00"),
            voucher(2, status="issued"),
        ],
        "commission_rate": [
            {"insurer_code": "PICC", "policy_kind": "commercial", "rate": "0.15", "valid_from": "2026-01-01"},
        ],
        "quote_request": [
            {"insurer_code": "PICC", "request_number": "Q1", "store_code": "001", "staff_id": "S1", "vin": "A2",
             "requested_at": "2026-11-02 09:00:00", "status": "quoted", "closed_at": "2026-11-02 09:04:00"},
            {"insurer_code": "PICC", "request_number": "Q2", "store_code": "001", "staff_id": "S1", "vin": "A1",
             "requested_at": "2026-11-03 09:00:00", "status": "quoted", "closed_at": "2026-11-03 09:20:00"},
            {"insurer_code": "PICC", "request_number": "Q3", "store_code": "001", "staff_id": "S1", "vin": "A1",
             "requested_at": "2026-11-04 09:00:00", "status": "declined", "closed_at": "2026-11-04 09:01:00"},
        ],
        "quote": [
            {"insurer_code": "PICC", "quote_number": "N1", "store_code": "001", "vin": "A2",
             "quoted_at": "2026-11-02 09:04:00", "commercial_amount": "4000.00"},
        ],
        "claim": [
            {"insurer_code": "PICC", "claim_number": "L1", "vin": "A3", "claim_kind": "own_damage",
             "accident_at": "2026-11-03 08:00:00", "reported_at": "2026-11-03 09:00:00", "settled_on": "2026-11-13",
             "status": "settled", "repair_store_code": "001", "loss_amount": "2000.00", "paid_amount": "1800.00"},
        ],
        "entitlement_use": [
            {"use_number": "U1", "store_id": "001", "vin": "A2", "entitlement": "wheel_balance",
             "used_at": "2026-11-22 10:00:00", "cost_amount": "60.00"},
            {"use_number": "U2", "store_id": "001", "vin": "A2", "entitlement": "free_tow",
             "used_at": "2026-11-01 10:00:00", "cost_amount": "200.00"},
        ],
        "complaint": [
            {"complaint_number": "B1", "store_id": "001", "vin": "A3", "topic": "claim", "received_by": "store",
             "opened_at": "2026-11-14 09:00:00", "closed_at": "2026-11-16 09:00:00", "satisfaction": 4,
             "complaint_text": "等了太久"},
            {"complaint_number": "B2", "store_id": "001", "vin": "A4", "topic": "claim",
             "opened_at": "2026-11-22 09:00:00"},
        ],
        "referral": [
            {"referral_number": "T1", "store_id": "001", "referrer_id": "K1", "referred_id": "K2",
             "referred_on": "2026-11-01", "policy_number": "A2-2026", "reward_amount": "100.00",
             "data_origin": "customer_gave"},
            {"referral_number": "T2", "store_id": "001", "referrer_id": "K1", "referred_on": "2026-11-03",
             "data_origin": "customer_gave"},
        ],
        "reward_point": [
            {"entry_number": "J1", "store_id": "001", "customer_id": "K1", "booked_on": "2026-11-01", "points": 500,
             "reason": "referral"},
            {"entry_number": "J2", "store_id": "001", "customer_id": "K1", "booked_on": "2026-11-05", "points": -200,
             "reason": "redemption"},
        ],
        "help_request": [
            {"request_number": "H1", "store_id": "001", "staff_id": "S1", "asked_at": "2026-11-05 09:00:00",
             "topic": "quote", "answered_at": "2026-11-05 09:30:00", "answered_by": "M1"},
            {"request_number": "H2", "store_id": "001", "staff_id": "S1", "asked_at": "2026-11-23 17:00:00",
             "topic": "quote"},
        ],
        "training": [
            {"training_number": "X1", "staff_id": "S1", "store_id": "001", "held_on": "2026-11-21",
             "topic": "script", "minutes": 90, "score": "85", "is_passed": True},
        ],
        "call_result": [
            {"list_id": "20261120-001-S1", "row_id": "r1", "result": "quoting", "loss_reason": "too_expensive",
             "script_problem": "开场白太长"},
        ],
        "repair_order": [
            {"order_number": "R-A5", "store_id": "001", "vin": "A5", "order_kind": "customer_paid",
             "opened_at": "2026-11-20 09:00:00", "sender_name": "司机丙", "sender_phone": "13900000005"},
        ],
    }  # fmt: skip


def archives() -> dict[str, list[group.Row]]:
    """The list of 20 November, on which S1 called A1."""
    day = {"as_of": "2026-11-20", "list_for_on": "2026-11-20", "_as_of": "2026-11-20"}
    line = {"list_id": "20261120-001-S1", "row_id": "r1", "store_id": "001", "staff_id": "S1", "vin": "A1"}
    vehicle = {"vehicle_key": "key-A1", "expiry_month": "2026-11-01", "phone": "13800000001", "sequence_number": 1}
    return {"call_list": [day | line | vehicle]}
