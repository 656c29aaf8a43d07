"""A dealership in which every number of every seed matters to somebody. as_of is 3 December 2026.

Beside the desk of desk.py and the offers of group_offer.py, all of them at store 001:

B…  months of 2025 whose bonus falls on each bound and into each band of the tiers
I…  renewals of September 2026 in each segment, won in each step of the cascade
E…  signed 75 and 100 days early; F… full cover but for one cover each
Y…  a customer for each script
Z…  messages and calls at the end of an interval
L…  expire from 31 days before as_of to 60 days after it; R…, C… were asked before, with each reason and each result
"""

from __future__ import annotations

import hashlib
import itertools
from datetime import date, timedelta
from typing import Any

from tests.dbt_project import desk, group, group_offer
from tests.dbt_project.test_scripts import ANY, KEYS, best, seed

AS_OF = date(2026, 12, 3)
SEGMENTS = ("insured_here_last_year", "policy_known", "out_of_town", "local_recent_service", "local_lapsed_service",
            "phone_only")  # fmt: skip
SIGNED_BEFORE = {0: 50, 1: 35, 2: 20, 3: 5, 4: -8}
"""Step → days from the signing to the expiry; 4 is the recall."""
PAY = [(10, 2, 1), (10, 3, 3), (10, 4, 3), (10, 6, 5), (10, 7, 7), (10, 10, 7), (10, 10, 9), (20, 13, 13), (10, 5, 0),
       (20, 14, 14)]  # fmt: skip
"""Renewable, renewed and full-cover vehicles of the months from January 2025."""
REASONS = ("no_guidance", "too_expensive", "competitor_cheaper", "telemarketing", "relative_in_insurance",
           "bank_channel", "unreachable", "vehicle_gone", "service_dissatisfied", "cover_or_insurer",
           "gift_insufficient", "out_of_town", "other")  # fmt: skip
RESULTS = ("renewed", "appointment", "quoting", "call_back", "no_answer", "wrong_number", "offer_refused",
           "no_more_calls", "lost")  # fmt: skip
SAID = {"claimed_renewal": "renewed", "promised": "call_back", "no_answer": "no_answer", "follow_up": "quoting"}
"""Situation → what came back nine days ago."""
DAYS_LEFT = {
    "claimed_renewal": {"step_2": 20, "recall": -4}, "promised": {"step_2": 20}, "lapsed": {"recall": -4},
    "last_10_days": {"step_3": 6}, "follow_up": {"step_1": 30, "step_2": 20, "step_3": 12},
}  # fmt: skip
"""Situation → step → days left in it; first calls and calls after none was answered are as those that follow up."""
DRAW = "a seed of the draw"
SETTINGS = (
    "update {offer_switch} set is_on = true",
    "update {hold_out} set share = 0.5 where kind = 'gift'",
    "update {renewal_parameter} set value = 3 where parameter = 'gap_least_vehicles'",
    "update {call_list_parameter} set value = 100000 where parameter = 'working_minutes'",
    f"update {{campaign}} set seed_hash = '{hashlib.sha256(DRAW.encode()).hexdigest()}',"
    f" seed_value = '{DRAW}', seed_hash_published_on = date '2026-11-02'",
)
"""What a store fills in itself: a switch that is off, a share of nothing, a draw without a seed, a bound for larger
dealerships and a day too short for all these vehicles hide the rest of their rows.
"""

Rows = dict[str, list[dict[str, Any]]]


def days(count: int) -> date:
    """So many days after as_of."""
    return AS_OF + timedelta(days=count)


