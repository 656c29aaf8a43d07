"""Claims as the insurers keep them, and what the accident hotline wrote down about the same accidents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days, people
from ingest.sample import parameters as p
from ingest.sample.covers import pick

NEVER = days.NEVER
DAY = 86400
CLAIM_HEAD = {"PICC": "RDAA", "PAIC": "905", "CCIC": "DDCL"}
KINDS = {"车损": 0.75, "三者": 0.20, "人伤": 0.04, "盗抢": 0.01}
ACCIDENTS = {"单方": 0.35, "双方": 0.45, "多方": 0.05, "无现场": 0.05, "停放被撞": 0.10}
LIABILITIES = {"全责": 0.45, "主责": 0.15, "同责": 0.15, "次责": 0.10, "无责": 0.15}


def counts(rng: np.random.Generator, covers: pd.DataFrame, vehicles: pd.DataFrame, stop: np.ndarray) -> np.ndarray:
    """Claims of each year of cover: as many as the next policy says, where there is one (上年出险次数)."""
    following = np.append(covers["vehicle"].to_numpy()[1:] == covers["vehicle"].to_numpy()[:-1], False)
    told = np.append(covers["claims"].to_numpy()[1:], 0)
    share = np.clip((stop - covers["start"].to_numpy()) / 365, 0, 1)
    drawn = rng.poisson(vehicles["claim_rate"].to_numpy()[covers["vehicle"].to_numpy()] * share)
    return np.where(following, told, drawn)


def repairs_by_cover(covers: pd.DataFrame, vehicles: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Accident orders with the cover that was in force on their day and their place among the cover's."""
    place = pd.Series(vehicles["vehicle"].to_numpy(), index=vehicles["vin"].to_numpy())
    accidents = orders[orders["order_kind"] == "事故"]
    accidents = accidents.assign(vehicle=place.loc[accidents["vin"]].to_numpy())
    starts = covers[["vehicle", "start", "cover"]].assign(opened_at=covers["start"].to_numpy() * DAY)
    joined = pd.merge_asof(
        accidents.sort_values("opened_at", kind="stable"),
        starts[["vehicle", "opened_at", "cover"]].sort_values("opened_at", kind="stable"),
        on="opened_at",
        by="vehicle",
    ).dropna(subset="cover")
    joined = joined.astype({"cover": np.int64}).sort_values(["cover", "opened_at"], kind="stable", ignore_index=True)
    number = joined.groupby("cover", sort=False).cumcount().to_numpy()
    return joined.assign(number=number)[["cover", "number", "order_number", "opened_at", "amount_fen"]]


