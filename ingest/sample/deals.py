"""What goes with a renewal in the DMS: concession, gift, voucher, entitlement, points, recommendation, approval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days, people
from ingest.sample import parameters as p

DAY = 86400
OBJECTIONS = np.array(["保费太贵", "竞争对手更便宜", "电销低价", "亲友做保险", "礼品不满意"], dtype=object)
ENTITLEMENTS = {  # on an accident order, on any other: name -> cost in fen
    True: (("定点维修", 0), ("免费拖车", 18000), ("现场协助", 8000), ("快速定损", 0), ("双方事故调解", 5000)),
    False: (("四轮平衡", 6000), ("机油卡", 12000), ("上门取送", 9000), ("专属工位", 0)),
}


def numbered(head: str, count: int, width: int = 7) -> np.ndarray:
    """'CR0000001', 'CR0000002' ...; an object array."""
    return np.array([f"{head}{n:0{width}d}" for n in range(1, count + 1)], dtype=object)


def deals(policies: pd.DataFrame, vehicles: pd.DataFrame, staff: pd.DataFrame) -> pd.DataFrame:
    """The commercial renewals issued here, in order of signing, with who sold each and its customer."""
    rows = policies[
        (policies["endorsement_number"] == "")
        & (policies["policy_kind"] == "commercial")
        & (policies["issuer"] != "")
        & (policies["business_type"] != "new_car")
    ]
    rows = rows.sort_values(["signed_on", "cover"], ignore_index=True)
    v = vehicles.iloc[rows["vehicle"].to_numpy()]
    store, on = rows["issuer"].to_numpy(), rows["signed_on"].to_numpy()
    seller = people.on_duty(staff, "续保专员", store, v["specialist"].to_numpy(), on)
    manager = people.on_duty(staff, "保险经理", store, np.zeros(len(rows), dtype=int), on)
    general = staff.loc[staff["role"] == "总经理", "staff_id"].iloc[0]
    return pd.DataFrame(
        {
            "vehicle": rows["vehicle"].to_numpy(),
            "cover": rows["cover"].to_numpy(),
            "store_id": store,
            "vin": rows["vin"].to_numpy(),
            "customer_id": np.array([f"C{n:06d}" for n in v["customer"]], dtype=object),
            "policy_number": rows["policy_number"].to_numpy(),
            "signed_on": on,
            "premium_fen": rows["premium_fen"].to_numpy(),
            "staff_id": np.where(seller == "", manager, seller),
            "manager_id": manager,
            "general_id": general,
        }
    )


def make_concessions(seed: int, sold: pd.DataFrame) -> pd.DataFrame:
    """What was given of the commercial premium, by the plan's ladder; some of it without the approval it needed."""
    rng = p.stream(seed, "concessions")
    rows = sold[rng.random(len(sold)) < p.CONCESSION_RECORDED].reset_index(drop=True)
    count = len(rows)
    rate = np.array(list(p.CONCESSIONS))[rng.choice(len(p.CONCESSIONS), count, p=list(p.CONCESSIONS.values()))]
    approver = np.where(rate > 0.12, rows["general_id"], np.where(rate > 0.09, rows["manager_id"], ""))
    approver = np.where(rng.random(count) < p.UNAPPROVED, "", approver).astype(object)
    late = np.where(rng.random(count) < p.APPROVED_LATE, 1, 0)
    approved = (rows["signed_on"].to_numpy() + late) * DAY + rng.integers(9 * 3600, 17 * 3600, count)
    approved = np.where(approver != "", approved, -1)
    return pd.DataFrame(
        {
            "concession_number": numbered("CR", count),
            "store_id": rows["store_id"],
            "vin": rows["vin"],
            "policy_number": rows["policy_number"],
            "staff_id": rows["staff_id"],
            "given_on": days.text(rows["signed_on"]),
            "given_rate": np.array([f"{r:.2f}" for r in rate], dtype=object),
            "amount_fen": np.round(rows["premium_fen"].to_numpy() * rate).astype(np.int64),
            "objection": np.where(rate > 0, rng.choice(OBJECTIONS, count), "").astype(object),
            "approver": approver,
            "approved_at": days.time_text(approved),
            "approved": approved,
            "since": np.maximum(rows["signed_on"].to_numpy() * DAY + 18 * 3600, approved),
        }
    ).sort_values(["since", "concession_number"], ignore_index=True)


