"""The dealer management system's database: SQLite, as it stood at the start of one day."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p
from ingest.sample.world import World

SECONDS = 86400
MONEY = {
    "list_price_amount", "price_amount", "amount", "face_amount", "labour_amount", "cost_amount", "retail_amount",
    "given_amount", "reward_amount", "base_amount",
}  # fmt: skip
UNKNOWN = dict.fromkeys(
    ["appointment_kind", "voucher_kind", "entitlement", "reason", "purpose", "subject", "spend_kind", "topic"], "未定义"
) | {"order_kind": "其他", "data_origin": "外购名单", "change_kind": "待定"}
LATER = {  # what a row does not say before its last state, and what it says until then
    "repair_order": {"closed_at": "", "amount": ""},
    "service_appointment": {"status": "已预约", "order_number": ""},
    "voucher": {"status": "未使用", "used_at": "", "order_number": "", "labour_amount": ""},
    "complaint": {"closed_at": "", "satisfaction": ""},
    "help_request": {"answered_at": "", "answered_by": "", "reply": ""},
}
COLUMNS = {
    table: names.split()
    for table, names in {
        "store": "store_id store_name city plate_prefixes",
        "staff": "staff_id staff_name store_id role extension valid_from valid_to",
        "customer": (
            "customer_id store_id customer_type customer_name phone second_phone id_number city data_origin created_on"
        ),
        "vehicle": "vin store_id customer_id plate_number brand model first_registered_on list_price_amount created_on",
        "vehicle_sale": "sale_number store_id vin customer_id staff_id sold_on price_amount updated_at",
        "repair_order": "order_number store_id vin order_kind staff_id opened_at closed_at amount updated_at",
        "ownership_change": "change_number store_id vin change_kind changed_on recorded_on evidence updated_at",
        "customer_known_policy": "report_number store_id vin insurer_name expires_on reported_on updated_at",
        "service_appointment": (
            "appointment_number store_id vin customer_id appointment_kind staff_id booked_at appointed_at status "
            "order_number updated_at"
        ),
        "gift_issue": (
            "issue_number store_id vin customer_id policy_number package staff_id issued_on cost_amount "
            "retail_amount approver updated_at"
        ),
        "voucher": (
            "voucher_number use_number store_id vin issue_number voucher_kind face_amount issued_on expires_on "
            "status used_at order_number labour_amount updated_at"
        ),
        "entitlement_use": (
            "use_number store_id vin policy_number entitlement used_at staff_id order_number claim_number "
            "distance_km has_signed_form cost_amount updated_at"
        ),
        "concession": (
            "concession_number store_id vin policy_number staff_id given_on given_rate given_amount objection "
            "approver approved_at updated_at"
        ),
        "complaint": (
            "complaint_number store_id customer_id vin opened_at closed_at topic received_by staff_id "
            "complaint_text satisfaction updated_at"
        ),
        "referral": (
            "referral_number store_id referrer_id referred_id referred_phone referred_on policy_number "
            "reward_amount data_origin updated_at"
        ),
        "reward_point": "entry_number store_id customer_id booked_on points reason source_number updated_at",
        "staff_leave": "staff_id starts_on ends_on leave_kind",
        "training": "training_number staff_id store_id held_on topic minutes score is_passed updated_at",
        "consent": (
            "consent_number store_id customer_id purpose is_given decided_on told_by evidence data_origin updated_at"
        ),
        "do_not_call": "request_number store_id customer_id phone requested_on told_by ends_on updated_at",
        "manager_decision": (
            "decision_number store_id manager_id decided_at decision subject vin from_staff_id to_staff_id "
            "staff_id statement_month reference_number effective_on reason updated_at"
        ),
        "help_request": (
            "request_number store_id staff_id vin asked_at topic question answered_at answered_by reply updated_at"
        ),
        "channel": "channel_id insurer_code store_id manager_id manager_name base_amount valid_from valid_to",
        "channel_spend": "spend_number channel_id insurer_code store_id spent_on spend_kind amount updated_at",
    }.items()
}


def tables_at(world: World, as_of: int) -> dict[str, pd.DataFrame]:
    """Every table as it stood at 00:00 of `as_of` (day number): texts, '' where nothing was entered."""
    now = as_of * SECONDS
    staff = world.staff[world.staff["valid_from"] < as_of]
    left = np.where(staff["valid_to"] < as_of, staff["valid_to"], days.NEVER)
    out = {
        "store": pd.DataFrame(
            [(s.store_id, s.name, s.city, s.plate_prefixes) for s in p.STORES], columns=COLUMNS["store"]
        ),
        "staff": staff.assign(valid_from=days.text(staff["valid_from"]), valid_to=days.text(left)),
    }
    for name in COLUMNS:
        if name in out:
            continue
        rows = getattr(world, name)
        rows = rows[rows["since"] < now]
        changed = rows["since"].to_numpy()
        if name == "vehicle":
            rows = rows.assign(plate_number=np.where(rows["plated_since"] < now, rows["plate_number"], ""))
        if name in LATER:
            closed = (rows["closed_since"] < now).to_numpy()
            changed = np.where(closed, rows["closed_since"], changed)
            rows = rows.assign(**{c: np.where(closed, rows[c], before) for c, before in LATER[name].items()})
        for column, word in UNKNOWN.items():
            if column in rows:
                rows = rows.assign(**{column: rows[column].replace("?", word)})
        out[name] = rows.assign(updated_at=days.time_text(changed))
    return {name: table[COLUMNS[name]] for name, table in out.items()}


def write_dms(world: World, as_of: int, path: Path) -> None:
    """Writes the database anew and puts it in the place of the older one; '' is stored as NULL, money as REAL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    connection = sqlite3.connect(unfinished)
    try:
        for name, table in tables_at(world, as_of).items():
            kinds = ", ".join(f"{column} {'REAL' if column in MONEY else 'TEXT'}" for column in table)
            connection.execute(f"create table {name} ({kinds})")
            columns = [[None if value == "" else value for value in table[c].tolist()] for c in table]
            connection.executemany(
                f"insert into {name} values ({', '.join('?' * len(columns))})", zip(*columns, strict=True)
            )
        connection.commit()
    finally:
        connection.close()
    os.replace(unfinished, path)
