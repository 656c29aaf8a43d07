"""Years of cover, one after the other: what each owner decides when a year of cover ends.

A cover (commercial and compulsory policy, or compulsory only) has one signing day. To keep the truth
decidable by DOMAIN §2, policies are cancelled only where a reading of the rules is unambiguous: new cars'
first covers in their last 90 days (lost), renewals soon after signing (the win is reversed), and first
covers of vehicles that were transferred or scrapped with evidence.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p

NEVER = days.NEVER
ROUNDS = 6


def logit(x: np.ndarray) -> np.ndarray:
    """The logistic function: log-odds to probability."""
    return 1 / (1 + np.exp(-x))


def pick(rng: np.random.Generator, shares: dict[str, float], count: int) -> np.ndarray:
    """`count` names drawn by their shares, as an object array."""
    weights = np.array(list(shares.values()))
    return np.array(list(shares), dtype=object)[rng.choice(len(shares), count, p=weights / weights.sum())]


def premiums(rng: np.random.Generator, v: pd.DataFrame, starts: np.ndarray, claims: np.ndarray) -> tuple:
    """Commercial premium, compulsory premium and vehicle tax in fen."""
    age = np.clip((starts - v["registered_on"].to_numpy()) / 365.25, 0, 10)
    value = v["list_price"].to_numpy() * np.exp(-0.11 * age)
    malus = np.where(claims == 0, 0.82, np.where(claims == 1, 1.0, 1.0 + 0.18 * claims))
    commercial = (900 + 0.016 * value) * malus * np.exp(0.06 * rng.standard_normal(len(v)))
    compulsory = np.where(claims == 0, 855.0, np.where(claims == 1, 950.0, 1045.0))
    tax = np.where(v["list_price"].to_numpy() > 150000, 48000, 36000)
    return np.round(commercial * 100).astype(np.int64), np.round(compulsory * 100).astype(np.int64), tax


def known_by(rng: np.random.Generator, insurers: np.ndarray, known_before: np.ndarray) -> np.ndarray:
    """How a cover elsewhere becomes known: 'insurer', 'customer' or ''."""
    group = np.isin(insurers, list(p.INSURER_SOURCE))
    chances = np.where(
        known_before[:, None],
        np.where(group[:, None], p.KNOWN_IF_INSURER_REPORTS, p.KNOWN_IF_OTHER_INSURER),
        p.KNOWN_IF_NEVER_BEFORE,
    )
    u = rng.random(len(insurers))
    by_insurer = (u < chances[:, 0]) & group
    by_customer = ~by_insurer & (u < chances[:, 0] + chances[:, 1])
    return np.where(by_insurer, "insurer", np.where(by_customer, "customer", "")).astype(object)


def first_covers(rng: np.random.Generator, v: pd.DataFrame) -> pd.DataFrame:
    """The first cover the simulation follows: a new car's own, or the one running when history begins."""
    count = len(v)
    new = v["is_new"].to_numpy()
    here = np.where(v["origin"] == "service", False, rng.random(count) < np.where(new, p.NEW_CAR_HERE, p.OLD_CAR_HERE))
    insurer = np.where(here, pick(rng, p.SHARES_HERE, count), pick(rng, p.SHARES_ELSEWHERE, count))
    first, shift = v["first_cover_on"].to_numpy(), v["compulsory_shift"].to_numpy()
    commercial = rng.random(count) < np.where(new, 0.96, 1 - p.COMPULSORY_ONLY)
    start = first + np.where(new, np.abs(shift), 0)
    compulsory_start = first + np.where(new, 0, shift)
    lead = rng.integers(0, 25, count)
    earliest = np.where(commercial, np.minimum(start, compulsory_start), compulsory_start)
    known = known_by(rng, insurer, new | (rng.random(count) < 0.2))
    return pd.DataFrame(
        {
            "vehicle": v["vehicle"].to_numpy(),
            "year": 0,
            "commercial": commercial,
            "start": start,
            "compulsory_start": compulsory_start,
            "signed_on": np.where(new, v["sold_on"], earliest - lead),
            "issuer": np.where(here, v["issue_store"], "").astype(object),
            "insurer": insurer,
            "known_by": np.where(here, "insurer", known).astype(object),
            "business_type": np.where(new, "new_car", "renewal").astype(object),
            "was_known": True,
        }
    )


def finish(cover: pd.DataFrame, rng: np.random.Generator, v: pd.DataFrame) -> pd.DataFrame:
    """Adds ends, governing and earliest expiry, claims and prices to covers (one per row of `v`)."""
    commercial = cover["commercial"].to_numpy()
    end, compulsory_end = days.cover_end(cover["start"]), days.cover_end(cover["compulsory_start"])
    claims = rng.poisson(v["claim_rate"].to_numpy())
    money = premiums(rng, v, cover["start"].to_numpy(), claims)
    return cover.assign(
        end=end,
        compulsory_end=compulsory_end,
        expires_on=np.where(commercial, end, compulsory_end),
        earliest_end=np.where(commercial, np.minimum(end, compulsory_end), compulsory_end),
        claims=claims,
        commercial_fen=money[0],
        compulsory_fen=money[1],
        tax_fen=money[2],
        gone_on=NEVER,
        cancelled_on=NEVER,
        quoted=False,
        next_outcome="",
        next_signed_on=NEVER,
    )


