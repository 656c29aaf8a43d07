"""What the desk and the workshop write into the DMS beside orders and policies: appointments, complaints, consents,
wishes not to be called, questions and trainings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p
from ingest.sample.covers import pick
from ingest.sample.deals import numbered

NEVER = days.NEVER
DAY = 86400
NEVER_SECOND = int(NEVER) * DAY
APPOINTMENT_OF_ORDER = {"客户付费": "保养", "保修": "维修", "事故": "事故"}
COMPLAINT_TEXTS = np.array(
    ["等待时间太长", "维修质量不满意", "报价前后不一致", "服务态度问题", "电话打得太频繁"], dtype=object
)
QUESTIONS = {
    "报价": "急需报价",
    "让利": "申请加大让利",
    "客户": "客户信息不全",
    "理赔": "理赔进度",
    "系统": "系统无法登录",
}
TOPICS = ("条款", "理赔", "话术", "系统", "合规")


def make_appointments(seed: int, orders: pd.DataFrame) -> pd.DataFrame:
    """Appointments that became an order, and those nobody came to or that were called off."""
    rng = p.stream(seed, "appointments")
    visits = orders[orders["order_kind"] != "交车检查"]
    kept = visits[rng.random(len(visits)) < p.APPOINTED].assign(status="已到店")
    other = kept[rng.random(len(kept)) < p.NO_SHOW + p.CANCELLED_APPOINTMENT]
    share = p.CANCELLED_APPOINTMENT / (p.NO_SHOW + p.CANCELLED_APPOINTMENT)
    other = other.assign(
        status=np.where(rng.random(len(other)) < share, "已取消", "未到店"),
        opened_at=other["opened_at"] - DAY * rng.integers(2, 9, len(other)),
        order_number="",
    )
    rows = pd.concat([kept, other], ignore_index=True)
    appointed = rows["opened_at"].to_numpy() // 1800 * 1800
    booked = appointed - rng.integers(DAY // 4, 10 * DAY, len(rows))
    done = np.where(rows["status"] == "已取消", booked + (appointed - booked) // 2, rows["opened_at"])
    rows = rows.assign(appointed=appointed, booked=booked, done=done)
    rows = rows.sort_values(["booked", "vin", "status"], ignore_index=True)
    return pd.DataFrame(
        {
            "appointment_number": numbered("YY", len(rows)),
            "store_id": rows["store_id"],
            "vin": rows["vin"],
            "customer_id": rows["customer_id"],
            "appointment_kind": rows["order_kind"].map(APPOINTMENT_OF_ORDER).astype(object),
            "staff_id": rows["staff_id"],
            "booked_at": days.time_text(rows["booked"]),
            "appointed_at": days.time_text(rows["appointed"]),
            "status": rows["status"].astype(object),
            "order_number": rows["order_number"],
            "since": rows["booked"],
            "closed_since": rows["done"].astype(np.int64),
        }
    )


def make_complaints(seed: int, orders: pd.DataFrame) -> pd.DataFrame:
    """Complaints some days after a visit; most are closed, and the customer is asked how it was."""
    rng = p.stream(seed, "complaints")
    rows = orders[(rng.random(len(orders)) < p.COMPLAINTS) & (orders["order_kind"] != "交车检查")].reset_index(
        drop=True
    )
    count = len(rows)
    opened = rows["closed_at"].to_numpy() + rng.integers(3600, 5 * DAY, count)
    topic = pick(rng, {"服务": 0.6, "保险": 0.15, "理赔": 0.15, "来电打扰": 0.05, "其他": 0.05}, count)
    closed = np.where(rng.random(count) < 0.92, opened + rng.integers(DAY, 12 * DAY, count), NEVER_SECOND)
    asked = rng.random(count) < 0.7
    rows = rows.assign(opened=opened, closed=closed, topic=topic, asked=asked, score=rng.integers(1, 6, count))
    rows = rows.assign(
        text=rng.choice(COMPLAINT_TEXTS, count), by=rng.choice(["门店", "厂家", "监管"], count, p=[0.8, 0.15, 0.05])
    )
    rows = rows.sort_values(["opened", "vin"], ignore_index=True)
    return pd.DataFrame(
        {
            "complaint_number": numbered("TS", count, 5),
            "store_id": rows["store_id"],
            "customer_id": rows["customer_id"],
            "vin": rows["vin"],
            "opened_at": days.time_text(rows["opened"]),
            "closed_at": days.time_text(np.where(rows["closed"] < NEVER_SECOND, rows["closed"], -1)),
            "topic": rows["topic"].astype(object),
            "received_by": rows["by"].astype(object),
            "staff_id": np.where(rows["topic"] == "服务", rows["staff_id"], "").astype(object),
            "complaint_text": rows["text"].astype(object),
            "satisfaction": np.where(rows["asked"], rows["score"].astype(str), "").astype(object),
            "since": rows["opened"],
            "closed_since": rows["closed"],
        }
    )


def make_consents(seed: int, customers: pd.DataFrame) -> pd.DataFrame:
    """What each customer allowed when the record was made, and the few who took it back later."""
    rng = p.stream(seed, "consents")
    known = customers[customers["created_on"] < NEVER]
    parts = []
    for purpose, share in p.CONSENTS.items():
        given = known[rng.random(len(known)) < share]
        back = given[rng.random(len(given)) < p.CONSENT_TAKEN_BACK]
        later = back["created_on"].to_numpy() + rng.integers(30, 900, len(back))
        parts.append(given.assign(purpose=purpose, is_given="是", on=given["created_on"], by="书面"))
        parts.append(back.assign(purpose=purpose, is_given="否", on=later, by="通话"))
    rows = pd.concat(parts, ignore_index=True).sort_values(["on", "customer_id", "purpose"], ignore_index=True)
    return pd.DataFrame(
        {
            "consent_number": numbered("SQ", len(rows)),
            "store_id": rows["store_id"],
            "customer_id": rows["customer_id"],
            "purpose": rows["purpose"].astype(object),
            "is_given": rows["is_given"].astype(object),
            "decided_on": days.text(rows["on"]),
            "told_by": rows["by"].astype(object),
            "evidence": np.where(rows["by"] == "书面", "客户信息授权书", "").astype(object),
            "data_origin": rows["data_origin"],
            "since": rows["on"].astype(np.int64) * DAY + 17 * 3600,
        }
    )


def make_do_not_calls(seed: int, legs: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Customers who asked not to be called, on the day of the last call they ever got."""
    rng = p.stream(seed, "do not call")
    numbers = pd.DataFrame({"number": customers["phone"].str.replace("-", ""), "at": np.arange(len(customers))})
    numbers = numbers[numbers["number"] != ""].drop_duplicates("number", keep=False)
    called = pd.concat([legs[["caller_number", "event_on"]].set_axis(["number", "on"], axis=1),
                        legs[["callee_number", "event_on"]].set_axis(["number", "on"], axis=1)])  # fmt: skip
    last = called.groupby("number")["on"].max()
    numbers = numbers[numbers["number"].isin(last.index)]
    numbers = numbers[rng.random(len(numbers)) < p.DO_NOT_CALL * 4].assign(
        on=lambda n: last.loc[n["number"]].to_numpy()
    )
    numbers = numbers[rng.random(len(numbers)) < 0.4].sort_values(["on", "number"], ignore_index=True)
    c = customers.iloc[numbers["at"].to_numpy()]
    return pd.DataFrame(
        {
            "request_number": numbered("DN", len(numbers), 5),
            "store_id": c["store_id"].to_numpy(),
            "customer_id": c["customer_id"].to_numpy(),
            "phone": c["phone"].to_numpy(),
            "requested_on": days.text(numbers["on"]),
            "told_by": pick(rng, {"通话": 0.8, "到店": 0.1, "书面": 0.05, "监管转办": 0.05}, len(numbers)),
            "ends_on": "",
            "since": numbers["on"].astype(np.int64) * DAY + 20 * 3600,
        }
    )