class Facts:
    """Rows by entity and archive, as they come together."""

    def __init__(self) -> None:
        self.entities: Rows = {name: list(rows) for name, rows in desk.entities().items()}
        for name, rows in group_offer.entities().items():
            self.add(name, *([] if name == "store" else rows))
        self.entities["staff"] = [
            group_offer.staff("S1", "renewal_specialist"), group_offer.staff("C1", "information_clerk"),
            group_offer.staff("SC1", "sales_consultant"), group_offer.staff("SA1", "service_advisor"),
            group_offer.staff("M1", "insurance_manager"), group_offer.staff("G1", "general_manager"),
        ]  # fmt: skip
        self.archives: Rows = {"call_list": [*desk.archives()["call_list"], *group_offer.archives()["call_list"]]}

    def add(self, entity: str, *rows: dict[str, Any]) -> None:
        self.entities.setdefault(entity, []).extend(rows)

    def policy(self, number: str, vin: str, signed: date, ends: date, **other: Any) -> None:
        """A policy of one year at store 001."""
        phone = f"139{int(hashlib.md5(vin.encode()).hexdigest(), 16) % 10**8:08d}"
        start = str(ends - timedelta(days=364))
        self.add("policy", group.policy(number, vin, str(signed), start, str(ends), insured_phone=phone) | other)

    def renewed(self, vin: str, ends: date, before: int, full: bool = False, **other: Any) -> None:
        """A renewal here of the cover that ends then."""
        signed, until = ends - timedelta(days=before), ends + timedelta(days=365)
        covers = {"covers": group.FULL} if full else {}
        self.policy(f"{vin}n", vin, signed, until, **(covers | other))
        if full:
            self.policy(f"{vin}nc", vin, signed, until, policy_kind="compulsory", covers="compulsory")

    def last_year(self, vin: str, ends: date, **other: Any) -> None:
        self.policy(f"{vin}o", vin, ends - timedelta(days=384), ends, **other)

    def listed(self, vin: str, ends: date, on: date, result: str | None, **other: Any) -> None:
        """A row of S1's list of a day and, with a result, the line that came back."""
        list_id, month = f"{on:%Y%m%d}-001-S1", str(ends.replace(day=1))
        row = desk.listed(list_id, 1, vin) | {"expiry_month": month, "phone": "138" + vin.zfill(8)[-8:]}
        self.archives["call_list"].append(row)
        if result:
            line = {"list_id": list_id, "row_id": f"r{vin}", "result": result, "_business_date": str(on)}
            self.add("call_result", line | other)


def pay(facts: Facts) -> None:
    for number, (renewable, renewed, full) in enumerate(PAY, start=1):
        ends = date(2025, number, 15)
        for vehicle in range(renewable):
            vin = f"B{number:02}{vehicle:02}"
            facts.last_year(vin, ends)
            if vehicle < renewed:
                facts.renewed(vin, ends, 20, full=vehicle < full)


def segment(facts: Facts, vin: str, name: str, ends: date) -> None:
    """A vehicle that SC1 sold and that is in a segment in the month of `ends`."""
    registered = str(ends.replace(year=2021) + timedelta(days=1))
    facts.add("vehicle_sale", {"sale_number": f"N{vin}", "store_id": "001", "vin": vin, "staff_id": "SC1",
                               "sold_on": registered})  # fmt: skip
    if name == "insured_here_last_year":
        facts.last_year(vin, ends)
    elif name == "policy_known":
        facts.last_year(vin, ends, insurer_code="PAIC", issuing_store_code=None)
    else:
        plate = {"out_of_town": "豫A" + vin.zfill(5)[-5:], "phone_only": None}.get(name, "陕A" + vin.zfill(5)[-5:])
        facts.add("vehicle", {"vin": vin, "store_id": "001", "plate_number": plate, "first_registered_on": registered,
                              "created_on": registered, "customer_id": f"K{vin}"})  # fmt: skip
        facts.add("customer", {"customer_id": f"K{vin}", "store_id": "001", "customer_name": vin,
                               "phone": f"135{int(hashlib.md5(vin.encode()).hexdigest(), 16) % 10**8:08d}",
                               "data_origin": "own_sale", "created_on": registered})  # fmt: skip
    served = {"local_lapsed_service": "2023-01-10", "phone_only": "2026-01-10"}.get(name, "2026-01-10")
    facts.add("repair_order", {"order_number": f"W{vin}", "store_id": "001", "vin": vin, "staff_id": "SA1",
                               "order_kind": "customer_paid", "opened_at": f"{served} 10:00:00"})  # fmt: skip