def make_gifts(seed: int, sold: pd.DataFrame) -> pd.DataFrame:
    """Gift packages by the premium's band."""
    rng = p.stream(seed, "gifts")
    floors = np.array([band[0] * 100 for band in p.GIFTS])
    rows = sold[(rng.random(len(sold)) < p.GIFT_GIVEN) & (sold["premium_fen"] >= floors.min())].reset_index(drop=True)
    band = (rows["premium_fen"].to_numpy()[:, None] >= floors[None, :]).argmax(axis=1)
    return pd.DataFrame(
        {
            "issue_number": numbered("LB", len(rows)),
            "store_id": rows["store_id"],
            "vin": rows["vin"],
            "customer_id": rows["customer_id"],
            "policy_number": rows["policy_number"],
            "package": np.array([b[1] for b in p.GIFTS], dtype=object)[band],
            "staff_id": rows["staff_id"],
            "issued_on": days.text(rows["signed_on"]),
            "cost_fen": np.array([b[2] for b in p.GIFTS])[band],
            "retail_fen": np.array([b[3] for b in p.GIFTS])[band],
            "approver": "",
            "band": band,
            "on": rows["signed_on"],
            "since": rows["signed_on"] * DAY + 18 * 3600,
        }
    )


def make_vouchers(seed: int, gifts: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """One row per use of each gift's voucher; uses go with the customer's next paid orders within a year."""
    rng = p.stream(seed, "vouchers")
    uses = np.array([len(b[4]) for b in p.GIFTS])[gifts["band"].to_numpy()]
    row = np.repeat(np.arange(len(gifts)), uses)
    number = np.concatenate([np.arange(1, n + 1) for n in uses]) if len(uses) else np.array([], dtype=int)
    face = np.array([p.GIFTS[b][4][n - 1] for b, n in zip(gifts["band"].to_numpy()[row], number, strict=True)])
    goes = rng.random(len(gifts)) < p.VOUCHER_USER
    paid = orders.loc[
        orders["order_kind"] == "客户付费", ["vin", "order_number", "opened_at", "closed_at", "amount_fen"]
    ]
    visits = gifts.loc[goes, ["vin", "issue_number", "on"]].merge(paid, on="vin")
    visits = visits[(visits["opened_at"] // DAY > visits["on"]) & (visits["opened_at"] // DAY <= visits["on"] + 365)]
    visits = visits.sort_values(["issue_number", "opened_at", "order_number"])
    visits = visits.assign(use_number=visits.groupby("issue_number", sort=False).cumcount() + 1)
    g = gifts.iloc[row]
    table = pd.DataFrame(
        {
            "voucher_number": np.array([f"Q{issue[2:]}" for issue in g["issue_number"]], dtype=object),
            "issue_number": g["issue_number"].to_numpy(),
            "use_number": number,
            "store_id": g["store_id"].to_numpy(),
            "vin": g["vin"].to_numpy(),
            "on": g["on"].to_numpy(),
            "face_fen": face.astype(np.int64),
        }
    )
    table = table.merge(
        visits[["issue_number", "use_number", "order_number", "closed_at", "amount_fen"]],
        on=["issue_number", "use_number"],
        how="left",
    )
    used = table["closed_at"].fillna(-1).astype(np.int64).to_numpy()
    return pd.DataFrame(
        {
            "voucher_number": table["voucher_number"],
            "use_number": table["use_number"].astype(str).astype(object),
            "store_id": table["store_id"],
            "vin": table["vin"],
            "issue_number": table["issue_number"],
            "voucher_kind": "工时券",
            "face_fen": table["face_fen"],
            "issued_on": days.text(table["on"]),
            "expires_on": days.text(table["on"] + 365),
            "status": np.where(used >= 0, "已使用", "未使用").astype(object),
            "used_at": days.time_text(used),
            "order_number": table["order_number"].fillna("").astype(object),
            "labour_fen": np.where(used >= 0, np.round(table["amount_fen"].fillna(0) * 0.4), -1).astype(np.int64),
            "since": table["on"] * DAY + 18 * 3600,
            "closed_since": np.where(used >= 0, used, int(days.NEVER) * DAY),
        }
    )


def make_entitlement_uses(seed: int, orders: pd.DataFrame, sold: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Services that come with a cover signed here, used with a workshop order in the year after it began."""
    rng = p.stream(seed, "entitlements")
    accident = (orders["order_kind"] == "事故").to_numpy()
    chance = np.where(accident, 0.5, np.where(orders["order_kind"] == "客户付费", 0.04, 0.0))
    rows = orders[rng.random(len(orders)) < chance][
        ["order_number", "store_id", "vin", "staff_id", "opened_at", "order_kind"]
    ]
    signed = sold[["vin", "policy_number", "signed_on"]].assign(opened_at=sold["signed_on"] * DAY)
    rows = pd.merge_asof(
        rows.sort_values(["opened_at", "order_number"]),
        signed.sort_values(["opened_at", "policy_number"]),
        on="opened_at",
        by="vin",
    ).dropna(subset="policy_number")
    rows = rows[rows["opened_at"] // DAY <= rows["signed_on"] + 365].reset_index(drop=True)
    count = len(rows)
    drawn = rng.random(count)
    chosen = [ENTITLEMENTS[k == "事故"] for k in rows["order_kind"]]
    picked = [options[int(u * len(options))] for options, u in zip(chosen, drawn, strict=True)]
    names = np.array([name for name, _ in picked], dtype=object)
    by_order = claims.loc[claims["order_number"] != "", ["order_number", "claim_number"]]
    rows = rows.merge(by_order.drop_duplicates("order_number"), on="order_number", how="left")
    moved = np.isin(names, ["免费拖车", "上门取送"])
    return pd.DataFrame(
        {
            "use_number": numbered("QY", count),
            "store_id": rows["store_id"],
            "vin": rows["vin"],
            "policy_number": rows["policy_number"],
            "entitlement": names,
            "used_at": days.time_text(rows["opened_at"]),
            "staff_id": rows["staff_id"],
            "order_number": rows["order_number"],
            "claim_number": rows["claim_number"].fillna("").astype(object),
            "distance_km": np.where(moved, rng.integers(2, 11, count).astype(str), "").astype(object),
            "has_signed_form": np.where(moved, np.where(rng.random(count) < 0.9, "是", "否"), "").astype(object),
            "cost_fen": np.array([cost for _, cost in picked], dtype=np.int64),
            "since": rows["opened_at"].astype(np.int64),
        }
    )


def make_referrals(seed: int, policies: pd.DataFrame, vehicles: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers whom an earlier customer of the store recommended, with the policy that came of it."""
    rng = p.stream(seed, "referrals")
    rows = policies[
        (policies["endorsement_number"] == "")
        & policies["business_type"].isin(["new_car", "first_here"])
        & (policies["issuer"] != "")
        & (policies["policy_kind"] == "compulsory")
    ].sort_values(["signed_on", "cover"])
    rows = rows[rng.random(len(rows)) < p.REFERRED].reset_index(drop=True)
    known = customers.sort_values(["created_on", "customer_id"])
    referrer = np.full(len(rows), "", dtype=object)
    drawn = rng.random(len(rows))
    for store in sorted(set(rows["issuer"])):
        pool = known[known["store_id"] == store]
        mine = (rows["issuer"] == store).to_numpy()
        reach = np.searchsorted(pool["created_on"].to_numpy(), rows["signed_on"].to_numpy()[mine] - 30)
        at = (drawn[mine] * reach).astype(np.int64)
        referrer[mine] = np.where(reach > 0, pool["customer_id"].to_numpy()[np.minimum(at, len(pool) - 1)], "")
    person = customers.set_index("customer").loc[vehicles["customer"].to_numpy()[rows["vehicle"].to_numpy()]]
    on = rows["signed_on"].to_numpy() - rng.integers(1, 20, len(rows))
    table = pd.DataFrame(
        {
            "store_id": rows["issuer"],
            "referrer_id": referrer,
            "referred_id": person["customer_id"].to_numpy(),
            "referred_phone": person["phone"].to_numpy(),
            "referred_on": days.text(on),
            "policy_number": rows["policy_number"],
            "reward_fen": 20000,
            "data_origin": "客户提供",
            "on": rows["signed_on"],
            "since": rows["signed_on"] * DAY + 19 * 3600,
        }
    )[referrer != ""].reset_index(drop=True)
    return table.assign(referral_number=numbered("TJ", len(table)))


def make_points(seed: int, sold: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Entries of the customers' accounts: earned by renewals and recommendations, spent later on."""
    rng = p.stream(seed, "points")
    earned = sold[rng.random(len(sold)) < p.POINTS_BOOKED]
    spent = earned[rng.random(len(earned)) < p.POINTS_REDEEMED]
    parts = [
        earned.assign(points=earned["premium_fen"] // 1000, reason="续保", on=earned["signed_on"]),
        spent.assign(
            points=-100 * rng.integers(1, 4, len(spent)),
            reason="兑换",
            on=spent["signed_on"] + rng.integers(20, 200, len(spent)),
        ),
        referrals.rename(columns={"referrer_id": "customer_id"}).assign(points=500, reason="推荐"),
    ]
    columns = ["store_id", "customer_id", "on", "points", "reason", "policy_number"]
    rows = pd.concat([part[columns] for part in parts], ignore_index=True)
    rows = rows.sort_values(["on", "customer_id", "reason", "policy_number"], ignore_index=True)
    return pd.DataFrame(
        {
            "entry_number": numbered("JF", len(rows)),
            "store_id": rows["store_id"],
            "customer_id": rows["customer_id"],
            "booked_on": days.text(rows["on"]),
            "points": rows["points"].astype(str).astype(object),
            "reason": rows["reason"].astype(object),
            "source_number": np.where(rows["points"] > 0, rows["policy_number"], "").astype(object),
            "since": rows["on"].astype(np.int64) * DAY + 20 * 3600,
        }
    )
