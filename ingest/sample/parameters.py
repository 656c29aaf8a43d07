"""Every number that shapes the sample group, in one place."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

HISTORY_MONTHS = 30  # whole months of files before the anchor's month
HORIZON_DAYS = 220  # the group can grow this far beyond the anchor
MARGIN_DAYS = 60  # the world is simulated a little further, so that it does not thin out or crowd at its end
OLD_VINTAGE_MONTHS = 6  # insurer C's first months have fewer columns

# ---------------------------------------------------------------- nights with trouble: days after the anchor (as_of)
TRUNCATED_A = 2  # insurer A's file is cut in mid-row, without its totals row
CORRECTED_A = 3  # the full file arrives under the same name
LATE_B = 3  # insurer B delivers nothing
ARRIVED_B = 4  # the missing file arrives together with the new one
UNMARKED_C = 4  # insurer C's file lies there without its .ok marker
MARKED_C = 5  # the marker arrives


@dataclass(frozen=True)
class Store:
    """One dealership: `share` of the group's vehicles, `skill` of its desk (logit points)."""

    store_id: str
    name: str
    city: str
    plate_prefixes: str
    brand: str
    wmi: str
    share: float
    skill: float
    models: tuple[tuple[str, int], ...]  # model, list price in yuan


STORES = (
    Store(
        "001",
        "西安曲江店",
        "西安",
        "陕A;陕U",
        "大众",
        "LSV",
        0.42,
        0.12,
        (("朗逸 1.5L", 112900), ("帕萨特 330TSI", 203900), ("途岳 300TSI", 176600), ("迈腾 380TSI", 239900)),
    ),
    Store(
        "002",
        "西安高新店",
        "西安",
        "陕A;陕U",
        "丰田",
        "LFM",
        0.34,
        0.0,
        (
            ("卡罗拉 1.2T", 119800),
            ("凯美瑞 2.0G", 191800),
            ("RAV4荣放 2.0", 189800),
            ("汉兰达 2.5混动", 285800),
        ),
    ),
    Store(
        "003",
        "咸阳秦都店",
        "咸阳",
        "陕D",
        "吉利",
        "LB3",
        0.24,
        -0.15,
        (("帝豪 1.5L", 75900), ("星瑞 2.0T", 129700), ("博越L 1.5T", 136700), ("银河L7 混动", 157700)),
    ),
)
SPECIALIST_SKILL = (0.35, 0.05, -0.30)  # per specialist's desk in a store, logit points
SALES_BY_MONTH = np.array([1.15, 0.60, 0.95, 0.90, 0.95, 0.98, 0.88, 0.95, 1.10, 1.02, 1.12, 1.40])

# ---------------------------------------------------------------- vehicles and people
SOLD_IN_HISTORY = 0.50  # share of the vehicles sold between the first day of history and the horizon
SERVICE_ORIGIN = 0.09  # share of the vehicles that were not sold here
COMPANY = 0.06
SECOND_VEHICLE = 0.05  # share of the vehicles whose owner has an earlier one
NO_PHONE = 0.04
SECOND_PHONE = 0.22
OUT_OF_TOWN = 0.06
INSURED_AT_OTHER_STORE = 0.01  # sold and serviced at one store of the city, insured at the other
DIFFERENT_EXPIRY = 0.12  # commercial and compulsory cover end on different days
MAX_DIFFERENCE_DAYS = 20
OUTSIDE_PREFIXES = ("陕B", "陕C", "陕E", "陕H", "豫A", "晋M", "甘A")
OUTSIDE_CITIES = ("铜川", "宝鸡", "渭南", "安康", "郑州", "运城", "兰州")

# ---------------------------------------------------------------- renewal behaviour (per year of cover)
NEW_CAR_HERE = 0.93
OLD_CAR_HERE = 0.45  # share of older cars sold here that were insured here when history begins
GONE = 0.028  # transferred or scrapped with evidence
SCRAPPED_OF_GONE = 0.15
GONE_CANCELS = 0.5  # of first covers only: the old policy is cancelled as well
EXPIRING_CANCELLED = 0.012  # of new cars' first covers: cancelled in the last 90 days without proof
RENEWAL_CANCELLED = 0.010
LAPSED_OF_LEAVERS = (0.13, 0.06)  # no new cover from anybody in the window: insured here, insured elsewhere
OTHER_STORE = 0.004  # renewed at the other store of the city
LATE = 0.045
LATE_MAX_DAYS = 28
COMPULSORY_ONLY = 0.14
ENDORSED = 0.08
QUOTED_HERE, QUOTED_ELSEWHERE = 0.91, 0.45
SHARES_HERE = {"PICC": 0.45, "PAIC": 0.30, "CCIC": 0.25}
SHARES_ELSEWHERE = {
    "PICC": 0.30,
    "PAIC": 0.25,
    "CCIC": 0.10,
    "太平洋": 0.15,
    "国寿财险": 0.08,
    "中华联合": 0.07,
    "阳光": 0.05,
}
STAYS_WITH_INSURER = 0.72
# how a cover elsewhere becomes known: by the insurer's row, by what the customer tells, never
KNOWN_IF_INSURER_REPORTS = (0.80, 0.187, 0.013)
KNOWN_IF_OTHER_INSURER = (0.0, 0.984, 0.016)
KNOWN_IF_NEVER_BEFORE = (0.07, 0.12, 0.81)
INSURER_NAMES_TOLD = {"PICC": "人保", "PAIC": "平安", "CCIC": "大地"}