def incentives(facts: Facts) -> None:
    margin = f"added_equipment;{group.FULL};medical_extra;scratch"
    for number, name in enumerate(SEGMENTS):
        for step, before in SIGNED_BEFORE.items():
            vin, ends = f"I{number}{step}", date(2026, 9, 2 if step == 4 else 20)
            segment(facts, vin, name, ends)
            facts.renewed(vin, ends, before, covers=margin if step == 3 else "third_party")
            if step == 3:  # what the profit of a renewal is known by
                facts.add("concession", group_offer.concession(vin, "0.05", "150.00", given_on="2026-09-15"))
    segment(facts, "E75", "insured_here_last_year", date(2026, 9, 20))
    facts.renewed("E75", date(2026, 9, 20), 75)
    segment(facts, "E100", "local_recent_service", date(2026, 9, 20))
    facts.policy("E100n", "E100", date(2026, 6, 12), date(2027, 9, 14))
    for missing in group.FULL.split(";"):
        vin, covers = f"F{missing.upper()}", ";".join(sorted(set(group.FULL.split(";")) - {missing}))
        facts.last_year(vin, date(2026, 9, 20))
        facts.renewed(vin, date(2026, 9, 20), 20, full=True, covers=covers)


def calls(facts: Facts) -> None:
    for count in (-31, -30, -29, -5, 3, 9, 10, 11, 15, 25, 38, 40, 41, 42, 55, 60):
        facts.last_year(f"L{count}", days(count))
    segment(facts, "L20ELSEWHERE", "local_recent_service", days(20))
    for vin, count in (("L8QUOTED", 8), ("L14QUOTED", 14)):
        facts.last_year(vin, days(count))
        facts.add("quote", desk.quote(f"Q{vin}", vin, f"{days(-3)} 10:00:00"))
    for vin, count in (("L25", 1), ("L15", 2)):
        visit = {"appointment_number": f"A{vin}", "store_id": "001", "vin": vin, "appointment_kind": "maintenance"}
        times = {"booked_at": f"{days(-2)} 10:00:00", "appointed_at": f"{days(count)} 10:00:00", "status": "booked"}
        facts.add("service_appointment", visit | times | {"staff_id": "SA1"})
    for number, reason in enumerate(REASONS):
        vin = f"R{number:02}"
        facts.last_year(vin, days(30))
        facts.listed(vin, days(30), days(-12), "quoting", loss_reason=reason)
        facts.add("quote", *([desk.quote("QR", vin, f"{days(-11)} 10:00:00")] if reason == "too_expensive" else []))
    for number, result in enumerate(RESULTS):
        vin, other = f"C{number:02}", {}
        facts.last_year(vin, days(32))
        if result == "appointment":
            other = {"next_contact_on": str(AS_OF)}
        elif result == "call_back":
            other = {"next_contact_on": str(days(-2))}
        elif result == "wrong_number":
            other = {"new_phone": "13700000001"}
        facts.listed(vin, days(32), days(-16), result, **other)
        if result in ("offer_refused", "lost"):
            facts.listed(vin, days(32), days(-9), "no_answer")  # what was said outlives it
    contacts = {"K40": 40, "K20": 19, "K21": 20, "K8": 7, "K7": 6, "K-3": -3}
    for vin, count in contacts.items():
        facts.last_year(vin, days(count))
        facts.listed(vin, days(count), days(-1), "quoting")
    facts.last_year("K6AGO", days(34))
    facts.listed("K6AGO", days(34), days(-6), "quoting")
    facts.last_year("KNO", days(18))
    facts.listed("KNO", days(18), days(-1), "no_answer")
    facts.last_year("NEWYEAR", date(2027, 2, 10))  # may be called from New Year's Day on, a holiday
    for vin, ago in (("H90", 90), ("H91", 91)):
        facts.last_year(vin, days(12))
        facts.listed(vin, days(12), days(12 - ago), "quoting", loss_reason="too_expensive")
    facts.last_year("D1", days(28), insured_phone="13600000001")
    facts.add("do_not_call", {"request_number": "D1", "store_id": "001", "phone": "13600000001",
                              "requested_on": str(days(-360)), "ends_on": str(days(-300))})  # fmt: skip
    facts.last_year("T20", days(26), insured_phone="13600000002")
    for vin in ("M1", "M2", "M3"):  # one number, two calls a day
        facts.last_year(vin, days(27), insured_phone="13600000003")
    facts.last_year("M6", days(27), insured_phone="13600000004")
    for number in range(6):  # two a day; the interval of an unanswered call is over
        call = desk.call(f"M6{number}", "M6", f"{days(-2 - number // 2)} 1{number % 2}:00:00", 0)
        facts.add("call", call | {"callee_number": "13600000004"})
    facts.last_year("M7", days(27))
    facts.add("complaint", {"complaint_number": "M7", "store_id": "001", "vin": "M7", "topic": "service",
                            "opened_at": f"{days(-3)} 10:00:00"})  # fmt: skip
    call = desk.call("T20", "T20", f"{days(-2)} 10:00:00", 20) | {"callee_number": "13600000002"}
    facts.add("call", call)


