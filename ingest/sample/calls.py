"""Call legs as an Asterisk telephone system logs them: specialists call due customers, customers call back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days, people
from ingest.sample import parameters as p

OUTCOMES = np.array(["ANSWERED", "NO ANSWER", "BUSY", "FAILED"], dtype=object)


def plan_calls(
    rng: np.random.Generator,
    covers: pd.DataFrame,
    vehicles: pd.DataFrame,
    phones: np.ndarray,
    first_day: int,
    last_day: int,
    per_due: float,
) -> pd.DataFrame:
    """Which vehicles are called (or call) on which day: from 40 days before expiry until signed, 25 days after at most."""
    v = vehicles.iloc[covers["vehicle"].to_numpy()]
    end = covers["earliest_end"].to_numpy()
    limit = np.minimum.reduce(
        [
            covers["next_signed_on"].to_numpy(),
            end + 25,
            covers["gone_on"].to_numpy(),
            np.full(len(covers), last_day),
        ]
    )
    first = np.maximum(end - 40, np.maximum(first_day, v["created_on"].to_numpy()))
    here = (covers["issuer"] != "").to_numpy()
    mean = per_due * np.where(here, 1.25, np.where(covers["known_by"] != "", 1.0, 0.45))
    mean = mean * np.clip((limit - first) / np.maximum(limit - (end - 40), 1), 0, 1)
    counts = np.where((limit > first) & (phones[covers["vehicle"].to_numpy()] != ""), rng.poisson(mean), 0)
    row = np.repeat(np.arange(len(covers)), counts)
    when = first[row] + (rng.random(len(row)) * (limit[row] - first[row])).astype(np.int64)
    when = np.where((days.weekday(when) == 6) & (rng.random(len(row)) < 0.7), when - 1, when)
    when = np.maximum(when, first_day)
    return pd.DataFrame({"vehicle": covers["vehicle"].to_numpy()[row], "called_on": when})


def make_calls(
    seed: int,
    covers: pd.DataFrame,
    vehicles: pd.DataFrame,
    customers: pd.DataFrame,
    staff: pd.DataFrame,
    first_day: int,
    last_day: int,
) -> pd.DataFrame:
    """One row per leg; times in local seconds since 1970, answered_at -1 if never answered."""
    rng = p.stream(seed, "calls")
    phones = customers.set_index("customer")["phone"].loc[vehicles["customer"]].to_numpy()
    phones = np.array([phone.replace("-", "") for phone in phones], dtype=object)
    out = plan_calls(rng, covers, vehicles, phones, first_day, last_day, p.CALLS_PER_DUE).assign(inbound=False)
    back = plan_calls(rng, covers, vehicles, phones, first_day, last_day, p.INBOUND_PER_DUE).assign(inbound=True)
    calls = pd.concat([out, back], ignore_index=True)
    calls["started_at"] = calls["called_on"] * 86400 + rng.integers(9 * 3600, int(19.5 * 3600), len(calls))
    calls = calls.sort_values(["started_at", "vehicle"], ignore_index=True)
    count = len(calls)
    v = vehicles.iloc[calls["vehicle"].to_numpy()]
    store, slot, when = v["store_id"].to_numpy(), v["specialist"].to_numpy(), calls["called_on"].to_numpy()
    own = people.on_duty(staff, "续保专员", store, slot, when, "extension")
    other = people.on_duty(staff, "续保专员", store, (slot + 1) % 3, when, "extension")
    manager = people.on_duty(staff, "保险经理", store, np.zeros(count, dtype=int), when, "extension")
    own = np.where(own == "", np.where(other == "", manager, other), own)
    other = np.where((other == "") | (other == own), manager, other)
    inbound = calls["inbound"].to_numpy()
    outcome = OUTCOMES[rng.choice(4, count, p=[0.63, 0.27, 0.07, 0.03])]
    outcome = np.where(inbound, np.where(rng.random(count) < 0.7, "ANSWERED", "NO ANSWER"), outcome)
    ring = np.where(outcome == "FAILED", 1, rng.integers(4, 35, count))
    talk = np.where(outcome == "ANSWERED", np.minimum(rng.lognormal(4.0, 0.9, count), 1500).astype(np.int64) + 3, 0)
    phone = phones[calls["vehicle"].to_numpy()]
    first = pd.DataFrame(
        {
            "call": np.arange(count),
            "leg": 0,
            "store_id": store,
            "inbound": inbound,
            "called_on": when,
            "caller": np.where(inbound, phone, own),
            "callee": np.where(inbound, own, phone),
            "started_at": calls["started_at"].to_numpy(),
            "ring": ring,
            "talk": talk,
            "disposition": outcome,
        }
    )
    # a second leg: an unanswered inbound call rings at the next desk, some talks are handed to the manager
    rings_on = inbound & (outcome == "NO ANSWER") & (rng.random(count) < 0.8)
    handed_on = ~inbound & (outcome == "ANSWERED") & (rng.random(count) < 0.06)
    again = rings_on | handed_on
    answered = np.where(handed_on, True, rng.random(count) < 0.75)
    second = first.assign(
        leg=1,
        caller=phone,
        callee=np.where(handed_on, manager, other),
        started_at=first["started_at"] + ring + talk,
        ring=rng.integers(2, 20, count),
        talk=np.where(answered, rng.integers(10, 400, count), 0),
        disposition=np.where(answered, "ANSWERED", "NO ANSWER"),
    )[again]
    legs = pd.concat([first, second], ignore_index=True).sort_values(["call", "leg"], ignore_index=True)
    sequence = np.arange(len(legs)) + 1
    utc = legs["started_at"].to_numpy() - 8 * 3600  # the telephone system's clock is China's, whoever runs this
    unique = np.array([f"{second}.{number}" for second, number in zip(utc, sequence, strict=True)], dtype=object)
    head = pd.Series(np.where(legs["leg"] == 0, unique, None)).ffill().to_numpy()
    talked = legs["talk"].to_numpy() > 0
    return pd.DataFrame(
        {
            "store_id": legs["store_id"],
            "direction": np.where(legs["inbound"], "from-trunk", "from-internal").astype(object),
            "caller_number": legs["caller"],
            "callee_number": legs["callee"],
            "started_at": legs["started_at"],
            "answered_at": np.where(talked, legs["started_at"] + legs["ring"], -1),
            "ended_at": legs["started_at"] + legs["ring"] + legs["talk"],
            "duration": legs["ring"] + legs["talk"],
            "billable_seconds": legs["talk"],
            "disposition": legs["disposition"],
            "leg_id": unique,
            "call_id": head,
            "event_on": legs["called_on"],
        }
    )
