"""Policy rows with endorsements, quotes, policies elsewhere that customers tell of, transfers and scrappings.

Tables hold canonical column names; dates are day numbers and money is fen until the files are written.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p

NEVER = days.NEVER
COMMISSION = {"PICC": 0.18, "PAIC": 0.2, "CCIC": 0.22}
NUMBER_HEAD = {
    ("PICC", "commercial"): "120305",
    ("PICC", "compulsory"): "120507",
    ("PAIC", "commercial"): "112601",
    ("PAIC", "compulsory"): "112602",
    ("CCIC", "commercial"): "DDBI",
    ("CCIC", "compulsory"): "DDCI",
}
ENDORSEMENT_HEAD = {"PICC": "320305", "PAIC": "312601", "CCIC": "DDEN"}
NUMBER_TAIL = {"PICC": ("6101", 8), "PAIC": ("", 10), "CCIC": ("", 8)}


def numbers(heads: np.ndarray, insurers: np.ndarray, signed: np.ndarray, sequence: np.ndarray) -> np.ndarray:
    """Policy or endorsement numbers: head, year, branch, sequence (22 digits at PICC)."""
    years = signed.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    return np.array(
        [
            f"{head}{year}{NUMBER_TAIL[i][0]}{number:0{NUMBER_TAIL[i][1]}d}"
            for head, i, year, number in zip(heads, insurers, years, sequence, strict=True)
        ],
        dtype=object,
    )


def cover_codes(rng: np.random.Generator, rows: pd.DataFrame) -> np.ndarray:
    """Covers of each policy, '+'-joined codes: the full set is sold more often by skilled specialists."""
    count = len(rows)
    skill = np.array(p.SPECIALIST_SKILL)[rows["specialist"]]
    full = rng.random(count) < np.where(rows["issuer"] != "", 0.82, 0.7) + 0.12 * skill
    damage, driver, passenger = (full | (rng.random(count) < chance) for chance in (0.55, 0.4, 0.3))
    passenger &= full | ~(damage & driver)
    extra = [rng.random(count) < chance for chance in (0.30, 0.14, 0.04)]
    texts = np.full(count, "TPL", dtype=object)
    texts = np.where(damage, "OD+" + texts, texts)
    for flag, code in zip((driver, passenger, *extra), ("DRV", "PAX", "MED", "SCR", "EQP"), strict=True):
        texts = np.where(flag, texts + ("+" + code), texts)
    return np.where(rows["policy_kind"] == "compulsory", "CI", texts)


def make_policies(
    seed: int, covers: pd.DataFrame, vehicles: pd.DataFrame, customers: pd.DataFrame, first_day: int
) -> pd.DataFrame:
    """One row per policy or endorsement the three insurers hand over, `event_on` = day signed or endorsed."""
    rng = p.stream(seed, "policies")
    both = [
        covers[covers["commercial"]].assign(policy_kind="commercial"),
        covers.assign(policy_kind="compulsory"),
    ]
    rows = pd.concat(both, ignore_index=True)
    rows = rows[rows["insurer"].isin(list(p.INSURER_SOURCE))]
    rows = rows.sort_values(["signed_on", "cover", "policy_kind"], ignore_index=True)
    count = len(rows)
    commercial = (rows["policy_kind"] == "commercial").to_numpy()
    rows["cover_starts_on"] = np.where(commercial, rows["start"], rows["compulsory_start"])
    rows["cover_ends_on"] = np.where(commercial, rows["end"], rows["compulsory_end"])
    rows["premium_fen"] = np.where(commercial, rows["commercial_fen"], rows["compulsory_fen"])
    rows["tax_fen"] = np.where(commercial, 0, rows["tax_fen"])
    insurers = rows["insurer"].to_numpy()
    heads = np.array([NUMBER_HEAD[pair] for pair in zip(insurers, rows["policy_kind"], strict=True)], dtype=object)
    rows["policy_number"] = numbers(heads, insurers, rows["signed_on"].to_numpy(), np.arange(count) * 7 + 10007)
    rate = np.array([COMMISSION[i] for i in insurers]) + np.round(rng.integers(-3, 4, count) / 100, 2)
    rows["commission_rate"] = np.where(commercial, np.round(rate, 2), 0.04)
    person = customers.set_index("customer").loc[vehicles["customer"]].reset_index()
    who = rows["vehicle"].to_numpy()
    rows["vin"], rows["specialist"] = vehicles["vin"].to_numpy()[who], vehicles["specialist"].to_numpy()[who]
    unplated = rows["signed_on"].to_numpy() <= vehicles["registered_on"].to_numpy()[who] + 12
    rows["plate"] = np.where(unplated, "", vehicles["plate"].to_numpy()[who])
    rows["name"] = person["customer_name"].to_numpy()[who]
    phone, second = person["phone"].to_numpy()[who], person["second_phone"].to_numpy()[who]
    u = rng.random(count)
    rows["phone"] = np.where((u < 0.15) & (second != ""), second, np.where(u > 0.97, "", phone))
    rows["covers"] = cover_codes(rng, rows)
    before = rows[["cover", "policy_kind", "insurer", "policy_number"]].assign(cover=rows["cover"] + 1)
    earlier = rows.merge(before, on=["cover", "policy_kind", "insurer"], how="left", suffixes=("", "_before"))
    rows["previous_policy_number"] = np.where(rows["year"] > 0, earlier["policy_number_before"].fillna(""), "")
    rows = rows.assign(endorsement_number="", endorsement_type="", event_on=rows["signed_on"])
    told = ((rows["issuer"] != "") | (rows["known_by"] == "insurer")) & (rows["signed_on"] >= first_day)
    rows = rows[told].reset_index(drop=True)
    every = pd.concat([rows, endorsements(rng, rows)], ignore_index=True)
    return every.sort_values(["event_on", "policy_number", "endorsement_number"], ignore_index=True)


def endorsements(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Changes (small premium differences) and cancellations (a part of the premium is paid back)."""
    cancelled = (rows["cancelled_on"] < NEVER).to_numpy()
    span = (rows["cover_ends_on"] - rows["signed_on"]).to_numpy() - 25
    when = rows["signed_on"].to_numpy() + 5 + (rng.random(len(rows)) * span).astype(np.int64)
    changes = ~cancelled & (rng.random(len(rows)) < p.ENDORSED) & (when < rows["gone_on"].to_numpy())
    amount = np.round(rng.uniform(20, 600, len(rows)) * rng.choice([-1, 1], len(rows), p=[0.4, 0.6]) * 100).astype(
        np.int64
    )
    left = np.clip((rows["cover_ends_on"] - rows["cancelled_on"]).to_numpy() / 365, 0, 1)
    back = -np.round(rows["premium_fen"].to_numpy() * left).astype(np.int64)
    event = np.where(cancelled, rows["cancelled_on"], when)
    made = rows.assign(
        event_on=event,
        premium_fen=np.where(cancelled, back, amount),
        tax_fen=0,
        endorsement_type=np.where(cancelled, "cancellation", "change"),
    )[cancelled | changes]
    made = made.sort_values(["event_on", "policy_number"], ignore_index=True)
    heads = np.array([ENDORSEMENT_HEAD[i] for i in made["insurer"]], dtype=object)
    made["endorsement_number"] = numbers(
        heads, made["insurer"].to_numpy(), made["event_on"].to_numpy(), np.arange(len(made)) * 3 + 5003
    )
    return made


