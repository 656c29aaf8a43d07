"""The truth, outside the pipeline's reach: which rows are bad and why, who really renewed, and since when that is known.

All tables speak of what was emitted up to one as_of; they are rewritten at each call. Outcomes follow DOMAIN §2:
`outcome` is what really happened, `revealed_on` the first as_of on which a perfect reader of the good rows knows it.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.sample import days, files
from ingest.sample import parameters as p
from ingest.sample.world import World

NEVER = days.NEVER
SECONDS = 86400
WINDOW_BEFORE, WINDOW_AFTER = 90, 30
DMS_KEYS = {
    "customer": ["customer_id"],
    "vehicle": ["vin"],
    "vehicle_sale": ["sale_number"],
    "repair_order": ["order_number"],
    "ownership_change": ["change_number"],
    "customer_known_policy": ["report_number"],
    "service_appointment": ["appointment_number"],
    "gift_issue": ["issue_number"],
    "voucher": ["voucher_number", "use_number"],
    "entitlement_use": ["use_number"],
    "concession": ["concession_number"],
    "complaint": ["complaint_number"],
    "referral": ["referral_number"],
    "reward_point": ["entry_number"],
    "staff_leave": ["staff_id", "starts_on"],
    "training": ["training_number", "staff_id"],
    "consent": ["consent_number"],
    "do_not_call": ["request_number"],
    "manager_decision": ["decision_number"],
    "help_request": ["request_number"],
    "channel": ["channel_id", "valid_from"],
    "channel_spend": ["spend_number"],
}
"""The columns that name a row of each DMS table; in the truth they are joined by |."""
SERVICE_DAYS = (600, 95)  # a visit so many days before the expiry proves the home store under every reading


def write_truth(world: World, folder: Path, anchor: int, as_of: int) -> None:
    """Writes defects, batches, outcomes, universe and people_values for everything emitted up to `as_of`."""
    outcomes, universe = judge(world, anchor, as_of)
    for name, table in (
        ("defects", defects_table(world, as_of)),
        ("batches", batches_table(anchor, as_of)),
        ("outcomes", outcomes),
        ("universe", universe),
        ("people_values", people_values(world)),
    ):
        files.write_parquet(folder / f"{name}.parquet", table)


def as_dates(numbers: np.ndarray) -> pd.Series:
    """Python dates of day numbers, None for NEVER (written as DATE)."""
    return pd.Series([days.to_date(n) if n < NEVER else None for n in np.asarray(numbers).tolist()], dtype=object)


def defects_table(world: World, as_of: int) -> pd.DataFrame:
    """One row per injected bad row: where it stands and the rule (or declared kind) the gate has to name."""
    parts = []
    for entity, table, keys in (
        ("policy", world.policies, ["policy_number", "policy_kind", "endorsement_number"]),
        ("quote", world.quotes, ["quote_number"]),
        ("call", world.calls, ["call_id", "leg_id"]),
        ("claim", world.claims, ["claim_number"]),
        ("quote_request", world.quote_requests, ["request_number"]),
        ("hotline_log", world.hotline, ["log_number"]),
    ):
        bad = table[(table["defect"] != "") & (table["available_on"] <= as_of)]
        parts.append(bad.assign(extract=p.EXTRACTS[entity], entity=entity, key=joined(bad, keys)))
    for entity, keys in DMS_KEYS.items():
        table = getattr(world, entity)
        bad = table[(table["defect"] != "") & (table["since"] < as_of * SECONDS)]
        parts.append(
            bad.assign(
                source="dms",
                extract=p.EXTRACTS[entity],
                entity=entity,
                file_name="dms.sqlite",
                row_number=pd.NA,
                key=joined(bad, keys),
                available_on=bad["since"] // SECONDS + 1,
            )
        )
    columns = ["source", "extract", "entity", "file_name", "row_number", "key", "defect", "expected_rule"]
    every = pd.concat(
        [part[[*columns, "available_on"]].astype({"row_number": "Int64"}) for part in parts],
        ignore_index=True,
    )
    every = every.sort_values(["source", "extract", "file_name", "row_number", "key"], ignore_index=True)
    return every[columns].assign(available_on=as_dates(every["available_on"]))


def joined(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The key columns as one text."""
    return rows[keys[0]].str.cat([rows[k] for k in keys[1:]], sep="|") if keys[1:] else rows[keys[0]]


