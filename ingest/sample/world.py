"""The simulated world of one (seed, anchor, vehicles): made once, then kept as Parquet in sample/world/.

Tables: vehicles, customers, staff, covers, and what the systems hand over (policies, quotes, calls and the
DMS tables) as texts, already with their defects, file names and the as_of on which they are available.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sample import (
    calls,
    claims,
    covers,
    days,
    defects,
    files,
    ledgers,
    people,
    policies,
    service,
    vehicles,
)
from ingest.sample import (
    parameters as p,
)
from ingest.sample.money import yuan

NEVER = days.NEVER
SECONDS = 86400


@dataclass(frozen=True)
class World:
    """All tables of the simulated group; see make_world."""

    vehicles: pd.DataFrame
    customers: pd.DataFrame
    staff: pd.DataFrame
    covers: pd.DataFrame
    policies: pd.DataFrame
    quotes: pd.DataFrame
    calls: pd.DataFrame
    customer: pd.DataFrame
    vehicle: pd.DataFrame
    vehicle_sale: pd.DataFrame
    repair_order: pd.DataFrame
    ownership_change: pd.DataFrame
    customer_known_policy: pd.DataFrame
    claims: pd.DataFrame
    quote_requests: pd.DataFrame
    hotline: pd.DataFrame
    service_appointment: pd.DataFrame
    gift_issue: pd.DataFrame
    voucher: pd.DataFrame
    entitlement_use: pd.DataFrame
    concession: pd.DataFrame
    complaint: pd.DataFrame
    referral: pd.DataFrame
    reward_point: pd.DataFrame
    staff_leave: pd.DataFrame
    training: pd.DataFrame
    consent: pd.DataFrame
    do_not_call: pd.DataFrame
    manager_decision: pd.DataFrame
    help_request: pd.DataFrame
    channel: pd.DataFrame
    channel_spend: pd.DataFrame


def story(vehicles_: pd.DataFrame, covers_: pd.DataFrame, visits: pd.DataFrame) -> tuple:
    """Makes vehicles, covers and visits agree: nobody comes or is known after having left, or before having come."""
    first_here = covers_[covers_["issuer"] != ""].groupby("vehicle")["signed_on"].min()
    first_here = first_here.reindex(vehicles_["vehicle"]).fillna(NEVER).to_numpy().astype(np.int64)
    came = vehicles_["origin"] == "service"
    created = np.where(came, np.minimum(vehicles_["created_on"], first_here - 1), vehicles_["created_on"])
    left = np.full(len(vehicles_), NEVER)
    ends = covers_[covers_["next_outcome"].isin(["gone", "cancelled", "lapsed"])]
    when = np.minimum.reduce(
        [ends["gone_on"].to_numpy(), ends["cancelled_on"].to_numpy() + 5, ends["expires_on"].to_numpy() + 5]
    )
    left[ends["vehicle"].to_numpy()] = when
    created = np.where(came & (created >= left), NEVER, created)
    visits = visits[visits["opened_on"].to_numpy() < left[visits["vehicle"].to_numpy()]]
    visits = visits[visits["opened_on"].to_numpy() >= created[visits["vehicle"].to_numpy()]]
    unknown_yet = (covers_["issuer"] == "") & (covers_["signed_on"].to_numpy() < created[covers_["vehicle"].to_numpy()])
    covers_ = covers_.assign(
        known_by=np.where(unknown_yet & (covers_["known_by"] == "insurer"), "", covers_["known_by"])
    )
    return vehicles_.assign(created_on=created), covers_, visits.reset_index(drop=True)


def insurer_rows(seed: int, anchor: int, rows: pd.DataFrame) -> pd.DataFrame:
    """Policies as texts, per file in order, with defects; row numbers are counted by number_rows."""
    old = days.month_first(days.month_index(np.array([anchor])) - p.HISTORY_MONTHS + p.OLD_VINTAGE_MONTHS)[0]
    vintage = ((rows["insurer"] == "CCIC") & (rows["event_on"] < old)).to_numpy()
    keep = ~(vintage & (rows["endorsement_number"] != "").to_numpy())  # the old vintage knows no endorsements
    rows, vintage = rows[keep].reset_index(drop=True), vintage[keep]
    table = pd.DataFrame(
        {
            "source": rows["insurer"].map(p.INSURER_SOURCE).astype(object),
            "event_on": rows["event_on"],
            "cover": rows["cover"],
            "insurer_code": rows["insurer"].astype(object),
            "policy_number": rows["policy_number"],
            "endorsement_number": rows["endorsement_number"].astype(object),
            "endorsement_type": rows["endorsement_type"].astype(object),
            "policy_kind": rows["policy_kind"].astype(object),
            "business_type": np.where(vintage, "", rows["business_type"]).astype(object),
            "issuer": rows["issuer"],
            "vin": rows["vin"],
            "plate": rows["plate"],
            "name": rows["name"],
            "phone": np.where(vintage, "", rows["phone"]).astype(object),
            "signed_on": days.text(rows["event_on"]),
            "cover_starts_on": days.text(rows["cover_starts_on"]),
            "cover_ends_on": days.text(rows["cover_ends_on"]),
            "premium_fen": rows["premium_fen"],
            "tax_fen": rows["tax_fen"],
            "commission_rate": [f"{r:.2f}" for r in rows["commission_rate"]],
            "covers": rows["covers"],
            "claims": rows["claims"],
            "previous_policy_number": rows["previous_policy_number"].astype(object),
            "is_old_vintage": vintage,
        }
    )
    parts = []
    for source, part in table.groupby("source", sort=True):
        event = part["event_on"].to_numpy()
        part = part.assign(
            file_name=files.file_names(source, event, anchor),
            available_on=files.available_on(source, event, anchor),
        )
        part = part.sort_values(["file_name", "event_on", "policy_number", "endorsement_number"], ignore_index=True)
        event = part["event_on"].to_numpy()
        parts.append(
            defects.inject(
                p.stream(seed, f"defects {source}"),
                part,
                defects.POLICY,
                ~files.in_troubled_file(source, event, anchor),
                part["file_name"],
                days.month_index(event) >= days.month_index(np.array([anchor]))[0],
            )
        )
    first_record = {"picc": 2, "pingan": 3, "dadi": 2}
    table = pd.concat(parts, ignore_index=True)
    return files.number_rows(table, table["source"].map(first_record).to_numpy())


def quote_rows(seed: int, anchor: int, rows: pd.DataFrame) -> pd.DataFrame:
    """Quotes as texts, per file in order, with defects."""
    event = rows["event_on"].to_numpy()
    table = rows.assign(
        source="pingan",
        requested_at=days.time_text(rows["requested_at"]),
        quoted_at=days.time_text(rows["quoted_at"]),
        file_name=files.file_names("pingan", event, anchor),
        available_on=files.available_on("pingan", event, anchor),
    )
    table = table.sort_values(["file_name", "requested_at", "quote_number"], ignore_index=True)
    event = table["event_on"].to_numpy()
    table = defects.inject(
        p.stream(seed, "defects quotes"),
        table,
        defects.QUOTE,
        ~files.in_troubled_file("pingan", event, anchor),
        table["file_name"],
        days.month_index(event) >= days.month_index(np.array([anchor]))[0],
    )
    return files.number_rows(table, 2)


def call_rows(seed: int, anchor: int, rows: pd.DataFrame) -> pd.DataFrame:
    """Call legs as texts, per file in order, with defects."""
    event = rows["event_on"].to_numpy()
    table = rows.assign(
        source="phone",
        started_at=days.time_text(rows["started_at"]),
        answered_at=days.time_text(rows["answered_at"]),
        ended_at=days.time_text(rows["ended_at"]),
        file_name=files.file_names("phone", event, anchor),
        available_on=files.available_on("phone", event, anchor),
    )
    daily = days.month_index(event) >= days.month_index(np.array([anchor]))[0]
    table = defects.inject(
        p.stream(seed, "defects calls"),
        table,
        defects.CALL,
        np.ones(len(table), dtype=bool),
        table["file_name"],
        daily,
    )
    return files.number_rows(table, 1)


def dms_tables(
    seed: int,
    vehicles_: pd.DataFrame,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    sales: pd.DataFrame,
    known: pd.DataFrame,
    changes: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """DMS tables as texts with defects; `since` = second from which the row exists."""
    v = vehicles_[vehicles_["created_on"] < NEVER]
    tables = {
        "customer": customers.assign(
            since=customers["created_on"] * SECONDS, created_on=days.text(customers["created_on"])
        ).drop(columns="customer"),
        "vehicle": pd.DataFrame(
            {
                "vin": v["vin"],
                "store_id": v["store_id"],
                "customer_id": [f"C{n:06d}" for n in v["customer"]],
                "plate_number": v["plate"],
                "brand": v["brand"],
                "model": v["model"],
                "first_registered_on": days.text(v["registered_on"]),
                "list_price_amount": yuan(v["list_price"] * 100),
                "created_on": days.text(v["created_on"]),
                "since": v["created_on"] * SECONDS,
                "plated_since": (v["registered_on"] + 13) * SECONDS,
            }
        ).sort_values(["since", "vin"]),
        "vehicle_sale": sales.assign(
            since=sales["updated_at"],
            sold_on=days.text(sales["sold_on"]),
            price_amount=yuan(sales["price_fen"]),
        ).drop(columns=["price_fen", "updated_at"]),
        "repair_order": orders.assign(
            since=orders["opened_at"],
            closed_since=orders["closed_at"],
            opened_at=days.time_text(orders["opened_at"]),
            closed_at=days.time_text(orders["closed_at"]),
            amount=yuan(orders["amount_fen"]),
        ).drop(columns="amount_fen"),
        "customer_known_policy": known.assign(
            since=known["updated_at"],
            expires_on=days.text(known["expires_on"]),
            reported_on=days.text(known["reported_on"]),
        ).drop(columns="updated_at"),
        "ownership_change": changes.assign(
            since=changes["updated_at"],
            changed_on=days.text(changes["changed_on"]),
            recorded_on=days.text(changes["recorded_on"]),
        ).drop(columns="updated_at"),
    }
    out = {}
    for name, table in tables.items():
        allowed = np.ones(len(table), dtype=bool)
        if name == "repair_order":  # bad rows never change their state later on
            allowed = (table["since"] // SECONDS == table["closed_since"] // SECONDS).to_numpy()
        out[name] = defects.inject(p.stream(seed, f"defects {name}"), table, defects.DMS[name], allowed)
    return out


def make_world(seed: int, anchor: int, count: int) -> World:
    """Simulates the group from the first day of history to HORIZON_DAYS + MARGIN_DAYS after the anchor (day number)."""
    first, last = files.first_day_of_history(anchor), anchor + p.HORIZON_DAYS + p.MARGIN_DAYS
    v = vehicles.make_vehicles(seed, count, first, last)
    visits = vehicles.make_visits(seed, v, first, last)
    c = covers.make_covers(seed, v, visits, last)
    v, c, visits = story(v, c, visits)
    customers = people.make_customers(seed, v)
    staff = people.make_staff(seed, anchor)
    rows = policies.make_policies(seed, c, v, customers, first)
    known = policies.make_known_policies(seed, c, v, first)
    known = known[known["reported_on"] < NEVER].reset_index(drop=True)
    changes = policies.make_ownership_changes(seed, c, v)
    present = v[v["created_on"] < NEVER]
    changes = changes[changes["vin"].isin(present["vin"])].reset_index(drop=True)
    made = v["created_on"].groupby(v["customer"]).min()
    customers = customers.assign(created_on=made.loc[customers["customer"]].to_numpy())
    customers = customers.assign(created_on=customers["created_on"].astype(np.int64))
    orders = service.make_orders(seed, visits, v, staff)
    sales = service.make_sales(seed, v, staff)
    legs = calls.make_calls(seed, c, v, customers, staff, first, last)
    dms = dms_tables(seed, v, customers[customers["created_on"] < NEVER], orders, sales, known, changes)
    quotes = policies.make_quotes(seed, c, v, first)
    accidents = claims.make_claims(seed, c, v, rows, orders, first)
    dms |= ledgers.dms_ledgers(seed, anchor, (first, last), v, customers, staff, rows, orders, changes, accidents, legs)
    hotline = claims.make_hotline(seed, accidents, customers, v, staff)
    requests = claims.make_requests(seed, quotes, v, staff)
    return World(
        v,
        customers,
        staff,
        c,
        insurer_rows(seed, anchor, rows),
        quote_rows(seed, anchor, quotes),
        call_rows(seed, anchor, legs),
        claims=ledgers.claim_rows(seed, anchor, accidents),
        quote_requests=ledgers.request_rows(seed, anchor, requests),
        hotline=ledgers.hotline_rows(seed, anchor, hotline),
        **dms,
    )


def load_world(folder: Path, seed: int, anchor: int, count: int) -> World:
    """The world from its cache in `folder`, or made anew and put there."""
    names = [field.name for field in fields(World)]
    if all((folder / f"{name}.parquet").exists() for name in names):
        return World(**{name: pd.read_parquet(folder / f"{name}.parquet") for name in names})
    world = make_world(seed, anchor, count)
    for name in names:
        files.write_parquet(folder / f"{name}.parquet", getattr(world, name))
    return world