# ---------------------------------------------------------------- service and calls
VISITS_PER_YEAR = 2.1
ORDER_KINDS = {"客户付费": 0.80, "保修": 0.10, "事故": 0.10}
CALLS_PER_DUE = 3.6
INBOUND_PER_DUE = 0.5

# ---------------------------------------------------------------- what goes with a renewal
CONCESSIONS = {0.0: 0.2, 0.08: 0.2, 0.10: 0.2, 0.13: 0.2, 0.14: 0.2}  # the plan's ladder, 9.0 % on average
CONCESSION_RECORDED = 0.85
UNAPPROVED = 0.03  # of what is above the specialist's own authority
APPROVED_LATE = 0.02
GIFTS = (  # premium from (yuan), code, cost, retail, face of each use of its voucher (fen)
    (5000, "礼包三", 20000, 78000, (6667, 6667, 6666)),
    (4000, "礼包二", 15000, 62000, (5000, 5000, 5000)),
    (3000, "礼包一", 10000, 46900, (5000, 5000)),
)
GIFT_GIVEN = 0.5
VOUCHER_USER = 0.7  # share of the customers who use a voucher when they come
REFERRED = 0.03
POINTS_BOOKED, POINTS_REDEEMED = 0.6, 0.2

# ---------------------------------------------------------------- claims and the accident hotline
CLAIM_ENDS = {"已结案": 0.93, "拒赔": 0.03, "撤案": 0.04}
DISPUTED = 0.02
CALLS_THE_HOTLINE = (0.30, 0.70)  # of claims not repaired here, repaired here
HOTLINE_ANSWERED, HOTLINE_RECORDED, HOTLINE_GUIDED = 0.93, 0.90, 0.85

# ---------------------------------------------------------------- the desk and the workshop
APPOINTED = 0.45  # workshop orders with an appointment
NO_SHOW, CANCELLED_APPOINTMENT = 0.08, 0.04  # beside those that came
COMPLAINTS = 0.007
CONSENTS = {"续保电话": 0.93, "短信微信": 0.30}  # share of the customers who were asked and agreed
CONSENT_TAKEN_BACK = 0.01
DO_NOT_CALL = 0.008
HELP_PER_WEEK = 0.7  # questions of one specialist

# ---------------------------------------------------------------- injected defects: share of the rows of an extract
DEFECT_RATES = {
    "impossible_date": 0.004,
    "bad_vin": 0.004,
    "exact_duplicate": 0.004,
    "missing_key": 0.003,
    "unknown_code": 0.003,
    "broken_phone": 0.003,
    "end_before_start": 0.003,
    "superseded": 0.003,
    "out_of_range": 0.004,
}
SMALL_FILE_ROWS_PER_DEFECT = 10  # at most one bad row per so many rows, so that no small daily file is mostly bad
EXTRACTS = {  # entity -> name of the extract in its source
    "policy": "policies",
    "quote": "quotes",
    "call": "calls",
    "customer": "customers",
    "vehicle": "vehicles",
    "vehicle_sale": "sales",
    "repair_order": "repair_orders",
    "ownership_change": "ownership_changes",
    "customer_known_policy": "policies_elsewhere",
    "claim": "claims",
    "quote_request": "quote_requests",
    "hotline_log": "hotline",
    "service_appointment": "appointments",
    "gift_issue": "gifts",
    "voucher": "vouchers",
    "entitlement_use": "entitlement_uses",
    "concession": "concessions",
    "complaint": "complaints",
    "referral": "referrals",
    "reward_point": "reward_points",
    "staff_leave": "leaves",
    "training": "trainings",
    "consent": "consents",
    "do_not_call": "do_not_calls",
    "manager_decision": "manager_decisions",
    "help_request": "help_requests",
    "channel": "channels",
    "channel_spend": "channel_spends",
}
INSURER_SOURCE = {"PICC": "picc", "PAIC": "pingan", "CCIC": "dadi"}


def stream(seed: int, topic: str) -> np.random.Generator:
    """A generator of its own for each topic, so that one topic's draws never move another's."""
    return np.random.default_rng([seed, zlib.crc32(topic.encode())])
