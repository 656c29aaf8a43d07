"""The smaller records of the group as texts with defects: what insurers and the hotline send as files, and DMS tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import channels as insurers_channels
from ingest.sample import claims, days, deals, decisions, defects, desk, files, people
from ingest.sample import parameters as p
from ingest.sample.money import yuan, yuan_or_blank

MONEY = {  # column of fen -> column of the DMS
    "face_fen": "face_amount", "labour_fen": "labour_amount", "cost_fen": "cost_amount", "retail_fen": "retail_amount",
    "amount_fen": "given_amount", "reward_fen": "reward_amount", "base_fen": "base_amount",
}  # fmt: skip
FEED_OF_INSURER = {"PICC": "picc_claims", "PAIC": "pingan_claims", "CCIC": "dadi_claims"}


def in_files(seed: int, anchor: int, rows: pd.DataFrame, feed: str, key: str, order: list[str], recipes: list) -> pd.DataFrame:  # fmt: skip
    """Rows of one feed with their files, the last state of a key in each file only, and defects."""
    event = rows["event_on"].to_numpy()
    table = rows.assign(
        source=files.folder(feed),
        file_name=files.file_names(feed, event, anchor),
        available_on=files.available_on(feed, event, anchor),
    )
    table = table.sort_values(["file_name", *order], kind="stable", ignore_index=True)
    table = table.drop_duplicates(["file_name", key], keep="last", ignore_index=True)
    event = table["event_on"].to_numpy()
    daily = days.month_index(event) >= days.month_index(np.array([anchor]))[0]
    allowed = np.ones(len(table), dtype=bool)
    table = defects.inject(p.stream(seed, f"defects {feed}"), table, recipes, allowed, table["file_name"], daily)
    return files.number_rows(table, 2)


def claim_rows(seed: int, anchor: int, made: pd.DataFrame) -> pd.DataFrame:
    """Claims of all insurers, each in its files, as reported and as ended."""
    events = claims.claim_events(made)
    text = events.assign(
        accident_at=days.time_text(events["accident_at"]),
        reported_at=days.time_text(events["reported_at"]),
        assessed_at=days.time_text(events["assessed_at"]),
        settled_on=days.text(events["settled_on"]),
        loss_amount=yuan_or_blank(events["loss_fen"]),
        paid_amount=yuan_or_blank(events["paid_fen"]),
        dispute_opened_on=days.text(events["dispute_opened_on"]),
        dispute_closed_on=days.text(events["dispute_closed_on"]),
    )
    parts = [
        in_files(seed, anchor, text[text["insurer_code"] == insurer], feed, "claim_number",
                 ["event_on", "claim_number", "stage"], defects.CLAIM)
        for insurer, feed in FEED_OF_INSURER.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def request_rows(seed: int, anchor: int, made: pd.DataFrame) -> pd.DataFrame:
    """Requests for quotations, as insurer B lists them."""
    text = made.assign(requested_at=days.time_text(made["requested_at"]), closed_at=days.time_text(made["closed_at"]))
    return in_files(
        seed, anchor, text, "pingan_requests", "request_number", ["requested_at", "request_number"], defects.REQUEST
    )


def hotline_rows(seed: int, anchor: int, made: pd.DataFrame) -> pd.DataFrame:
    """The hotline's log."""
    moments = {name: days.time_text(made[name]) for name in ("called_at", "answered_at", "recorded_at", "guided_at")}
    return in_files(
        seed,
        anchor,
        made.assign(**moments),
        "phone_hotline",
        "log_number",
        ["called_at", "log_number"],
        defects.HOTLINE,
    )


def dms_ledgers(
    seed: int,
    anchor: int,
    span: tuple[int, int],
    vehicles: pd.DataFrame,
    customers: pd.DataFrame,
    staff: pd.DataFrame,
    policies: pd.DataFrame,
    orders: pd.DataFrame,
    changes: pd.DataFrame,
    made_claims: pd.DataFrame,
    legs: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """DMS tables as texts with defects; `since` = second from which a row exists, `closed_since` = to its last state."""
    first, last = span
    known = customers[customers["created_on"] < days.NEVER]
    recent = policies[policies["signed_on"] >= first]
    visits = desk.with_customer(orders[orders["opened_at"] >= first * 86400], vehicles).reset_index(drop=True)
    sold = deals.deals(recent, vehicles, staff)
    concessions, gifts = deals.make_concessions(seed, sold), deals.make_gifts(seed, sold)
    referrals, channels = deals.make_referrals(seed, recent, vehicles, known), insurers_channels.make_channels(anchor)
    tables = {
        "service_appointment": desk.make_appointments(seed, visits),
        "gift_issue": gifts,
        "voucher": deals.make_vouchers(seed, gifts, visits),
        "entitlement_use": deals.make_entitlement_uses(seed, visits, sold, made_claims),
        "concession": concessions,
        "complaint": desk.make_complaints(seed, visits),
        "referral": referrals,
        "reward_point": deals.make_points(seed, sold, referrals),
        "staff_leave": people.make_leaves(seed, staff, first, last),
        "training": desk.make_trainings(seed, staff, first, last),
        "consent": desk.make_consents(seed, known),
        "do_not_call": desk.make_do_not_calls(seed, legs, known),
        "manager_decision": decisions.make_decisions(
            seed, anchor, concessions, changes, sold, recent, staff, (first, last)
        ),
        "help_request": desk.make_help_requests(seed, staff, sold, first, last),
        "channel": channels,
        "channel_spend": insurers_channels.make_channel_spends(seed, channels, first, last).rename(
            columns={"amount_fen": "fen"}
        ),
    }
    out = {}
    for name, table in tables.items():
        for fen, amount in MONEY.items():
            if fen in table:
                table = table.assign(**{amount: yuan(table[fen])}).drop(columns=fen)
        if "fen" in table:
            table = table.assign(amount=yuan(table["fen"])).drop(columns="fen")
        allowed = np.ones(len(table), dtype=bool)
        if "closed_since" in table:  # bad rows never change their state later on
            allowed = (table["since"] // 86400 == table["closed_since"] // 86400).to_numpy()
        out[name] = defects.inject(p.stream(seed, f"defects {name}"), table, defects.DMS.get(name, []), allowed)
    return out