def make_claims(
    seed: int,
    covers: pd.DataFrame,
    vehicles: pd.DataFrame,
    policies: pd.DataFrame,
    orders: pd.DataFrame,
    first_day: int,
) -> pd.DataFrame:
    """One row per claim on a policy that an insurer told of; times in local seconds, money in fen.

    An accident that was repaired here happened up to four days before its workshop order.
    """
    rng = p.stream(seed, "claims")
    base = policies[policies["endorsement_number"] == ""].sort_values(["cover", "policy_kind"], kind="stable")
    base = base.drop_duplicates("cover").set_index("cover")  # the commercial policy where there is one
    stop = np.minimum.reduce([covers["end"], covers["gone_on"], covers["cancelled_on"]])
    number = counts(rng, covers, vehicles, stop)
    open_ = np.isin(covers["cover"], base.index) & (stop > covers["start"].to_numpy() + 1)
    row = np.repeat(np.arange(len(covers)), np.where(open_, number, 0))
    c = covers.iloc[row].reset_index(drop=True)
    claims = pd.DataFrame({"cover": c["cover"], "vehicle": c["vehicle"]})
    claims = claims.assign(number=claims.groupby("cover", sort=False).cumcount().to_numpy())
    claims = claims.merge(repairs_by_cover(covers, vehicles, orders), on=["cover", "number"], how="left")
    count, start, last = len(claims), c["start"].to_numpy(), stop[row]
    repaired = claims["opened_at"].notna().to_numpy() & (claims["opened_at"].fillna(0) < last * DAY).to_numpy()
    somewhen = ((start + rng.random(count) * (last - start)) * DAY).astype(np.int64)
    before = claims["opened_at"].fillna(0).astype(np.int64).to_numpy() - rng.integers(2 * 3600, 4 * DAY, count)
    accident = np.where(repaired, np.maximum(before, start * DAY), somewhen)
    reported = accident + rng.integers(300, 5400, count)
    assessed = reported + np.minimum(rng.lognormal(9.5, 1.3, count), 3 * DAY).astype(np.int64) + 240
    settled = assessed // DAY + rng.integers(5, 41, count)
    end = pick(rng, p.CLAIM_ENDS, count)
    loss = np.where(repaired, claims["amount_fen"].fillna(0), np.round(rng.lognormal(7.6, 0.9, count)) * 100)
    loss = np.maximum(loss.astype(np.int64), 20000)
    paid = np.where(end == "已结案", np.round(loss * rng.uniform(0.7, 1.0, count)), 0).astype(np.int64)
    disputed = rng.random(count) < p.DISPUTED
    insurers, v = c["insurer"].to_numpy(), vehicles.iloc[c["vehicle"].to_numpy()]
    claims = claims.assign(
        insurer_code=insurers,
        policy_number=base["policy_number"].loc[c["cover"]].to_numpy(),
        vin=v["vin"].to_numpy(),
        plate=v["plate"].to_numpy(),
        claim_kind=np.where(repaired, "车损", pick(rng, KINDS, count)).astype(object),
        accident_kind=pick(rng, ACCIDENTS, count),
        liability=pick(rng, LIABILITIES, count),
        accident_at=accident,
        reported_at=reported,
        assessed_at=assessed,
        settled_on=settled,
        status=end,
        store_id=v["store_id"].to_numpy(),
        repair_store_code=np.where(repaired, v["store_id"], "").astype(object),
        order_number=np.where(repaired, claims["order_number"].fillna(""), "").astype(object),
        loss_fen=loss,
        paid_fen=paid,
        dispute_opened_on=np.where(disputed, assessed // DAY + 1, NEVER),
        dispute_closed_on=np.where(disputed, settled - 1, NEVER),
    )
    claims = claims[claims["reported_at"] >= first_day * DAY].sort_values(["reported_at", "cover", "number"])
    years = claims["reported_at"].to_numpy().astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
    heads = claims["insurer_code"].map(CLAIM_HEAD)
    numbers = [f"{h}{y}6101{n:06d}" for h, y, n in zip(heads, years, range(1, len(claims) + 1), strict=True)]
    return claims.assign(claim_number=np.array(numbers, dtype=object)).drop(columns="number").reset_index(drop=True)


def claim_events(claims: pd.DataFrame) -> pd.DataFrame:
    """What the insurers hand over: a claim when it is reported (undecided), and again when it ends."""
    first = claims.assign(event_on=claims["reported_at"] // DAY, assessed_at=-1, settled_on=NEVER, status="未决")
    first = first.assign(loss_fen=-1, paid_fen=-1, dispute_opened_on=NEVER, dispute_closed_on=NEVER, stage=0)
    return pd.concat([first, claims.assign(event_on=claims["settled_on"], stage=1)], ignore_index=True)


def make_hotline(seed: int, claims: pd.DataFrame, customers: pd.DataFrame, vehicles: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """One row per call to the accident hotline; times in local seconds, -1 for what never happened."""
    rng = p.stream(seed, "hotline")
    chance = np.where(claims["order_number"] != "", p.CALLS_THE_HOTLINE[1], p.CALLS_THE_HOTLINE[0])
    rows = claims[rng.random(len(claims)) < chance]
    rows = rows.assign(called_at=rows["accident_at"].to_numpy() + rng.integers(120, 2400, len(rows)))
    rows = rows.sort_values(["called_at", "claim_number"], ignore_index=True)
    count, called = len(rows), rows["called_at"].to_numpy()
    person = customers.set_index("customer").loc[vehicles["customer"]].reset_index().iloc[rows["vehicle"].to_numpy()]
    answered = np.where(rng.random(count) < p.HOTLINE_ANSWERED, called + rng.integers(4, 60, count), -1)
    recorded = np.where(
        (answered >= 0) & (rng.random(count) < p.HOTLINE_RECORDED), answered + rng.integers(60, 360, count), -1
    )
    guided = np.where(
        (recorded >= 0) & (rng.random(count) < p.HOTLINE_GUIDED),
        recorded + np.minimum(rng.exponential(150, count), 3600).astype(np.int64),
        -1,
    )
    came = np.where(rng.random(count) < 0.3, "拖车", "来店")
    elsewhere = np.where(rng.random(count) < 0.5, "他处", "未定")
    outcome = np.where(guided >= 0, np.where(rows["order_number"] != "", came, elsewhere), "")
    first = np.where(rng.random(count) < 0.6, "是", "否")
    on = called // DAY
    advisor = people.on_duty(staff, "服务顾问", rows["store_id"].to_numpy(), np.zeros(count, dtype=int), on)
    return pd.DataFrame(
        {
            "log_number": np.array([f"RX{n:07d}" for n in range(1, count + 1)], dtype=object),
            "store_id": rows["store_id"],
            "called_at": called,
            "answered_at": answered,
            "staff_id": np.where(answered >= 0, advisor, "").astype(object),
            "call_kind": np.where(rng.random(count) < 0.12, "救援", "事故报案").astype(object),
            "caller_name": np.where(answered >= 0, person["customer_name"].to_numpy(), "").astype(object),
            "caller_phone": np.array([phone.replace("-", "") for phone in person["phone"]], dtype=object),
            "vin": np.where(recorded >= 0, rows["vin"], "").astype(object),
            "plate": np.where(answered >= 0, rows["plate"], "").astype(object),
            "insurer_code": np.where(answered >= 0, rows["insurer_code"], "").astype(object),
            "is_first_contact": np.where(answered >= 0, first, "").astype(object),
            "recorded_at": recorded,
            "guided_at": guided,
            "outcome": outcome.astype(object),
            "data_origin": "客户来电",
            "event_on": on,
        }
    )


def make_requests(seed: int, quotes: pd.DataFrame, vehicles: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:  # fmt: skip
    """Requests for quotations to insurer B: those that were quoted, and a few it declined or never answered."""
    rng = p.stream(seed, "quote requests")
    vehicle = pd.Series(vehicles["vehicle"].to_numpy(), index=vehicles["vin"].to_numpy())
    asked = quotes.assign(vehicle=vehicle.loc[quotes["vin"]].to_numpy(), status="已报价", closed_at=quotes["quoted_at"])
    more = asked[rng.random(len(asked)) < 0.05]
    days_off = rng.integers(1, 4, len(more)) * DAY
    declined = rng.random(len(more)) < 0.6
    more = more.assign(
        requested_at=more["requested_at"] - days_off,
        quote_number="",
        status=np.where(declined, "拒绝", "待报价"),
        closed_at=np.where(declined, more["requested_at"] - days_off + rng.integers(600, 7200, len(more)), -1),
        decline_reason=np.where(declined, rng.choice(["出险次数过多", "车龄过长", "资料不全"], len(more)), ""),
    )
    rows = pd.concat([asked.assign(decline_reason=""), more], ignore_index=True)
    rows = rows.assign(event_on=rows["requested_at"] // DAY)
    first = int(quotes["event_on"].min()) if len(quotes) else 0
    rows = rows[rows["event_on"] >= first].sort_values(["requested_at", "quote_number", "vin"], ignore_index=True)
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    who = people.on_duty(
        staff, "续保专员", rows["store_code"].to_numpy(), v["specialist"].to_numpy(), rows["event_on"].to_numpy()
    )
    numbers = np.array([f"XJ{n:08d}" for n in range(1, len(rows) + 1)], dtype=object)
    columns = ["request_number", "store_code", "staff_id", "vin", "requested_at", "status", "closed_at", "quote_number",
               "decline_reason", "event_on"]  # fmt: skip
    return rows.assign(request_number=numbers, staff_id=who)[columns]