def leave(rng: np.random.Generator, cover: pd.DataFrame, v: pd.DataFrame) -> pd.DataFrame:
    """Transfers, scrappings and cancellations in the year of cover; adds `stays`."""
    count = len(cover)
    last_start = np.maximum(cover["start"], cover["compulsory_start"]).to_numpy()
    earliest = cover["earliest_end"].to_numpy()
    gone = rng.random(count) < p.GONE
    gone_on = (last_start + 40 + rng.random(count) * (earliest - 50 - last_start)).astype(np.int64)
    first = (cover["year"].to_numpy() == 0) & v["is_new"].to_numpy() & (cover["issuer"].to_numpy() != "")
    cancels_gone = gone & first & (rng.random(count) < p.GONE_CANCELS)
    cancels = ~gone & first & (rng.random(count) < p.EXPIRING_CANCELLED)
    cancelled = np.where(
        cancels_gone,
        gone_on + rng.integers(1, 8, count),
        np.where(cancels, earliest - rng.integers(5, 61, count), cover["cancelled_on"]),
    )
    return cover.assign(gone_on=np.where(gone, gone_on, NEVER), cancelled_on=cancelled, stays=~gone & ~cancels)


def decide(
    rng: np.random.Generator, cover: pd.DataFrame, v: pd.DataFrame, visits: np.ndarray, ever_here: np.ndarray
) -> np.ndarray:
    """'here', 'store' (the other store of the city), 'elsewhere' or 'lapsed' for covers that run out.

    Service in the last twelve months, price sensitivity, a quote and the specialist's skill really matter.
    """
    was_here = cover["issuer"].to_numpy() != ""
    known = (cover["known_by"].to_numpy() != "") | was_here
    first = (cover["year"].to_numpy() == 0) & v["is_new"].to_numpy()
    skill = (
        np.array(p.SPECIALIST_SKILL)[v["specialist"]]
        + v["store_id"].map({s.store_id: s.skill for s in p.STORES}).to_numpy()
    )
    dear = np.log(cover["commercial_fen"].to_numpy() / 330000)
    score = (
        np.where(was_here, np.where(first, 0.32, 0.95), np.where(known, -1.25, -2.3))
        + 0.42 * (np.minimum(visits, 5) - 1.9)
        + 0.25 * v["habit"]
        - 0.55 * v["price_z"] * (1 + 0.4 * dear)
        - 0.35 * dear
        - 0.15 * (cover["claims"] == 0)
        + np.where(cover["quoted"], 0.22, -0.55)
        + skill
        + 0.25 * (ever_here & ~was_here)
        - 0.9 * (v["outside"] >= 0)
    ).to_numpy()
    here = rng.random(len(cover)) < logit(score)
    u = rng.random(len(cover))
    other_store = here & (u < p.OTHER_STORE) & (v["store_id"].to_numpy() != "003") & was_here
    lapsed = ~here & (rng.random(len(cover)) < np.where(was_here, *p.LAPSED_OF_LEAVERS))
    return np.where(other_store, "store", np.where(here, "here", np.where(lapsed, "lapsed", "elsewhere"))).astype(
        object
    )