def make_help_requests(seed: int, staff: pd.DataFrame, sold: pd.DataFrame, first_day: int, last_day: int) -> pd.DataFrame:  # fmt: skip
    """Questions of the specialists about what they are selling, most answered within two days."""
    rng = p.stream(seed, "help")
    weeks = (last_day - first_day) // 7
    desks = staff.loc[staff["role"] == "续保专员", "staff_id"].nunique()
    rows = sold.iloc[np.sort(rng.integers(0, max(len(sold), 1), int(weeks * desks * p.HELP_PER_WEEK)))].reset_index(
        drop=True
    )
    count = len(rows)
    topic = np.array(list(QUESTIONS), dtype=object)[rng.integers(0, len(QUESTIONS), count)]
    asked = (rows["signed_on"].to_numpy() - 1) * DAY + rng.integers(9 * 3600, 18 * 3600, count)
    answered = np.where(rng.random(count) < 0.95, asked + rng.integers(600, 2 * DAY, count), NEVER_SECOND)
    return pd.DataFrame(
        {
            "request_number": numbered("QZ", count, 6),
            "store_id": rows["store_id"],
            "staff_id": rows["staff_id"],
            "vin": rows["vin"],
            "asked_at": days.time_text(asked),
            "topic": topic,
            "question": np.array([QUESTIONS[t] for t in topic], dtype=object),
            "answered_at": days.time_text(np.where(answered < NEVER_SECOND, answered, -1)),
            "answered_by": rows["manager_id"],
            "reply": "已处理",
            "since": asked,
            "closed_since": answered,
        }
    )


def make_trainings(seed: int, staff: pd.DataFrame, first_day: int, last_day: int) -> pd.DataFrame:
    """One training a month and store for its desk."""
    rng = p.stream(seed, "training")
    months = np.arange(days.month_index([first_day])[0], days.month_index([last_day])[0] + 1)
    desk = staff[staff["role"].isin(["续保专员", "信息员", "销售顾问"])]
    parts = []
    for number, month in enumerate(months):
        on = int(days.month_first([month])[0]) + 9
        there = desk[(desk["valid_from"] <= on) & (desk["valid_to"] >= on)].assign(on=on, number=number)
        parts.append(there.drop_duplicates("staff_id"))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rng.random(len(rows)) < 0.85].reset_index(drop=True)
    count = len(rows)
    score = np.minimum(np.round(rng.normal(82, 10, count)), 100).astype(np.int64)
    return pd.DataFrame(
        {
            "training_number": [f"PX{s}{n:04d}" for s, n in zip(rows["store_id"], rows["number"], strict=True)],
            "staff_id": rows["staff_id"],
            "store_id": rows["store_id"],
            "held_on": days.text(rows["on"]),
            "topic": np.array(TOPICS, dtype=object)[rows["number"].to_numpy() % len(TOPICS)],
            "minutes": rng.choice(["60", "90", "120"], count).astype(object),
            "score": score.astype(str).astype(object),
            "is_passed": np.where(score >= 60, "是", "否").astype(object),
            "since": rows["on"].astype(np.int64) * DAY + 18 * 3600,
        }
    )


def with_customer(orders: pd.DataFrame, vehicles: pd.DataFrame) -> pd.DataFrame:
    """Workshop orders with the DMS's id of the vehicle's owner."""
    owner = pd.Series([f"C{n:06d}" for n in vehicles["customer"]], index=vehicles["vin"].to_numpy(), dtype=object)
    return orders.assign(customer_id=owner.loc[orders["vin"]].to_numpy())