def batches_table(anchor: int, as_of: int) -> pd.DataFrame:
    """Trouble with whole files so far: the as_of on which each state is found in the outbox."""
    rows = []
    for source, night, event, day in (
        ("picc", p.TRUNCATED_A, "truncated", p.TRUNCATED_A),
        ("picc", p.CORRECTED_A, "corrected", p.TRUNCATED_A),
        ("pingan", p.LATE_B, "late", p.LATE_B),
        ("pingan", p.ARRIVED_B, "arrived", p.LATE_B),
        ("dadi", p.UNMARKED_C, "unmarked", p.UNMARKED_C),
        ("dadi", p.MARKED_C, "marked", p.UNMARKED_C),
    ):
        if anchor + night <= as_of:
            name = files.file_names(source, np.array([anchor + day - 1]), anchor)[0]
            rows.append((days.to_date(anchor + night), source, name, event))
    return pd.DataFrame(rows, columns=["as_of", "source", "file_name", "event"])


def earliest(table: pd.DataFrame, column: str, count: int) -> np.ndarray:
    """Smallest value of `column` per cover, NEVER for covers without a row."""
    out = np.full(count, NEVER)
    np.minimum.at(out, table["cover"].to_numpy(), table[column].to_numpy())
    return out


def proof(world: World, anchor: int, as_of: int) -> pd.DataFrame:
    """Per cover: since when good rows tell of each kind, of its cancellation, of what the customer said; was any row sent."""
    count = len(world.covers)
    sent = world.policies[world.policies["available_on"] <= as_of]
    good = sent[sent["defect"].isin(["", "exact_duplicate"])]
    told = world.customer_known_policy[world.customer_known_policy["since"] < as_of * SECONDS]
    told = told.assign(available_on=np.maximum(told["since"] // SECONDS + 1, anchor))
    base, cancelled = good[good["endorsement_number"] == ""], good[good["endorsement_type"] == "cancellation"]
    columns = {}
    for kind in ("commercial", "compulsory"):
        columns[kind] = earliest(base[base["policy_kind"] == kind], "available_on", count)
        columns[f"{kind}_cancelled"] = earliest(cancelled[cancelled["policy_kind"] == kind], "available_on", count)
    columns["told"] = earliest(told[told["defect"] == ""], "available_on", count)
    any_sent = np.minimum(earliest(sent, "available_on", count), earliest(told, "available_on", count)) < NEVER
    return pd.DataFrame({**columns, "is_sent": any_sent})


def home_proof(world: World, covers: pd.DataFrame, anchor: int, as_of: int) -> np.ndarray:
    """Since when good DMS rows prove the home store of covers from elsewhere: its sale, or a visit before the expiry."""
    vins = world.vehicles["vin"].to_numpy()
    now = as_of * SECONDS
    sales = world.vehicle_sale[
        world.vehicle_sale["defect"].isin(["", "exact_duplicate"]) & (world.vehicle_sale["since"] < now)
    ]
    sold = sales.drop_duplicates("vin").set_index("vin")["since"].reindex(vins).to_numpy() // SECONDS + 1
    since = np.where(np.isnan(sold), NEVER, sold).astype(np.int64)[covers["vehicle"].to_numpy()]
    orders = world.repair_order
    orders = orders[
        orders["defect"].isin(["", "exact_duplicate"]) & (orders["since"] < now) & (orders["order_kind"] != "交车检查")
    ]
    place = pd.Series(np.arange(len(vins)), index=vins)
    keys = np.sort(place.loc[orders["vin"]].to_numpy() * 100_000 + orders["since"].to_numpy() // SECONDS)
    keys = np.append(keys, np.iinfo(np.int64).max)
    low = covers["vehicle"].to_numpy() * 100_000 + covers["expires_on"].to_numpy() - SERVICE_DAYS[0]
    found = keys[np.searchsorted(keys, low)]
    high = covers["vehicle"].to_numpy() * 100_000 + covers["expires_on"].to_numpy() - SERVICE_DAYS[1]
    visited = np.where(found <= high, found % 100_000 + 1, NEVER)
    since = np.minimum(since, visited)
    return np.where(since < NEVER, np.maximum(since, anchor), NEVER)


def judge(world: World, anchor: int, as_of: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Outcomes and universe (one row per cover whose expiry lies in or before the window at `as_of`)."""
    c = world.covers
    known = proof(world, anchor, as_of)
    v = world.vehicles.iloc[c["vehicle"].to_numpy()]
    expires, commercial = c["expires_on"].to_numpy(), c["commercial"].to_numpy()
    here = (c["issuer"] != "").to_numpy()
    home = np.where(here, c["issuer"], v["store_id"])

    # since when the expiring cover is known: by its governing policy, by the other one if it ends on the same
    # day, or by what the customer told
    same_end = (c["end"] == c["compulsory_end"]).to_numpy()
    basis = np.where(commercial, known["commercial"], known["compulsory"])
    basis = np.where(commercial & same_end, np.minimum(basis, known["compulsory"]), basis)
    basis = np.minimum(basis, known["told"])
    at_home = np.where(here, anchor, home_proof(world, c, anchor, as_of))
    basis = np.maximum(basis, at_home)

    following = np.append(c["vehicle"].to_numpy()[1:] == c["vehicle"].to_numpy()[:-1], False)
    after = c.shift(-1)
    signed = np.where(following, after["signed_on"].fillna(NEVER), NEVER).astype(np.int64)
    undone = np.where(following, after["cancelled_on"].fillna(NEVER), NEVER).astype(np.int64)
    by_home = following & (after["issuer"].to_numpy() == home)
    renewed = (signed < as_of) & ~(undone < as_of)
    closed = expires + WINDOW_AFTER < as_of
    outcome = np.where(
        renewed, np.where(by_home, "renewed_here", "renewed_elsewhere"), np.where(closed, "lost", "open")
    )

    # what the reader sees of the following cover
    seen = known.shift(-1).fillna(NEVER)
    evidence, cancelled = np.full(len(c), NEVER), np.full(len(c), -1)
    for kind, start in (("commercial", after["start"]), ("compulsory", after["compulsory_start"])):
        inside = (
            following & (start >= expires - WINDOW_BEFORE).to_numpy() & (start <= expires + WINDOW_AFTER).to_numpy()
        )
        row, gone = seen[kind].to_numpy(), seen[f"{kind}_cancelled"].to_numpy()
        valid = inside & (row < NEVER)
        evidence = np.where(valid & (gone == NEVER), np.minimum(evidence, row), evidence).astype(np.int64)
        cancelled = np.where(valid & (gone < NEVER), np.maximum(cancelled, gone), cancelled).astype(np.int64)
    evidence = np.where(following, np.minimum(evidence, seen["told"].to_numpy()), evidence).astype(np.int64)
    read = np.where(
        evidence < NEVER,
        np.where(by_home, "renewed_here", "renewed_elsewhere"),
        np.where(closed, "lost", "open"),
    )
    since = np.where(outcome == "lost", np.maximum(expires + WINDOW_AFTER + 1, cancelled), evidence)
    since = np.maximum(np.maximum(since, basis), anchor)
    revealed = np.where((read == outcome) & (basis < NEVER), since, NEVER)

    gone = (c["gone_on"] < NEVER).to_numpy()
    early = ~gone & (c["cancelled_on"].to_numpy() < c["earliest_end"].to_numpy() - WINDOW_BEFORE)
    status = np.select(
        [~known["is_sent"].to_numpy(), gone, early, at_home == NEVER],
        ["no_evidence", "gone", "cancelled_early", "home_unknown"],
        "due",
    )
    table = pd.DataFrame(
        {
            "store_id": home,
            "vin": v["vin"].to_numpy(),
            "expiry_month": as_dates(days.month_first(days.month_index(expires))),
            "expires_on": as_dates(expires),
            "status": status,
            "outcome": outcome,
            "was_here": here,
            "signed_on": as_dates(np.where(renewed, signed, NEVER)),
            "revealed_on": as_dates(revealed),
        }
    )
    first = files.first_day_of_history(anchor)
    table = table[(expires >= first) & (expires < as_of + 120)].sort_values(["vin", "expires_on"], ignore_index=True)
    decided = table[(table["status"] == "due") & (table["outcome"] != "open")].drop(columns="status")
    return decided.reset_index(drop=True), table[["store_id", "vin", "expiry_month", "expires_on", "status", "outcome"]]


def people_values(world: World) -> pd.DataFrame:
    """All personal values the generator made, broken ones included: kind and value."""
    customers, kinds = world.customers, {}
    landlines = customers["phone"].str.replace("-", "")
    kinds["phone"] = [
        customers["phone"],
        landlines,
        customers["second_phone"],
        world.policies["phone"],
        world.customer["phone"],
        world.hotline["caller_phone"],
        world.referral["referred_phone"],
    ]
    kinds["plate"] = [world.vehicles["plate"]]
    tables = (getattr(world, field.name) for field in fields(world))
    kinds["vin"] = [table["vin"] for table in tables if "vin" in table]
    kinds["id_number"], kinds["customer_name"] = [customers["id_number"]], [customers["customer_name"]]
    rows = [
        (kind, value)
        for kind, columns in kinds.items()
        for value in sorted(set().union(*(set(column.tolist()) for column in columns)) - {""})
    ]
    return pd.DataFrame(rows, columns=["kind", "value"])
