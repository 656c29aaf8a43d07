"""What the desk and the workshop write into the DMS beside orders and policies: appointments, complaints, consents,
wishes not to be called, questions, trainings and decisions."""

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


def make_decisions(seed: int, anchor: int, concessions: pd.DataFrame, changes: pd.DataFrame, sold: pd.DataFrame, staff: pd.DataFrame, span: tuple[int, int]) -> pd.DataFrame:  # fmt: skip
    """Approvals of concessions and of vehicles that are gone, who takes over when a specialist leaves or a manager spreads
    the work anew, and who confirmed the bonus statements of the months within `span` (day numbers)."""
    rng = p.stream(seed, "decisions")
    approved = concessions[concessions["approver"] != ""]
    managers = staff[staff["role"] == "保险经理"].drop_duplicates("store_id").set_index("store_id")["staff_id"]
    parts = [
        pd.DataFrame(
            {
                "store_id": approved["store_id"],
                "manager_id": approved["approver"],
                "at": approved["approved"],
                "decision": "批准",
                "subject": "让利",
                "vin": approved["vin"],
                "reference_number": approved["concession_number"],
            }
        ),
        pd.DataFrame(
            {
                "store_id": changes["store_id"],
                "manager_id": managers.loc[changes["store_id"]].to_numpy(),
                "at": changes["updated_at"] + 3600,
                "decision": np.where(rng.random(len(changes)) < 0.95, "批准", "驳回"),
                "subject": "移出应续",
                "vin": changes["vin"],
                "reference_number": changes["change_number"],
            }
        ),
    ]
    desk = staff[staff["role"] == "续保专员"]
    for leaver in desk[desk["valid_to"] < NEVER].itertuples():
        book = sold[(sold["staff_id"] == leaver.staff_id) & (sold["signed_on"] <= leaver.valid_to)].tail(15)
        heir = desk[(desk["store_id"] == leaver.store_id) & (desk["slot"] == leaver.slot)]
        heir = heir[heir["valid_from"] > leaver.valid_to]
        if len(heir) and len(book):
            parts.append(
                pd.DataFrame(
                    {
                        "store_id": leaver.store_id,
                        "manager_id": managers[leaver.store_id],
                        "at": (leaver.valid_to + 1) * DAY + 9 * 3600 + np.arange(len(book)) * 60,
                        "decision": "改派",
                        "subject": "名单归属",
                        "vin": book["vin"].to_numpy(),
                        "reference_number": "",
                        "from_staff_id": leaver.staff_id,
                        "to_staff_id": heir["staff_id"].iloc[0],
                    }
                )
            )
    parts.append(_spread_anew(anchor, sold, desk, managers))
    parts.append(_statement_decisions(seed, staff, managers, span))
    blank = dict.fromkeys(("vin", "from_staff_id", "to_staff_id", "staff_id", "statement_month", "note"), "")
    rows = pd.concat(parts, ignore_index=True).fillna(blank)
    rows = rows.sort_values(["at", "reference_number", "vin"], kind="stable", ignore_index=True)
    at = rows["at"].to_numpy().astype(np.int64)
    return pd.DataFrame(
        {
            "decision_number": numbered("JD", len(rows), 6),
            "store_id": rows["store_id"],
            "manager_id": rows["manager_id"],
            "decided_at": days.time_text(at),
            "decision": rows["decision"].astype(object),
            "subject": rows["subject"].astype(object),
            "vin": rows["vin"],
            "from_staff_id": rows["from_staff_id"],
            "to_staff_id": rows["to_staff_id"],
            "staff_id": rows["staff_id"],
            "statement_month": rows["statement_month"],
            "reference_number": rows["reference_number"],
            "effective_on": days.text(at // DAY),
            "reason": np.where(rows["decision"] == "改派", "人员变动", rows["note"]).astype(object),
            "since": at,
        }
    )


def _spread_anew(anchor: int, sold: pd.DataFrame, desk: pd.DataFrame, managers: pd.Series) -> pd.DataFrame:
    """On the first day of the nights the manager of store 003 gives vehicles that are due soon to one of her people."""
    store = "003"
    on_duty = desk[(desk["store_id"] == store) & (desk["valid_from"] <= anchor) & (desk["valid_to"] >= anchor)]
    heir = on_duty.sort_values("slot")["staff_id"].iloc[-1]
    year_ago = sold["signed_on"].between(anchor - 355, anchor - 335)
    given = sold[year_ago & (sold["store_id"] == store) & (sold["staff_id"] != heir)].drop_duplicates("vin").head(12)
    return pd.DataFrame(
        {
            "store_id": store,
            "manager_id": managers[store],
            "at": anchor * DAY + 15 * 3600 + np.arange(len(given)) * 60,
            "decision": "改派",
            "subject": "名单归属",
            "vin": given["vin"].to_numpy(),
            "reference_number": "",
            "from_staff_id": given["staff_id"].to_numpy(),
            "to_staff_id": heir,
        }
    )


def _statement_decisions(
    seed: int, staff: pd.DataFrame, managers: pd.Series, span: tuple[int, int]
) -> pd.DataFrame:  # fmt: skip
    """On day 2 of a month most people confirm last month's statement, a few object; the manager confirms a day later."""
    rng = p.stream(seed, "statements")
    parts = []
    for month in range(int(days.month_index(span[0])), int(days.month_index(span[1]))):
        starts, ends = int(days.month_first(month)), int(days.month_first(month + 1))
        paid = staff[staff["role"].isin(["续保专员", "信息员"]) & (staff["valid_from"] < ends)]
        paid = paid[paid["valid_to"] >= starts].drop_duplicates(["store_id", "staff_id"])
        draw = rng.random(len(paid))
        answered = paid[draw < 0.9]
        objects = draw[draw < 0.9] < 0.05
        common = {
            "store_id": answered["store_id"],
            "subject": "奖金",
            "reference_number": "",
            "staff_id": answered["staff_id"],
            "statement_month": days.text(np.full(len(answered), starts)),
        }
        own = pd.DataFrame(
            common
            | {
                "manager_id": answered["staff_id"],
                "at": (ends + 1) * DAY + 9 * 3600 + np.arange(len(answered)) * 240,
                "decision": np.where(objects, "异议", "确认"),
                "note": np.where(objects, "有一台在我名下续保的车没有计入", ""),
            }
        )
        signed = pd.DataFrame(
            common
            | {
                "manager_id": managers.loc[answered["store_id"]].to_numpy(),
                "at": (ends + 2) * DAY + 9 * 3600,
                "decision": "确认",
            }
        )
        parts += [own, signed[~objects]]
    return pd.concat(parts, ignore_index=True)


def with_customer(orders: pd.DataFrame, vehicles: pd.DataFrame) -> pd.DataFrame:
    """Workshop orders with the DMS's id of the vehicle's owner."""
    owner = pd.Series([f"C{n:06d}" for n in vehicles["customer"]], index=vehicles["vin"].to_numpy(), dtype=object)
    return orders.assign(customer_id=owner.loc[orders["vin"]].to_numpy())