def renew(rng: np.random.Generator, cover: pd.DataFrame, v: pd.DataFrame, outcome: np.ndarray) -> pd.DataFrame:
    """The next cover of each vehicle whose outcome is 'here', 'store' or 'elsewhere' (rows in the same order)."""
    count = len(cover)
    here = outcome != "elsewhere"
    issuer = np.where(cover["issuer"] != "", cover["issuer"], v["issue_store"]).astype(object)
    other = np.where(issuer == "001", "002", "001")
    issuer = np.where(outcome == "store", other, np.where(here, issuer, "")).astype(object)
    late = rng.random(count) < p.LATE
    commercial = rng.random(count) >= np.where(cover["commercial"], 0.07, 0.62)
    commercial &= ~(late & (rng.random(count) < 0.2))
    expires, compulsory_end = cover["expires_on"].to_numpy(), cover["compulsory_end"].to_numpy()
    start = np.where(cover["commercial"], cover["end"], compulsory_end).astype(np.int64) + 1
    late_start = expires + 1 + rng.integers(1, p.LATE_MAX_DAYS + 1, count)
    start = np.where(late, late_start, start)
    compulsory_start = np.where(late, np.maximum(late_start, compulsory_end + 1), compulsory_end + 1)
    band = rng.choice(4, count, p=[0.08, 0.13, 0.26, 0.53])
    lead = np.array([60, 30, 15, 0])[band] + (rng.random(count) * np.array([29, 30, 15, 15])[band]).astype(np.int64)
    earliest = np.where(commercial, np.minimum(start, compulsory_start), compulsory_start)
    signed = np.where(late, np.maximum(earliest - rng.integers(0, 3, count), expires + 1), earliest - 1 - lead)
    sunday = ~late & (days.weekday(signed) == 6) & (rng.random(count) < 0.5)
    signed = np.maximum(np.where(sunday, signed - 1, signed), expires - 89)
    stay = (rng.random(count) < p.STAYS_WITH_INSURER) & np.isin(cover["insurer"].to_numpy(), list(p.SHARES_HERE)) & here
    insurer = np.where(
        stay,
        cover["insurer"],
        np.where(here, pick(rng, p.SHARES_HERE, count), pick(rng, p.SHARES_ELSEWHERE, count)),
    ).astype(object)
    same = insurer == cover["insurer"].to_numpy()
    was_known = (cover["known_by"].to_numpy() != "") | (cover["issuer"].to_numpy() != "")
    business = np.where(same, "renewal", np.where(rng.random(count) < 0.25, "first_here", "transfer"))
    return pd.DataFrame(
        {
            "vehicle": cover["vehicle"].to_numpy(),
            "year": cover["year"].to_numpy() + 1,
            "commercial": commercial,
            "start": start,
            "compulsory_start": compulsory_start,
            "signed_on": signed,
            "issuer": issuer,
            "insurer": insurer,
            "business_type": business.astype(object),
            "was_known": was_known,
            "known_by": np.where(here, "insurer", known_by(rng, insurer, was_known)).astype(object),
        }
    )


def make_covers(seed: int, vehicles: pd.DataFrame, visits: pd.DataFrame, last_day: int) -> pd.DataFrame:
    """All years of cover: one row per vehicle × year, in that order, with what happened at its end.

    next_outcome: here, store, elsewhere, lapsed, gone (transferred/scrapped) or '' (beyond the horizon).
    """
    rng = p.stream(seed, "covers")
    visit_keys = np.sort(visits["vehicle"].to_numpy() * 100_000 + visits["opened_on"].to_numpy())
    cover = finish(first_covers(rng, vehicles), rng, vehicles)
    ever_here = np.zeros(len(vehicles), dtype=bool)
    done = []
    for _ in range(ROUNDS):
        v = vehicles.iloc[cover["vehicle"].to_numpy()].reset_index(drop=True)
        ever_here[cover["vehicle"].to_numpy()[cover["issuer"].to_numpy() != ""]] = True
        cover = leave(rng, cover, v)
        if len(done):  # a renewal cancelled soon after signing ends the vehicle's story
            undone = (cover["issuer"] != "").to_numpy() & (rng.random(len(cover)) < p.RENEWAL_CANCELLED)
            when = cover["signed_on"].to_numpy() + 3 + rng.integers(0, 25, len(cover))
            cover["cancelled_on"] = np.where(undone, when, cover["cancelled_on"])
            cover["gone_on"] = np.where(undone, NEVER, cover["gone_on"])
            cover["stays"] &= ~undone
        expires = cover["expires_on"].to_numpy()
        seen = np.searchsorted(visit_keys, cover["vehicle"].to_numpy() * 100_000 + expires - 30) - np.searchsorted(
            visit_keys, cover["vehicle"].to_numpy() * 100_000 + expires - 395
        )
        known = ((cover["issuer"] != "") | (cover["known_by"] != "")).to_numpy()
        cover["quoted"] = rng.random(len(cover)) < np.where(
            cover["issuer"] != "", p.QUOTED_HERE, np.where(known, p.QUOTED_ELSEWHERE, 0.1)
        )
        outcome = decide(rng, cover, v, seen, ever_here[cover["vehicle"].to_numpy()])
        stays = cover["stays"].to_numpy()
        outcome = np.where(stays, outcome, np.where(cover["gone_on"] < NEVER, "gone", "cancelled")).astype(object)
        goes_on = np.isin(outcome, ["here", "store", "elsewhere"])
        following = renew(rng, cover[goes_on], v[goes_on], outcome[goes_on])
        signed = np.full(len(cover), NEVER)
        signed[goes_on] = following["signed_on"]
        cover["next_outcome"], cover["next_signed_on"] = outcome, signed
        done.append(cover)
        reached = (following["signed_on"] <= last_day).to_numpy()
        following = following[reached].reset_index(drop=True)
        if not len(following):
            break
        cover = finish(following, rng, vehicles.iloc[following["vehicle"].to_numpy()])
    covers = pd.concat(done, ignore_index=True).sort_values(["vehicle", "year"], ignore_index=True)
    return covers.assign(cover=np.arange(len(covers))).drop(columns="stays")
