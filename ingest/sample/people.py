"""Customers (names, phones, identity numbers) and the staff of the three stores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sample import days
from ingest.sample import parameters as p

# Staff have other surnames than customers, so that no member of staff ever bears a customer's name.
CUSTOMER_SURNAMES = np.array(
    list("王李张刘陈杨赵黄周吴徐孙胡朱郭何罗马梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"), dtype=object
)
STAFF_SURNAMES = list("郝邵贺龚段侯雷钱汤黎常武乔赖万")
GIVEN_SINGLE = np.array(list("伟芳娜敏静磊军洋勇艳杰娟涛超霞鹏燕玲斌莉"), dtype=object)
GIVEN_FIRST = np.array(list("建志晓文海玉春秀国俊雪梦思子浩宇欣雨佳嘉"), dtype=object)
GIVEN_SECOND = np.array(list("华强明丽红梅英峰刚波辉飞龙雷轩涵怡萍琴博"), dtype=object)
COMPANY_WORDS = np.array(["恒通", "瑞丰", "鼎盛", "华腾", "秦川", "长远", "博达", "汇鑫", "宏源", "金岭"], dtype=object)
COMPANY_TRADES = np.array(["商贸", "物流", "建材", "科技", "装饰工程", "机电设备"], dtype=object)
MOBILE_PREFIXES = np.array([135, 136, 138, 139, 150, 151, 158, 159, 177, 181, 186, 187, 188, 189], dtype=np.int64)
ID_AREAS = np.array(["610102", "610103", "610104", "610113", "610116", "610402", "610404", "610502"], dtype=object)
ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
ID_CHECK = np.array(list("10X98765432"), dtype=object)
LETTERS = np.array(list("ABCDEFGHJKLMNPQRTUWXY0123456789"), dtype=object)


def mobile_numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` different 11-digit mobile numbers as text."""
    drawn = rng.choice(MOBILE_PREFIXES, 2 * count + 50) * 10**8 + rng.integers(10**7, 10**8, 2 * count + 50)
    _, first = np.unique(drawn, return_index=True)
    return drawn[np.sort(first)][:count].astype(str).astype(object)


def identity_numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """18-digit identity numbers with a right check digit, as text."""
    born = days.text(rng.integers(-7300, 12700, count))
    head = rng.choice(ID_AREAS, count) + np.array([b.replace("-", "") for b in born], dtype=object)
    head = head + np.array([f"{n:03d}" for n in rng.integers(1, 999, count)], dtype=object)
    digits = np.array([list(h) for h in head], dtype=np.int64).reshape(count, 17)
    return head + ID_CHECK[(digits @ ID_WEIGHTS) % 11]


def make_customers(seed: int, vehicles: pd.DataFrame) -> pd.DataFrame:
    """One row per customer.

    `vehicles` has customer (index of the customer), store_id, created_on (day), outside (index of the
    city or -1), origin; a customer's own columns are those of the first vehicle.
    """
    rng = p.stream(seed, "customers")
    first = vehicles.drop_duplicates("customer").reset_index(drop=True)
    count = len(first)
    company = rng.random(count) < p.COMPANY
    surname = CUSTOMER_SURNAMES[np.minimum(rng.geometric(0.06, count) - 1, len(CUSTOMER_SURNAMES) - 1)]
    short = rng.random(count) < 0.2
    given = np.where(
        short,
        rng.choice(GIVEN_SINGLE, count),
        rng.choice(GIVEN_FIRST, count) + rng.choice(GIVEN_SECOND, count),
    )
    stores = {store.store_id: store for store in p.STORES}
    city = np.array([stores[s].city for s in first["store_id"]], dtype=object)
    outside = first["outside"].to_numpy()
    city = np.where(outside >= 0, np.array(p.OUTSIDE_CITIES, dtype=object)[outside], city)
    firm = (
        city
        + rng.choice(COMPANY_WORDS, count)
        + rng.choice(CUSTOMER_SURNAMES, count)
        + rng.choice(COMPANY_TRADES, count)
        + "有限公司"
    )
    mobiles = mobile_numbers(rng, 2 * count)
    phone = mobiles[:count].copy()
    landline = company & (rng.random(count) < 0.4)
    numbers = rng.integers(80000000, 89999999, count).astype(str).astype(object)
    phone[landline] = (
        np.where(city == "西安", "029-", "0910-").astype(object)[landline]
        + np.where(city == "西安", numbers, np.array([n[1:] for n in numbers], dtype=object))[landline]
    )
    phone[rng.random(count) < p.NO_PHONE] = ""
    second = np.where((rng.random(count) < p.SECOND_PHONE) & (phone != ""), mobiles[count:], "")
    licence = np.array(["".join(row) for row in rng.choice(LETTERS, (count, 13))], dtype=object)
    origin = np.where(first["origin"] == "sold", "销售", "服务").astype(object)
    told = rng.random(count)
    origin = np.where(told < 0.03, "客户提供", np.where(told < 0.07, "保单", origin))
    return pd.DataFrame(
        {
            "customer": first["customer"].to_numpy(),
            "customer_id": np.array([f"C{n:06d}" for n in first["customer"]], dtype=object),
            "store_id": first["store_id"].to_numpy(),
            "customer_type": np.where(company, "公户", "个人").astype(object),
            "customer_name": np.where(company, firm, surname + given),
            "phone": phone,
            "second_phone": second,
            "id_number": np.where(company, "91610" + licence, identity_numbers(rng, count)),
            "city": city,
            "data_origin": origin,
            "created_on": first["created_on"].to_numpy(),
        }
    ).sort_values("customer_id", ignore_index=True)