def make_quotes(seed: int, covers: pd.DataFrame, vehicles: pd.DataFrame, first_day: int) -> pd.DataFrame:
    """Quotes of insurer B for renewals; `requested_at`, `quoted_at` in local seconds since 1970."""
    rng = p.stream(seed, "quotes")
    rows = covers[covers["quoted"]].reset_index(drop=True)
    end = rows["earliest_end"].to_numpy()
    limit = np.minimum.reduce(
        [
            rows["next_signed_on"].to_numpy(),
            end + 5,
            rows["gone_on"].to_numpy() - 1,
            rows["cancelled_on"].to_numpy() - 1,
        ]
    )
    first = np.maximum(np.minimum(end - 45, limit - 4), rows["signed_on"].to_numpy() + 35)
    asked = first + (rng.random(len(rows)) * (limit - first + 1)).astype(np.int64)
    since = vehicles["created_on"].to_numpy()[rows["vehicle"].to_numpy()]
    rows = rows.assign(asked_on=asked)[(limit >= first) & (asked >= first_day) & (asked >= since)]
    again = rows[rng.random(len(rows)) < 0.15]
    rows = pd.concat([rows, again.assign(asked_on=np.minimum(again["asked_on"] + 2, again["next_signed_on"]))])
    rows = rows.sort_values(["asked_on", "cover"], kind="stable", ignore_index=True)
    count = len(rows)
    requested = rows["asked_on"].to_numpy() * 86400 + rng.integers(9 * 3600, 17 * 3600, count)
    waited = np.minimum(rng.lognormal(5.8, 1.1, count), 3500).astype(np.int64) + 20
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    commercial = np.round(rows["commercial_fen"].to_numpy() * rng.uniform(0.86, 1.08, count)).astype(np.int64)
    return pd.DataFrame(
        {
            "quote_number": np.array([f"QT{n:09d}" for n in range(100, 100 + count)], dtype=object),
            "store_code": np.where(rows["issuer"] != "", rows["issuer"], v["store_id"]),
            "vin": v["vin"].to_numpy(),
            "requested_at": requested,
            "quoted_at": requested + waited,
            "commercial_fen": np.where(rng.random(count) < 0.06, -1, commercial),
            "compulsory_fen": rows["compulsory_fen"].to_numpy(),
            "event_on": rows["asked_on"].to_numpy(),
        }
    )