def intervals(facts: Facts) -> None:
    """Who agreed to messages and got one 13 and 14 days ago; who was lost and was called 29 and 30 days ago."""
    for ago in (13, 14):
        vin, phone = f"ZM{ago}", f"136000001{ago}"
        facts.last_year(vin, days(50), insured_phone=phone)
        kept = {"store_id": "001", "customer_id": f"K{vin}", "created_on": "2024-01-01"}
        facts.add("vehicle", kept | {"vin": vin})
        facts.add("customer", kept | {"customer_name": vin, "phone": phone, "data_origin": "policy"})
        given = {"consent_number": f"C{vin}", "purpose": "message", "is_given": True, "decided_on": "2024-01-01"}
        facts.add("consent", given | {"store_id": "001", "customer_id": f"K{vin}", "data_origin": "policy"})
        sent = {"store_id": "001", "vin": vin, "expiry_month": str(days(50).replace(day=1)), "phone": phone}
        sent |= {"list_for_on": str(days(-ago)), "consent_number": f"C{vin}", "_as_of": str(days(-ago))}
        facts.archives.setdefault("message", []).append(sent)
    for ago in (29, 30):
        vin, phone = f"ZW{ago}", f"136000002{ago}"
        facts.last_year(vin, date(2026, 5, 20), insured_phone=phone)
        facts.add("repair_order", {"order_number": vin, "store_id": "001", "vin": vin, "staff_id": "SA1",
                                   "order_kind": "customer_paid", "opened_at": f"{days(-1)} 10:00:00"})  # fmt: skip
        facts.add("call", desk.call(vin, vin, f"{days(-ago)} 10:00:00", 60) | {"callee_number": phone})


def scripts(facts: Facts) -> None:
    """A customer for each script: in its situation, with its objection, in its step and segment."""
    texts, reasons = (
        seed("calls/script"),
        {row["reason_group"]: row["loss_reason"] for row in seed("calls/loss_reason")},
    )
    for number, text in enumerate(texts):
        situation, vin = text["situation"], f"Y{number:02}"
        left = DAYS_LEFT.get(situation, DAYS_LEFT["follow_up"])
        cases = itertools.product(ANY["objection"], left, SEGMENTS)
        named = (dict(zip(KEYS, (situation, *case), strict=True)) for case in cases)
        case = next((case for case in named if best(case, texts)[0] is text), None)
        if case is None:
            continue  # for a segment that has no script of its own
        ends = days(left[case["step"]])
        segment(facts, vin, case["segment"], ends)
        reason = {"loss_reason": reasons[case["objection"]]} if case["objection"] != "none" else {}
        if situation == "no_answer" and reason:
            facts.listed(vin, ends, days(-12), "quoting", **reason)
        if situation in SAID or reason:
            said, agreed = (
                SAID.get(situation, "quoting"),
                {"next_contact_on": str(AS_OF)} if situation == "promised" else {},
            )
            facts.listed(vin, ends, days(-9), said, **(agreed if situation == "no_answer" else agreed | reason))


