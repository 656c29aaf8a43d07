"""Files of claims, requests for quotations, commission rates, and the accident hotline's log."""

from __future__ import annotations

import pandas as pd

from ingest.sample import days

CLAIM_COLUMNS = [
    "claim_number", "policy_number", "vin", "plate", "claim_kind", "accident_kind", "liability", "accident_at",
    "reported_at", "assessed_at", "settled_on", "status", "repair_store_code", "loss_amount", "paid_amount",
    "dispute_opened_on", "dispute_closed_on",
]  # fmt: skip
PICC_CLAIM = "报案号,保单号,车架号,车牌号,险别,事故类型,责任,出险时间,报案时间,定损时间,结案日期,状态,送修网点,定损金额,赔付金额,争议开始,争议结束"
PINGAN_CLAIM = "赔案号,保单号码,车架号/VIN码,号牌号码,损失类型,事故形态,责任比例,事故时间,报案受理时间,查勘定损时间,结案时间,案件状态,推荐网点,核损金额,赔款金额,争议起,争议止"
DADI_CLAIM = (
    "CLAIM_NO|POLICY_NO|VIN|PLATE|LOSS_TYPE|ACCIDENT_TYPE|LIABILITY|ACCIDENT_TIME|REPORT_TIME|ASSESS_TIME|CLOSE_DATE|"
    "STATUS|REPAIR_BRANCH|LOSS_AMT|PAID_AMT|DISPUTE_FROM|DISPUTE_TO"
)
DADI_WORDS = {
    "车损": "OD", "三者": "TP", "人伤": "BI", "盗抢": "TH", "单方": "S", "双方": "D", "多方": "M", "无现场": "N", "停放被撞": "P",
    "全责": "100", "主责": "70", "同责": "50", "次责": "30", "无责": "0", "未决": "O", "已结案": "C", "拒赔": "R", "撤案": "W",
    "?": "ZZ", "": "",
}  # fmt: skip
REQUEST_COLUMNS = ["request_number", "store_code", "staff_id", "vin", "requested_at", "status", "closed_at",
                   "quote_number", "decline_reason"]  # fmt: skip
REQUEST_HEADER = "询价单号,网点代码,询价人,车架号,询价时间,状态,处理时间,报价单号,拒绝原因"
HOTLINE_COLUMNS = [
    "log_number", "store_id", "called_at", "answered_at", "staff_id", "call_kind", "caller_name", "caller_phone", "vin",
    "plate", "insurer_code", "is_first_contact", "recorded_at", "guided_at", "outcome", "data_origin",
]  # fmt: skip
HOTLINE_HEADER = "登记号,门店,来电时间,接听时间,接听人,来电类型,来电人,来电号码,车架号,车牌号,承保公司,首次来电,登记完成时间,引导时间,结果,信息来源"
RATE_HEADER = "险种,业务类型,手续费率,生效日期,失效日期"
RATES = {"PICC": (18, 16), "PAIC": (20, 18), "CCIC": (22, 21)}  # commercial, now and before


def lines(header: str, columns: list[pd.Series], delimiter: str = ",", end: str = "\r\n") -> str:
    """A header and one line per row."""
    return end.join([header, *map(delimiter.join, zip(*columns, strict=True))]) + end


def claims_file(feed: str, rows: pd.DataFrame) -> bytes:
    """One insurer's file of these claims, in their order."""
    columns = [rows[name] for name in CLAIM_COLUMNS]
    if feed == "dadi_claims":
        words = {"claim_kind", "accident_kind", "liability", "status"}
        coded = [rows[c].map(DADI_WORDS) if c in words else rows[c] for c in CLAIM_COLUMNS]
        return lines(DADI_CLAIM, coded, "|", "\n").encode("utf-8")
    columns = [column.replace("?", "其他(未分类)") for column in columns]
    if feed == "picc_claims":
        return lines(PICC_CLAIM, columns).encode("gb18030")
    return lines(PINGAN_CLAIM, columns).encode("utf-8-sig")


def requests_file(rows: pd.DataFrame) -> bytes:
    """Insurer B's list of requests."""
    return lines(REQUEST_HEADER, [rows[name] for name in REQUEST_COLUMNS]).encode("utf-8-sig")


def hotline_file(rows: pd.DataFrame) -> bytes:
    """The hotline's log of a day or month."""
    columns = [rows[name].replace("?", "外购名单") for name in HOTLINE_COLUMNS]
    return lines(HOTLINE_HEADER, columns).encode("utf-8-sig")


def rates_file(insurer: str, anchor: int) -> bytes:
    """What an insurer pays: a rate for this and one for the last two years."""
    now, before = RATES[insurer]
    change = days.text([anchor - 300, anchor - 301, anchor - 1500])
    rows = [
        ("商业险", kind, f"{rate}%", since, until)
        for kind in ("新保", "续保", "转保")
        for rate, since, until in ((before, change[2], change[1]), (now, change[0], ""))
    ]
    rows.append(("交强险", "", "4%", change[2], ""))
    return lines(RATE_HEADER, list(zip(*rows, strict=True))).encode("utf-8")


def rates_name(anchor: int) -> str:
    """The sheet comes once, on the day before the first night."""
    return f"手续费标准_{days.to_date(anchor - 1):%Y%m%d}.csv"