def make_known_policies(seed: int, covers: pd.DataFrame, vehicles: pd.DataFrame, first_day: int) -> pd.DataFrame:
    """What customers told about policies elsewhere; `updated_at` in local seconds since 1970."""
    rng = p.stream(seed, "known policies")
    told = (covers["known_by"] == "customer") & (covers["issuer"] == "")
    told |= (covers["known_by"] == "insurer") & (covers["issuer"] == "") & (rng.random(len(covers)) < 0.06)
    rows = covers[told]
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    earliest = np.maximum.reduce(
        [rows["signed_on"].to_numpy() + 1, v["created_on"].to_numpy(), np.full(len(rows), first_day)]
    )
    latest = np.minimum.reduce(
        [rows["expires_on"].to_numpy() - 10, rows["start"].to_numpy() + 35, rows["gone_on"].to_numpy() - 1]
    )
    latest = np.where(rows["year"] == 0, np.minimum(rows["expires_on"] - 10, rows["gone_on"] - 1), latest)
    when = earliest + (rng.random(len(rows)) * np.maximum(latest - earliest + 1, 1)).astype(np.int64)
    insurer = np.array([p.INSURER_NAMES_TOLD.get(i, i) for i in rows["insurer"]], dtype=object)
    known = pd.DataFrame(
        {
            "cover": rows["cover"].to_numpy(),
            "store_id": v["store_id"].to_numpy(),
            "vin": v["vin"].to_numpy(),
            "insurer_name": np.where(rng.random(len(rows)) < 0.05, "", insurer),
            "expires_on": rows["expires_on"].to_numpy(),
            "reported_on": when,
            "updated_at": when * 86400 + rng.integers(9 * 3600, 19 * 3600, len(rows)),
        }
    )[latest >= earliest].sort_values(["updated_at", "cover"], ignore_index=True)
    known.insert(0, "report_number", np.array([f"KP{n:07d}" for n in range(1, len(known) + 1)], dtype=object))
    return known


def make_ownership_changes(seed: int, covers: pd.DataFrame, vehicles: pd.DataFrame) -> pd.DataFrame:
    """Transfers and scrappings with their evidence, recorded up to three weeks later."""
    rng = p.stream(seed, "ownership")
    rows = covers[covers["gone_on"] < NEVER]
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    scrapped = rng.random(len(rows)) < p.SCRAPPED_OF_GONE
    recorded = rows["gone_on"].to_numpy() + rng.integers(0, 21, len(rows))
    changes = pd.DataFrame(
        {
            "store_id": v["store_id"].to_numpy(),
            "vin": v["vin"].to_numpy(),
            "change_kind": np.where(scrapped, "报废", "过户").astype(object),
            "changed_on": rows["gone_on"].to_numpy(),
            "recorded_on": recorded,
            "evidence": np.where(scrapped, "报废回收证明", "机动车登记证书").astype(object),
            "updated_at": recorded * 86400 + rng.integers(9 * 3600, 18 * 3600, len(rows)),
        }
    ).sort_values(["updated_at", "vin"], ignore_index=True)
    changes.insert(0, "change_number", np.array([f"OC{n:06d}" for n in range(1, len(changes) + 1)], dtype=object))
    return changes
