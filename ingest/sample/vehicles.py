"""The vehicles: who sold them and when, who owns them, how they are driven and served."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p

VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
VIN_VALUES = {
    **{str(n): n for n in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
VIN_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])
YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 2010 = A
PLATE_CHARACTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"), dtype=object)


def seasonal_days(rng: np.random.Generator, count: int, first: int, last: int) -> np.ndarray:
    """`count` days between first and last, more in the months that sell and at weekends."""
    every = np.arange(first, last + 1)
    weight = p.SALES_BY_MONTH[days.month_index(every) % 12] * np.where(days.weekday(every) >= 5, 1.6, 0.9)
    return rng.choice(every, count, p=weight / weight.sum())


def vin_numbers(rng: np.random.Generator, makers: np.ndarray, build_years: np.ndarray) -> np.ndarray:
    """Different 17-character vehicle identification numbers with a right check digit."""
    count = len(makers)
    serial = np.sort(rng.choice(900_000, count, replace=False)) + 100_000
    letters = rng.choice(list(VIN_LETTERS[:23]), (count, 5))
    texts = [
        f"{maker}{''.join(row)}0{YEAR_CODES[(year - 2010) % 30]}G{number}"
        for maker, row, year, number in zip(makers, letters, build_years, rng.permutation(serial), strict=True)
    ]
    values = np.array([[VIN_VALUES[c] for c in text] for text in texts])
    check = np.array(list("0123456789X"))[(values @ VIN_WEIGHTS) % 11]
    return np.array([text[:8] + c + text[9:] for text, c in zip(texts, check, strict=True)], dtype=object)


def plate_numbers(rng: np.random.Generator, prefixes: np.ndarray) -> np.ndarray:
    """Different plates: five characters, at least three of them digits."""
    count = len(prefixes)
    seen: set[str] = set()
    digits = rng.integers(0, 10, (count * 2, 5)).astype(str).astype(object)
    letter_at = rng.integers(0, 7, count * 2)
    letter = rng.choice(PLATE_CHARACTERS[:24], count * 2)
    bodies = iter(zip(digits, letter_at, letter, strict=True))
    plates = []
    for prefix in prefixes:
        while True:
            body, at, char = next(bodies)
            plate = prefix + "".join(char if i == at else c for i, c in enumerate(body))
            if plate not in seen:
                seen.add(plate)
                plates.append(plate)
                break
    return np.array(plates, dtype=object)


def make_vehicles(seed: int, count: int, first_day: int, last_day: int) -> pd.DataFrame:
    """One row per vehicle the group ever knows between first_day and last_day (day numbers).

    sold_on is NEVER for vehicles that came from elsewhere; first_cover_on is the start of the first cover
    the simulation follows; habit and price are the owner's hidden traits (z-scores).
    """
    rng = p.stream(seed, "vehicles")
    store = rng.choice(len(p.STORES), count, p=[s.share for s in p.STORES])
    new = rng.random(count) < p.SOLD_IN_HISTORY
    service = ~new & (rng.random(count) < p.SERVICE_ORIGIN / (1 - p.SOLD_IN_HISTORY))
    sold_new = seasonal_days(rng, count, first_day, last_day)
    anniversary = seasonal_days(rng, count, first_day - 395, first_day - 31)
    age = np.minimum(rng.geometric(0.28, count), 7)
    registered = np.where(new, sold_new, days.years_later(anniversary, -age))
    sold_on = np.where(service, days.NEVER, registered)
    first_visit = rng.integers(first_day - 500, last_day - 200, count)
    created = np.where(service, first_visit, registered)
    model = rng.integers(0, 4, count)
    price = np.array([s.models[m][1] for s, m in zip((p.STORES[i] for i in store), model, strict=True)])
    outside = np.where(rng.random(count) < p.OUT_OF_TOWN, rng.integers(0, len(p.OUTSIDE_CITIES), count), -1)
    prefix = np.array(
        [
            p.OUTSIDE_PREFIXES[o] if o >= 0 else p.STORES[s].plate_prefixes.split(";")[u % (1 + (s < 2))]
            for o, s, u in zip(outside, store, (rng.random(count) < 0.15).astype(int), strict=True)
        ],
        dtype=object,
    )
    years = registered.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    issue = np.where((rng.random(count) < p.INSURED_AT_OTHER_STORE) & (store < 2), 1 - store, store)
    differs = rng.random(count) < p.DIFFERENT_EXPIRY
    shift = rng.integers(1, p.MAX_DIFFERENCE_DAYS + 1, count) * rng.choice([-1, 1], count)
    ids = np.array([s.store_id for s in p.STORES], dtype=object)
    vehicles = pd.DataFrame(
        {
            "vehicle": np.arange(count),
            "vin": vin_numbers(rng, np.array([p.STORES[s].wmi for s in store], dtype=object), years),
            "plate": plate_numbers(rng, prefix),
            "store_id": ids[store],
            "issue_store": ids[issue],
            "origin": np.where(service, "service", "sold").astype(object),
            "is_new": new,
            "sold_on": sold_on,
            "registered_on": registered,
            "created_on": created,
            "first_cover_on": np.where(new, registered + rng.integers(0, 2, count), anniversary),
            "brand": np.array([p.STORES[s].brand for s in store], dtype=object),
            "model": np.array([p.STORES[s].models[m][0] for s, m in zip(store, model, strict=True)], dtype=object),
            "list_price": price,
            "paid_price": np.round(price * rng.uniform(0.86, 1.0, count), -2).astype(np.int64),
            "outside": outside,
            "compulsory_shift": np.where(differs, shift, 0),
            "habit": rng.standard_normal(count),
            "price_z": rng.standard_normal(count),
            "claim_rate": rng.gamma(2.0, 0.12, count),
            "specialist": rng.integers(0, 3, count),
            "consultant": rng.integers(0, 4, count),
            "advisor": rng.integers(0, 4, count),
        }
    )
    return vehicles.assign(customer=owners(rng, vehicles))


def owners(rng: np.random.Generator, vehicles: pd.DataFrame) -> np.ndarray:
    """The customer of each vehicle: some own an earlier vehicle of the same store as well."""
    count = len(vehicles)
    customer = np.arange(count)
    again = np.flatnonzero(rng.random(count) < p.SECOND_VEHICLE)
    order = np.argsort(vehicles["created_on"].to_numpy(), kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    stores = vehicles["store_id"].to_numpy()
    second = np.zeros(count, dtype=bool)
    second[again] = True
    earlier = {s: order[(stores[order] == s) & ~second[order]] for s in np.unique(stores)}
    for vehicle, u in zip(again, rng.random(len(again)), strict=True):
        pool = earlier[stores[vehicle]]
        reach = int(np.searchsorted(rank[pool], rank[vehicle]))
        if reach:
            customer[vehicle] = pool[int(u * reach)]
    return customer


def make_visits(seed: int, vehicles: pd.DataFrame, first_day: int, last_day: int) -> pd.DataFrame:
    """Workshop visits by habit (vehicle, opened_on), before it is known when a vehicle leaves."""
    rng = p.stream(seed, "visits")
    start = np.maximum(
        np.maximum(vehicles["created_on"].to_numpy(), vehicles["registered_on"].to_numpy() + 60),
        first_day - 365,
    )
    years = np.maximum(last_day - start, 0) / 365.25
    age = np.clip((first_day + 450 - vehicles["registered_on"].to_numpy()) / 365.25, 0, 8)
    rate = p.VISITS_PER_YEAR * np.exp(0.45 * vehicles["habit"].to_numpy() - 0.08 * age)
    rate = np.where(vehicles["outside"] >= 0, 0.5 * rate, rate)
    counts = rng.poisson(rate * years)
    who = np.repeat(np.arange(len(vehicles)), counts)
    when = (start[who] + rng.random(len(who)) * (last_day - start[who])).astype(np.int64)
    came = vehicles.loc[vehicles["origin"] == "service", ["vehicle", "created_on"]]  # they are known by a visit
    visits = pd.DataFrame(
        {
            "vehicle": np.concatenate([who, came["vehicle"]]),
            "opened_on": np.concatenate([when, came["created_on"]]),
        }
    )
    return visits.sort_values(["opened_on", "vehicle"], kind="stable", ignore_index=True)