def make_staff(seed: int, anchor: int) -> pd.DataFrame:
    """One row per person, role, store and period, with the desk (`slot`) held in that period.

    Some leave, some join, one changes role, one changes store, two bear the same name; a successor
    takes over the desk's extension.
    """
    rng = p.stream(seed, "staff")
    names = [s + g for s in STAFF_SURNAMES for g in ("佳宁", "立新", "彦辰", "若兰", "启明", "乐平")]
    names = [names[i] for i in rng.permutation(len(names))]
    start = anchor - 1500
    rows: list[dict[str, object]] = []

    def hold(number: int, store: int, role: str, slot: int, begin: int, end: int = int(days.NEVER)) -> None:
        code = {"总经理": 0, "保险经理": 1, "信息员": 2, "续保专员": 3, "销售顾问": 5, "服务顾问": 7}[role]
        rows.append(
            {
                "staff_id": f"E{1000 + number}",
                "staff_name": names[number],
                "store_id": f"{store:03d}",
                "role": role,
                "slot": slot,
                "extension": f"8{store}{code}{slot + 1}",
                "valid_from": begin,
                "valid_to": end,
            }
        )

    moves = {  # (store, role, slot): [(person, from, to)]; persons not mentioned hold their desk throughout
        (1, "续保专员", 1): [(60, start, anchor - 410), (61, anchor - 401, int(days.NEVER))],
        (1, "续保专员", 2): [(62, start, anchor + 39), (63, anchor + 40, int(days.NEVER))],
        (2, "续保专员", 0): [(64, start, anchor - 200), (65, anchor - 199, int(days.NEVER))],
        (3, "续保专员", 0): [(66, start, anchor - 215), (64, anchor - 199, int(days.NEVER))],
        (2, "服务顾问", 3): [(67, start, anchor - 301), (68, anchor - 280, int(days.NEVER))],
        (2, "续保专员", 2): [(69, start, anchor - 310), (67, anchor - 300, int(days.NEVER))],
        (1, "销售顾问", 3): [(70, start, anchor - 90)],
        (3, "服务顾问", 2): [(71, anchor - 60, int(days.NEVER))],
    }
    number = 0
    for store in (1, 2, 3):
        desks = [("保险经理", 1), ("信息员", 1), ("续保专员", 3), ("销售顾问", 4), ("服务顾问", 4)]
        for role, slots in ([("总经理", 1)] if store == 1 else []) + desks:
            for slot in range(slots):
                for person, begin, end in moves.get((store, role, slot), [(number, start, int(days.NEVER))]):
                    hold(person, store, role, slot, begin, end)
                number += 1
    staff = pd.DataFrame(rows).sort_values(["staff_id", "valid_from"], ignore_index=True)
    twins = staff["staff_id"].isin(
        [  # two people with one name: a specialist of 001, a sales consultant of 003
            staff.loc[
                (staff["store_id"] == "001") & (staff["role"] == "续保专员") & (staff["slot"] == 0),
                "staff_id",
            ].iloc[0],
            staff.loc[
                (staff["store_id"] == "003") & (staff["role"] == "销售顾问") & (staff["slot"] == 1),
                "staff_id",
            ].iloc[0],
        ]
    )
    staff.loc[twins, "staff_name"] = "龙若兰"
    return staff


def make_leaves(seed: int, staff: pd.DataFrame, first_day: int, last_day: int) -> pd.DataFrame:
    """Leave of the staff from first_day to 60 days after last_day: two weeks of holiday each year, entered a month
    before, and now and then a few days of illness, entered on the first.
    """
    rows: list[tuple[str, int, int, str, int]] = []
    for person in sorted(set(staff["staff_id"])):
        rng = p.stream(seed, f"leave {person}")  # more years of one do not move another's
        periods = staff[staff["staff_id"] == person]
        held_from, held_to = int(periods["valid_from"].min()), int(periods["valid_to"].max())
        for year in range(first_day, last_day + 60, 365):
            drawn = rng.integers(0, 300, 2)
            for kind, begin, length, known in (
                ("年假", year + int(drawn[0]), int(rng.integers(3, 8)), 30),
                ("病假", year + int(drawn[1]), int(rng.integers(1, 4)), 0),
            ):
                if held_from <= begin and begin + length <= min(held_to, last_day + 60):
                    rows.append((person, begin, begin + length - 1, kind, begin - known))
    leaves = pd.DataFrame(rows, columns=["staff_id", "begin", "end", "leave_kind", "known"])
    leaves = leaves.drop_duplicates(["staff_id", "begin"]).sort_values(["begin", "staff_id"], ignore_index=True)
    return pd.DataFrame(
        {
            "staff_id": leaves["staff_id"],
            "starts_on": days.text(leaves["begin"]),
            "ends_on": days.text(leaves["end"]),
            "leave_kind": leaves["leave_kind"],
            "since": leaves["known"].astype(np.int64) * 86400 + 8 * 3600,
        }
    )


def on_duty(
    staff: pd.DataFrame,
    role: str,
    store_ids: np.ndarray,
    slots: np.ndarray,
    when: np.ndarray,
    column: str = "staff_id",
) -> np.ndarray:
    """Who (or which extension) held each desk on each day; '' where the desk was empty."""
    out = np.full(len(store_ids), "", dtype=object)
    for row in staff[staff["role"] == role].itertuples():
        held = (store_ids == row.store_id) & (slots == row.slot) & (when >= row.valid_from) & (when <= row.valid_to)
        out[held] = getattr(row, column)
    return out