def cascade(facts: Facts) -> None:
    """Step 3 of an expiry of 20 November begins on the 6th; all are timed out there."""
    ends = date(2026, 11, 20)
    for vin, listed, quoted in (("S3", 9, None), ("S4", 10, None), ("S7", 7, 13), ("S8", 7, 14)):
        facts.last_year(vin, ends)
        facts.listed(vin, ends, date(2026, 11, listed), None)
        if quoted:
            facts.add("quote", desk.quote(f"Q{vin}", vin, f"2026-11-{quoted} 10:00:00"))
    ends = date(2026, 10, 20)
    for vin, at in (("Q30", ends + timedelta(days=30)), ("Q31", ends + timedelta(days=31)),
                    ("Q30S", ends - timedelta(days=384 - 30)), ("Q31S", ends - timedelta(days=384 - 31))):  # fmt: skip
        facts.last_year(vin, ends)
        facts.add("quote", desk.quote(f"Q{vin}", vin, f"{at} 10:00:00"))


def offers(facts: Facts) -> None:
    """A step of the ladder each, services of old clauses, a lottery, the hotline's bands, data of 31 days ago."""
    for number, rate in enumerate(("0.00", "0.08", "0.10", "0.13", "0.14", "0.14")):
        vin, ends = f"G{number}", date(2026, 11, 28)
        facts.last_year(vin, ends)
        facts.renewed(vin, ends, 10)
        given = {
            "approver": "M1" if number == 5 else "G1",
            "approved_at": "2026-11-18 09:00:00",
            "given_on": "2026-11-18",
        }
        facts.add("concession", group_offer.concession(vin, rate, "100.00", **given))
    for vin, at in (("J1", "2026-11-30 17:29:00"), ("J2", "2026-11-30 17:31:00")):
        facts.last_year(vin, date(2026, 12, 10))
        facts.renewed(vin, date(2026, 12, 10), 10, signed_at=at)
    facts.policy("X1", "X1", date(2026, 6, 1), date(2027, 5, 31), policy_kind="compulsory", covers="compulsory")
    facts.add(
        "gift_issue",
        *(
            {"issue_number": f"G-{package}", "store_id": "001", "vin": vin, "package": package, "staff_id": "S1",
             "issued_on": "2026-11-18", "cost_amount": "150.00"}
            for package, vin in (("one", "G2"), ("two", "G3"), ("three", "G4"))
        ),
    )  # fmt: skip
    facts.policy("X2", "X2", date(2026, 6, 1), date(2027, 5, 31), covers="scratch;third_party;vehicle_damage;water")
    facts.add("vehicle_sale", {"sale_number": "NX3", "store_id": "001", "vin": "X3", "sold_on": "2023-06-01"})
    facts.policy("X3", "X3", date(2026, 6, 1), date(2027, 5, 31), policy_kind="compulsory", covers="compulsory")
    rider = f"{group.FULL};no_deductible;scratch;water"
    for vin, covers, use in (("U4", "driver_seat;no_deductible;passenger_seats;third_party;vehicle_damage", "oil_card"),
                             ("U6", rider, "pick_up"), ("U7", f"{group.FULL};glass;scratch;water", "pick_up")):  # fmt: skip
        facts.policy(f"{vin}o", vin, date(2020, 5, 1), date(2021, 5, 14), covers=covers)
        facts.add("entitlement_use", {"use_number": vin, "store_id": "001", "vin": vin, "entitlement": use,
                                      "used_at": "2020-10-01 10:00:00", "cost_amount": "60.00"})  # fmt: skip
    facts.add("hotline_log", desk.hotline("H4", "V01", answered_at="2026-11-23 10:04:00"),
              desk.hotline("H5", "V04", called_at="2026-10-10 10:00:00", answered_at="2026-10-10 10:00:30"))  # fmt: skip
    facts.add("hotline_log", *(desk.hotline(f"H{ago}", None, called_at=f"{days(-ago)} 10:00:00") for ago in (7, 8)))
    facts.add("repair_order", {"order_number": "R30", "store_id": "001", "vin": "V04", "order_kind": "accident",
                               "opened_at": "2026-11-09 15:00:00", "amount": "900.00"})  # fmt: skip
    facts.archives["source_status"] = [
        {"source": "picc", "extract": "policies", "entity": "policy", "last_good_business_date": str(days(-31))},
        {"source": "paic", "extract": "policies", "entity": "policy", "last_good_business_date": str(days(-1))},
    ]


def facts() -> Facts:
    """All of it."""
    made = Facts()
    for part in (pay, incentives, calls, intervals, scripts, cascade, offers):
        part(made)
    return made
